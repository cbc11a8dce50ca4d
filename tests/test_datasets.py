"""MNIST as it comes with the package."""

import zipfile

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers import data
from helpers.data import mnist


def test_mnist_is_keras_s(monkeypatch):
    """The same arrays as Keras's own reader takes from the file."""
    downloaded = str(mnist.MNIST)
    monkeypatch.setattr(
        "keras.src.datasets.mnist.get_file", lambda *_args, **_kwargs: downloaded
    )
    theirs = keras.datasets.mnist.load_data()
    for our_split, their_split in zip(data.load_mnist(), theirs, strict=True):
        for a, b in zip(our_split, their_split, strict=True):
            assert a.dtype == b.dtype == np.uint8
            np.testing.assert_array_equal(a, b)


def test_mnist_is_all_of_it():
    (x_train, y_train), (x_test, y_test) = data.load_mnist()
    assert x_train.shape == (60000, 28, 28) and x_test.shape == (10000, 28, 28)
    # The counts of the digits, from the description of the data set.
    assert np.bincount(y_train).tolist() == [
        *(5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949)
    ]
    assert np.bincount(y_test).tolist() == [
        *(980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009)
    ]


def test_a_damaged_file_is_refused(monkeypatch, tmp_path):
    content = bytearray(mnist.MNIST.read_bytes())
    content[1000] ^= 1
    damaged = tmp_path / "mnist.npz"
    damaged.write_bytes(content)
    monkeypatch.setattr(mnist, "MNIST", damaged)
    with pytest.raises(zipfile.BadZipFile, match="Bad CRC-32"):
        data.load_mnist()


def passes(dataset, count):
    """List of `count` pairs of arrays: all inputs and labels, as each pass has them."""
    return [
        tuple(map(np.concatenate, zip(*dataset.as_numpy_iterator(), strict=True)))
        for _ in range(count)
    ]


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 70), st.integers(1, 80), st.none() | st.integers(0, 2**31 - 1))
def test_each_pass_has_each_example_once_with_its_label(examples, batch_size, seed):
    x, y = np.arange(3.0 * examples).reshape(-1, 3), np.arange(examples)
    dataset = data.batches(x, y, batch_size, seed)
    sizes = [len(labels) for _, labels in dataset.as_numpy_iterator()]
    assert sizes == [len(y[i : i + batch_size]) for i in range(0, len(y), batch_size)]
    for inputs, labels in passes(dataset, 2):
        np.testing.assert_array_equal(inputs, x[labels])
        expected = labels if seed is None else np.sort(labels)
        np.testing.assert_array_equal(expected, y)


def test_the_seed_settles_the_order_which_is_new_in_each_pass():
    numbers = np.arange(1000)
    one, same, other = (
        [labels for _, labels in passes(data.batches(numbers, numbers, 64, s), 2)]
        for s in (7, 7, 8)
    )
    np.testing.assert_array_equal(one, same)
    # Of 1000 numbers in random order, about one is where it was.
    for another in (one[1], other[0], numbers):
        assert np.mean(one[0] == another) < 0.02


@pytest.mark.parametrize(
    "kind",
    [
        "plain",
        "aligned",
        "read-only",
        "with gaps",
        "float64",
        "list",
        "bool",
        "strings",
    ],
)
def test_batches_hold_what_the_arrays_hold(kind):
    x = np.random.default_rng(0).standard_normal((7, 6)).astype("float32")
    if kind == "aligned":  # shared with TensorFlow, not copied
        room = np.zeros(x.nbytes + 64, "uint8")
        start = -room.ctypes.data % 64
        x = np.ndarray(x.shape, x.dtype, room[start : start + x.nbytes])
        x[:] = np.arange(42).reshape(7, 6)
    made = {
        "read-only": lambda: np.frombuffer(x.tobytes(), "float32").reshape(x.shape),
        "with gaps": lambda: x[:, ::2],
        "float64": lambda: x.astype("float64"),
        "list": lambda: x.tolist(),
        "bool": lambda: x > 0,
        "strings": lambda: np.array([["a"], ["b"]] * 3 + [["c"]]),
    }
    x = made.get(kind, lambda: x)()
    y = np.arange(7)
    batches = list(data.batches(x, y, 3))
    found = np.concatenate([batch.numpy() for batch, _labels in batches])
    wanted = np.array(x, dtype="S" if kind == "strings" else None)
    np.testing.assert_array_equal(found, wanted.astype(found.dtype))
    assert np.concatenate([labels.numpy() for _x, labels in batches]).tolist() == list(
        y
    )


@pytest.mark.parametrize("count", [0, 3, 5])
def test_batches_needs_a_label_for_each_input(count):
    with pytest.raises(ValueError, match="`x` and `y` must hold as many"):
        data.batches(np.zeros((4 if count else 0, 2)), np.zeros(count), 2)
