"""Conditional Gradient (Frank–Wolfe) as a Keras optimizer."""

import math

import keras
from keras import ops

from helpers.feasible_sets import BALLS, GRAM_LIMIT, in_float
from helpers.optimizers.fusion import fused

Schedule = keras.optimizers.schedules.LearningRateSchedule


@keras.saving.register_keras_serializable(package="optimizer_lessons")
class ConditionalGradient(keras.optimizers.Optimizer):
    """Optimizer that keeps every variable inside a norm ball, without projection.

    Per variable `w` with gradient `g`:

    ```
    w ← learning_rate * w − (1 − learning_rate) * lambda_ * s
    s = g / (‖g‖ + epsilon)    for ord="fro"
    s = u₁v₁ᵀ                  for ord="nuclear"
    ```

    `−lambda_ * s` is the point of the ball `{w : ‖w‖ ≤ lambda_}` at which the
    linearized loss is smallest. The new `w` lies between the old one and that point:
    a variable that starts in the ball never leaves it (`make_feasible` moves it in).

    **Mind the learning rate.** As in TensorFlow Addons it is inverted: the step size
    of Frank–Wolfe is `γ = 1 − learning_rate`, so 0.999 is a small step and 0 goes all
    the way to the boundary.

    Each variable has a ball of its own, biases included. `"nuclear"` takes a tensor
    of rank 3 or more as the matrix `(-1, last axis)`, so a convolution kernel as
    `(height * width * inputs, outputs)`; `u₁, v₁` are its first singular vectors. A
    gradient of 0 gives `s = 0`. Norms are computed in at least float32.

    Args:
        learning_rate: Float in [0, 1], a `LearningRateSchedule`, or a callable
            without arguments. Schedules must stay in [0, 1].
        lambda_: Radius of the ball: a finite float above 0, or a
            `LearningRateSchedule` of the iteration. Defaults to 0.01.
        epsilon: Float, at least 0. Damps the step where the gradient's norm is of
            its size. Not used for `"nuclear"`. Defaults to 1e-7.
        ord: Norm of the ball, `"fro"` (Frobenius) or `"nuclear"`.
        name: Name of the optimizer.
        **kwargs: As for every Keras optimizer (`clipnorm`, `use_ema`,
            `gradient_accumulation_steps`, …), except `weight_decay`.

    Raises:
        ValueError: If an argument is not as above, at construction and at a later
            assignment, which then changes nothing.

    `learning_rate` and `lambda_` can be assigned at any time; an already compiled
    step uses the new value without being traced again.

    Reference:
        - [Ravi et al., 2018](https://arxiv.org/abs/1803.06453), algorithm 1.
        - Frank & Wolfe, 1956, *An algorithm for quadratic programming*.
        - [Jaggi, 2013](https://proceedings.mlr.press/v28/jaggi13.html), algorithm 1.
    """

    def __init__(
        self,
        learning_rate,
        lambda_=0.01,
        epsilon=1e-7,
        ord="fro",
        name="conditional_gradient",
        **kwargs,
    ):
        if ord not in BALLS:
            raise ValueError(f"`ord` must be one of {list(BALLS)}. Received: {ord!r}")
        if kwargs.get("weight_decay") is not None:
            raise ValueError(
                "`weight_decay` must be None: Keras would multiply it by a learning "
                "rate near 1, and the ball already bounds the weights. "
                f"Received: {kwargs['weight_decay']!r}"
            )
        learning_rate = _checked_learning_rate(learning_rate)
        lambda_ = _checked_lambda(lambda_)
        epsilon = _number("epsilon", epsilon, "at least 0", lambda x: x >= 0)
        super().__init__(learning_rate, name=name, **kwargs)
        self.epsilon = epsilon
        self.ord = ord
        self._lambda = lambda_
        if not isinstance(lambda_, Schedule):
            self._lambda = self.add_variable(
                (), keras.initializers.Constant(lambda_), name="lambda"
            )

    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        # Start vectors of the iteration for "nuclear", far smaller than a variable.
        self._starts = [self._start_vector(variable) for variable in variables]

    def _start_vector(self, variable):
        if self.ord != "nuclear" or len(variable.shape) < 2:
            return None
        rows, columns = math.prod(variable.shape[:-1]), variable.shape[-1]
        if min(rows, columns) <= GRAM_LIMIT:
            return None
        return self.add_variable((columns,), name=f"{variable.name}_start")

    @fused
    def update_step(self, gradient, variable, learning_rate):
        start = self._starts[self._get_variable_index(variable)]
        s, right = BALLS[self.ord].support(_dense(gradient), self.epsilon, start)
        if start is not None:
            self.assign(start, ops.cast(right, start.dtype))
        w = in_float(variable)
        s, lambda_ = ops.cast(s, w.dtype), ops.cast(self.lambda_, w.dtype)
        learning_rate = ops.cast(learning_rate, w.dtype)
        new = learning_rate * w - (1.0 - learning_rate) * lambda_ * s
        # Between w and −λs, except for rounding, which could add up to a norm above
        # λ over many small steps.
        target = -lambda_ * s
        new = ops.minimum(new, ops.maximum(w, target))
        new = ops.maximum(new, ops.minimum(w, target))
        self.assign(variable, ops.cast(new, variable.dtype))

    def make_feasible(self, variables):
        """Scale each variable that lies outside its ball onto the boundary.

        Args:
            variables: List of variables, such as `model.trainable_variables`.
        """
        for variable in variables:
            w = in_float(variable)
            radius = ops.cast(self.lambda_, w.dtype)
            norm = BALLS[self.ord].norm(w)
            scale = ops.where(norm > radius, radius / ops.maximum(norm, radius), 1.0)
            variable.assign(ops.cast(w * scale, variable.dtype))

    @property
    def lambda_(self):
        """Radius of the ball; the value at this iteration if it is scheduled."""
        if isinstance(self._lambda, Schedule):
            return self._lambda(self._iterations)
        return self._lambda

    @lambda_.setter
    def lambda_(self, value):
        if isinstance(self._lambda, Schedule) or isinstance(value, Schedule):
            raise TypeError(
                "`lambda_` can be assigned only where it was a number at construction, "
                f"and only a number. It is: {self._lambda!r}. Received: {value!r}"
            )
        self._lambda.assign(_checked_lambda(value))

    @property
    def learning_rate(self):
        """Learning rate in [0, 1]; the step size is `1 − learning_rate`."""
        return self._get_current_learning_rate()

    @learning_rate.setter
    def learning_rate(self, value):
        base = keras.optimizers.Optimizer.learning_rate
        base.fset(self, _checked_learning_rate(value))

    def get_config(self):
        lambda_ = self._lambda
        if isinstance(lambda_, Schedule):
            lambda_ = keras.optimizers.schedules.serialize(lambda_)
        else:
            lambda_ = float(ops.convert_to_numpy(lambda_))
        return {
            **super().get_config(),
            "lambda_": lambda_,
            "epsilon": self.epsilon,
            "ord": self.ord,
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        config = dict(config)
        if isinstance(config.get("lambda_"), dict):
            config["lambda_"] = keras.optimizers.schedules.deserialize(
                config["lambda_"], custom_objects=custom_objects
            )
        return super().from_config(config, custom_objects=custom_objects)


def _dense(gradient):
    """The gradient as a dense tensor: TensorFlow's of an Embedding is sparse."""
    if type(gradient).__name__ == "IndexedSlices":
        import tensorflow as tf

        return tf.convert_to_tensor(gradient)
    return gradient


def _number(argument, value, allowed, holds):
    """The value as a float that `holds`, or an error that says what is allowed."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if isinstance(value, bool | str) or not math.isfinite(number) or not holds(number):
        raise ValueError(
            f"`{argument}` must be a finite number, {allowed}. Received: {value!r}"
        )
    return number


def _checked_learning_rate(value):
    if callable(value):
        return value
    return _number("learning_rate", value, "from 0 to 1", lambda x: 0 <= x <= 1)


def _checked_lambda(value):
    if isinstance(value, Schedule):
        return value
    return _number("lambda_", value, "above 0", lambda x: x > 0)
