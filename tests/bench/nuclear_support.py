"""The support point of the nuclear-norm ball against a full decomposition.

The peer is the function of TensorFlow Addons on Python 3.11, and elsewhere what it
does: TensorFlow's singular value decomposition.
"""

import numpy as np
import tensorflow as tf
from rows import Row, alternate, seconds

from helpers.feasible_sets import get
from helpers.lessons import addons

SHAPES = [(64, 64), (784, 64), (3, 3, 256, 256), *((n, n) for n in (512, 1024, 2048))]
# One decomposition of this takes a minute.
LARGEST = (4096, 4096)
# Here every kind is measured.
IN_FULL = (1024, 1024)
GOALS = {(64, 64): "≥ 0.83", IN_FULL: "≥ 100"}


def random_entries(shape, rng):
    """Neighbouring singular values are close: the hard case."""
    return rng.standard_normal(shape)


def of_a_batch(shape, rng):
    """As the gradient of a layer: the sum over 64 images of input times error."""
    rows = int(np.prod(shape[:-1]))
    inputs = np.maximum(rng.standard_normal((64, rows)), 0)
    errors = rng.standard_normal((64, shape[-1]))
    errors *= np.exp(rng.standard_normal((64, 1)))
    return (inputs.T @ errors).reshape(shape)


def with_a_close_pair(shape, rng):
    """The second singular value is 1 % below the first, the others spread below."""
    others = np.sort(rng.uniform(0, 0.98, shape[-1] - 2))[::-1]
    left, right = (
        np.linalg.qr(rng.standard_normal((side, shape[-1])))[0] for side in shape
    )
    return left * np.concatenate(([1, 0.99], others)) @ right.T


KINDS = {
    of_a_batch: "gradient of a batch",
    random_entries: "random entries",
    with_a_close_pair: "σ₂ 1 % below σ₁",
}
OTHER_KINDS = {IN_FULL: tuple(KINDS), LARGEST: (of_a_batch,)}


def first_singular_pair(matrix):
    """As TensorFlow Addons has it."""
    _, left, right = tf.linalg.svd(matrix)
    return left[:, :1] * right[:, 0]


def compare(kind, shape, rounds):
    """Times of the peer over ours, and the error."""
    rng = np.random.default_rng(0)
    gradient = tf.constant(kind(shape, rng), "float32")
    matrix = tf.reshape(gradient, (-1, shape[-1]))
    peer = first_singular_pair
    if addons.available():
        peer = addons.original_conditional_gradient()._top_singular_vector
    peer = tf.function(peer)
    support = tf.function(get("nuclear").support)
    works = (lambda: peer(matrix).numpy(), lambda: support(gradient).numpy())
    times = alternate([lambda work=work: seconds(work) for work in works], rounds)
    exact = float(tf.reduce_sum(peer(matrix) * matrix))
    error = 1 - float(tf.reduce_sum(support(gradient) * gradient)) / exact
    return times[0] / times[1], abs(error)


def rows(rounds):
    """How many times faster, for several kinds of gradients, and how exact."""
    errors = []
    for shape in (*SHAPES, LARGEST):
        size = " × ".join(map(str, shape))
        for kind in OTHER_KINDS.get(shape, (of_a_batch, random_entries)):
            few = 1 if shape == LARGEST else rounds
            ratios, error = compare(kind, shape, few)
            errors.append(error)
            what = f"support of `nuclear`, {size}, {KINDS[kind]}"
            peer, goal = "a full SVD, as in TFA", GOALS.get(shape, "")
            curve = ("nuclear", KINDS[kind]) if shape[0] == shape[-1] else None
            yield Row(what, peer, "times faster", tuple(ratios), goal, curve, shape[-1])
    what = "support of `nuclear`, the largest error above, relative"
    yield Row(what, "a full SVD", "relative error", (max(errors),), "≤ 0.001")
