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
# Lanczos: vectors in a block, blocks between two checks, checks at most, and when it
# stops: at the relative residual of the singular value's square, or at the relative
# gain since the last check.
LANCZOS_BLOCK = 4
LANCZOS_DEPTH = 3
LANCZOS_CHECKS = 16
LANCZOS_RESIDUAL = 1e-3
LANCZOS_GAIN = 3e-5


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
    exact = min(matrix.shape) <= GRAM_LIMIT
    left, right = _by_gram_matrix(matrix) if exact else _by_lanczos(matrix, start)
    left, right = (ops.divide_no_nan(x, frobenius_norm(x)) for x in (left, right))
    return ops.reshape(left[:, None] * right, direction.shape), right


def _by_gram_matrix(matrix):
    """The first singular vectors, of any length, from the smaller Gram matrix."""
    # Scaled, since the Gram matrix squares the entries.
    largest = ops.maximum(ops.max(matrix), -ops.min(matrix))
    matrix = ops.divide_no_nan(matrix, largest)
    rows, columns = matrix.shape
    if rows < columns:
        left = ops.eigh(_gram(matrix))[1][:, -1]
        return left, ops.matmul(left[None], matrix)[0]
    right = ops.eigh(_gram(ops.transpose(matrix)))[1][:, -1]
    return ops.matmul(matrix, right[:, None])[:, 0], right


def _by_lanczos(matrix, start):
    """The first singular vectors, of any length, by block Lanczos with restarts.

    Reading the matrix takes as long for a block of vectors as for one, and random
    vectors beside `start` find the first singular vector where it is the second.
    The vectors are rows, and `images` is `vectors @ matrix.T`.
    """
    vectors = np.random.default_rng(0).standard_normal((LANCZOS_BLOCK, matrix.shape[1]))
    vectors = ops.cast(vectors / np.sqrt(matrix.shape[1]), matrix.dtype)
    if start is not None:
        first = ops.cast(np.eye(LANCZOS_BLOCK, 1), matrix.dtype)
        vectors = vectors + first * ops.cast(start, matrix.dtype)
    vectors = _orthonormal(vectors)
    images = ops.matmul(vectors, ops.transpose(matrix))
    # Scaled, since the squares of the images are summed.
    scale = ops.clip(1 / ops.max(ops.abs(images)), 1e-30, 1e30)

    def times(block, matrix):
        return ops.matmul(block * scale, matrix)

    def unfinished(check, square, finished, *_):
        return ops.logical_and(check < LANCZOS_CHECKS, ops.logical_not(finished))

    def advance(check, square, finished, vectors, images, back):
        basis, its_images = vectors, images
        for _ in range(LANCZOS_DEPTH):
            vectors = _orthonormal(back, basis)
            images = times(vectors, ops.transpose(matrix))
            back = times(images, matrix)
            basis = ops.concatenate([basis, vectors])
            its_images = ops.concatenate([its_images, images])
        squares, combinations = ops.eigh(_gram(its_images))
        best = ops.flip(ops.transpose(combinations[:, -LANCZOS_BLOCK:]), axis=0)
        vectors, images = ops.matmul(best, basis), ops.matmul(best, its_images)
        back = times(images, matrix)
        new = squares[-1]
        residual = frobenius_norm(back[0] - new * vectors[0])
        finished = ops.logical_or(
            residual <= LANCZOS_RESIDUAL * new, new - square <= 2 * LANCZOS_GAIN * new
        )
        return check + 1, new, finished, vectors, images, back

    images = images * scale
    zero = ops.cast(0.0, matrix.dtype)
    state = (0, zero, zero > 0, vectors, images, times(images, matrix))
    _, _, _, vectors, images, _ = ops.while_loop(unfinished, advance, state)
    return images[0], vectors[0]


def _gram(rows):
    return ops.matmul(rows, ops.transpose(rows))


def _orthonormal(block, basis=None):
    """Orthonormal rows for what those of the block span beyond the rows of `basis`.

    A row is 0 where only rounding is left.
    """
    for _ in range(2):  # once is not enough in float32
        if basis is not None:
            along = ops.matmul(block, ops.transpose(basis))
            block = block - ops.matmul(along, basis)
        squares, combinations = ops.eigh(_gram(block))
        kept = squares > 1e-6 * squares[-1]
        lengths = ops.where(kept, ops.sqrt(ops.abs(squares)), 0.0)
        block = ops.matmul(ops.transpose(combinations), block)
        block = ops.divide_no_nan(block, lengths[:, None])
    return block


Ball = collections.namedtuple("Ball", ["norm", "support"])

BALLS = {
    "fro": Ball(frobenius_norm, frobenius_support),
    "nuclear": Ball(nuclear_norm, nuclear_support),
}
