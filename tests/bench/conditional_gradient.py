"""Speed of the Conditional Gradient lesson, each pair in alternation in one run.

- A step of `ord="fro"` in a compiled function against Keras's SGD and the original.
- The support point of the nuclear-norm ball against the original's, which makes a full
  singular value decomposition.
- An epoch of MNIST as the notebook trains it against the tutorial's plain `fit`.

The original is in TensorFlow Addons, on Python 3.11; elsewhere its rows are left out
and TensorFlow's own decomposition takes its place.

Run it as `python tests/bench/conditional_gradient.py [rounds] [--large]`; `--large`
adds 10⁸ parameters and matrices of up to 4096 × 4096, which takes minutes.
"""

import argparse
import time

import helpers

helpers.setup("en")

import keras  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

from helpers import addons, datasets  # noqa: E402
from helpers.feasible_sets import nuclear_support  # noqa: E402
from helpers.optimizers import ConditionalGradient  # noqa: E402

ORIGINAL = addons.original_conditional_gradient() if addons.available() else None


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


def compare_step(size, rounds):
    rng = np.random.default_rng(0)
    start = rng.standard_normal(size, dtype="float32")
    gradient = tf.constant(rng.standard_normal(size, dtype="float32"))

    def compiled(apply):
        step = tf.function(apply)

        def work():
            step()
            tf.test.experimental.sync_devices()

        return work

    def of_keras(optimizer):
        variable = keras.Variable(start)
        optimizer.build([variable])
        return compiled(lambda: optimizer.apply([gradient], [variable]))

    ours = of_keras(ConditionalGradient(0.99949, 203.0))
    sgd = of_keras(keras.optimizers.SGD(0.01))
    report(f"a step of {size:.0e} parameters, beside SGD", ours, sgd, rounds)
    if ORIGINAL:
        optimizer, variable = ORIGINAL(0.99949, 203.0), tf.Variable(start)
        pairs = [(gradient, variable)]
        original = compiled(lambda: optimizer.apply_gradients(pairs) and None)
        report("  beside the original", ours, original, rounds)


def dense_spectrum(shape, rng):
    """Random entries: neighbouring singular values are close, the hard case."""
    return rng.standard_normal(shape)


def of_a_batch(shape, rng):
    """As the gradient of a layer: the sum over 64 images of input times error."""
    rows = int(np.prod(shape[:-1]))
    inputs = np.maximum(rng.standard_normal((64, rows)), 0)
    errors = rng.standard_normal((64, shape[-1]))
    errors *= np.exp(rng.standard_normal((64, 1)))
    return (inputs.T @ errors).reshape(shape)


def first_singular_pair(gradient):
    _, left, right = tf.linalg.svd(tf.reshape(gradient, (-1, gradient.shape[-1])))
    return left[:, :1] * right[:, 0]


def compare_support(kind, shape, rounds):
    rng = np.random.default_rng(0)
    gradient = tf.constant(kind(shape, rng), "float32")
    matrix = tf.reshape(gradient, (-1, shape[-1]))
    svd = ORIGINAL._top_singular_vector if ORIGINAL else first_singular_pair
    svd = tf.function(svd)
    cold = tf.function(lambda g: nuclear_support(g)[0])
    warm = tf.function(lambda g, start: nuclear_support(g, start=start)[0])
    # The next gradient of a training is like the last one, not equal to it.
    change = 0.1 * float(tf.math.reduce_std(gradient)) * rng.standard_normal(shape)
    start = nuclear_support(gradient + tf.constant(change, "float32"))[1]
    exact = float(tf.reduce_sum(first_singular_pair(matrix) * matrix))
    error = 1 - float(tf.reduce_sum(cold(gradient) * gradient)) / exact
    print(f"{kind.__name__} {shape}: relative error of the support {abs(error):.0e}")
    peer = lambda: svd(matrix).numpy()  # noqa: E731
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


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("rounds", nargs="?", type=int, default=5)
    parser.add_argument("--large", action="store_true")
    arguments = parser.parse_args()
    exponents = (4, 5, 6, 7, 8) if arguments.large else (4, 5, 6, 7)
    for exponent in exponents:
        compare_step(10**exponent, arguments.rounds)
    sides = (64, 512, 1024, 2048, 4096) if arguments.large else (64, 512, 1024)
    shapes = [(side, side) for side in sides]
    for shape in [(784, 64), (3, 3, 256, 256), *shapes]:
        for kind in (of_a_batch, dense_spectrum):
            compare_support(kind, shape, arguments.rounds if shape[0] < 2048 else 1)
    compare_epoch(arguments.rounds)


if __name__ == "__main__":
    main()
