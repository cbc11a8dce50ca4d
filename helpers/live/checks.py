"""What a session needs of its arguments."""

import keras
import numpy as np


def check_model(model, optimizer):
    """Raises an error unless these two can be trained here."""
    if keras.backend.backend() != "tensorflow":
        raise RuntimeError(
            "TrainingSession runs on Keras's TensorFlow backend only. "
            f"This one is {keras.backend.backend()!r}"
        )
    if not isinstance(model, keras.Model):
        raise TypeError(f"`model` must be a keras.Model. Received: {model!r}")
    if not isinstance(optimizer, keras.optimizers.Optimizer):
        raise TypeError(
            f"`optimizer` must be a keras.optimizers.Optimizer. Received: {optimizer!r}"
        )
    if not model.built or not model.trainable_variables:
        raise ValueError(
            "`model` must be built and have trainable variables. "
            f"Received: {model.name!r}"
        )


def outputs_of(model, x):
    """How many outputs the model has for one example.

    Raises:
        ValueError: If it has none, or does not take such examples.
    """
    try:
        outputs = model(x[:1], training=False)
    except Exception as error:
        raise ValueError(
            f"`model` does not accept examples of shape {x.shape[1:]}: {error}"
        ) from error
    if len(getattr(outputs, "shape", ())) != 2:
        raise ValueError(
            "`model` must have one output of shape (batch, classes). "
            f"Received: {getattr(outputs, 'shape', outputs)!r}"
        )
    return outputs.shape[-1]


def checked_held_out(held_out, x, objective, size):
    """A sample of the held-out examples and of their labels, in the right types."""
    if not isinstance(held_out, tuple | list) or len(held_out) != 2:
        raise ValueError("`held_out` must be a pair of arrays, examples and labels")
    names = ("held_out[0]", "held_out[1]")
    other, labels = checked_data(*held_out, names)
    if other.shape[1:] != x.shape[1:]:
        raise ValueError(
            f"`held_out` must have examples of shape {x.shape[1:]}. "
            f"Received: {other.shape[1:]}"
        )
    chosen = sample(len(other), size)
    return other[chosen], objective.labels(labels, names[1])[chosen]


def sample(examples, size):
    """Indices of a random sample that is always the same."""
    return np.random.default_rng(0).permutation(examples)[:size]


def checked_data(x, y, names):
    """Examples as an array, float64 narrowed, and labels of the same length.

    Raises:
        ValueError: If there are none, their counts differ, or a value is not finite.
    """
    x = np.asarray(x)
    if x.ndim < 2 or not len(x) or np.ndim(y) < 1 or len(x) != len(y):
        raise ValueError(
            f"`{names[0]}` and `{names[1]}` must hold as many examples as labels, and "
            f"at least one. Received shapes: {x.shape} and {np.shape(y)}"
        )
    if not np.issubdtype(x.dtype, np.number):
        raise ValueError(f"`{names[0]}` must hold numbers. Received dtype: {x.dtype}")
    if x.dtype == np.float64:
        x = x.astype("float32")
    # A sum is not finite where a value is not, and needs no array of its own.
    if not np.isfinite(np.sum(x, dtype="float64")):
        raise ValueError(
            f"`{names[0]}` must hold finite numbers: it has NaN or infinity"
        )
    return x, y
