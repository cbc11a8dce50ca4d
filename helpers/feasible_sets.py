"""The sets that Frank–Wolfe stays in. A set answers three questions about a tensor.

- `norm(w)`: by how much the unit set must grow to hold `w` (its gauge).
- `support(direction)`: the point of the unit set furthest along the direction.
- `project(w, radius)`: the point of `radius` times the set nearest to `w`.

The linear minimization oracle (LMO) of a gradient `g` is `-radius * support(g)` where
the set is symmetric about 0, as all but the simplex are.

| name | unit set | support of d |
|---|---|---|
| `"fro"` | ‖w‖_F ≤ 1 | d / ‖d‖ |
| `"l1"` | Σ|w| ≤ 1 | the sign at the largest entry |
| `"max"` | max |w| ≤ 1 | sign(d) |
| `"nuclear"` | Σσ ≤ 1 | u₁v₁ᵀ |
| `"spectral"` | σ₁ ≤ 1 | UVᵀ |
| `"outputs"` | ‖w[…, j]‖ ≤ 1 for each output j | each divided by its norm |
| `"inputs"` | ‖w[i, :]‖ ≤ 1 for each row i of the matrix | each divided by its norm |
| `Lp(p)` | ‖w‖_p ≤ 1 | by the dual exponent |
| `KSparse(k)` | Σ|w| ≤ k and max |w| ≤ 1 | the signs at the k largest |
| `Simplex()` | w ≥ 0 and Σw = 1 | 1 at the largest entry |

A tensor counts as the matrix `as_matrix` of it. What a set returns has the shape of
what it was given, in float32 or wider. The support of 0 is 0, and that of a direction
with an entry that is not finite has such an entry too.
"""

import math
import numbers

import keras
from keras import ops

from helpers.checks import integer
from helpers.singular import (
    GRAM_LIMIT,
    first_singular_pair,
    polar_factor,
    singular_values,
    with_singular_values,
)

# How far outside a variable can be that a step from inside has left: rounding.
ROUNDING = 1.0001
# Where the norm would cost too much, a step ends a unit of float32 further inside.
INWARDS = 1 - 2.0**-23

serializable = keras.saving.register_keras_serializable(package="optimizer_lessons")


def as_matrix(tensor):
    """The tensor as a matrix: the last axis is the columns, all others the rows.

    A convolution kernel `(3, 3, 16, 32)` becomes `(144, 32)`; a vector becomes one row
    and a number one entry.
    """
    columns = tensor.shape[-1] if len(tensor.shape) else 1
    return ops.reshape(tensor, (-1, columns))


def in_float(tensor):
    """The tensor in at least float32, where a float16 norm would overflow."""
    tensor = ops.convert_to_tensor(tensor)
    wide = str(tensor.dtype).endswith("float64")
    return tensor if wide else ops.cast(tensor, "float32")


def frobenius_norm(tensor):
    """The square root of the sum of the squares, over all axes."""
    tensor = in_float(tensor)
    if keras.config.backend() == "tensorflow":
        # One pass over memory; squares in a tensor of their own would make it three.
        import tensorflow as tf

        return tf.sqrt(2.0 * tf.nn.l2_loss(tensor))
    return ops.sqrt(ops.sum(ops.square(tensor)))


class FeasibleSet:
    """A set for the optimizers: what a set of one's own inherits from.

    It defines `norm`, `support` and `diameter`, and `nearest` where there is a formula.
    Arguments of its constructor go into `get_config`.
    """

    def norm(self, w):
        """By how much the unit set must grow to hold `w`."""
        raise NotImplementedError

    def support(self, direction):
        """The point of the unit set furthest along `direction`."""
        raise NotImplementedError

    def diameter(self, shape):
        """The largest distance between two points of the unit set."""
        raise NotImplementedError

    def project(self, w, radius):
        """`w` where it is inside, else the nearest point of `radius` times the set.

        Where there is no formula for that point, `w` is scaled onto the boundary.
        """
        w = in_float(w)
        radius = ops.cast(radius, w.dtype)
        return ops.where(self.norm(w) <= radius, w, self.nearest(w, radius))

    def nearest(self, w, radius):
        """The point of `radius` times the set nearest to a `w` outside it."""
        return w * (radius / ops.maximum(self.norm(w), radius))

    def settle(self, w, radius):
        """`w` after a step, without what rounding would add up to over many steps.

        Where the set bounds each entry or length by itself, rounding adds nothing.
        """
        return w

    def oracle(self, gradient, start=None):
        """What an optimizer asks for: its step goes to `-radius * s`.

        Args:
            gradient: Floating-point tensor.
            start: What the last call returned, where `start_shape` asks for it.

        Returns:
            `s`, with `-s` the point of the unit set at which `⟨gradient, ·⟩` is
            smallest, and the next `start`.
        """
        return self.support(gradient), start

    def start_shape(self, shape):
        """Shape of the `start` that helps the oracle for such a tensor, or `None`."""
        return None

    def get_config(self):
        """The arguments of the constructor."""
        return {}

    @classmethod
    def from_config(cls, config):
        return cls(**config)

    def __repr__(self):
        arguments = (f"{key}={value!r}" for key, value in self.get_config().items())
        return f"{type(self).__name__}({', '.join(arguments)})"


