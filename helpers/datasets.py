"""The data of the lessons."""

import hashlib
import importlib.resources

import numpy as np

from helpers.image_pipeline import load_horses_or_humans, prepare

__all__ = ["load_horses_or_humans", "load_mnist", "prepare"]

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
