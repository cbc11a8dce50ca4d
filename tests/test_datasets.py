"""MNIST as it comes with the package."""

import hashlib

import keras
import numpy as np
import pytest

from helpers import datasets


def test_mnist_is_keras_s(monkeypatch):
    """The same arrays as Keras's own reader takes from the file."""
    downloaded = str(datasets.mnist_path())
    monkeypatch.setattr(
        "keras.src.datasets.mnist.get_file", lambda *_args, **_kwargs: downloaded
    )
    theirs = keras.datasets.mnist.load_data()
    for our_split, their_split in zip(datasets.load_mnist(), theirs, strict=True):
        for a, b in zip(our_split, their_split, strict=True):
            assert a.dtype == b.dtype == np.uint8
            np.testing.assert_array_equal(a, b)


def test_mnist_is_all_of_it():
    (x_train, y_train), (x_test, y_test) = datasets.load_mnist()
    assert x_train.shape == (60000, 28, 28) and x_test.shape == (10000, 28, 28)
    # The counts of the digits, from the description of the data set.
    assert np.bincount(y_train).tolist() == [
        *(5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949)
    ]
    assert np.bincount(y_test).tolist() == [
        *(980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009)
    ]


def test_a_damaged_file_is_refused(monkeypatch, tmp_path):
    damaged = tmp_path / "mnist.npz"
    content = datasets.mnist_path().read_bytes()[:-1]
    damaged.write_bytes(content)
    monkeypatch.setattr(datasets, "mnist_path", lambda: damaged)
    with pytest.raises(OSError, match=hashlib.sha256(content).hexdigest()):
        datasets.load_mnist()
