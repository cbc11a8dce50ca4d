"""The call of `fit` that both Keras versions make, so that they train alike."""


def train(model, data, epochs, callbacks, verbose, validation_batch_size=None):
    """Train for some epochs, each followed by validation.

    Args:
        model: Compiled model of Keras 3 or of TensorFlow 2.15.
        data: Dict of arrays: `x`, `y`, `x_test`, `y_test`.
        epochs: How many.
        callbacks: List of callbacks.
        verbose: As `fit` takes it.
        validation_batch_size: As `fit` takes it.

    Returns:
        Dict with `accuracy`, on the test set, the mean over the epochs.
    """
    history = model.fit(
        data["x"],
        data["y"],
        batch_size=64,
        validation_data=(data["x_test"], data["y_test"]),
        validation_batch_size=validation_batch_size,
        epochs=epochs,
        callbacks=callbacks,
        shuffle=False,
        verbose=verbose,
    )
    return {"accuracy": sum(history.history["val_accuracy"]) / epochs}
