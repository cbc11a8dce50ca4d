"""Speed of the Conditional Gradient lesson, each pair in alternation in one run.

- The support point of the nuclear-norm ball against TensorFlow's full SVD.
- An epoch of MNIST as the notebook trains it against the tutorial's plain `fit`.

Run it as `python tests/bench/conditional_gradient.py [rounds]`.
"""

import sys
import time

import helpers

helpers.setup("en")

import keras  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

from helpers import datasets  # noqa: E402
from helpers.feasible_sets import nuclear_support  # noqa: E402
from helpers.optimizers import ConditionalGradient  # noqa: E402


def seconds(work):
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def report(name, ours, peer, rounds):
    """Print how many times faster `ours` is than `peer`, with the spread."""
    ours(), peer()
    ratios = sorted(seconds(peer) / seconds(ours) for _ in range(rounds))
    print(
        f"{name}: {np.median(ratios):.1f} times faster "
        f"({ratios[0]:.1f} to {ratios[-1]:.1f} in {rounds} rounds)",
        flush=True,
    )


def compare_support(shape, rounds):
    rng = np.random.default_rng(0)
    gradient = tf.constant(rng.standard_normal(shape), "float32")
    svd = tf.function(tf.linalg.svd)
    cold = tf.function(lambda g: nuclear_support(g)[0])
    warm = tf.function(lambda g, start: nuclear_support(g, start=start)[0])
    # The next gradient of a training is like the last one, not equal to it.
    nearby = gradient + tf.constant(0.1 * rng.standard_normal(shape), "float32")
    start = nuclear_support(nearby)[1]
    exact = float(svd(gradient)[0][0])
    error = 1 - float(tf.reduce_sum(cold(gradient) * gradient)) / exact
    print(f"{shape}: relative error of the support value {abs(error):.0e}")
    peer = lambda: svd(gradient)[0].numpy()  # noqa: E731
    report("  first step", lambda: cold(gradient).numpy(), peer, rounds)
    report("  later step", lambda: warm(gradient, start).numpy(), peer, rounds)


def compare_epoch(rounds):
    (x, y), _ = datasets.load_mnist()
    x = x.reshape(-1, 784).astype("float32") / 255

    def epoch(steps_per_execution):
        model = keras.Sequential(
            [
                keras.Input((784,)),
                keras.layers.Dense(64, activation="relu"),
                keras.layers.Dense(64, activation="relu"),
                keras.layers.Dense(10, activation="softmax"),
            ]
        )
        model.compile(
            ConditionalGradient(0.99949, 203.0),
            "sparse_categorical_crossentropy",
            metrics=["accuracy"],
            steps_per_execution=steps_per_execution,
        )
        return lambda: model.fit(x, y, batch_size=64, verbose=0)

    report("an epoch of MNIST", epoch(469), epoch(1), rounds)


def main(rounds):
    for shape in ((64, 64), (784, 64), (512, 512), (1024, 1024)):
        compare_support(shape, rounds)
    compare_epoch(rounds)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
