"""What all sets share: the class, and functions of one tensor."""

from typing import Any

import keras
from keras import ops

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
    wide = keras.backend.standardize_dtype(tensor.dtype) == "float64"
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

    Attributes:
        inwards: What the optimizer multiplies a variable by after each step. Rounding
            outwards would add up over many steps in a sum over entries, so it is a unit
            of float32 below 1 unless a set says otherwise.
    """

    inwards = 1 - 2.0**-23

    def norm(self, w: Any) -> Any:
        """By how much the unit set must grow to hold `w`."""
        raise NotImplementedError

    def support(self, direction: Any) -> Any:
        """The point of the unit set furthest along `direction`."""
        raise NotImplementedError

    def diameter(self, shape: tuple[int, ...]) -> float:
        """The largest distance between two points of the unit set."""
        raise NotImplementedError

    def project(self, w: Any, radius: Any) -> Any:
        """`w` where it is inside, else the nearest point of `radius` times the set.

        Where there is no formula for that point, `w` is scaled onto the boundary.
        """
        w = in_float(w)
        radius = ops.cast(radius, w.dtype)
        return ops.where(self.norm(w) <= radius, w, self.nearest(w, radius))

    def nearest(self, w: Any, radius: Any) -> Any:
        """The point of `radius` times the set nearest to a `w` outside it."""
        return w * (radius / ops.maximum(self.norm(w), radius))

    def oracle(self, gradient: Any) -> Any:
        """`s`, if `⟨gradient, ·⟩` is smallest in the unit set at `-s`."""
        return self.support(gradient)

    def get_config(self) -> dict[str, Any]:
        """The arguments of the constructor."""
        return {}

    @classmethod
    def from_config(cls, config):
        return cls(**config)

    def __repr__(self):
        arguments = (f"{key}={value!r}" for key, value in self.get_config().items())
        return f"{type(self).__name__}({', '.join(arguments)})"


def sign(d):
    """1, 0 or −1 for each entry; NaN where it is infinite or NaN."""
    return ops.divide_no_nan(d, ops.abs(d))


def where_finite(d, point):
    """The point, with NaN where the direction is infinite or NaN."""
    return ops.where(ops.isfinite(d), point, float("nan"))


def at_largest(values, k=1):
    """1 at the `k` largest entries and 0 elsewhere."""
    flat = ops.reshape(values, (-1,))
    k = min(k, flat.shape[0])
    indices = ops.top_k(flat, k)[1]
    ones = ops.ones((k,), values.dtype)
    return ops.reshape(ops.scatter(indices[:, None], ones, flat.shape), values.shape)


def nearest_with_sum(values, total, cap=float("inf")):
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
