"""Train with ConditionalGradient on the backend of `KERAS_BACKEND`; save the weights.

Run by `test_conditional_gradient.py`, once on each backend.
"""

import sys

import helpers

helpers.setup("en")

import keras  # noqa: E402
import numpy as np  # noqa: E402
from backend_fw import model  # noqa: E402

from helpers.optimizers import ConditionalGradient  # noqa: E402


def main(path):
    results = {}
    for ord in ("fro", "nuclear"):
        rng = np.random.default_rng(0)
        trained = model(rng)
        x = rng.standard_normal((32, 6, 6, 2)).astype("float32")
        y = rng.standard_normal((32, 3)).astype("float32")
        trained.compile(ConditionalGradient(0.9, 2.0, ord=ord), "mse")
        trained.fit(x, y, batch_size=8, epochs=3, shuffle=False, verbose=0)
        trained.optimizer.lambda_ = 1.0
        trained.train_on_batch(x, y)
        for i, weights in enumerate(trained.get_weights()):
            results[f"{ord} fit {i}"] = weights
        large = keras.Variable(rng.standard_normal((220, 200)).astype("float32"))
        optimizer = ConditionalGradient(0.9, 2.0, ord=ord)
        for _ in range(3):
            gradient = rng.standard_normal((220, 200)).astype("float32")
            optimizer.apply([keras.ops.convert_to_tensor(gradient)], [large])
        results[f"{ord} large"] = keras.ops.convert_to_numpy(large)
    np.savez(path, **results)


if __name__ == "__main__":
    main(sys.argv[1])
