"""Matrices that keep their norm, under any optimizer: Hyperball."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import keras
from keras import ops

from .._support.checks import number
from ..feasible_sets import in_float
from .conditional_gradient import ConditionalGradient
from .wrapper import OptimizerWrapper


def hyperball_step(w, u, radius, eta, axes=None):
    """From `w` the share `eta` of the radius against `u`, and back to the sphere.

    That is `R n(w − eta R n(u))` with `n(x) = x / ‖x‖`, and `w` where `u` is zero.

    Args:
        w, u: Tensors of one shape: a variable, and what an optimizer would subtract.
        radius: Number or tensor, the norm R of the result.
        eta: Number of at least 0, the tangent of the angle if `u` is orthogonal to `w`.
        axes: Axes of one norm; `None` is one norm for the whole.
    """
    turned = radius * unit(w - eta * radius * unit(u, axes), axes)
    return ops.where(norm(u, axes) == 0, w, turned)


def norm(x, axes=None):
    return ops.sqrt(ops.sum(ops.square(x), axis=axes, keepdims=True))


def unit(x, axes=None):
    return ops.divide_no_nan(x, norm(x, axes))


@keras.saving.register_keras_serializable(package="optimizer_lessons")
class Hyperball(OptimizerWrapper):
    """Turns matrices on the sphere of their norm, along another optimizer's updates.

    Per matrix `W`: `hyperball_step(W, u, R, learning_rate)`, with `R` its norm at the
    start, and `u` what the inner optimizer subtracts from a variable that is zero.

    **One learning rate drives all**, the inner optimizer's: a matrix moves by that part
    of itself. Vectors, biases and embeddings are left to the inner optimizer, as in
    marin's MuonH; `adam_lr_ratio` of Muon or a `MultiOptimizer` gives another rate.

    Args:
        inner_optimizer: `keras.optimizers.Optimizer`, or its name. No `weight_decay`:
            on a sphere it does nothing; no `use_ema`: it would average before weights
            are back there; no `ConditionalGradient`: its rate is 1 − step size.
        radius: The norm of every matrix, a float above 0; `None` is the norm that each
            has when the optimizer is built. After `set_weights`, build another.
        axes: The axes of one norm, by variable path or in the order of `build`. All by
            default; `(1, 2)` where each matrix of a stack needs its own, as of experts
            (marin-community/marin#8621); `()` leaves a variable alone.
        name: String.

    Raises:
        TypeError, ValueError: An argument is not as above; or, once the variables are
            known, a matrix is zero, and so has no direction, or has a constraint.

    Reference: [Wen et al., 2026](https://arxiv.org/abs/2606.16899)
    """

    def __init__(
        self,
        inner_optimizer: str | keras.optimizers.Optimizer,
        *,
        radius: float | None = None,
        axes: Mapping[str, Any] | Sequence[Any] | None = None,
        name: str = "hyperball",
    ) -> None:
        if radius is not None:
            radius = number("radius", radius, "above 0", lambda x: x > 0)
        super().__init__(inner_optimizer, axes, name)
        self._refuse_average()
        for inner in self._inner_optimizers():
            if inner.weight_decay or isinstance(inner, ConditionalGradient):
                raise ValueError(
                    "Argument `inner_optimizer` must have no `weight_decay` and be no "
                    f"ConditionalGradient. Received: {inner!r}, {inner.weight_decay=}"
                )
        self.radius = radius

    def _build_own(self, variables):
        pairs = list(zip(variables, self._axes_of_each, strict=True))
        norms = [norm(in_float(v), axes) if axes else None for v, axes in pairs]
        for (variable, axes), n in zip(pairs, norms, strict=True):
            if axes and (variable.constraint is not None or not ops.all(n > 0)):
                raise ValueError(
                    f"{variable.path!r} must not be zero, which has no direction, nor "
                    "have a constraint. With the `axes` () it is left alone."
                )
        self._radii = [n if n is None else self._radius_variable(n) for n in norms]

    def _radius_variable(self, norms):
        constant = keras.initializers.Constant(self.radius or norms)
        return self.add_variable(norms.shape, constant, norms.dtype, name="radius")

    def _held(self, variables):
        for variable, axes in zip(variables, self.axes_of(variables), strict=True):
            if axes:
                radius = self._radii[self._get_variable_index(variable)]
                yield variable, in_float(ops.copy(variable)), radius, axes

    def apply(self, grads, trainable_variables=None):
        """Lets the inner optimizer move the matrices from zero, and turns them so."""
        grads, variables = self._paired(grads, trainable_variables)
        eta, held = self.learning_rate, list(self._held(variables))
        for variable, *_ in held:
            variable.assign(ops.zeros(variable.shape, variable.dtype))
        try:
            self.inner_optimizer.apply(grads, variables)
        finally:
            for variable, w, radius, axes in held:
                rate = ops.cast(eta, w.dtype)
                new = hyperball_step(w, -in_float(variable), radius, rate, axes)
                variable.assign(ops.cast(new, variable.dtype))

    def make_feasible(self, variables: Iterable[Any]) -> None:
        """Puts each matrix on its sphere, as the first step would do otherwise."""
        variables = list(variables)
        self.build(variables)
        for variable, w, radius, axes in self._held(variables):
            variable.assign(ops.cast(w * (radius / norm(w, axes)), variable.dtype))

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"radius": self.radius}
