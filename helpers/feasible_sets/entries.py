"""Sets that see a tensor as its entries alone."""

import math
import numbers

from keras import ops

from .._support.checks import integer
from .base import (
    FeasibleSet,
    at_largest,
    frobenius_norm,
    in_float,
    nearest_with_sum,
    serializable,
    sign,
    where_finite,
)


@serializable
class Frobenius(FeasibleSet):
    """`‖w‖_F ≤ 1`.

    Args:
        epsilon: Float, added to the norm in `support`, as TensorFlow Addons does.
    """

    def __init__(self, epsilon: float = 0.0) -> None:
        self.epsilon = epsilon

    def norm(self, w):
        return frobenius_norm(w)

    def support(self, direction):
        d = in_float(direction)
        return ops.divide_no_nan(d, frobenius_norm(d) + self.epsilon)

    def diameter(self, shape):
        return 2.0

    def get_config(self):
        return {"epsilon": self.epsilon}


@serializable
class L1(FeasibleSet):
    """`Σ|w| ≤ 1`."""

    def norm(self, w):
        return ops.sum(ops.abs(in_float(w)))

    def support(self, direction):
        d = in_float(direction)
        return at_largest(ops.abs(d)) * sign(d)

    def nearest(self, w, radius):
        return sign(w) * nearest_with_sum(ops.abs(w), radius)

    def diameter(self, shape):
        return 2.0


@serializable
class Max(FeasibleSet):
    """`max |w| ≤ 1`."""

    inwards = 1.0  # no sum: the new entry lies between the old one and its bound

    def norm(self, w):
        return ops.max(ops.abs(in_float(w)))

    def support(self, direction):
        return sign(in_float(direction))

    def nearest(self, w, radius):
        return ops.clip(w, -radius, radius)

    def diameter(self, shape):
        return 2.0 * math.sqrt(math.prod(shape))


@serializable
class Lp(FeasibleSet):
    """`‖w‖_p ≤ 1`, with `‖w‖_p = (Σ|w|^p)^(1/p)`.

    Args:
        p: Number from 1 to `float("inf")`.
    """

    def __init__(self, p: float) -> None:
        if not isinstance(p, numbers.Real) or isinstance(p, bool) or not p >= 1:
            raise ValueError(f"`p` must be a number, at least 1. Received: {p!r}")
        self.p = float(p)
        self._named = {1.0: L1(), 2.0: Frobenius(), math.inf: Max()}.get(self.p)

    def norm(self, w):
        w = ops.abs(in_float(w))
        largest = ops.max(w)  # the powers of what is at most 1 do not overflow
        powers = ops.power(ops.divide_no_nan(w, largest), self.p)
        return largest * ops.power(ops.sum(powers), 1 / self.p)

    def support(self, direction):
        if self._named:
            return self._named.support(direction)
        d = in_float(direction)
        sizes = ops.divide_no_nan(ops.abs(d), ops.max(ops.abs(d)))
        point = sign(d) * ops.power(sizes, 1 / (self.p - 1))
        return where_finite(d, ops.divide_no_nan(point, self.norm(point)))

    def nearest(self, w, radius):
        if self._named:
            return self._named.nearest(w, radius)
        return super().nearest(w, radius)

    def diameter(self, shape):
        return 2.0 * math.prod(shape) ** max(0.0, 0.5 - 1 / self.p)

    def get_config(self):
        return {"p": self.p}


@serializable
class KSparse(FeasibleSet):
    """`Σ|w| ≤ k` and `max |w| ≤ 1`: the mean of points with at most `k` signs.

    With a radius λ: `Σ|w| ≤ kλ` and `max |w| ≤ λ`.

    Args:
        k: Integer, at least 1.
    """

    def __init__(self, k: int) -> None:
        self.k = integer("k", k, 1)

    def norm(self, w):
        w = ops.abs(in_float(w))
        return ops.maximum(ops.max(w), ops.sum(w) / self.k)

    def support(self, direction):
        d = in_float(direction)
        return at_largest(ops.abs(d), self.k) * sign(d)

    def nearest(self, w, radius):
        return sign(w) * nearest_with_sum(ops.abs(w), self.k * radius, radius)

    def diameter(self, shape):
        return 2.0 * math.sqrt(min(self.k, math.prod(shape)))

    def get_config(self):
        return {"k": self.k}


@serializable
class Simplex(FeasibleSet):
    """`w ≥ 0` and `Σw = 1`, over all entries of the tensor. It has no inside."""

    inwards = 1.0

    def norm(self, w):
        """`Σw`, and infinite where an entry is negative."""
        w = in_float(w)
        return ops.where(ops.min(w) >= 0, ops.sum(w), float("inf"))

    def support(self, direction):
        d = in_float(direction)
        return where_finite(d, at_largest(d))

    def oracle(self, gradient):
        return -self.support(-gradient)

    def project(self, w, radius):
        return nearest_with_sum(in_float(w), radius)

    def diameter(self, shape):
        return math.sqrt(2.0)
