"""Train on one device and on two, in a process whose processor is divided.

Run by `test_distributed.py`: the largest differences are saved.
"""

import sys

import helpers

helpers.setup("en")

import keras  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

from helpers.experiments import distributed  # noqa: E402
from helpers.optimizers import GradientCentralization  # noqa: E402

OPTIMIZERS = {
    "GC": lambda: GradientCentralization(keras.optimizers.Adam(0.01)),
    "clipped": lambda: keras.optimizers.SGD(0.1, clipvalue=0.01),
}


def build():
    keras.utils.set_random_seed(0)
    return keras.Sequential(
        [
            keras.Input((6, 6, 2)),
            keras.layers.Conv2D(4, 3, activation="tanh"),
            keras.layers.Flatten(),
            keras.layers.Dense(3),
        ]
    )


def trained(optimizer, strategy, x, y):
    with strategy.scope():
        model = build()
        model.compile(optimizer(), "mse")
    start = model.get_weights()
    model.fit(x, y, 16, 3, shuffle=False, verbose=0)
    return start, model.get_weights()


def largest(first, second):
    return max(np.abs(a - b).max() for a, b in zip(first, second, strict=True))


def main(path):
    devices = distributed.two_devices()
    assert distributed.two_devices() == devices
    one = tf.distribute.get_strategy()
    two = tf.distribute.MirroredStrategy(devices)
    assert two.num_replicas_in_sync == 2
    rng = np.random.default_rng(0)
    x = rng.standard_normal((64, 6, 6, 2)).astype("float32")
    y = rng.standard_normal((64, 3)).astype("float32")
    results = {}
    for name, optimizer in OPTIMIZERS.items():
        (start, one_end), (_start, two_end) = (
            trained(optimizer, each, x, y) for each in (one, two)
        )
        results[name] = largest(one_end, two_end)
        results[f"{name} moved"] = largest(start, one_end)
    np.savez(path, **results)


if __name__ == "__main__":
    main(sys.argv[1])
