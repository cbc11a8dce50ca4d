"""Train on one device and on four, in one process of JAX with a divided processor.

Run by `test_data_parallel.py`: the largest differences are saved.
"""

import sys

sys.modules["tensorflow"] = None  # Keras would load it for nothing

import jax  # noqa: E402

jax.config.update("jax_platforms", "cpu")
jax.config.update("jax_num_cpu_devices", 4)

import random  # noqa: E402

import keras  # noqa: E402
import numpy as np  # noqa: E402

from helpers.optimizers import (  # noqa: E402
    ConditionalGradient,
    FrankWolfe,
    GradientCentralization,
)

OPTIMIZERS = {
    "spectral": lambda: FrankWolfe(0.01, 5.0, "spectral", momentum=0.9),
    "outputs": lambda: FrankWolfe(0.01, 5.0, "outputs"),
    "nuclear": lambda: ConditionalGradient(0.99, 5.0, ord="nuclear"),
    "GC": lambda: GradientCentralization(keras.optimizers.Adam(0.01)),
}
LAYERS = {
    "BatchNormalization": keras.layers.BatchNormalization,
    "Dropout": lambda: keras.layers.Dropout(0.5),
}


def trained(optimizer, distribution, x, y, *layers):
    keras.distribution.set_distribution(distribution)
    random.seed(0)
    model = keras.Sequential([keras.Input((12,))])
    model.add(keras.layers.Dense(8, activation="tanh", name="inner"))
    for layer in layers:
        model.add(layer())
    model.add(keras.layers.Dense(6))
    model.compile(optimizer(), "mse")
    start = model.get_weights()
    model.fit(x, y, 16, 3, shuffle=False, verbose=0)
    moved = largest(start, model.get_weights())
    assert moved > 1e-2, moved
    return model.get_weights()


def largest(first, second):
    return max(np.abs(a - b).max() for a, b in zip(first, second, strict=True))


def main(path):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((64, 12)).astype("float32")
    y = rng.standard_normal((64, 6)).astype("float32")
    parallel = keras.distribution
    assert len(parallel.list_devices()) == 4
    layout = parallel.LayoutMap(parallel.DeviceMesh((2, 2), ["batch", "model"]))
    layout[".*kernel"] = (None, "model")
    ways = {
        "DataParallel": parallel.DataParallel(),
        "ModelParallel": parallel.ModelParallel(
            layout_map=layout, batch_dim_name="batch"
        ),
    }
    cases = {name: (optimizer,) for name, optimizer in OPTIMIZERS.items()}
    cases |= {name: (OPTIMIZERS["GC"], layer) for name, layer in LAYERS.items()}
    results = {}
    for name, (optimizer, *layers) in cases.items():
        one = trained(optimizer, None, x, y, *layers)
        for way, distribution in ways.items():
            many = trained(optimizer, distribution, x, y, *layers)
            results[f"{way} {name}"] = largest(one, many)
    np.savez(path, **results)


main(sys.argv[1])
