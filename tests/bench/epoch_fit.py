"""What the workers on both Keras versions share."""


def fit_as_in_the_tutorial(model, data, epochs, callbacks):
    """Train from the arrays, each epoch followed by validation.

    Args:
        model: Compiled model of Keras 3 or of TensorFlow 2.15.
        data: Dict of arrays: `x`, `y`, `x_test`, `y_test`.
        epochs: How many.
        callbacks: List of callbacks.

    Returns:
        Keras's `History`.
    """
    return model.fit(
        data["x"],
        data["y"],
        batch_size=64,
        validation_data=(data["x_test"], data["y_test"]),
        epochs=epochs,
        callbacks=callbacks,
        verbose=1,
    )


def answer(history):
    """Dict with `accuracy`, on the test set, the mean over the epochs."""
    accuracies = history.history["val_accuracy"]
    return {"accuracy": sum(accuracies) / len(accuracies)}
