"""Worker: an epoch of MNIST as the Conditional Gradient lesson trains it.

Arguments: a file with x, y and the initial weights, the epochs of a piece of work, CG
or SGD, and the steps per execution.
"""

import sys

from epoch_fit import train
from rows import serve

import helpers

helpers.setup("en")

import keras  # noqa: E402
import numpy as np  # noqa: E402

from helpers import callbacks  # noqa: E402
from helpers.optimizers import ConditionalGradient  # noqa: E402

data = dict(np.load(sys.argv[1]))
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
if sys.argv[4] == "1":
    bar, way = [], {"verbose": 1}
else:
    bar = [callbacks.ProgressBar("CG")]
    way = {"verbose": 0, "validation_batch_size": 1000}


def work():
    watchers = [callbacks.WeightNorms(), *bar]
    return train(model, data, int(sys.argv[2]), watchers, **way)


serve({"work": work})
