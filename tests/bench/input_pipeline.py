"""Images per second: our input pipeline against the tutorial's, in alternation."""

import tempfile
import time
from functools import partial

import tensorflow as tf
import tensorflow_datasets as tfds
from keras import layers
from rows import Row, alternate

from helpers.data import load_horses_or_humans, prepare

BATCH_SIZE = 128
AUTOTUNE = tf.data.AUTOTUNE

rescale = layers.Rescaling(1.0 / 255)
data_augmentation = [
    layers.RandomFlip("horizontal_and_vertical"),
    layers.RandomRotation(0.3),
    layers.RandomZoom(0.2),
]


def apply_aug(x):
    for aug in data_augmentation:
        x = aug(x)
    return x


def tutorial_prepare(ds, shuffle=False, augment=False):
    """The pipeline as the tutorial has it."""
    ds = ds.map(lambda x, y: (rescale(x), y), num_parallel_calls=AUTOTUNE)
    if shuffle:
        ds = ds.shuffle(1024)
    ds = ds.batch(BATCH_SIZE)
    if augment:
        ds = ds.map(lambda x, y: (apply_aug(x), y), num_parallel_calls=AUTOTUNE)
    return ds.prefetch(buffer_size=AUTOTUNE)


def rate(ds):
    """Images per second, in whole epochs that take at least a second together."""
    start, count = time.perf_counter(), 0
    while (elapsed := time.perf_counter() - start) < 1:
        count += sum(len(labels) for _, labels in ds)
    return count / elapsed


def rows(rounds):
    """Images per second at the tutorial's size, 300 px, and its batch size."""
    with tempfile.TemporaryDirectory() as folder:
        (train, test), _ = load_horses_or_humans(data_dir=folder)
        theirs = tfds.load(
            "drawn_horses_or_humans",
            split=["train", "test"],
            as_supervised=True,
            data_dir=folder,
        )
        for what, ours, peer, goal in (
            (
                "input pipeline, training",
                prepare(train, BATCH_SIZE, shuffle=True, augment=True, seed=0),
                tutorial_prepare(theirs[0], shuffle=True, augment=True),
                "≥ 2",
            ),
            (
                "input pipeline, test, after the first epoch",
                prepare(test, BATCH_SIZE),
                tutorial_prepare(theirs[1]),
                "≥ 1",
            ),
        ):
            ours, peer = alternate([partial(rate, ours), partial(rate, peer)], rounds)
            ratios = tuple(ours / peer)
            yield Row(
                what, "the tutorial's", "times the images per second", ratios, goal
            )
