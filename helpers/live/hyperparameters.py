"""What can be steered while an optimizer trains."""

from dataclasses import dataclass, replace

import keras

from helpers.checks import number
from helpers.i18n import _
from helpers.optimizers import ConditionalGradient, FrankWolfe, GradientCentralization

SHARE = (0, 1)


@dataclass(frozen=True)
class Hyperparameter:
    """A number of an optimizer that may change between two steps, and its slider.

    Args:
        name: The optimizer's attribute, and the name for `LivePanel.set`.
        label: What stands before the slider.
        low: Left end of the slider, or its exponent of ten where `step` is `None`.
        high: Right end, likewise.
        step: From notch to notch; `None` for a slider over powers of ten.
        allowed: Pair of the least and the largest value; `None` for all above 0.
        complement: Whether the slider shows `1 − value`.
        owner: The optimizer or wrapper that has the attribute.
    """

    name: str
    label: str
    low: float
    high: float
    step: float | None = None
    allowed: tuple | None = None
    complement: bool = False
    owner: keras.optimizers.Optimizer | None = None

    def read(self):
        """The value in use; float32 knows seven digits of it."""
        value = keras.ops.convert_to_numpy(getattr(self.owner, self.name))
        return float(f"{float(value):.7g}")

    def check(self, value):
        """The value as a float, or a `ValueError` that says what is allowed."""
        if self.allowed is None:
            return number(self.name, value, "above 0", lambda x: x > 0)
        low, high = self.allowed
        words = f"from {low} to {high}"
        return number(self.name, value, words, lambda x: low <= x <= high)

    def turned(self, shown):
        """From the value to what the slider shows, and back."""
        return round(1.0 - shown, 7) if self.complement else shown


def _known(kind):
    """The hyperparameters of a class of optimizers."""
    gamma = _("Step size γ = 1 − lr")
    return {
        GradientCentralization: [
            Hyperparameter("strength", _("Strength of GC"), 0, 1, 0.05, SHARE),
        ],
        ConditionalGradient: [
            Hyperparameter("lambda_", _("Radius of the ball λ"), -1, 3),
            Hyperparameter("learning_rate", gamma, -5, 0, None, SHARE, True),
        ],
        FrankWolfe: [
            Hyperparameter("radius", _("Radius of the ball λ"), -1, 3),
            Hyperparameter("learning_rate", _("Step size γ"), -5, 0, None, SHARE),
            Hyperparameter("momentum", _("Momentum"), 0, 0.99, 0.01, (0, 0.999)),
        ],
        keras.optimizers.LossScaleOptimizer: [],
        keras.optimizers.Optimizer: [
            Hyperparameter("learning_rate", _("Learning rate"), -6, 0),
        ],
    }.get(kind)


def core_of(optimizer):
    """The optimizer inside its wrappers: the one that makes the step."""
    while hasattr(optimizer, "inner_optimizer"):
        optimizer = optimizer.inner_optimizer
    return optimizer


def hyperparameters_of(optimizer):
    """The hyperparameters of an optimizer and its wrappers that can be steered.

    Returns:
        Dict from name to `Hyperparameter`, the innermost optimizer's first.

    Raises:
        ValueError: If one of them is no number, but follows a schedule.
    """
    found = {}
    if hasattr(optimizer, "inner_optimizer"):
        found = hyperparameters_of(optimizer.inner_optimizer)
    kinds = map(_known, type(optimizer).__mro__)
    for hyperparameter in next(known for known in kinds if known is not None):
        # A schedule or a callable is serialized as something else than a number.
        value = optimizer.get_config().get(hyperparameter.name)
        if not isinstance(value, float | int):
            raise ValueError(
                f"`optimizer` must have a number as its `{hyperparameter.name}`: a "
                f"schedule cannot be steered. Received: {value!r}"
            )
        # Without momentum at construction, there is no average that could have one.
        if hyperparameter.name != "momentum" or value:
            found[hyperparameter.name] = replace(hyperparameter, owner=optimizer)
    return found
