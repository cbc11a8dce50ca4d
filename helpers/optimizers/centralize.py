"""The rule of gradient centralization: a gradient without its mean."""

import functools

import keras
from keras import ops

from helpers.optimizers.gradient_axes import normalize_axes


def _for_any_gradient(rule):
    """Checks axes and computes in float32 at least; leaves what is not for `rule`."""

    @functools.wraps(rule)
    def wrapper(gradient, axes=None, strength=1.0):
        if _is_sparse(gradient):
            return gradient
        gradient = ops.convert_to_tensor(gradient)
        rank = len(gradient.shape)
        axes = tuple(range(rank - 1)) if axes is None else normalize_axes(axes, rank)
        if not axes:
            return gradient
        dtype = keras.backend.standardize_dtype(gradient.dtype)
        if dtype in ("float16", "bfloat16"):
            gradient = ops.cast(gradient, "float32")
        strength = ops.cast(strength, gradient.dtype)
        return ops.cast(rule(gradient, axes, strength), dtype)

    return wrapper


def _is_sparse(gradient):
    return type(gradient).__name__ == "IndexedSlices"


def centralize(gradient, axes=None, strength=1.0):
    """Subtracts from a gradient its mean over the given axes.

    With `w_i` the weights of one output and `M` their number, equation (1) of the
    paper is

        Φ_GC(∇_{w_i} L) = ∇_{w_i} L − μ,    μ = (1/M) Σ_j ∇_{w_ij} L

    which projects the gradient onto the hyperplane of vectors of mean zero. The
    mean that remains is below 1e-6 of the largest entry in float32 for kernels of
    up to some 10,000 weights for each output. In float16 and bfloat16 the mean is
    computed in float32, and what remains is the rounding of the result: at most
    2⁻¹⁰ and 2⁻⁷ of the largest entry.

    Args:
        gradient: Tensor of any shape. A sparse gradient (`tf.IndexedSlices`) comes
            back as it is.
        axes: Integer or integers, the axes of the mean. `None` is every axis but the
            last, which leaves rank 0 and 1 as they are; `()` leaves any gradient as
            it is.
        strength: Float or scalar tensor, the share of the mean that is subtracted.

    Returns:
        Tensor of the gradient's shape and dtype.

    Raises:
        TypeError: `axes` holds something else than integers.
        ValueError: `axes` is out of range or names an axis twice.

    Reference:
        Yong et al., 2020, [Gradient Centralization: A New Optimization Technique
        for Deep Neural Networks](https://arxiv.org/abs/2004.01461)
    """
    mean = ops.mean(gradient, axis=axes, keepdims=True)
    return gradient - strength * mean


# Not as a decorator: a lesson prints the two lines above, which are the rule.
centralize = _for_any_gradient(centralize)
