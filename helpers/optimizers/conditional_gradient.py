"""Conditional Gradient: Frank–Wolfe in the form of TensorFlow Addons."""

from collections.abc import Callable
from typing import Any

from keras.optimizers.schedules import LearningRateSchedule as Schedule

from .. import feasible_sets
from .._support.checks import number
from ..feasible_sets.base import serializable
from .frank_wolfe import FrankWolfe


@serializable
class ConditionalGradient(FrankWolfe):
    """`FrankWolfe` as TensorFlow Addons wrote it, with a learning rate upside down.

    Per variable `w` with gradient `g`:

    ```
    w ← learning_rate * w − (1 − learning_rate) * lambda_ * s
    s = g / (‖g‖ + epsilon)    for ord="fro"
    s = u₁v₁ᵀ                  for ord="nuclear"
    ```

    **Mind the learning rate.** The step size of Frank–Wolfe is `1 − learning_rate`, so
    0.999 is a small step and 0 goes all the way to the boundary. A callback that
    *lowers* the learning rate, such as `ReduceLROnPlateau`, makes the steps *larger*,
    and a warm-up starts with the largest. `FrankWolfe(1 − learning_rate, lambda_, ord)`
    takes the same path with a learning rate that means what they expect.

    Args:
        learning_rate: Float in [0, 1], a `LearningRateSchedule`, or a callable
            without arguments. Schedules must stay in [0, 1].
        lambda_: Radius of the ball: a finite float above 0, or a
            `LearningRateSchedule` of the iteration. Defaults to 0.01.
        epsilon: Float, at least 0. Damps the step where the gradient's norm is of
            its size. Not used for `"nuclear"`. Defaults to 1e-7.
        ord: Norm of the ball, `"fro"` (Frobenius) or `"nuclear"`.
        name: Name of the optimizer.
        **kwargs: As for `FrankWolfe`.

    Raises:
        ValueError: If an argument is not as above, at construction and at a later
            assignment, which then changes nothing.

    `learning_rate` and `lambda_` can be assigned at any time.

    Reference:
        - [Ravi et al., 2018](https://arxiv.org/abs/1803.06453), algorithm 1.
    """

    ORDS = ("fro", "nuclear")
    _radius_name = "lambda_"

    def __init__(
        self,
        learning_rate: float | Schedule | Callable[[], Any],
        lambda_: float | Schedule = 0.01,
        epsilon: float = 1e-7,
        ord: str = "fro",
        name: str = "conditional_gradient",
        **kwargs: Any,
    ) -> None:
        if ord not in self.ORDS:
            raise ValueError(f"`ord` must be in {self.ORDS}. Received: {ord!r}")
        epsilon = number("epsilon", epsilon, "at least 0", lambda x: x >= 0)
        ball = feasible_sets.Frobenius(epsilon) if ord == "fro" else ord
        super().__init__(learning_rate, lambda_, ball, 0.0, None, name, **kwargs)
        self.epsilon = epsilon
        self.ord = ord

    def update_step(self, gradient, variable, learning_rate):
        super().update_step(gradient, variable, 1.0 - learning_rate)

    @property
    def lambda_(self):
        """Radius of the ball; the value at this iteration if it is scheduled."""
        return self.radius

    @lambda_.setter
    def lambda_(self, value):
        self.radius = value

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        for name in ("radius", "ball", "momentum", "rescale"):
            del config[name]
        own = {"lambda_": self._radius_config(), "epsilon": self.epsilon}
        return {**config, **own, "ord": self.ord}
