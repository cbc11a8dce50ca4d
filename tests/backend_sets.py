"""Support points of every set on the backend of `KERAS_BACKEND`, eager and compiled.

Run by `test_feasible_sets.py`, once on each backend.
"""

import sys

import helpers

helpers.setup("en")

import keras  # noqa: E402
import numpy as np  # noqa: E402
from keras import ops  # noqa: E402

from helpers.feasible_sets import SETS, KSparse, Lp, Simplex  # noqa: E402

ALL = {**SETS, "Lp": Lp(1.5), "KSparse": KSparse(3), "Simplex": Simplex()}
COMPILED = [(7,), (210, 230)]
SHAPES = [(), (7,), (6, 4), (210, 230), (2, 2, 3, 5)]


def compiled(function):
    """The function, compiled as the backend's `fit` would."""
    backend = keras.config.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        return tf.function(function, autograph=False)
    if backend == "jax":
        import jax

        return jax.jit(function)
    return function


def directions():
    """Names and arrays: each shape at three sizes, zero, and not finite."""
    rng = np.random.default_rng(0)
    for shape in SHAPES:
        array = rng.standard_normal(shape).astype("float32")
        for size in (1e-8, 1.0, 1e8):
            yield f"{shape} {size:g}", array * np.float32(size)
        yield f"{shape} zero", np.zeros(shape, "float32")
        for value in (np.nan, np.inf, -np.inf):
            broken = np.array(array)
            broken.flat[broken.size // 2] = value
            yield f"{shape} {value}", broken


def main(path):
    results = {}
    for name, ball in ALL.items():
        support = compiled(ball.support)
        for case, direction in directions():
            tensor = ops.convert_to_tensor(direction)
            eager = ops.convert_to_numpy(ball.support(tensor))
            results[f"{name}|{case}|eager"] = eager
            if direction.shape in COMPILED:
                fast = ops.convert_to_numpy(support(tensor))
                results[f"{name}|{case}|compiled"] = fast
    np.savez(path, **results)


if __name__ == "__main__":
    main(sys.argv[1])
