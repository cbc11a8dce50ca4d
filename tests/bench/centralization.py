"""What Gradient Centralization adds to a training step."""

import keras
import numpy as np
from keras import layers
from rows import Row, Worker, alternate, seconds

from helpers.optimizers import GradientCentralization

INNER = {"RMSprop": keras.optimizers.RMSprop, "Adam": keras.optimizers.Adam}


def build_mlp():
    """Two hidden layers, for rows of 784 numbers."""
    hidden = [layers.Dense(64, activation="relu") for _ in range(2)]
    output = layers.Dense(10, activation="softmax")
    return keras.Sequential([layers.Input((784,)), *hidden, output])


def build_cnn(size=94):
    """The network of the lesson, at the size of its quick preset."""
    return keras.Sequential(
        [
            layers.Input((size, size, 3)),
            layers.Conv2D(16, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(32, 3, activation="relu"),
            layers.Dropout(0.5),
            layers.MaxPooling2D(),
            layers.Conv2D(64, 3, activation="relu"),
            layers.Dropout(0.5),
            layers.MaxPooling2D(),
            layers.Conv2D(64, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(64, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dropout(0.5),
            layers.Dense(512, activation="relu"),
            layers.Dense(2, activation="softmax"),
        ]
    )


def step(build, optimizer, batch):
    """A function that trains one step on random data."""
    keras.utils.set_random_seed(0)
    model = build()
    model.compile(optimizer, "sparse_categorical_crossentropy")
    rng = np.random.default_rng(0)
    x = rng.random((batch, *model.input_shape[1:]), "float32")
    y = rng.integers(0, model.output_shape[-1], batch)
    return lambda: model.train_on_batch(x, y)


def rows(rounds):
    """With GC over without, on TensorFlow; and on JAX the same against optax."""
    for network, build, batch, goal in (
        ("MLP", build_mlp, 64, ""),
        ("CNN", build_cnn, 16, "≤ 1.03"),
    ):
        for name, make in INNER.items():
            optimizers = (make(1e-3), GradientCentralization(make(1e-3)))
            steps = [step(build, optimizer, batch) for optimizer in optimizers]
            measures = [lambda work=work: seconds(work) for work in steps]
            bare, centralized = alternate(measures, 20 * rounds, warmup=3)
            what = f"GC around {name}, a step of the {network}"
            quantity = "time with GC / without"
            yield Row(what, name, quantity, tuple(centralized / bare), goal)
    with Worker("centralization_jax.py", KERAS_BACKEND="jax") as worker:
        for name in ("rmsprop", "adam"):
            ratios = [worker.ask(name)["ratio"] for _ in range(rounds)]
            what = f"GC around {name}, what it adds to an update"
            peer = f"optax.chain(centralize(), {name}())"
            yield Row(what, peer, "ours / optax's", tuple(ratios), "≤ 1")
