"""The call of `fit` that both Keras versions make, so that they train alike."""


def train(model, training, validation, epochs, callbacks, **others):
    """Train for some epochs, each followed by validation.

    Args:
        model: Compiled model of Keras 3 or of TensorFlow 2.15.
        training: Tuple: inputs and labels, or one data set of batches.
        validation: `validation_data` of `fit`.
        epochs: How many.
        callbacks: List of callbacks.
        **others: Further arguments of `fit`.

    Returns:
        Dict with `accuracy`, on the test set, the mean over the epochs.
    """
    history = model.fit(
        *training,
        validation_data=validation,
        epochs=epochs,
        callbacks=callbacks,
        **others,
    )
    return {"accuracy": sum(history.history["val_accuracy"]) / epochs}


def tutorial_s(data):
    """What the tutorial gives to `fit`: the arrays, and a progress bar in text.

    Args:
        data: Dict of arrays: `x`, `y`, `x_test`, `y_test`.

    Returns:
        Dict of arguments of `train`.
    """
    return {
        "training": (data["x"], data["y"]),
        "validation": (data["x_test"], data["y_test"]),
        "batch_size": 64,
        "verbose": 1,
    }
