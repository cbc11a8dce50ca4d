"""An update of many variables by the family, and the support point of `spectral`."""

import keras
import numpy as np
import tensorflow as tf
from keras import ops
from rows import Row, alternate, seconds

from helpers.feasible_sets import get
from helpers.optimizers import FrankWolfe

STEPS = 10
PEERS = {"Keras's Adam": keras.optimizers.Adam, "Keras's Muon": keras.optimizers.Muon}
BALLS = {"fro": "≤ 0.75", "max": "≤ 0.75", "outputs": "≤ 0.75", "nuclear": "≤ 1.2"}
SIZES = 512, 1024, 2048


def shapes_of_a_network():
    """The shapes of MobileNetV3Small's variables."""
    network = keras.applications.MobileNetV3Small(weights=None)
    return [tuple(variable.shape) for variable in network.trainable_variables]


def update(optimizer, shapes):
    """A function that makes some updates and waits for their end."""
    rng = np.random.default_rng(0)
    arrays = [rng.standard_normal(shape, dtype="float32") for shape in shapes]
    variables = [keras.Variable(array) for array in arrays]
    gradients = [tf.constant(0.01 * array) for array in arrays]
    optimizer.build(variables)
    step = tf.function(lambda: optimizer.apply(gradients, variables))

    def work():
        for _ in range(STEPS):
            step()
        tf.test.experimental.sync_devices()

    return work


def compare(ours, peer, shapes, rounds):
    """Time of our update over the peer's, for each round."""
    works = [update(ours, shapes), update(peer, shapes)]
    times = alternate([lambda work=work: seconds(work) for work in works], rounds)
    return tuple(times[0] / times[1])


def updates(rounds):
    """Ours over Keras's Adam and Muon, on the same variables."""
    shapes = shapes_of_a_network()
    what, quantity = "an update of MobileNetV3Small", "time of ours / of the peer"
    for ball, goal in BALLS.items():
        ratios = compare(FrankWolfe(ball=ball), keras.optimizers.Adam(), shapes, rounds)
        yield Row(f"{what}, `{ball}`", "Keras's Adam", quantity, ratios, goal)
    # As they are, Keras's Muon gives all kernels here to AdamW; as matrices both make
    # the polar factor of each.
    matrices = [(int(np.prod(s[:-1])), s[-1]) if len(s) > 1 else s for s in shapes]
    what = f"{what}'s kernels as matrices"
    for ball, peer, goal in (
        ("spectral", "Keras's Adam", ""),
        ("spectral", "Keras's Muon", "≤ 1"),
        ("nuclear", "Keras's Adam", ""),
    ):
        ours = FrankWolfe(ball=ball, momentum=0.9)
        ratios = compare(ours, PEERS[peer](), matrices, rounds)
        yield Row(f"{what}, `{ball}`", peer, quantity, ratios, goal)


def as_exact(matrix, muon, error):
    """Muon's five steps, and Newton–Schulz steps until the error is as small."""
    factor = muon.zeropower_via_newtonschulz5(matrix, 5)
    exact = float(tf.reduce_sum(tf.linalg.svd(matrix, compute_uv=False)))
    steps = 0
    while 1 - float(tf.reduce_sum(factor * matrix)) / exact > error and steps < 20:
        factor = newton_schulz(factor)
        steps += 1
    return steps


def newton_schulz(factor):
    """One step of the iteration that ends at singular values of 1."""
    square = tf.matmul(factor, factor, transpose_b=True)
    return 1.5 * factor - 0.5 * tf.matmul(square, factor)


def supports(rounds):
    """Support points of `spectral` beside a decomposition and beside Muon's steps."""
    muon = keras.optimizers.Muon()
    for size in SIZES:
        matrix = tf.constant(
            np.random.default_rng(0).standard_normal((size, size)), "float32"
        )
        support = tf.function(get("spectral").support)
        values = tf.linalg.svd(matrix, compute_uv=False)
        missing = 1 - float(tf.reduce_sum(support(matrix) * matrix) / sum(values))
        steps = as_exact(matrix, muon, max(missing, 1e-5))

        @tf.function
        def muons(x, steps=steps):
            factor = muon.zeropower_via_newtonschulz5(x, 5)
            for _ in range(steps):
                factor = newton_schulz(factor)
            return factor

        decompose = tf.function(lambda x: ops.svd(x, full_matrices=False))
        works = (
            lambda x=matrix, work=support: work(x).numpy(),
            lambda x=matrix, work=decompose: work(x)[0].numpy(),
            lambda x=matrix, work=muons: work(x).numpy(),
        )
        times = alternate([lambda work=work: seconds(work) for work in works], rounds)
        what = f"support of `spectral`, {size} × {size}"
        ratios = tuple(times[1] / times[0])
        yield Row(what, "`ops.svd`", "times faster", ratios)
        peer = f"Muon's 5 steps and {steps} of Newton–Schulz, as exact"
        yield Row(
            *(what, peer, "time of ours / of the peer"),
            *(tuple(times[0] / times[2]), "≤ 0.8"),
        )
        what += ", what is missing of the sum of singular values"
        yield Row(what, "an SVD", "relative error", (abs(missing),), "≤ 0.001")


def rows(rounds):
    """All rows."""
    yield from updates(rounds)
    yield from supports(rounds)
