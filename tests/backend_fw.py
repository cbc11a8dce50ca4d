"""The sets and their two optimizers on the backend of `KERAS_BACKEND`.

Stores support points, eager and compiled, and the weights and gaps of trainings. Run by
`test_feasible_sets.py` and `test_frank_wolfe.py`, once on each backend. It needs no
other package than Keras and NumPy: where the backend is JAX or PyTorch, TensorFlow is
not imported.
"""

import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from keras import ops

from helpers.callbacks import WeightNorms
from helpers.feasible_sets import SETS, KSparse, Lp, Simplex
from helpers.optimizers import ConditionalGradient, FrankWolfe, OpenLoop

BALLS = [*SETS, Lp(1.5), KSparse(3), Simplex()]
COMPILED = [(7,), (210, 230)]
SHAPES = [(), (7,), (6, 4), (210, 230), (2, 2, 3, 5)]
OPTIMIZERS = {
    "spectral": lambda: FrankWolfe(0.1, 2.0, "spectral", momentum=0.9),
    "KSparse": lambda: FrankWolfe(0.1, 2.0, KSparse(3), momentum=0.9),
    "outputs": lambda: FrankWolfe(0.1, 2.0, "outputs", rescale="diameter"),
    "CG fro": lambda: ConditionalGradient(0.9, 2.0),
    "CG nuclear": lambda: ConditionalGradient(0.9, 2.0, ord="nuclear"),
}


def directions():
    """Names and arrays: each shape at three sizes, zero, and not finite."""
    rng = np.random.default_rng(0)
    for shape in SHAPES:
        array = rng.standard_normal(shape).astype("float32")
        for size in (1e-8, 1.0, 1e8, 0.0):
            yield f"{shape} {size:g}", array * np.float32(size)
        for value in (np.nan, np.inf, -np.inf):
            broken = np.array(array)
            broken.flat[broken.size // 2] = value
            yield f"{shape} {value}", broken


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


def supports():
    """Names and support points."""
    for ball in BALLS:
        support = SETS.get(ball, ball).support
        fast = compiled(support)
        for case, direction in directions():
            tensor = ops.convert_to_tensor(direction)
            yield f"{ball}|{case}|eager", support(tensor)
            if direction.shape in COMPILED:
                yield f"{ball}|{case}|compiled", fast(tensor)


def trained(optimizer):
    """The gaps of a `fit`, and the weights after a step with what was then assigned."""
    rng = np.random.default_rng(0)
    convolution = keras.layers.Conv2D(4, 3, activation="tanh")
    layers = [convolution, keras.layers.Flatten(), keras.layers.Dense(3)]
    model = keras.Sequential([keras.Input((6, 6, 2)), *layers])
    model.set_weights([rng.standard_normal(w.shape) * 0.3 for w in model.get_weights()])
    x = rng.standard_normal((32, 6, 6, 2)).astype("float32")
    y = rng.standard_normal((32, 3)).astype("float32")
    optimizer.make_feasible(model.trainable_variables)
    model.compile(optimizer, "mse")
    watcher = WeightNorms(examples=(x, y))
    options = {"batch_size": 8, "epochs": 2, "shuffle": False, "verbose": 0}
    model.fit(x, y, callbacks=[watcher], **options)
    optimizer.radius, optimizer.learning_rate = 1.0, 0.2
    model.train_on_batch(x, y)
    return [watcher.history["gap"], *model.get_weights()]


def stepped(optimizer, shape, rank):
    """A variable after steps with random gradients of that rank."""
    rng = np.random.default_rng(0)
    variable = keras.Variable(np.zeros(shape, "float32"))
    for _ in range(4):
        left, right = (rng.standard_normal((side, rank)) for side in shape)
        gradient = (left @ right.T).astype("float32")
        optimizer.apply([ops.convert_to_tensor(gradient)], [variable])
    return ops.convert_to_numpy(variable)


def main(path):
    results = {name: ops.convert_to_numpy(point) for name, point in supports()}
    for name, make in OPTIMIZERS.items():
        for i, array in enumerate(trained(make())):
            results[f"trained {name} {i}"] = array
    open_loop = FrankWolfe(OpenLoop(), 2.0, "spectral", rescale="gradient")
    results["trained open loop"] = stepped(open_loop, (6, 5), 5)
    large = ConditionalGradient(0.9, 2.0, ord="nuclear")
    results["trained CG nuclear, large"] = stepped(large, (220, 200), 2)
    if keras.config.backend() != "tensorflow":
        assert "tensorflow" not in sys.modules
    np.savez(path, **results)


if __name__ == "__main__":
    main(sys.argv[1])
