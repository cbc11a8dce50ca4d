"""Worker: an epoch of MNIST, as the Conditional Gradient lesson trains it or as the
tutorial does, with our optimizer.

Arguments: a file with x, y and the initial weights, the epochs of a piece of work, CG
or SGD, and "lesson" or "tutorial".
"""

import sys

from epoch_fit import answer, fit_as_in_the_tutorial
from rows import serve

import helpers

helpers.setup("en")

import keras  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

from helpers import callbacks, data  # noqa: E402
from helpers.optimizers import ConditionalGradient  # noqa: E402

lesson = sys.argv[4] == "lesson"
if lesson:
    tf.config.threading.set_intra_op_parallelism_threads(1)

arrays = dict(np.load(sys.argv[1]))
model = keras.Sequential(
    [
        keras.Input((784,)),
        keras.layers.Dense(64, activation="relu"),
        keras.layers.Dense(64, activation="relu"),
        keras.layers.Dense(10, activation="softmax"),
    ]
)
model.set_weights([arrays[f"w{i}"] for i in range(6)])
optimizers = {
    "CG": ConditionalGradient(learning_rate=0.99949, lambda_=203),
    "SGD": keras.optimizers.SGD(0.01),
}
model.compile(
    optimizers[sys.argv[3]],
    keras.losses.SparseCategoricalCrossentropy(),
    metrics=["accuracy"],
    steps_per_execution=469 if lesson else 1,
)


def fit_as_in_the_lesson(epochs, watchers):
    return model.fit(
        data.batches(arrays["x"], arrays["y"], 64, seed=0),
        validation_data=data.batches(arrays["x_test"], arrays["y_test"], 1000),
        epochs=epochs,
        shuffle=False,
        callbacks=[*watchers, callbacks.ProgressBar("CG")],
        verbose=0,
    )


def work():
    epochs, watchers = int(sys.argv[2]), [callbacks.WeightNorms()]
    if lesson:
        return answer(fit_as_in_the_lesson(epochs, watchers))
    return answer(fit_as_in_the_tutorial(model, arrays, epochs, watchers))


serve({"work": work})
