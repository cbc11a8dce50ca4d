"""The drawn pictures: the same everywhere, balanced, and no prey for a linear model."""

import hashlib
import subprocess
import sys

import numpy as np
import pytest

from helpers.data.drawn import CLASSES, COUNTS, draw

pytest_plugins = ["drawn_data"]


@pytest.mark.parametrize(("split", "index"), [("train", 0), ("test", 255)])
def test_a_picture_is_the_same_in_another_process(split, index):
    """Its seed is fixed: no cache need hold what the next reader draws anew."""
    code = (
        "import hashlib; from helpers.data.drawn import draw\n"
        f"print(hashlib.sha256(draw({split!r}, {index})[0].tobytes()).hexdigest())"
    )
    other = subprocess.check_output([sys.executable, "-c", code], text=True)
    image, _ = draw(split, index)
    assert image.shape == (300, 300, 3) and image.dtype == np.uint8
    assert hashlib.sha256(image.tobytes()).hexdigest() == other.strip()


def test_a_picture_depends_on_its_split_and_index_alone():
    first, _ = draw("train", 7)
    draw("test", 3)
    again, _ = draw("train", 7)
    np.testing.assert_array_equal(first, again)
    assert (draw("test", 7)[0] != first).any()
    assert (draw("train", 8)[0] != first).any()


def test_the_data_set_has_the_size_and_balance_of_the_original(drawn):
    splits, info = drawn
    assert info.splits["train"].num_examples == 1027
    assert info.splits["test"].num_examples == 256
    assert info.features["image"].shape == (300, 300, 3)
    assert info.features["label"].names == list(CLASSES) == ["horses", "humans"]
    assert info.supervised_keys == ("image", "label")
    for name, (images, labels) in splits.items():
        assert images.shape == (sum(COUNTS[name]), 300, 300, 3)
        assert np.bincount(labels).tolist() == list(COUNTS[name])


def test_the_cache_holds_the_pictures_as_they_were_drawn(drawn):
    splits, _ = drawn
    images, labels = splits["test"]
    for index in (0, 255):
        image, label = draw("test", index)
        found = [i for i in range(len(images)) if (images[i] == image).all()]
        assert [labels[i] for i in found] == [label]


def test_no_two_pictures_are_alike(drawn):
    splits, _ = drawn
    digests = [
        hashlib.sha256(image.tobytes()).digest()
        for images, _ in splits.values()
        for image in images
    ]
    assert len(set(digests)) == len(digests) == 1283


def test_label_0_is_a_horse_and_1_a_human(monkeypatch):
    drawn = []
    for name in ("horse", "human"):
        monkeypatch.setattr(
            f"helpers.data.drawn.{name}",
            lambda canvas, name=name: drawn.append(name),
        )
    assert draw("train", 499)[1] == 0
    assert draw("train", 500)[1] == 1
    assert drawn == ["horse", "human"]


def test_a_linear_classifier_stays_under_75_percent(drawn):
    # Ridge regression on the labels ±1, at its best regularization on the test set
    # itself: more than a learner could honestly reach.
    splits, _ = drawn
    for size in (25, 50):
        train, test = (_pixels(splits[name][0], size) for name in ("train", "test"))
        mean = train.mean(0)
        train, test = train - mean, test - mean
        target = 2.0 * splits["train"][1] - 1.0
        gram, cross = train @ train.T, test @ train.T
        accuracies = []
        for strength in 10.0 ** np.arange(-2, 6):
            dual = np.linalg.solve(
                gram + strength * np.eye(len(gram)), target - target.mean()
            )
            guess = cross @ dual + target.mean() > 0
            accuracies.append((guess == splits["test"][1]).mean())
        assert max(accuracies) < 0.75, (size, accuracies)
        # Some linear trace there is; without any, this test would test nothing.
        assert max(accuracies) > 0.5


def _pixels(images, size):
    """The images at a smaller size, one row each, in [0, 1]."""
    step = 300 // size
    parts = [
        images[i : i + 100].reshape(-1, size, step, size, step, 3).mean((2, 4))
        for i in range(0, len(images), 100)
    ]
    return np.concatenate(parts).reshape(len(images), -1).astype("float32") / 255
