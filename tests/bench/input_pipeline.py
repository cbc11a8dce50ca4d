"""Images per second: our input pipeline against the tutorial's, in alternation.

Run it as `python tests/bench/input_pipeline.py [rounds]`.
"""

import sys
import tempfile
import time

import numpy as np
import tensorflow as tf
import tensorflow_datasets as tfds
from keras import layers

from helpers import horses_or_humans
from helpers.image_pipeline import load_horses_or_humans, prepare

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
    """Images per second in one epoch."""
    start = time.perf_counter()
    count = sum(len(labels) for _, labels in ds)
    return count / (time.perf_counter() - start)


def main(rounds):
    with tempfile.TemporaryDirectory() as folder:
        (train, test), _ = load_horses_or_humans(data_dir=folder)
        tutorials = tfds.load(
            horses_or_humans.DrawnHorsesOrHumans.name,
            split=["train", "test"],
            as_supervised=True,
            data_dir=folder,
        )
        for name, ours, theirs in (
            (
                "training",
                prepare(train, BATCH_SIZE, shuffle=True, augment=True, seed=0),
                tutorial_prepare(tutorials[0], shuffle=True, augment=True),
            ),
            ("test", prepare(test, BATCH_SIZE), tutorial_prepare(tutorials[1])),
        ):
            rate(ours), rate(theirs)
            pairs = np.array([(rate(ours), rate(theirs)) for _ in range(rounds)])
            ratios = pairs[:, 0] / pairs[:, 1]
            print(
                f"{name}, 300 px: ours {np.median(pairs[:, 0]):.0f} images/s, "
                f"the tutorial's {np.median(pairs[:, 1]):.0f} images/s, "
                f"ratio {np.median(ratios):.1f} "
                f"({ratios.min():.1f} to {ratios.max():.1f} in {rounds} rounds)"
            )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
