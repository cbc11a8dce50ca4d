"""The path of the weights through training, and how far two paths lie apart."""

import keras
import numpy as np


class Trajectory(keras.callbacks.Callback):
    """Record all weights after each epoch.

    Attributes:
        weights: List with an entry per epoch: the list of the model's weights, as
            NumPy arrays.
    """

    def on_train_begin(self, logs=None):
        self.weights = []

    def on_epoch_end(self, epoch, logs=None):
        self.weights.append(self.model.get_weights())


def largest_difference(first, second):
    """The largest difference between two paths, over all epochs and all weights.

    Args:
        first: List with an entry per epoch, each a list of arrays: the `weights` of
            a `Trajectory`, or of what `train` returns.
        second: Another, of the same form.

    Returns:
        Float, at least 0; NaN if there is one among the weights.

    Raises:
        ValueError: If there is nothing to compare, or the forms differ.
    """
    shapes = [
        [[np.shape(w) for w in epoch] for epoch in weights]
        for weights in (first, second)
    ]
    if shapes[0] != shapes[1] or not any(shapes[0]):
        raise ValueError(
            "`first` and `second` must hold the weights of the same network after "
            f"the same epochs. Received: {len(first)} and {len(second)} epochs, "
            f"with arrays of the shapes {shapes[0][:1]} and {shapes[1][:1]}"
        )
    return float(
        np.max(
            [
                np.max(np.abs(np.subtract(a, b)), initial=0.0)
                for epochs in zip(first, second, strict=True)
                for a, b in zip(*epochs, strict=True)
            ]
        )
    )
