"""Train on one device and on two, in a process whose processor is divided.

Run by `test_distributed_processes.py`: differences and ratios are saved.
"""

import sys

import helpers

helpers.setup("en")

import keras  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

from helpers import distributed  # noqa: E402
from helpers.optimizers import (  # noqa: E402
    ConditionalGradient,
    GradientCentralization,
)

OPTIMIZERS = {
    "fro": lambda: ConditionalGradient(0.9, 2.0),
    "nuclear": lambda: ConditionalGradient(0.9, 2.0, ord="nuclear"),
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


def trajectory(optimizer, strategy, x, y):
    with strategy.scope():
        model = build()
        model.compile(optimizer(), "mse")
    path = distributed.Trajectory()
    model.fit(x, y, 16, 3, shuffle=False, verbose=0, callbacks=[path])
    return path.weights


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
        paths = [trajectory(optimizer, each, x, y) for each in (one, two)]
        results[name] = distributed.largest_difference(*paths)
        results[f"{name} moved"] = max(
            np.abs(a - b).max() for a, b in zip(paths[0][0], paths[0][-1], strict=True)
        )

    def compiled():
        model = build()
        model.compile(OPTIMIZERS["fro"](), "mse")
        return model

    measured = distributed.weak_scaling(compiled, (x, y), devices, rounds=4)
    results["ratios"] = measured[2].ratios
    np.savez(path, **results)


if __name__ == "__main__":
    main(sys.argv[1])