@serializable
class Frobenius(FeasibleSet):
    """`‖w‖_F ≤ 1`.

    Args:
        epsilon: Float, added to the norm in `support`, as TensorFlow Addons does.
    """

    def __init__(self, epsilon=0.0):
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
        return _at_largest(ops.abs(d)) * _sign(d)

    def nearest(self, w, radius):
        return _sign(w) * _nearest_with_sum(ops.abs(w), radius)

    def settle(self, w, radius):
        return _taken_back(w, self.norm(w) / radius)

    def diameter(self, shape):
        return 2.0


@serializable
class Max(FeasibleSet):
    """`max |w| ≤ 1`."""

    def norm(self, w):
        return ops.max(ops.abs(in_float(w)))

    def support(self, direction):
        return _sign(in_float(direction))

    def nearest(self, w, radius):
        return ops.clip(w, -radius, radius)

    def diameter(self, shape):
        return 2.0 * math.sqrt(math.prod(shape))


@serializable
class Nuclear(FeasibleSet):
    """`Σσ ≤ 1`, the singular values of the matrix."""

    def norm(self, w):
        return ops.sum(singular_values(as_matrix(in_float(w))))

    def support(self, direction):
        return self.oracle(direction)[0]

    def oracle(self, gradient, start=None):
        left, right = first_singular_pair(as_matrix(in_float(gradient)), start)
        return ops.reshape(left[:, None] * right, gradient.shape), right

    def start_shape(self, shape):
        rows, columns = math.prod(shape[:-1]), math.prod(shape[-1:])
        return (columns,) if min(rows, columns) > GRAM_LIMIT else None

    def nearest(self, w, radius):
        def change(values):
            return _nearest_with_sum(values, radius)

        return ops.reshape(with_singular_values(as_matrix(w), change), w.shape)

    def settle(self, w, radius):
        return w * INWARDS

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

    def settle(self, w, radius):
        return w * INWARDS

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


@serializable
class Lp(FeasibleSet):
    """`‖w‖_p ≤ 1`, with `‖w‖_p = (Σ|w|^p)^(1/p)`.

    Args:
        p: Number from 1 to `float("inf")`.
    """

    def __init__(self, p):
        if not isinstance(p, numbers.Real) or isinstance(p, bool) or not p >= 1:
            raise ValueError(f"`p` must be a number, at least 1. Received: {p!r}")
        self.p = float(p)
        self._named = {1.0: L1(), 2.0: Frobenius(), math.inf: Max()}.get(self.p)

    def norm(self, w):
        if self._named:
            return self._named.norm(w)
        w = ops.abs(in_float(w))
        largest = ops.max(w)  # the powers of what is at most 1 do not overflow
        powers = ops.power(ops.divide_no_nan(w, largest), self.p)
        return largest * ops.power(ops.sum(powers), 1 / self.p)

    def support(self, direction):
        if self._named:
            return self._named.support(direction)
        d = in_float(direction)
        sizes = ops.divide_no_nan(ops.abs(d), ops.max(ops.abs(d)))
        point = _sign(d) * ops.power(sizes, 1 / (self.p - 1))
        return _where_finite(d, ops.divide_no_nan(point, self.norm(point)))

    def nearest(self, w, radius):
        if self._named:
            return self._named.nearest(w, radius)
        return super().nearest(w, radius)

    def settle(self, w, radius):
        return _taken_back(w, self.norm(w) / radius)

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

    def __init__(self, k):
        self.k = integer("k", k, 1)

    def norm(self, w):
        w = ops.abs(in_float(w))
        return ops.maximum(ops.max(w), ops.sum(w) / self.k)

    def support(self, direction):
        d = in_float(direction)
        return _at_largest(ops.abs(d), self.k) * _sign(d)

    def nearest(self, w, radius):
        return _sign(w) * _nearest_with_sum(ops.abs(w), self.k * radius, radius)

    def settle(self, w, radius):
        return _taken_back(w, self.norm(w) / radius)

    def diameter(self, shape):
        return 2.0 * math.sqrt(min(self.k, math.prod(shape)))

    def get_config(self):
        return {"k": self.k}


