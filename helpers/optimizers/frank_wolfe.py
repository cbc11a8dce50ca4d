"""Frank–Wolfe as a Keras optimizer."""

from collections.abc import Callable, Iterable
from typing import Any

import keras
from keras import ops
from keras.optimizers.schedules import LearningRateSchedule as Schedule

from .. import feasible_sets
from .._support.checks import number
from ..feasible_sets.base import frobenius_norm, in_float, serializable
from .fusion import one_loop

RESCALE = (None, "gradient", "diameter")


def frank_wolfe_step(w, s, radius, gamma):
    """From `w` the fraction `gamma` of the way to the point `-radius * s` of the set.

    That is `(1 − gamma) * w − gamma * radius * s`, without a rounding of `1 − gamma`.

    Args:
        w: Tensor, the variable.
        s: Tensor of the same shape, `feasible_sets.get(ball).support(gradient)`.
        radius: Number, by which the unit set is multiplied.
        gamma: Number from 0 to 1, the step size.
    """
    return w - gamma * w - gamma * radius * s


@serializable
class FrankWolfe(keras.optimizers.Optimizer):
    """Optimizer that keeps every variable inside a set, without projection.

    Per variable `w` with gradient `g`:

    ```
    d ← momentum * d + (1 − momentum) * g
    w ← (1 − learning_rate) * w − learning_rate * radius * support(d)
    ```

    `−radius * support(d)` is the point of the set at which `⟨d, ·⟩` is smallest. The
    new `w` lies between the old one and that point, so a variable that starts in the
    set never leaves it (`make_feasible` moves it in).

    The learning rate **is the step size**, from 0 (stay) to 1 (go all the way). Each
    variable has a set of its own, biases included. Computed in at least float32.

    It is a family: with `ball="max"`, `learning_rate=lr * wd` and `radius=1 / wd` it is
    Lion with `weight_decay=wd` and both betas equal to `momentum`; `"spectral"` is Muon
    with the exact polar factor in the place of five Newton–Schulz steps; `"fro"` is
    normalized gradient descent with momentum and decoupled weight decay. Different
    balls for different layers (as in Scion) with Keras 3.15:

    ```
    inside = FrankWolfe(0.01, radius=10.0, ball="spectral", momentum=0.9)
    last = FrankWolfe(0.01, radius=10.0, ball="max", momentum=0.9)
    optimizer = keras.optimizers.MultiOptimizer(
        keras.optimizers.OptimizerMap(inside, {".*logits/.*": last})
    )
    ```

    A sparse gradient, such as an Embedding's, moves the whole table: a row that stayed
    behind while others go to the boundary could carry the table out of its set.

    Args:
        learning_rate: Step size: a float in [0, 1], a `LearningRateSchedule` such as
            `OpenLoop()`, or a callable without arguments. Schedules must stay in
            [0, 1].
        radius: What the unit set is multiplied by: a finite float above 0, or a
            `LearningRateSchedule` of the iteration.
        ball: The set: a name (`"fro"`, `"l1"`, `"max"`, `"nuclear"`, `"spectral"`,
            `"outputs"`, `"inputs"`) or a `feasible_sets.FeasibleSet`, such as
            `KSparse(5)`.
        momentum: Float in [0, 1). With 0 no average of the gradients is kept.
        rescale: Makes the step size of one variable fit another. `"gradient"`:
            `learning_rate * ‖d‖ / ‖w + radius * s‖`, a step as long as that of gradient
            descent. `"diameter"`: `learning_rate / diameter` of the set. Both at most
            1. `None`: the learning rate as it is.
        name: Name of the optimizer.
        **kwargs: As for every Keras optimizer (`clipnorm`, `use_ema`,
            `gradient_accumulation_steps`, …), except `weight_decay`.

    Raises:
        ValueError: If an argument is not as above, at construction and at a later
            assignment, which then changes nothing.

    `learning_rate`, `radius` and `momentum` can be assigned at any time; an already
    compiled step uses the new value without being traced again.

    Reference:
        - Frank & Wolfe, 1956, *An algorithm for quadratic programming*.
        - [Jaggi, 2013](https://proceedings.mlr.press/v28/jaggi13.html), algorithm 1.
        - [Pokutta et al., 2020](https://arxiv.org/abs/2010.07243): `rescale`.
        - [Pethick et al., 2025](https://arxiv.org/abs/2502.07529): the family.
    """

    _radius_name = "radius"

    def __init__(
        self,
        learning_rate: float | Schedule | Callable[[], Any] = 0.01,
        radius: float | Schedule = 1.0,
        ball: str | feasible_sets.FeasibleSet = "fro",
        momentum: float = 0.0,
        rescale: str | None = None,
        name: str = "frank_wolfe",
        **kwargs: Any,
    ) -> None:
        if kwargs.get("weight_decay") is not None:
            raise ValueError(
                "`weight_decay` must be None: each step already shrinks the weights, "
                f"and the set bounds them. Received: {kwargs['weight_decay']!r}"
            )
        if rescale not in RESCALE:
            raise ValueError(f"`rescale` must be in {RESCALE}. Received: {rescale!r}")
        learning_rate = _checked_learning_rate(learning_rate)
        radius = self._checked_radius(radius)
        momentum = _checked_momentum(momentum)
        ball = feasible_sets.get(ball)
        super().__init__(learning_rate, name=name, **kwargs)
        self.ball = ball
        self.rescale = rescale
        self._radius = self._scalar(self._radius_name.strip("_"), radius)
        self._momentum = self._scalar("momentum", momentum) if momentum else 0.0

    def _scalar(self, name, value):
        if isinstance(value, Schedule):
            return value
        return self.add_variable((), keras.initializers.Constant(value), name=name)

    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        if self._has_momentum:
            self._averages = self.add_optimizer_variables(variables, "momentum")

    def update_step(self, gradient, variable, learning_rate):
        if 0 in variable.shape:  # an empty one has no largest entry
            return
        with one_loop(variable):
            w, d = in_float(variable), in_float(_dense(gradient))
            if self._has_momentum:
                d = self._average(d, variable)
            s = ops.cast(self.ball.oracle(d), w.dtype)
            radius = ops.cast(self.radius, w.dtype)
            gamma = self._step_size(ops.cast(learning_rate, w.dtype), w, s, radius, d)
            new = frank_wolfe_step(w, s, radius, gamma) * self.ball.inwards
            self.assign(variable, ops.cast(new, variable.dtype))

    def _average(self, gradient, variable):
        average = self._averages[self._get_variable_index(variable)]
        momentum = ops.cast(self.momentum, gradient.dtype)
        new = in_float(average) * momentum + gradient * (1.0 - momentum)
        self.assign(average, ops.cast(new, average.dtype))
        return new

    def _step_size(self, gamma, w, s, radius, d):
        if self.rescale == "gradient":
            distance = frobenius_norm(w + radius * s)
            gamma = gamma * ops.divide_no_nan(frobenius_norm(d), distance)
        elif self.rescale == "diameter":
            gamma = gamma / (radius * self.ball.diameter(w.shape))
        return ops.minimum(gamma, 1.0)

    def make_feasible(self, variables: Iterable[Any]) -> None:
        """Move each variable that lies outside its set to the nearest point of it.

        Where the set has no formula for that point, the variable is scaled.

        Args:
            variables: List of variables, such as `model.trainable_variables`.
        """
        for variable in variables:
            if 0 in variable.shape:
                continue
            point = self.ball.project(variable, self.radius)
            variable.assign(ops.cast(point, variable.dtype))

    def gap(self, gradients: Iterable[Any], variables: Iterable[Any]) -> Any:
        """Frank–Wolfe gap: `Σ ⟨g, w + radius * support(g)⟩` over the variables.

        Where the loss is convex and the variables lie in their sets, the loss is at
        most this far above the smallest in the sets. On a network it is no bound, but
        0 only where no direction into the sets goes down to first order.

        Args:
            gradients: List of tensors, of the loss in the variables.
            variables: List of variables or tensors.

        Returns:
            Number as a tensor, at least 0 (but for rounding) where all variables lie in
            their sets.
        """
        gap = 0.0
        for gradient, variable in zip(gradients, variables, strict=True):
            if 0 in variable.shape:
                continue
            g, w = in_float(_dense(gradient)), in_float(variable)
            radius = ops.cast(self.radius, w.dtype)
            gap = gap + ops.sum(g * (w + radius * self.ball.oracle(g)))
        return gap

    @property
    def radius(self):
        """What the unit set is multiplied by; the value at this iteration."""
        scheduled = isinstance(self._radius, Schedule)
        return self._radius(self._iterations) if scheduled else self._radius

    @radius.setter
    def radius(self, value):
        if isinstance(self._radius, Schedule) or isinstance(value, Schedule):
            raise TypeError(
                f"`{self._radius_name}` can be assigned only where it was a number at "
                f"construction, and only a number. It is: {self._radius!r}. "
                f"Received: {value!r}"
            )
        self._radius.assign(self._checked_radius(value))

    @property
    def momentum(self):
        """How much of the average of the gradients is kept in a step."""
        return self._momentum

    @momentum.setter
    def momentum(self, value):
        value = _checked_momentum(value)
        if self._has_momentum:
            self._momentum.assign(value)
        elif value:
            raise ValueError(
                "`momentum` was 0 at construction, so no average of the gradients is "
                f"kept, and it must stay 0. Received: {value!r}"
            )

    @property
    def _has_momentum(self):
        return isinstance(self._momentum, keras.Variable)

    @property
    def learning_rate(self):
        """Learning rate in [0, 1], at this iteration."""
        return self._get_current_learning_rate()

    @learning_rate.setter
    def learning_rate(self, value):
        base = keras.optimizers.Optimizer.learning_rate
        base.fset(self, _checked_learning_rate(value))

    def _checked_radius(self, value):
        if isinstance(value, Schedule):
            return value
        return number(self._radius_name, value, "above 0", lambda x: x > 0)

    def _radius_config(self):
        if isinstance(self._radius, Schedule):
            return keras.optimizers.schedules.serialize(self._radius)
        return float(ops.convert_to_numpy(self._radius))

    def get_config(self) -> dict[str, Any]:
        names = {id(ball): name for name, ball in feasible_sets.SETS.items()}
        ball = names.get(id(self.ball))
        return {
            **super().get_config(),
            "radius": self._radius_config(),
            "ball": ball or keras.saving.serialize_keras_object(self.ball),
            "momentum": float(ops.convert_to_numpy(self._momentum)),
            "rescale": self.rescale,
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        radius = config.get(cls._radius_name)
        if isinstance(radius, dict):
            radius = keras.optimizers.schedules.deserialize(radius, custom_objects)
            config = {**config, cls._radius_name: radius}
        return super().from_config(config, custom_objects)


@serializable
class OpenLoop(Schedule):
    """The step size `2 / (t + 2)` in iteration `t = 0, 1, …`, for `FrankWolfe`.

    On a convex loss its error falls like `1 / t` (Jaggi, 2013, theorem 1).
    """

    def __call__(self, step: Any) -> Any:
        return 2.0 / (ops.cast(step, "float32") + 2.0)

    def get_config(self) -> dict[str, Any]:
        return {}


def _dense(gradient):
    """The gradient as a dense tensor: TensorFlow's of an Embedding is sparse."""
    if type(gradient).__name__ == "IndexedSlices":
        import tensorflow as tf

        return tf.convert_to_tensor(gradient)
    return gradient


def _checked_learning_rate(value):
    if callable(value):
        return value
    return number("learning_rate", value, "from 0 to 1", lambda x: 0 <= x <= 1)


def _checked_momentum(value):
    allowed = "at least 0 and below 1"
    return number("momentum", value, allowed, lambda x: 0 <= x < 1)
