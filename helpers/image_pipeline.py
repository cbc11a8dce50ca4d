"""Horses or humans: loading them, and the input pipeline of the tutorial."""

import os
from pathlib import Path

import numpy as np
import tensorflow as tf

from helpers.checks import integer


def _smallest_image():
    # From the output back: each of the network's five blocks is a valid 3×3
    # convolution, which takes two pixels, and a 2×2 pooling, which halves.
    size = 1
    for _ in range(5):
        size = 2 * size + 2
    return size


SOURCES = ("drawn", "tfds")
ORIGINAL_SIZE = 300
SMALLEST_SIZE = _smallest_image()


def load_horses_or_humans(
    source="drawn", image_size=ORIGINAL_SIZE, data_dir=None, progress=None
):
    """Horses or humans, in the shape that `tfds.load` gives.

    The first call prepares the data in TFDS's cache, later ones read them there. The
    pictures stay in memory, decoded and at the wanted size: 3 bytes times
    `image_size` squared times 1283 (347 MB at 300).

    Args:
        source: `"drawn"` for pictures that `helpers.horses_or_humans` draws, without a
            network; `"tfds"` for Laurence Moroney's, which TFDS downloads (160 MB).
        image_size: Width and height in pixels, from `SMALLEST_SIZE` (the tutorial's
            network takes no less) to 300, the size of the originals.
        data_dir: Folder of TFDS's cache; by default TFDS's own choice, which the
            environment variable `TFDS_DATA_DIR` sets.
        progress: Called as `progress(done, total)` after each picture drawn, while
            the data are prepared.

    Returns:
        `(train, test), metadata`: two `tf.data.Dataset`s of pairs of a uint8 image
        `(image_size, image_size, 3)` and its int64 label, 0 for a horse and 1 for a
        human; and their `tfds.core.DatasetInfo`.

    Raises:
        ValueError: If an argument is out of its range.
        TypeError: If `progress` cannot be called.
        ConnectionError: If `source="tfds"` needs a download that fails.
    """
    if source not in SOURCES:
        raise ValueError(
            f"`source` must be one of {list(SOURCES)}. Received: source={source!r}"
        )
    image_size = integer("image_size", image_size, SMALLEST_SIZE, ORIGINAL_SIZE)
    if data_dir is not None and not isinstance(data_dir, str | os.PathLike):
        raise ValueError(
            "`data_dir` must be a path or None. "
            f"Received: data_dir={data_dir!r} (of type {type(data_dir).__name__})"
        )
    if progress is not None and not callable(progress):
        raise TypeError(f"`progress` must be callable or None. Received: {progress!r}")

    # TFDS takes seconds to import, and the other lesson does without it.
    from helpers import tfds_cache

    root = tfds_cache.root(None if data_dir is None else Path(data_dir))
    builder = tfds_cache.prepared(source, root, progress)
    splits = builder.as_dataset(
        split=["train", "test"], as_supervised=True, read_config=tfds_cache.READ_ONCE
    )
    loaded = tuple(_in_memory(split, image_size) for split in splits)
    return loaded, builder.info


