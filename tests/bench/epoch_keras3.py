"""Worker: an epoch of MNIST as the Conditional Gradient lesson trains it.

Arguments: a file with x, y and the initial weights, the epochs of a piece of work, CG
or SGD, and the steps per execution.
"""

import sys

from rows import serve

import helpers

helpers.setup("en")

import keras  # noqa: E402
import numpy as np  # noqa: E402

from helpers import callbacks  # noqa: E402
from helpers.optimizers import ConditionalGradient  # noqa: E402

data = np.load(sys.argv[1])
model = keras.Sequential(
    [
        keras.Input((784,)),
        keras.layers.Dense(64, activation="relu"),
        keras.layers.Dense(64, activation="relu"),
        keras.layers.Dense(10, activation="softmax"),
    ]
)
model.set_weights([data[f"w{i}"] for i in range(6)])
optimizers = {
    "CG": ConditionalGradient(learning_rate=0.99949, lambda_=203),
    "SGD": keras.optimizers.SGD(0.01),
}
model.compile(
    optimizers[sys.argv[3]],
    keras.losses.SparseCategoricalCrossentropy(),
    metrics=["accuracy"],
    steps_per_execution=int(sys.argv[4]),
)


# As the tutorial has it, with Keras's progress in text, or as the lesson has it.
plain = sys.argv[4] == "1"


def train():
    bar = [] if plain else [callbacks.ProgressBar("CG")]
    history = model.fit(
        data["x"],
        data["y"],
        batch_size=64,
        validation_data=(data["x_test"], data["y_test"]),
        epochs=int(sys.argv[2]),
        callbacks=[callbacks.WeightNorms(), *bar],
        shuffle=False,
        verbose=1 if plain else 0,
    )
    return {"accuracy": history.history["val_accuracy"][-1]}


# An npz file is read anew at each access.
data = dict(data)
serve({"work": train})
