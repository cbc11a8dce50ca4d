"""Worker: an epoch of MNIST with the tutorial's own code, in an environment that has
TensorFlow 2.15 and TensorFlow Addons. Argument: a file with x, y and the weights.
"""

import sys

import numpy as np
import tensorflow as tf
import tensorflow_addons as tfa
from rows import serve

data = dict(np.load(sys.argv[1]))
model = tf.keras.Sequential(
    [
        tf.keras.layers.Dense(64, input_shape=(784,), activation="relu"),
        tf.keras.layers.Dense(64, activation="relu"),
        tf.keras.layers.Dense(10, activation="softmax"),
    ]
)
model.set_weights([data[f"w{i}"] for i in range(6)])
model.compile(
    optimizer=tfa.optimizers.ConditionalGradient(learning_rate=0.99949, lambda_=203),
    loss=tf.keras.losses.SparseCategoricalCrossentropy(),
    metrics=["accuracy"],
)


def epoch():
    model.fit(data["x"], data["y"], batch_size=64, shuffle=False, verbose=0)


def test():
    _, accuracy = model.evaluate(data["x_test"], data["y_test"], verbose=0)
    return {"accuracy": accuracy}


serve({"work": epoch, "accuracy": test})
