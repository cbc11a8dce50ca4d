"""The data of the lessons."""

import hashlib
import importlib.resources

import numpy as np
import tensorflow as tf

from helpers.checks import integer
from helpers.image_pipeline import load_horses_or_humans, prepare

__all__ = ["batches", "load_horses_or_humans", "load_mnist", "prepare"]

# Batches that wait for the next steps of training.
READY = 8
MNIST_SHA256 = "06af5dfe73b70e3bc1c36439982b18a8d76803db9b544f6fdf838a37fbb01b64"


def load_mnist():
    """All of MNIST, from the copy that comes with this package.

    Returns:
        `(x_train, y_train), (x_test, y_test)`, as `keras.datasets.mnist.load_data`
        has it: uint8 images of shape `(60000, 28, 28)` and `(10000, 28, 28)` with
        values from 0 to 255, and uint8 labels from 0 to 9.

    Raises:
        OSError: If the file is not the one that this package came with.

    Reference:
        - Yann LeCun and Corinna Cortes, CC BY-SA 3.0 (see `assets/README.md`).
    """
    path = mnist_path()
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
        if found != MNIST_SHA256:
            raise OSError(
                f"{path} is damaged: its SHA-256 is {found} and must be "
                f"{MNIST_SHA256}. Install the package again."
            )
        file.seek(0)
        with np.load(file) as arrays:
            return (
                (arrays["x_train"], arrays["y_train"]),
                (arrays["x_test"], arrays["y_test"]),
            )


def mnist_path():
    """Where the copy of MNIST lies."""
    return importlib.resources.files("helpers") / "assets" / "mnist.npz"


def batches(x, y, batch_size, seed=None):
    """Batches for `fit`, made faster than Keras makes them from arrays.

    For a network as small as that of the MNIST lesson, this saves about a quarter of
    the time of an epoch.

    Args:
        x: Array of inputs, one per row.
        y: Array of labels, as long as `x`.
        batch_size: Integer of at least 1; the last batch may be smaller.
        seed: Integer. If given, each pass has a new order, and an equal seed gives
            equal orders; if `None`, all passes have the order of the arrays.

    Returns:
        A `tf.data.Dataset` of pairs of a batch of inputs and a batch of labels.

    Raises:
        ValueError: If an argument is not as above.
    """
    if not len(x) or len(x) != len(y):
        raise ValueError(
            "`x` and `y` must hold as many inputs as labels, and at least one. "
            f"Received: {len(x)} and {len(y)}"
        )
    batch_size = integer("batch_size", batch_size, 1)
    dataset = tf.data.Dataset.from_tensor_slices((x, y))
    if seed is not None:
        dataset = dataset.shuffle(len(x), integer("seed", seed, 0, 2**31 - 1))
    # On batches this small, tuning costs more than it gains; and what optimizes the
    # graph keeps a copy of all data.
    options = tf.data.Options()
    options.autotune.enabled = False
    options.experimental_optimization.apply_default_optimizations = False
    return dataset.batch(batch_size).prefetch(READY).with_options(options)
