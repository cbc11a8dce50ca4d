"""What can be steered while an optimizer trains."""

from dataclasses import dataclass

import keras

from helpers._support.checks import number
from helpers._support.i18n import _
from helpers.live.display import ABOVE_0
from helpers.optimizers import (
    ConditionalGradient,
    FrankWolfe,
    GradientCentralization,
    Hyperball,
)

SHARE = (0, 1)


@dataclass(frozen=True)
class Hyperparameter:
    """An attribute of an optimizer that may change between steps, and its slider."""

    owner: keras.optimizers.Optimizer
    name: str
    label: str
    low: float
    high: float
    step: float | None = None
    allowed: tuple = ABOVE_0
    complement: bool = False  # whether the slider shows 1 − value

    def read(self):
        """The value in use; float32 knows seven digits of it."""
        value = keras.ops.convert_to_numpy(getattr(self.owner, self.name))
        return float(f"{float(value):.7g}")

    def check(self, value):
        """The value as a float, or a `ValueError` that says what is allowed."""
        low, high = self.allowed
        words = "above 0" if self.allowed == ABOVE_0 else f"from {low} to {high}"
        return number(self.name, value, words, lambda x: low <= x <= high)

    def turned(self, shown):
        """From the value to what the slider shows, and back."""
        return round(1.0 - shown, 7) if self.complement else shown


def _known(optimizer):
    if isinstance(optimizer, keras.optimizers.LossScaleOptimizer | Hyperball):
        return []  # nothing of their own
    if isinstance(optimizer, GradientCentralization):
        return [("strength", _("Strength of GC"), 0, 1, 0.05, SHARE)]
    if isinstance(optimizer, ConditionalGradient):
        gamma = _("Step size γ = 1 − lr")
        return [
            ("lambda_", _("Radius of the ball λ"), -1, 3),
            ("learning_rate", gamma, -5, 0, None, SHARE, True),
        ]
    if isinstance(optimizer, FrankWolfe):
        known = [
            ("radius", _("Radius of the ball λ"), -1, 3),
            ("learning_rate", _("Step size γ"), -5, 0, None, SHARE),
        ]
        # Without momentum at construction, there is no average that could have one.
        if optimizer.get_config()["momentum"]:
            known.append(("momentum", _("Momentum"), 0, 0.99, 0.01, (0, 0.999)))
        return known
    return [("learning_rate", _("Learning rate"), -6, 0)]


def hyperparameters_of(optimizer):
    """Dict from name to `Hyperparameter`, the innermost optimizer's first."""
    inner = getattr(optimizer, "inner_optimizer", None)
    found = hyperparameters_of(inner) if inner else {}
    for name, *slider in _known(optimizer):
        # A schedule or a callable is serialized as something else than a number.
        value = optimizer.get_config()[name]
        if not isinstance(value, float | int):
            raise ValueError(
                f"`optimizer` must have a number as its `{name}`: a schedule cannot "
                f"be steered. Received: {value!r}"
            )
        found[name] = Hyperparameter(optimizer, name, *slider)
    return found
