"""What the singular value decomposition of a matrix is asked for, without making one:
its first pair of vectors, and its polar factor.
"""

import numpy as np
from keras import ops

# Up to this many columns (or rows) the small Gram matrix is squared; above it, Lanczos
# is faster. This many squarings make of a second singular value within 1e-3 of the
# first less than a millionth of it.
GRAM_LIMIT = 192
SQUARINGS = 13
# Lanczos: vectors in a block, blocks between two checks, checks at most, and when it
# stops: at the relative residual of the singular value's square, or at the relative
# gain since the last check.
LANCZOS_BLOCK = 4
LANCZOS_DEPTH = 3
LANCZOS_CHECKS = 16
LANCZOS_RESIDUAL = 1e-3
LANCZOS_GAIN = 3e-5
# Steps x ← a x + b x³ + c x⁵ on the singular values, each the one that comes nearest
# to 1 on what the last left of [0.0001, 1], scaled so that none exceeds 1, with 1 % of
# room for rounding (Amsel et al., 2025). Together: 1 within 3e-4 on [0.0001, 1].
POLAR_STEPS = (
    (4.2146, -12.5124, 9.2879),
    (4.2133, -12.5018, 9.2785),
    (4.2080, -12.4569, 9.2390),
    (4.1855, -12.2692, 9.0737),
    (4.0910, -11.4999, 8.3990),
    (3.7098, -8.7270, 6.0072),
    (2.6837, -3.5360, 1.8424),
    (1.9504, -1.4054, 0.4550),
)


def first_singular_pair(matrix):
    """The first left and right singular vectors of a matrix, without decomposing it.

    They come from the smaller Gram matrix, squared again and again, where that is
    small, and from Lanczos iterations where it is not. Either way
    `left · matrix · right` is the largest singular value to a relative 1e-3.

    Args:
        matrix: Tensor `(rows, columns)`, float32 or wider.

    Returns:
        Vectors `(rows,)` and `(columns,)`; 0 for a matrix of zeros. The left is NaN if
        an entry of the matrix is not finite.

    Reference:
        - Golub & Van Loan, Matrix Computations, 4th ed., section 10.4.
    """
    rows, columns = matrix.shape
    if min(rows, columns) > GRAM_LIMIT:
        left, right = _by_lanczos(matrix)
    elif rows < columns:
        left, right = _by_gram_matrix(matrix)
    else:
        right, left = _by_gram_matrix(ops.transpose(matrix))
    return _normalized(left), _normalized(right)


def polar_factor(matrix):
    """`UVᵀ` of a matrix `UΣVᵀ`: every singular value becomes 1, and 0 stays 0.

    A polynomial of the matrix raises its singular values to 1, in products alone, as
    in the optimizer Muon, whose steps do not end at 1. The sum of the singular values
    of `matrix`, which `⟨matrix, UVᵀ⟩` is, is met to a relative 1e-3.

    Args:
        matrix: Tensor `(rows, columns)`, float32 or wider.

    Returns:
        Tensor of the same shape, with singular values from 0 to 1; NaN if an entry of
        `matrix` is not finite.

    Reference:
        - Higham, Functions of Matrices, 2008, chapter 8.
        - [Amsel et al., 2025](https://arxiv.org/abs/2505.16932).
    """
    if min(matrix.shape) == 1:
        return _normalized(matrix)
    if matrix.shape[0] > matrix.shape[1]:
        return ops.transpose(polar_factor(ops.transpose(matrix)))
    # Scaled twice, since the length squares the entries.
    matrix = _normalized(ops.divide_no_nan(matrix, ops.max(ops.abs(matrix))))
    for a, b, c in POLAR_STEPS:
        gram = _gram(matrix)
        matrix = a * matrix + ops.matmul(b * gram + c * ops.matmul(gram, gram), matrix)
    return matrix


def singular_values(matrix):
    """All singular values, from the largest on; NaN if an entry is not finite."""
    matrix, zero_or_nan = _finite(matrix)
    return ops.svd(matrix, compute_uv=False) + zero_or_nan


