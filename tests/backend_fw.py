"""Train with FrankWolfe and ConditionalGradient on the backend of `KERAS_BACKEND`.

Run by `test_frank_wolfe.py`, once on each backend; stores weights and gaps. It needs no
other package than Keras and NumPy: where the backend is JAX or PyTorch, TensorFlow is
not imported. What each set does on each backend is tested by `backend_sets.py`.
"""

import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np

from helpers.callbacks import FrankWolfeGap
from helpers.feasible_sets import KSparse
from helpers.optimizers import ConditionalGradient, FrankWolfe, OpenLoop

OPTIMIZERS = {
    "spectral": lambda: FrankWolfe(0.1, 2.0, "spectral", momentum=0.9),
    "KSparse": lambda: FrankWolfe(0.1, 2.0, KSparse(3), momentum=0.9),
    "outputs": lambda: FrankWolfe(0.1, 2.0, "outputs", rescale="diameter"),
    "CG fro": lambda: ConditionalGradient(0.9, 2.0),
    "CG nuclear": lambda: ConditionalGradient(0.9, 2.0, ord="nuclear"),
}


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


def trained(optimizer):
    """The gaps of a `fit`, and the weights after a step with what was then assigned."""
    rng = np.random.default_rng(0)
    network = model(rng)
    x = rng.standard_normal((32, 6, 6, 2)).astype("float32")
    y = rng.standard_normal((32, 3)).astype("float32")
    optimizer.make_feasible(network.trainable_variables)
    network.compile(optimizer, "mse")
    watcher = FrankWolfeGap(x, y)
    options = {"batch_size": 8, "epochs": 2, "shuffle": False, "verbose": 0}
    network.fit(x, y, callbacks=[watcher], **options)
    optimizer.radius, optimizer.learning_rate = 1.0, 0.2
    network.train_on_batch(x, y)
    return [np.array(watcher.history), *network.get_weights()]


def stepped(optimizer, shape):
    """A variable after steps with random gradients of rank 2."""
    rng = np.random.default_rng(0)
    variable = keras.Variable(np.zeros(shape, "float32"))
    for _ in range(4):
        left, right = (rng.standard_normal((side, 2)) for side in shape)
        gradient = (left @ right.T).astype("float32")
        optimizer.apply([keras.ops.convert_to_tensor(gradient)], [variable])
    return keras.ops.convert_to_numpy(variable)


def main(path):
    results = {}
    for name, make in OPTIMIZERS.items():
        for i, array in enumerate(trained(make())):
            results[f"{name} {i}"] = array
    open_loop = FrankWolfe(OpenLoop(), 2.0, "spectral", rescale="gradient")
    results["open loop"] = stepped(open_loop, (6, 5))
    large = ConditionalGradient(0.9, 2.0, ord="nuclear")
    results["CG nuclear, large"] = stepped(large, (220, 200))
    if keras.config.backend() != "tensorflow":
        assert "tensorflow" not in sys.modules
    np.savez(path, **results)


if __name__ == "__main__":
    main(sys.argv[1])
