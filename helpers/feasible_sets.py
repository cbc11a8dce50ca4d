"""Norm balls as feasible sets: pure functions on one tensor.

Frank–Wolfe asks one question of its feasible set: which point of it goes furthest
in a given direction? For the ball `{w : norm(w) <= radius}` that point is
`radius * support(direction)`. The linear minimization oracle (LMO) of a gradient
`g` is therefore `-radius * support(g)`.

A further ball is one more `Ball` in `BALLS`.
"""

import collections

import numpy as np
from keras import ops

# Up to this many columns (or rows) the eigenvectors of the small Gram matrix are
# exact and faster than iterating; above it, Lanczos is.
GRAM_LIMIT = 192
# Lanczos: steps between two checks for convergence, checks at most, and the
# relative gain of the singular value at which it stops.
LANCZOS_STEPS = 8
LANCZOS_CHECKS = 10
LANCZOS_TOLERANCE = 3e-5


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


def _divide(x, length, epsilon=0.0):
    """`x / (length + epsilon)`, and 0 where `length` is 0."""
    positive = length > 0
    return ops.where(positive, x / ops.where(positive, length + epsilon, 1.0), 0.0)


def frobenius_norm(tensor):
    """The square root of the sum of the squares, over all axes."""
    return ops.sqrt(ops.sum(ops.square(in_float(tensor))))


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
    return _divide(direction, frobenius_norm(direction), epsilon), start


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
    # Scaled, since the Gram matrix squares the entries.
    matrix = _divide(matrix, ops.max(ops.abs(matrix)))
    if min(matrix.shape) <= GRAM_LIMIT:
        right = _first_right_singular_vector(matrix)
    else:
        right = _lanczos(matrix, start)
    left = ops.matmul(matrix, right[:, None])
    left = _divide(left, frobenius_norm(left))
    return ops.reshape(left * right, direction.shape), right


def _first_right_singular_vector(matrix):
    rows, columns = matrix.shape
    if rows >= columns:
        gram = ops.matmul(ops.transpose(matrix), matrix)
        return ops.eigh(gram)[1][:, -1]
    gram = ops.matmul(matrix, ops.transpose(matrix))
    left = ops.eigh(gram)[1][:, -1]
    right = ops.matmul(left[None], matrix)[0]
    return _divide(right, frobenius_norm(right))


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
        vector = vector + ops.cast(start, matrix.dtype)
    vector = _divide(vector, frobenius_norm(vector))
    basis = ops.zeros((most, columns), dtype=matrix.dtype)
    images = ops.zeros((most, rows), dtype=matrix.dtype)

    def unfinished(step, value, gain, *_):
        return ops.logical_and(step < most, gain > LANCZOS_TOLERANCE * value)

    def advance(step, value, gain, ritz, vector, basis, images):
        for j in range(LANCZOS_STEPS):
            image = ops.matmul(matrix, vector[:, None])[:, 0]
            basis = ops.slice_update(basis, (step + j, 0), vector[None])
            images = ops.slice_update(images, (step + j, 0), image[None])
            vector = _orthogonal(ops.matmul(image[None], matrix)[0], basis)
        gram = ops.matmul(images, ops.transpose(images))
        squares, combinations = ops.eigh(gram)
        new = ops.sqrt(ops.maximum(squares[-1], 0.0))
        ritz = ops.matmul(combinations[:, -1][None], basis)[0]
        return step + LANCZOS_STEPS, new, new - value, ritz, vector, basis, images

    zero = ops.cast(0.0, matrix.dtype)
    state = (0, zero, zero + 1.0, vector, vector, basis, images)
    right = ops.while_loop(unfinished, advance, state)[3]
    return _divide(right, frobenius_norm(right))


def _orthogonal(vector, basis):
    """The unit vector orthogonal to the rows of `basis`, or 0 if only noise is."""
    before = frobenius_norm(vector)
    for _ in range(2):  # once is not enough in float32
        along = ops.matmul(basis, vector[:, None])
        vector = vector - ops.matmul(ops.transpose(along), basis)[0]
    length = frobenius_norm(vector)
    return _divide(vector, ops.where(length > 1e-5 * before, length, 0.0))


Ball = collections.namedtuple("Ball", ["norm", "support"])

BALLS = {
    "fro": Ball(frobenius_norm, frobenius_support),
    "nuclear": Ball(nuclear_norm, nuclear_support),
}