def prepare(
    ds, batch_size=128, shuffle=False, augment=False, seed=None, image_size=None
):
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
        image_size: Width and height to resize to; None leaves the images as they are.

    Returns:
        A `tf.data.Dataset` of pairs of float32 images in [0, 1], of shape
        `(batch, height, width, 3)`, and the labels, of shape `(batch,)`.

    Raises:
        TypeError: If `ds` is not a `tf.data.Dataset`.
        ValueError: If another argument is out of its range.
    """
    if not isinstance(ds, tf.data.Dataset):
        raise TypeError(
            f"`ds` must be a tf.data.Dataset. Received: {ds!r} "
            f"(of type {type(ds).__name__})"
        )
    batch_size = integer("batch_size", batch_size, 1)
    for name, value in (("shuffle", shuffle), ("augment", augment)):
        if not isinstance(value, bool | np.bool_):
            raise ValueError(
                f"`{name}` must be True or False. Received: {name}={value!r}"
            )
    if seed is not None:
        seed = integer("seed", seed, 0, 2**31 - 1)
    if image_size is not None:
        image_size = integer("image_size", image_size, 1)
        ds = ds.map(
            lambda image, label: (_resize(image, image_size), label),
            num_parallel_calls=tf.data.AUTOTUNE,
        ).cache()

    if shuffle:
        count = int(ds.cardinality())
        ds = ds.shuffle(count if count > 0 else 1024, seed=seed)
    ds = ds.batch(batch_size)
    if augment:
        # A seed for each batch, drawn in order before the parallel map: what a batch
        # gets depends neither on the threads nor on how much was prefetched before.
        seeds = tf.data.Dataset.random(seed=seed, rerandomize_each_iteration=True)
        ds = tf.data.Dataset.zip(ds, seeds.batch(2))
        ds = ds.map(
            lambda batch, key: (_augmented(batch[0], key), batch[1]),
            num_parallel_calls=tf.data.AUTOTUNE,
        )
    else:
        ds = ds.map(
            lambda images, labels: (_rescaled(images), labels),
            num_parallel_calls=tf.data.AUTOTUNE,
        )
        if not shuffle:
            ds = ds.cache()
    return ds.prefetch(tf.data.AUTOTUNE)


def affine_maps(flips, angles, zooms, height, width):
    """The maps from output pixels to input pixels of flip, rotation and zoom.

    Args:
        flips: Tensor `(batch, 2)`, -1 to flip and 1 not to, for x and y.
        angles: Tensor `(batch,)`, in radians.
        zooms: Tensor `(batch,)`: 0.2 shows 20 % more in each direction, smaller.
        height: Height of the images in pixels.
        width: Their width.

    Returns:
        A float32 tensor `(batch, 6)` of `a0, a1, a2, b0, b1, b2`: the output pixel
        `(x, y)` shows the point `(a0 x + a1 y + a2, b0 x + b1 y + b2)` of the input.
    """
    scale = 1.0 + zooms
    across, down = flips[:, 0] * scale, flips[:, 1] * scale
    a0, a1 = across * tf.cos(angles), -across * tf.sin(angles)
    b0, b1 = down * tf.sin(angles), down * tf.cos(angles)
    # The centre of the image stays where it is.
    x, y = (width - 1) / 2, (height - 1) / 2
    a2, b2 = x - a0 * x - a1 * y, y - b0 * x - b1 * y
    return tf.stack([a0, a1, a2, b0, b1, b2], axis=1)


# XLA makes one loop of each of the two functions below. As separate operations the
# transform would write every intermediate result to memory, and take longer than
# TensorFlow's ImageProjectiveTransformV3, which computes the coordinates of a pixel
# anew for each of its colours.
@tf.function(jit_compile=True)
def transformed(images, maps):
    """Images under affine maps, interpolated bilinearly and rescaled to [0, 1].

    Beyond its edge an image goes on as its mirror image.

    Args:
        images: Tensor `(batch, height, width, channels)`, values from 0 to 255.
        maps: Tensor `(batch, 6)`, as `affine_maps` gives them.

    Returns:
        A float32 tensor of the shape of `images`.
    """
    height, width, channels = images.shape[1:]
    a0, a1, a2, b0, b1, b2 = (row[:, None, None] for row in tf.unstack(maps, axis=1))
    x, y = tf.meshgrid(
        tf.range(width, dtype="float32"), tf.range(height, dtype="float32")
    )
    x, y = a0 * x + a1 * y + a2, b0 * x + b1 * y + b2
    left, top = tf.floor(x), tf.floor(y)
    # The shares of the pixels to the right and below.
    right, bottom = (x - left)[..., None], (y - top)[..., None]
    columns = [_mirrored(tf.cast(left, tf.int32) + step, width) for step in (0, 1)]
    rows = [_mirrored(tf.cast(top, tf.int32) + step, height) for step in (0, 1)]
    pixels = tf.reshape(images, (-1, height * width, channels))

    def row(number):
        one, other = (
            tf.cast(
                tf.gather(pixels, rows[number] * width + c, batch_dims=1), "float32"
            )
            for c in columns
        )
        return one * (1 - right) + other * right

    return (row(0) * (1 - bottom) + row(1) * bottom) / 255.0


def _mirrored(index, size):
    """Any integers as indices into an axis that goes on as its mirror image."""
    index = tf.math.floormod(index, 2 * size)
    return tf.minimum(index, 2 * size - 1 - index)


@tf.function(jit_compile=True)
def _rescaled(images):
    return tf.cast(images, "float32") / 255.0


def _augmented(images, key):
    count, height, width = tf.shape(images)[0], images.shape[1], images.shape[2]
    draws = tf.random.stateless_uniform((count, 4), seed=key, minval=-1.0)
    maps = affine_maps(
        flips=tf.where(draws[:, :2] < 0, -1.0, 1.0),
        angles=draws[:, 2] * (0.3 * 2 * np.pi),
        zooms=draws[:, 3] * 0.2,
        height=height,
        width=width,
    )
    return transformed(images, maps)


def _resize(image, size):
    """A uint8 image of the wanted size; antialiased, or thin legs would vanish."""
    resized = tf.image.resize(image, (size, size), antialias=True)
    return tf.cast(tf.round(resized), tf.uint8)


def _in_memory(ds, image_size):
    """The images as tensors, so that each pipeline made of them shares the memory."""
    if image_size != ORIGINAL_SIZE:
        ds = ds.map(
            lambda image, label: (_resize(image, image_size), label),
            num_parallel_calls=tf.data.AUTOTUNE,
        )
    # One batch of all.
    images, labels = next(iter(ds.batch(max(1, int(ds.cardinality())))))
    return tf.data.Dataset.from_tensor_slices((images, labels))
