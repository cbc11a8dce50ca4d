"""Sets that see a tensor as a matrix."""

import math

from keras import ops

from .base import (
    FeasibleSet,
    as_matrix,
    in_float,
    nearest_with_sum,
    serializable,
)
from .singular import (
    first_singular_pair,
    polar_factor,
    singular_values,
    with_singular_values,
)


@serializable
class Nuclear(FeasibleSet):
    """`Σσ ≤ 1`, the singular values of the matrix."""

    def norm(self, w):
        return ops.sum(singular_values(as_matrix(in_float(w))))

    def support(self, direction):
        left, right = first_singular_pair(as_matrix(in_float(direction)))
        return ops.reshape(left[:, None] * right, direction.shape)

    def nearest(self, w, radius):
        def change(values):
            return nearest_with_sum(values, radius)

        return ops.reshape(with_singular_values(as_matrix(w), change), w.shape)

    def diameter(self, shape):
        return 2.0


@serializable
class Spectral(FeasibleSet):
    """`σ₁ ≤ 1`, the largest singular value of the matrix."""

    def norm(self, w):
        return ops.max(singular_values(as_matrix(in_float(w))))

    def support(self, direction):
        factor = polar_factor(as_matrix(in_float(direction)))
        return ops.reshape(factor, direction.shape)

    def nearest(self, w, radius):
        def change(values):
            return ops.minimum(values, radius)

        return ops.reshape(with_singular_values(as_matrix(w), change), w.shape)

    def diameter(self, shape):
        return 2.0 * math.sqrt(min(math.prod(shape[:-1]), math.prod(shape[-1:])))


@serializable
class Outputs(FeasibleSet):
    """`‖w[…, j]‖ ≤ 1` for each output unit or channel `j`."""

    axis = 0

    def _norms(self, matrix):
        return ops.sqrt(ops.sum(ops.square(matrix), axis=self.axis, keepdims=True))

    def norm(self, w):
        return ops.max(self._norms(as_matrix(in_float(w))))

    def support(self, direction):
        d = as_matrix(in_float(direction))
        return ops.reshape(d * ops.divide_no_nan(1.0, self._norms(d)), direction.shape)

    def nearest(self, w, radius):
        matrix = as_matrix(w)
        scale = radius / ops.maximum(self._norms(matrix), radius)
        return ops.reshape(matrix * scale, w.shape)

    def diameter(self, shape):
        return 2.0 * math.sqrt(math.prod(shape[-1:]))


@serializable
class Inputs(Outputs):
    """`‖w[i, :]‖ ≤ 1` for each row `i` of the matrix."""

    axis = 1

    def diameter(self, shape):
        return 2.0 * math.sqrt(math.prod(shape[:-1]))
