"""MNIST, and batches of arrays."""

import numpy as np
import tensorflow as tf

from helpers._support import i18n

Array = np.ndarray
MNIST = i18n.ASSETS / "mnist.npz"


def load_mnist() -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    """All of MNIST, from the copy that comes with this package.

    Returns:
        `(x_train, y_train), (x_test, y_test)`, as `keras.datasets.mnist.load_data`
        has it: uint8 images of shape `(60000, 28, 28)` and `(10000, 28, 28)` with
        values from 0 to 255, and uint8 labels from 0 to 9.

    Raises:
        zipfile.BadZipFile: If the file is damaged.

    Reference:
        - Yann LeCun and Corinna Cortes, CC BY-SA 3.0 (see `assets/README.md`).
    """
    with np.load(MNIST) as arrays:
        return (
            (arrays["x_train"], arrays["y_train"]),
            (arrays["x_test"], arrays["y_test"]),
        )


def batches(
    x: Array, y: Array, batch_size: int, seed: int | None = None
) -> tf.data.Dataset:
    """Batches for `fit`, made faster than Keras makes them from arrays.

    For a network as small as that of the MNIST lesson, this saves about a quarter of
    the time of an epoch.

    Args:
        x: Array of inputs, one per row. Where its memory suits TensorFlow it is not
            copied: do not change it afterwards.
        y: Array of labels, as long as `x`.
        batch_size: Integer of at least 1; the last batch may be smaller.
        seed: Integer. If given, each pass has a new order, and an equal seed gives
            equal orders; if `None`, all passes have the order of the arrays.

    Returns:
        A `tf.data.Dataset` of pairs of a batch of inputs and a batch of labels.

    Raises:
        ValueError: If `x` and `y` are empty or not of one length.
    """
    if not len(x) or len(x) != len(y):
        raise ValueError(
            "`x` and `y` must hold as many inputs as labels, and at least one. "
            f"Received: {len(x)} and {len(y)}"
        )
    dataset = tf.data.Dataset.from_tensor_slices((shared(x), shared(y)))
    if seed is not None:
        dataset = dataset.shuffle(len(x), seed)
    # On batches this small, tuning costs more than it gains; and what optimizes the
    # graph keeps a copy of all data.
    options = tf.data.Options()
    options.autotune.enabled = False
    options.experimental_optimization.apply_default_optimizations = False
    return dataset.batch(batch_size).prefetch(8).with_options(options)


def shared(array):
    """A tensor on an array's own memory, if that can be: all of MNIST has 188 MB.

    On Binder the lesson on Conditional Gradient takes 400 MB less for it.
    A list, and an array that is read-only, has gaps or is of another kind, are copied.
    """
    try:
        return tf.experimental.dlpack.from_dlpack(array.__dlpack__())
    except Exception:  # of many kinds
        return array
