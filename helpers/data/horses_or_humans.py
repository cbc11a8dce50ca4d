"""Horses or humans: the pictures, the tutorial's input pipeline, two sets of sizes."""

import os
from collections.abc import Callable
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf

from helpers._support.checks import integer
from helpers._support.i18n import _
from helpers._support.progress import Steps

SOURCES = ("drawn", "tfds")
# The originals, and what the tutorial's five convolutions and poolings leave one of.
ORIGINAL_SIZE, SMALLEST_SIZE = 300, 94
VARIABLE = "NOTEBOOK_PRESET"


class Preset(NamedTuple):
    """Sizes of the lesson on gradient centralization."""

    name: str
    source: str  # as `load_horses_or_humans` takes it
    image_size: int  # width and height in pixels
    batch_size: int
    learning_rate: float
    epochs: int  # of each training run
    images: int  # to train on; −1 for all
    seeds: tuple[int, ...]  # of the comparison; the first is 0


PRESETS = {
    "quick": Preset("quick", "drawn", 94, 16, 1e-3, 2, images=512, seeds=(0, 1)),
    # The tutorial's own numbers.
    "full": Preset("full", "tfds", 300, 128, 1e-4, 10, -1, seeds=(0, 1, 2, 3, 4)),
}


def choose_preset() -> Preset:
    """The `quick` preset on a CPU, `full` where there is a GPU; it says so there.

    The environment variable `NOTEBOOK_PRESET` goes before the hardware. The notebook's
    code is the same for both presets; only these numbers differ.

    Raises:
        ValueError: If the environment variable names no preset.
    """
    name = os.environ.get(VARIABLE, "").strip()
    if not name and tf.config.list_physical_devices("GPU"):
        name = "full"
        text = _(
            "A GPU was found: this lesson runs the preset “{preset}”, with the sizes "
            "of the original tutorial."
        )
        print(text.format(preset=name))
    name = name or "quick"
    if name not in PRESETS:
        raise ValueError(
            f"The environment variable {VARIABLE} must be one of {list(PRESETS)}, or "
            f"empty to let the hardware decide. Received: {name!r}"
        )
    return PRESETS[name]


def load_horses_or_humans(
    source: str = "drawn",
    image_size: int = ORIGINAL_SIZE,
    data_dir: str | os.PathLike | None = None,
    progress: Callable[[int, int], Any] | None = None,
) -> tuple[tuple[tf.data.Dataset, tf.data.Dataset], Any]:
    """Horses or humans, in the shape that `tfds.load` gives.

    The first call prepares the data in TFDS's cache, later ones read them there. The
    pictures stay in memory, decoded and at the wanted size: 3 bytes times
    `image_size` squared times 1283 (347 MB at 300).

    Args:
        source: `"drawn"` for pictures that `drawn.py` draws, without a network;
            `"tfds"` for Laurence Moroney's, which TFDS downloads (160 MB).
        image_size: Width and height in pixels, from 94 (the tutorial's network takes
            no less) to 300, the size of the originals.
        data_dir: Folder of TFDS's cache; by default TFDS's own choice, which the
            environment variable `TFDS_DATA_DIR` sets.
        progress: Called as `progress(done, total)` after each picture drawn, while
            the data are prepared. By default a bar in the notebook.

    Returns:
        `(train, test), metadata`: two `tf.data.Dataset`s of pairs of a uint8 image
        `(image_size, image_size, 3)` and its int64 label, 0 for a horse and 1 for a
        human; and their `tfds.core.DatasetInfo`.

    Raises:
        ValueError: If an argument is out of its range.
        ConnectionError: If `source="tfds"` needs a download that fails.
    """
    if source not in SOURCES:
        raise ValueError(
            f"`source` must be one of {list(SOURCES)}. Received: source={source!r}"
        )
    image_size = integer("image_size", image_size, SMALLEST_SIZE, ORIGINAL_SIZE)
    progress = progress or Steps(_("Drawing the pictures"))
    # TFDS takes seconds to import, and the other lessons do without it.
    from helpers.data import tfds_cache

    return tfds_cache.load(source, image_size, data_dir, progress)


