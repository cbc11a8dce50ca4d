"""Norm balls as feasible sets: pure functions on one tensor.

Frank–Wolfe asks one question of its feasible set: which point of it goes furthest
in a given direction? For the ball `{w : norm(w) <= radius}` that point is
`radius * support(direction)`. The linear minimization oracle (LMO) of a gradient
`g` is therefore `-radius * support(g)`.

A further ball is one more `Ball` in `BALLS`.
"""

import collections

import keras
import numpy as np
from keras import ops

# Up to this many columns (or rows) the eigenvectors of the small Gram matrix are
# exact and faster than iterating; above it, Lanczos is.
GRAM_LIMIT = 192
# Lanczos: steps between two checks, checks at most, and when it stops: at the relative
# residual of the singular value's square, or at the relative gain since the last check.
LANCZOS_STEPS = 8
LANCZOS_CHECKS = 8
LANCZOS_RESIDUAL = 1e-4
LANCZOS_GAIN = 1e-5
# Weight of the last gradient's vector beside a random one of length 1. With more, a
# vector that has become the second one passes for the first.
LANCZOS_START = 1 / 4


def as_matrix(tensor):
    """The tensor as the matrix whose singular values are meant.

    The last axis (output units or channels) becomes the columns and all others the
    rows: a convolution kernel of shape `(3, 3, 16, 32)` becomes `(144, 32)`.
    """
    if len(tensor.shape) == 2:
        return tensor
    columns = tensor.shape[-1] if len(tensor.shape) > 2 else 1
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


def frobenius_support(direction, epsilon=0.0, start=None):
    """Point of the unit Frobenius ball furthest along `direction`: `d / ‖d‖`.

    Args:
        direction: Floating-point tensor of any rank.
        epsilon: Added to the norm, as TensorFlow Addons does.
        start: Not used: there is a formula.

    Returns:
        The support point, in float32 or wider and of the shape of `direction`
        (0 where `direction` is 0), and `start`.
    """
    direction = in_float(direction)
    norm = frobenius_norm(direction)
    return ops.divide_no_nan(direction, norm + epsilon), start


def nuclear_norm(tensor):
    """The sum of the singular values of `as_matrix(tensor)`."""
    return ops.sum(ops.svd(as_matrix(in_float(tensor)), compute_uv=False))


def nuclear_support(direction, epsilon=0.0, start=None):
    """Point of the unit nuclear-norm ball furthest along `direction`: `u₁v₁ᵀ`.

    `u₁` and `v₁` are the first singular vectors of `as_matrix(direction)`. No
    singular value decomposition is made: the vectors come from the smaller Gram
    matrix where that is small, and from Lanczos iterations where it is not. Either
    way `⟨direction, support⟩` is the largest singular value to a relative 1e-3.

    Args:
        direction: Floating-point tensor of any rank.
        epsilon: Not used: only a direction of 0 needs care, and gives 0.
        start: Vector of length `direction.shape[-1]`, a guess of `v₁` such as the
            one that the last call returned. Helps large matrices only.

    Returns:
        The support point, in float32 or wider and of the shape of `direction`, and
        `v₁`.

    Reference:
        - Golub & Van Loan, Matrix Computations, 4th ed., section 10.4.
    """
    matrix = as_matrix(in_float(direction))
    # Scaled, since both ways square the entries.
    largest = ops.maximum(ops.max(matrix), -ops.min(matrix))
    matrix = ops.divide_no_nan(matrix, largest)
    if min(matrix.shape) <= GRAM_LIMIT:
        right = _first_right_singular_vector(matrix)
    else:
        right = _lanczos(matrix, start)
    left = ops.matmul(matrix, right[:, None])
    left = ops.divide_no_nan(left, frobenius_norm(left))
    return ops.reshape(left * right, direction.shape), right


def _first_right_singular_vector(matrix):
    rows, columns = matrix.shape
    if rows >= columns:
        gram = ops.matmul(ops.transpose(matrix), matrix)
        return ops.eigh(gram)[1][:, -1]
    gram = ops.matmul(matrix, ops.transpose(matrix))
    left = ops.eigh(gram)[1][:, -1]
    right = ops.matmul(left[None], matrix)[0]
    return ops.divide_no_nan(right, frobenius_norm(right))


def _lanczos(matrix, start):
    """The first right singular vector, by Lanczos with Rayleigh–Ritz.

    A random vector is added to `start`: without it, a start on the second singular
    vector would never find the first.
    """
    rows, columns = matrix.shape
    most = LANCZOS_STEPS * LANCZOS_CHECKS
    noise = np.random.default_rng(0).standard_normal(columns)
    vector = ops.cast(noise / np.linalg.norm(noise), matrix.dtype)
    if start is not None:
        vector = vector + LANCZOS_START * ops.cast(start, matrix.dtype)
    vector = ops.divide_no_nan(vector, frobenius_norm(vector))
    basis = ops.zeros((most, columns), dtype=matrix.dtype)
    images = ops.zeros((most, rows), dtype=matrix.dtype)

    def unfinished(step, square, finished, *_):
        return ops.logical_and(step < most, ops.logical_not(finished))

    def advance(step, square, finished, ritz, vector, basis, images):
        vectors, new_images = [], []
        for _ in range(LANCZOS_STEPS):
            image = ops.matmul(matrix, vector[:, None])[:, 0]
            vectors.append(vector)
            new_images.append(image)
            vector = ops.matmul(image[None], matrix)[0]
            vector, length = _orthogonal(vector, ops.stack(vectors), basis)
        basis = ops.slice_update(basis, (step, 0), ops.stack(vectors))
        images = ops.slice_update(images, (step, 0), ops.stack(new_images))
        step = step + LANCZOS_STEPS

        squares, combinations = ops.eigh(ops.matmul(images, ops.transpose(images)))
        new, combination = squares[-1], combinations[:, -1]
        residual = length * ops.abs(ops.take(combination, step - 1))
        finished = ops.logical_or(
            residual <= LANCZOS_RESIDUAL * new, new - square <= 2 * LANCZOS_GAIN * new
        )
        ritz = ops.matmul(combination[None], basis)[0]
        return step, new, finished, ritz, vector, basis, images

    zero = ops.cast(0.0, matrix.dtype)
    state = (0, zero, zero > 0, vector, vector, basis, images)
    right = ops.while_loop(unfinished, advance, state)[3]
    return ops.divide_no_nan(right, frobenius_norm(right))


def _orthogonal(vector, *bases):
    """The unit vector orthogonal to the rows of the bases, and its former length.

    Both are 0 where only rounding is left.
    """
    before = frobenius_norm(vector)
    for basis in bases + bases:  # once is not enough in float32
        along = ops.matmul(basis, vector[:, None])
        vector = vector - ops.matmul(ops.transpose(along), basis)[0]
    length = frobenius_norm(vector)
    length = ops.where(length > 1e-4 * before, length, 0.0)
    return ops.divide_no_nan(vector, length), length


Ball = collections.namedtuple("Ball", ["norm", "support"])

BALLS = {
    "fro": Ball(frobenius_norm, frobenius_support),
    "nuclear": Ball(nuclear_norm, nuclear_support),
}