@serializable
class Simplex(FeasibleSet):
    """`w ≥ 0` and `Σw = 1`, over all entries of the tensor. It has no inside."""

    def norm(self, w):
        """`Σw`, and infinite where an entry is negative."""
        w = in_float(w)
        return ops.where(ops.min(w) >= 0, ops.sum(w), float("inf"))

    def support(self, direction):
        d = in_float(direction)
        return _where_finite(d, _at_largest(d))

    def oracle(self, gradient, start=None):
        return -self.support(-gradient), start

    def project(self, w, radius):
        return _nearest_with_sum(in_float(w), radius)

    def settle(self, w, radius):
        sums = ops.sum(w) / radius
        return _taken_back(ops.maximum(w, 0.0), sums, ops.abs(sums - 1.0) + 1.0)

    def diameter(self, shape):
        return math.sqrt(2.0)


SETS = {
    "fro": Frobenius(),
    "l1": L1(),
    "max": Max(),
    "nuclear": Nuclear(),
    "spectral": Spectral(),
    "outputs": Outputs(),
    "inputs": Inputs(),
}


def get(identifier):
    """The set of a name, of a saved configuration, or the set itself.

    Args:
        identifier: One of `SETS`, a `FeasibleSet`, or what
            `keras.saving.serialize_keras_object` makes of one.

    Raises:
        ValueError: If it is none of these.
    """
    if isinstance(identifier, dict):
        identifier = keras.saving.deserialize_keras_object(identifier)
    if isinstance(identifier, FeasibleSet):
        return identifier
    if isinstance(identifier, str) and identifier in SETS:
        return SETS[identifier]
    raise ValueError(
        f"A feasible set must be one of {list(SETS)} or a `FeasibleSet`, such as "
        f"`KSparse(5)`. Received: {identifier!r}"
    )


def _sign(d):
    """1, 0 or −1 for each entry; NaN where it is infinite or NaN."""
    return ops.divide_no_nan(d, ops.abs(d))


def _where_finite(d, point):
    """The point, with NaN where the direction is infinite or NaN."""
    return ops.where(ops.isfinite(d), point, float("nan"))


def _taken_back(w, excess, size=None):
    """`w / excess` where that, or `size`, is above 1 by no more than rounding."""
    size = excess if size is None else size
    rounding = ops.logical_and(size > 1.0, size < ROUNDING)
    return w / ops.where(rounding, excess, 1.0)


def _at_largest(values, k=1):
    """1 at the `k` largest entries and 0 elsewhere."""
    flat = ops.reshape(values, (-1,))
    k = min(k, flat.shape[0])
    indices = ops.top_k(flat, k)[1]
    ones = ops.ones((k,), values.dtype)
    return ops.reshape(ops.scatter(indices[:, None], ones, flat.shape), values.shape)


def _nearest_with_sum(values, total, cap=float("inf")):
    """The point nearest to `values` with entries from 0 to `cap` that sum to `total`.

    It is `clip(values − τ, 0, cap)`, and the bisection finds τ. What is subtracted
    first leaves τ + the largest value in the place of τ, which is small.
    """
    shifted = values - ops.max(values)
    low, high = ops.min(shifted) - total, ops.zeros_like(ops.max(values))

    def halve(_, bounds):
        low, high = bounds
        middle = (low + high) / 2
        more = ops.sum(ops.clip(shifted - middle, 0.0, cap)) > total
        return ops.where(more, middle, low), ops.where(more, high, middle)

    low, high = ops.fori_loop(0, 60, halve, (low, high))
    return ops.clip(shifted - high, 0.0, cap)
