"""What can be steered while an optimizer trains."""

import math
from dataclasses import dataclass, replace

import keras

from helpers.i18n import _
from helpers.optimizers import ConditionalGradient, GradientCentralization


@dataclass(frozen=True)
class Hyperparameter:
    """A number of an optimizer that may change between two steps, and its slider.

    Args:
        name: The optimizer's attribute, and the name for `LivePanel.set`.
        label: What stands before the slider.
        ends: Ends of the slider; powers of ten where `logarithmic`.
        logarithmic: Whether the slider is.
        share: Whether values are from 0 to 1; otherwise they are above 0.
        complement: Whether the slider shows `1 − value`.
        owner: The optimizer or wrapper that has the attribute.
    """

    name: str
    label: str
    ends: tuple
    logarithmic: bool = True
    share: bool = False
    complement: bool = False
    owner: keras.optimizers.Optimizer | None = None

    def read(self):
        """The value in use; float32 knows seven digits of it."""
        value = keras.ops.convert_to_numpy(getattr(self.owner, self.name))
        return float(f"{float(value):.7g}")

    def write(self, value):
        """Uses a value from the next step on."""
        setattr(self.owner, self.name, value)

    def check(self, value):
        """The value as a float, or a `ValueError` that says what is allowed."""
        try:
            number = math.nan if isinstance(value, bool | str) else float(value)
        except (TypeError, ValueError):
            number = math.nan
        allowed = 0 <= number <= 1 if self.share else 0 < number < math.inf
        if not allowed:
            words = "from 0 to 1" if self.share else "above 0"
            raise ValueError(
                f"`{self.name}` must be a finite number, {words}. Received: {value!r}"
            )
        return number

    def refusal(self):
        """What to say of a text that is no such number."""
        if self.share:
            return _(
                "“{text}” is not a number from 0 to 1. {label}: still {value:.4g}."
            )
        return _("“{text}” is not a number above 0. {label}: still {value:.4g}.")

    def turned(self, number):
        """From the value to what the slider shows, and back."""
        return round(1.0 - number, 7) if self.complement else number


def core_of(optimizer):
    """The optimizer inside its wrappers: the one that makes the step."""
    while hasattr(optimizer, "inner_optimizer"):
        optimizer = optimizer.inner_optimizer
    return optimizer


def _of_conditional_gradient(optimizer):
    yield Hyperparameter("lambda_", _("Radius of the ball λ"), (-1, 3))
    label = _("Step size γ = 1 − lr")
    yield Hyperparameter("learning_rate", label, (-5, 0), share=True, complement=True)


def _of_centralization(optimizer):
    yield Hyperparameter("strength", _("Strength of GC"), (0, 1), False, share=True)


def _of_any(optimizer):
    yield Hyperparameter("learning_rate", _("Learning rate"), (-6, 0))


# A class of optimizers is a line here, before those that it is derived from.
TABLE = {
    GradientCentralization: _of_centralization,
    ConditionalGradient: _of_conditional_gradient,
    keras.optimizers.LossScaleOptimizer: lambda optimizer: (),
    keras.optimizers.Optimizer: _of_any,
}


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
    kind = next(kind for kind in TABLE if isinstance(optimizer, kind))
    for hyperparameter in TABLE[kind](optimizer):
        # A schedule or a callable is serialized as something else than a number.
        value = optimizer.get_config().get(hyperparameter.name)
        if not isinstance(value, float | int):
            raise ValueError(
                f"`optimizer` must have a number as its `{hyperparameter.name}`: a "
                f"schedule cannot be steered. Received: {value!r}"
            )
        found[hyperparameter.name] = replace(hyperparameter, owner=optimizer)
    return found