def prepare(
    ds: tf.data.Dataset,
    batch_size: int = 128,
    shuffle: bool = False,
    augment: bool = False,
    seed: int | None = None,
) -> tf.data.Dataset:
    """The tutorial's input pipeline: rescale, augment, batch, prefetch.

    The augmentation is Keras's `RandomFlip("horizontal_and_vertical")`,
    `RandomRotation(0.3)` and `RandomZoom(0.2)`, made one affine map, so that each
    image is interpolated once and not three times.

    What neither order nor augmentation changes from epoch to epoch is computed in the
    first one and kept in memory: 12 bytes for each pixel (276 MB for the test set at
    300 × 300 pixels).

    Args:
        ds: A `tf.data.Dataset` of pairs of an image `(height, width, 3)` with values
            from 0 to 255 and its label.
        batch_size: Images in a batch; the last one may be smaller.
        shuffle: Whether to bring all images into a new order in each epoch.
        augment: Whether to augment; for the training set only.
        seed: Integer that settles order and augmentation: pipelines with the same
            seed give the same batches, epoch by epoch. With None they are random.

    Returns:
        A `tf.data.Dataset` of pairs of float32 images in [0, 1], of shape
        `(batch, height, width, 3)`, and the labels, of shape `(batch,)`.
    """
    if shuffle:
        ds = ds.shuffle(ds.cardinality(), seed=seed)
    ds = ds.batch(batch_size)
    if augment:
        # A seed for each batch, drawn in order before the parallel map: what a batch
        # gets depends neither on the threads nor on how much was prefetched before.
        seeds = tf.data.Dataset.random(seed=seed, rerandomize_each_iteration=True)
        ds = tf.data.Dataset.zip(ds, seeds.batch(2)).map(_augmented, tf.data.AUTOTUNE)
    else:
        ds = ds.map(_rescaled, tf.data.AUTOTUNE)
        if not shuffle:
            ds = ds.cache()
    return ds.prefetch(tf.data.AUTOTUNE)


def moved(images, flips, angles, zooms):
    """Images flipped, turned and zoomed about their centres, interpolated once.

    Args:
        images: Float tensor `(batch, height, width, channels)`.
        flips: Tensor `(batch, 2)`, -1 to flip and 1 not to, for x and y.
        angles: Tensor `(batch,)`, in radians.
        zooms: Tensor `(batch,)`: 0.2 shows 20 % more in each direction, smaller.
    """
    across, down = flips[:, 0] * (1.0 + zooms), flips[:, 1] * (1.0 + zooms)
    a0, a1 = across * tf.cos(angles), -across * tf.sin(angles)
    b0, b1 = down * tf.sin(angles), down * tf.cos(angles)
    # The centre of the image stays where it is.
    x, y = (images.shape[2] - 1) / 2, (images.shape[1] - 1) / 2
    a2, b2, zero = x - a0 * x - a1 * y, y - b0 * x - b1 * y, tf.zeros_like(zooms)
    maps = tf.stack([a0, a1, a2, b0, b1, b2, zero, zero], axis=1)
    # Beyond its edge an image goes on as its mirror image.
    return keras.ops.image.affine_transform(images, maps, fill_mode="reflect")


def _augmented(batch, seed):
    images, labels = _rescaled(*batch)
    draws = tf.random.stateless_uniform((tf.shape(images)[0], 4), seed, minval=-1.0)
    flips = tf.where(draws[:, :2] < 0, -1.0, 1.0)
    angles, zooms = draws[:, 2] * (0.3 * 2 * np.pi), draws[:, 3] * 0.2
    return moved(images, flips, angles, zooms), labels


def _rescaled(images, labels):
    return tf.cast(images, "float32") / 255.0, labels