def with_singular_values(matrix, change):
    """The matrix whose singular values are `change` of those of `matrix`."""
    matrix, zero_or_nan = _finite(matrix)
    left, values, right = ops.svd(matrix, full_matrices=False)
    return ops.matmul(left * change(values), right) + zero_or_nan


def _finite(matrix):
    """The matrix and 0; or zeros and NaN, where the decompositions would raise."""
    finite = ops.all(ops.isfinite(matrix))
    zero_or_nan = ops.where(finite, 0.0, float("nan"))
    return ops.where(finite, matrix, 0.0), ops.cast(zero_or_nan, matrix.dtype)


def _by_gram_matrix(matrix):
    """The first singular vectors, of any length, of a matrix of few rows."""
    if matrix.shape[0] == 1:
        return ops.ones_like(matrix[:, 0]), matrix[0]
    # Scaled, since the Gram matrix squares the entries.
    matrix = ops.divide_no_nan(matrix, ops.max(ops.abs(matrix)))
    power = _gram(matrix)
    for squaring in range(SQUARINGS):
        if squaring % 3 == 0:  # in time, before the entries get too small
            power = ops.divide_no_nan(power, ops.trace(power))
        power = ops.matmul(power, power)
    # The column on whose axis the first vector has its largest entry.
    left = ops.take(power, ops.argmax(ops.diagonal(power)), axis=1)
    return left, ops.matmul(left[None], matrix)[0]


def _by_lanczos(matrix):
    """The first singular vectors, of any length, by block Lanczos with restarts.

    Reading the matrix takes as long for a block of vectors as for one. The vectors
    are rows, and `images` is `vectors @ matrix.T`.
    """
    matrix, zero_or_nan = _finite(matrix)
    vectors = np.random.default_rng(0).standard_normal((LANCZOS_BLOCK, matrix.shape[1]))
    vectors = ops.cast(vectors / np.sqrt(matrix.shape[1]), matrix.dtype)
    vectors = _orthonormal(vectors)
    images = _images(matrix, vectors)
    # Scaled, since the squares of the images are summed.
    scale = ops.clip(1 / ops.max(ops.abs(images)), 1e-30, 1e30)

    def unfinished(check, square, finished, *_):
        return ops.logical_and(check < LANCZOS_CHECKS, ops.logical_not(finished))

    def advance(check, square, finished, vectors, images, back):
        basis, its_images = vectors, images
        for _ in range(LANCZOS_DEPTH):
            vectors = _orthonormal(back, basis)
            images = _images(matrix, vectors * scale)
            back = ops.matmul(images * scale, matrix)
            basis = ops.concatenate([basis, vectors])
            its_images = ops.concatenate([its_images, images])
        squares, combinations = ops.eigh(_gram(its_images))
        best = ops.flip(ops.transpose(combinations[:, -LANCZOS_BLOCK:]), axis=0)
        vectors, images = ops.matmul(best, basis), ops.matmul(best, its_images)
        back = ops.matmul(images * scale, matrix)
        new = squares[-1]
        residual = _length(back[0] - new * vectors[0])
        finished = ops.logical_or(
            residual <= LANCZOS_RESIDUAL * new, new - square <= 2 * LANCZOS_GAIN * new
        )
        return check + 1, new, finished, vectors, images, back

    images = images * scale
    zero = ops.cast(0.0, matrix.dtype)
    back = ops.matmul(images * scale, matrix)
    state = (0, zero, zero > 0, vectors, images, back)
    _, _, _, vectors, images, _ = ops.while_loop(unfinished, advance, state)
    return images[0] + zero_or_nan, vectors[0]


def _images(matrix, vectors):
    """`vectors @ matrix.T`, in the form that TensorFlow computes many times faster."""
    return ops.transpose(ops.matmul(matrix, ops.transpose(vectors)))


def _normalized(tensor):
    return ops.divide_no_nan(tensor, _length(tensor))


def _length(tensor):
    return ops.sqrt(ops.sum(ops.square(tensor)))


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
