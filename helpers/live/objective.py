"""Loss and accuracy of a classifier, and the checks of its data."""

import keras
import numpy as np
from keras import ops

LOSSES = ("sparse_categorical_crossentropy", "binary_crossentropy")
_CLASSES = {
    LOSSES[0]: keras.losses.SparseCategoricalCrossentropy,
    LOSSES[1]: keras.losses.BinaryCrossentropy,
}


class Objective:
    """A crossentropy with the accuracy that goes with it.

    Args:
        loss: One of `LOSSES`, an instance of its Keras class, or `None`: binary for
            a single output, sparse categorical for several.
        outputs: How many outputs the model has.

    Raises:
        ValueError: If the loss is none of these, or does not fit the outputs.
    """

    def __init__(self, loss, outputs):
        if loss is None:
            loss = LOSSES[outputs == 1]
        if isinstance(loss, str) and loss in _CLASSES:
            loss = _CLASSES[loss]()
        if not isinstance(loss, tuple(_CLASSES.values())):
            raise ValueError(
                f"`loss` must be one of {list(LOSSES)}, or an instance of its Keras "
                f"class. Received: {loss!r}"
            )
        self.binary = isinstance(loss, keras.losses.BinaryCrossentropy)
        if self.binary != (outputs == 1):
            raise ValueError(
                "`loss` must fit the model: binary crossentropy for one output, sparse "
                f"categorical for several. Received: {type(loss).__name__} with a "
                f"model of {outputs} output(s)"
            )
        self.outputs = outputs
        self._loss = loss
        self._threshold = 0.0 if loss.get_config()["from_logits"] else 0.5

    def loss(self, y, outputs):
        """The mean loss of a batch."""
        return self._loss(y, outputs)

    def accuracy(self, y, outputs):
        """The share of a batch that is classified right."""
        if self.binary:
            right = ops.equal(ops.cast(outputs > self._threshold, y.dtype), y)
        else:
            right = ops.equal(ops.argmax(outputs, axis=-1), ops.cast(y, "int64"))
        return ops.mean(ops.cast(right, "float32"))

    def labels(self, y, name):
        """Labels in the shape and type that `loss` and `accuracy` take.

        Raises:
            ValueError: If a label is no class of the model.
        """
        y = np.asarray(y)
        y = y.astype("int32") if y.dtype == bool else y
        classes = 2 if self.binary else self.outputs
        whole = np.issubdtype(y.dtype, np.number) and np.all(y == np.round(y))
        if y.size != len(y) or not whole or y.min() < 0 or y.max() >= classes:
            raise ValueError(
                f"`{name}` must hold one label for each example, whole numbers from 0 "
                f"to {classes - 1}. Received: shape {y.shape}, dtype {y.dtype}"
            )
        if self.binary:
            return y.reshape(-1, 1).astype("float32")
        return y.reshape(-1).astype("int32")
