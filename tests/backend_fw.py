"""Train with FrankWolfe on the backend of `KERAS_BACKEND`; save weights and gaps.

Run by `test_frank_wolfe.py`, once on each backend. It needs no other package than
Keras and NumPy: where the backend is JAX or PyTorch, TensorFlow is not imported.
"""

import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np

from helpers.callbacks import FrankWolfeGap
from helpers.feasible_sets import SETS, KSparse, Lp, Simplex
from helpers.optimizers import FrankWolfe, OpenLoop

ALL = {**SETS, "Lp": Lp(1.5), "KSparse": KSparse(3), "Simplex": Simplex()}


def model(rng):
    built = keras.Sequential(
        [
            keras.Input((6, 6, 2)),
            keras.layers.Conv2D(4, 3, activation="tanh"),
            keras.layers.Flatten(),
            keras.layers.Dense(3),
        ]
    )
    built.set_weights([rng.standard_normal(w.shape) * 0.3 for w in built.get_weights()])
    return built


def main(path):
    results = {}
    for name, ball in ALL.items():
        rng = np.random.default_rng(0)
        trained = model(rng)
        x = rng.standard_normal((32, 6, 6, 2)).astype("float32")
        y = rng.standard_normal((32, 3)).astype("float32")
        optimizer = FrankWolfe(0.1, 2.0, ball, momentum=0.9)
        optimizer.make_feasible(trained.trainable_variables)
        trained.compile(optimizer, "mse")
        watcher = FrankWolfeGap(x, y)
        trained.fit(
            x, y, batch_size=8, epochs=2, shuffle=False, verbose=0, callbacks=[watcher]
        )
        results[f"{name} gap"] = np.array(watcher.history)
        optimizer.radius, optimizer.learning_rate = 1.0, 0.2
        trained.train_on_batch(x, y)
        for i, weights in enumerate(trained.get_weights()):
            results[f"{name} {i}"] = weights
    variable = keras.Variable(np.zeros((6, 5), "float32"))
    optimizer = FrankWolfe(OpenLoop(), 2.0, "spectral", rescale="gradient")
    for seed in range(5):
        g = np.random.default_rng(seed).standard_normal((6, 5)).astype("float32")
        optimizer.apply([keras.ops.convert_to_tensor(g)], [variable])
    results["open loop"] = keras.ops.convert_to_numpy(variable)
    if keras.config.backend() != "tensorflow":
        assert "tensorflow" not in sys.modules
    np.savez(path, **results)


if __name__ == "__main__":
    main(sys.argv[1])
