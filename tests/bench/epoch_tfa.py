"""Worker: an epoch of MNIST with the tutorial's own code, in an environment that has
TensorFlow 2.15 and TensorFlow Addons. Arguments: a file with x, y and the weights, and
the epochs of a piece of work.
"""

import sys

import numpy as np
import tensorflow as tf
import tensorflow_addons as tfa
from epoch_fit import answer, fit_as_in_the_tutorial
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


def joint_norm(weights):
    return tf.sqrt(sum(tf.reduce_sum(weight**2) for weight in weights))


def work():
    norms = []
    record = tf.keras.callbacks.LambdaCallback(
        on_epoch_end=lambda *_: norms.append(joint_norm(model.trainable_weights))
    )
    return answer(fit_as_in_the_tutorial(model, data, int(sys.argv[2]), [record]))


serve({"work": work})
