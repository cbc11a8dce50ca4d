"""A step of Conditional Gradient with the Frobenius ball, in a compiled function.

The original is in TensorFlow Addons, on Python 3.11; elsewhere its rows are left out.
"""

import keras
import numpy as np
import tensorflow as tf
from rows import Row, alternate, seconds

from helpers.lessons import addons
from helpers.optimizers import ConditionalGradient

EXPONENTS = (4, 5, 6, 7, 8)
SUPERSCRIPT = dict(zip(EXPONENTS, "⁴⁵⁶⁷⁸", strict=True))
# From here on the time is that of the arithmetic, and no longer of the call.
LARGE = 7
# Entries of the steps of one measurement together, so that it takes long enough.
ENTRIES = 2 * 10**8
MOST_STEPS = 200


def compiled(apply, steps):
    """A function that makes some steps and waits for their end."""
    step = tf.function(apply)

    def work():
        for _ in range(steps):
            step()
        tf.test.experimental.sync_devices()

    return work


def of_keras(optimizer, start, gradient, steps):
    """Steps of a Keras optimizer."""
    variable = keras.Variable(start)
    optimizer.build([variable])
    return compiled(lambda: optimizer.apply([gradient], [variable]), steps)


def of_the_original(start, gradient, steps):
    """Steps of TensorFlow Addons."""
    optimizer = addons.original_conditional_gradient()(0.99949, 203.0)
    variable = tf.Variable(start)
    pairs = [(gradient, variable)]
    return compiled(lambda: optimizer.apply_gradients(pairs) and None, steps)


def rows(rounds):
    """Ours over SGD's time and over the original's, for growing variables."""
    times = {}
    for exponent in EXPONENTS:
        rng = np.random.default_rng(0)
        start = rng.standard_normal(10**exponent, dtype="float32")
        gradient = tf.constant(rng.standard_normal(10**exponent, dtype="float32"))
        task = start, gradient, min(ENTRIES // 10**exponent, MOST_STEPS)
        ours = of_keras(ConditionalGradient(0.99949, 203.0), *task)
        peers = {"Keras's SGD": of_keras(keras.optimizers.SGD(0.01), *task)}
        if addons.available():
            peers["TensorFlow Addons"] = of_the_original(*task)
        works = [ours, *peers.values()]
        measures = [lambda work=work: seconds(work) for work in works]
        measured = alternate(measures, 3 * rounds, warmup=2)
        times[exponent] = np.median(measured[0]) / task[-1]
        what = f"a step of CG, `fro`, 10{SUPERSCRIPT[exponent]} parameters"
        for (peer, goal), other in zip(
            (("Keras's SGD", "≤ 1.5"), ("TensorFlow Addons", "≤ 0.5")),
            measured[1:],
            strict=False,
        ):
            goal = goal if exponent >= LARGE else ""
            ratios = tuple(measured[0] / other)
            quantity, curve = "time of ours / of the peer", ("fro", peer)
            yield Row(what, peer, quantity, ratios, goal, curve, 10**exponent)
        del works, measures, ours, peers
    growth = times[EXPONENTS[-1]] / times[LARGE]
    what, quantity = "the same, 10⁸ against 10⁷", "time / ten times the time"
    yield Row(what, "itself", quantity, (growth / 10,), "≤ 1.3")
