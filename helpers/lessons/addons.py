"""The original optimizer, from TensorFlow Addons, to compare ours with.

TensorFlow Addons ended in May 2024. Its last release has wheels for Python 3.11 and
no later one, and runs on Keras 2 only, which `tf-keras` still provides.
"""

import importlib.util
import os
import sys
import warnings
from collections import namedtuple

# The weights at the end, a list of arrays, and the running accuracy of the epoch, a
# list of floats, up to 14 an epoch.
Run = namedtuple("Run", ["weights", "accuracies"])


def available():
    """Whether the original can be loaded in this environment."""
    return all(map(importlib.util.find_spec, ("tensorflow_addons", "tf_keras")))


def original_conditional_gradient():
    """The class `tfa.optimizers.ConditionalGradient`.

    It trains models of `tf_keras` (Keras 2). Keras 3 stays as it is beside it.
    """
    # Read when `tf.keras` is first used, which Addons does.
    os.environ["TF_USE_LEGACY_KERAS"] = "1"
    import tf_keras.src.engine.keras_tensor as keras_tensor

    # Addons looks for this module where Keras 2 had it.
    sys.modules.setdefault("keras.src.engine", sys.modules["tf_keras.src.engine"])
    sys.modules.setdefault("keras.src.engine.keras_tensor", keras_tensor)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from tensorflow_addons.optimizers import ConditionalGradient
    return ConditionalGradient


def train_ours(model, learning_rate, lambda_, x, y, batch_size, epochs, ord="fro"):
    """Train a copy of the model with our optimizer.

    Args:
        model: `keras.Sequential` of Dense layers, with the initial weights.
        learning_rate: Float in [0, 1].
        lambda_: Float above 0.
        x: Array of inputs.
        y: Array of integer labels.
        batch_size: Integer. The batches follow the order of `x`.
        epochs: Integer.
        ord: Norm of the ball, `"fro"` or `"nuclear"`.

    Returns:
        A `Run`.
    """
    import keras

    from helpers.callbacks import ProgressBar
    from helpers.optimizers import ConditionalGradient

    optimizer = ConditionalGradient(learning_rate, lambda_, ord=ord)
    bar = ProgressBar("ConditionalGradient")
    return _train(keras, model, optimizer, x, y, batch_size, epochs, [bar])


def train_original(model, learning_rate, lambda_, x, y, batch_size, epochs, ord="fro"):
    """As `train_ours`, with the original on Keras 2; `None` where there is none."""
    if not available():
        return None
    optimizer = original_conditional_gradient()(learning_rate, lambda_, ord=ord)
    import tf_keras

    return _train(tf_keras, model, optimizer, x, y, batch_size, epochs, [])


def _train(keras, model, optimizer, x, y, batch_size, epochs, callbacks):
    """The same training on Keras 3 or Keras 2, which is given as `keras`."""
    from helpers import data

    layers = [
        keras.layers.Dense(layer.units, layer.activation.__name__)
        for layer in model.layers
    ]
    copy = keras.Sequential(layers)
    copy.build((None, *model.input_shape[1:]))
    copy.set_weights(model.get_weights())
    copy.compile(
        optimizer,
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
        steps_per_execution=max(1, -(-len(x) // batch_size) // 14),
    )
    accuracies = []
    record = keras.callbacks.LambdaCallback(
        on_batch_end=lambda batch, logs: accuracies.append(float(logs["accuracy"]))
    )
    copy.fit(
        data.batches(x, y, batch_size),
        epochs=epochs,
        shuffle=False,
        callbacks=[record, *callbacks],
        verbose=0,
    )
    return Run(copy.get_weights(), accuracies)
