"""What can be steered while an optimizer trains, and which values it may take."""

import dataclasses
import math
from collections.abc import Callable

import keras

from helpers.optimizers.conditional_gradient import ConditionalGradient
from helpers.optimizers.gradient_centralization import GradientCentralization


@dataclasses.dataclass(frozen=True)
class Hyperparameter:
    """One number that can change between two steps.

    Attributes:
        name: Name for `TrainingSession.set`.
        owner: The optimizer that has it as an attribute.
        allowed: What values there are, in words, for the message of an error.
        holds: Function from a finite float to whether it is allowed.
    """

    name: str
    owner: keras.optimizers.Optimizer
    allowed: str
    holds: Callable

    def read(self):
        """The value in use; float32 knows seven digits of it."""
        value = keras.ops.convert_to_numpy(getattr(self.owner, self.name))
        return float(f"{float(value):.7g}")

    def write(self, value):
        setattr(self.owner, self.name, value)

    def check(self, value):
        """The value as a float.

        Raises:
            ValueError: If it is not a number, or not allowed.
        """
        try:
            number = math.nan if isinstance(value, bool | str) else float(value)
        except (TypeError, ValueError):
            number = math.nan
        if not math.isfinite(number) or not self.holds(number):
            raise ValueError(
                f"`{self.name}` must be a finite number, {self.allowed}. "
                f"Received: {value!r}"
            )
        return number


def core_of(optimizer):
    """The optimizer inside its wrappers: the one that makes the step."""
    while hasattr(optimizer, "inner_optimizer"):
        optimizer = optimizer.inner_optimizer
    return optimizer


def hyperparameters_of(optimizer):
    """The hyperparameters of an optimizer that can be steered.

    Args:
        optimizer: `keras.optimizers.Optimizer`, wrapped or not.

    Returns:
        Dict from name to `Hyperparameter`.

    Raises:
        ValueError: If one of them follows a schedule.
    """
    core = core_of(optimizer)
    if isinstance(core, ConditionalGradient):
        found = [
            Hyperparameter("lambda_", core, "above 0", lambda x: x > 0),
            Hyperparameter("learning_rate", core, "from 0 to 1", lambda x: 0 <= x <= 1),
        ]
    else:
        found = [Hyperparameter("learning_rate", core, "above 0", lambda x: x > 0)]
    config = core.get_config()
    for hyperparameter in found:
        # A schedule or a callable is serialized as something else than a number.
        if not isinstance(config[hyperparameter.name], float | int):
            raise ValueError(
                f"`optimizer` must have a number as its `{hyperparameter.name}`: a "
                f"schedule cannot be steered. Received: {config[hyperparameter.name]!r}"
            )
    return {hyperparameter.name: hyperparameter for hyperparameter in found}


def checked_values(hyperparameters, switchable, values):
    """Checks all new values before any is used.

    Args:
        hyperparameters: Dict from name to `Hyperparameter`.
        switchable: Whether `centralize` is among the names.
        values: Dict from name to new value.

    Returns:
        Dict from name to float, or bool for `centralize`.

    Raises:
        ValueError: If a name or a value is not allowed.
    """
    names = [*hyperparameters, *(["centralize"] if switchable else [])]
    checked = {}
    for name, value in values.items():
        if name not in names:
            raise ValueError(
                f"This session can set {names}. Received: {name!r} = {value!r}"
            )
        if name == "centralize":
            if not isinstance(value, bool):
                raise ValueError(
                    f"`centralize` must be True or False. Received: {value!r}"
                )
            checked[name] = value
        else:
            checked[name] = hyperparameters[name].check(value)
    return checked


def centralizes(optimizer):
    """Whether the outermost wrapper is gradient centralization."""
    return isinstance(optimizer, GradientCentralization)
