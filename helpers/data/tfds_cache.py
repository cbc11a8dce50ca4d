"""Horses or humans in TFDS's cache, so that what is read there can be trusted."""

import contextlib
import importlib.resources
import io
import itertools
import sys
import tempfile
import warnings
from pathlib import Path
from unittest import mock

import requests
import tensorflow as tf
import tensorflow_datasets as tfds
from google.protobuf import json_format
from PIL import Image

from helpers.data import drawn

# Seconds to wait for the server's first answer.
TIMEOUT = 10
# What reading raises for a file that is cut, changed or lost, or has too few pictures.
# All else, such as too little memory or a file that may not be read, proves nothing.
DAMAGED = (
    tf.errors.DataLossError,
    tf.errors.FailedPreconditionError,
    tf.errors.NotFoundError,
    json_format.ParseError,
)


class DrawnHorsesOrHumans(tfds.core.GeneratorBasedBuilder):
    """Pictures of horses and humans, drawn by `helpers.data.drawn`."""

    VERSION = tfds.core.Version("2.0.0")

    # TFDS would look there for checksums of downloads. To find it, TFDS 4.9.10 needs
    # importlib_resources, a package that it does not ask for.
    code_path = None

    # Called as `progress(done, total)` after each picture.
    progress, done = None, 0

    def _info(self):
        shape = (drawn.SIZE, drawn.SIZE, 3)
        image = tfds.features.Image(shape=shape, encoding_format="png")
        label = tfds.features.ClassLabel(names=list(drawn.CLASSES))
        return tfds.core.DatasetInfo(
            builder=self,
            features=tfds.features.FeaturesDict({"image": image, "label": label}),
            supervised_keys=("image", "label"),
        )

    def _split_generators(self, dl_manager):
        return {split: self._generate_examples(split) for split in drawn.COUNTS}

    def _generate_examples(self, split):
        total = sum(map(sum, drawn.COUNTS.values()))
        for index in range(sum(drawn.COUNTS[split])):
            image, label = drawn.draw(split, index)
            self.done += 1
            if self.progress is not None:
                self.progress(self.done, total)
            # The fastest compression: a fifth of the time for a tenth more bytes.
            png = io.BytesIO()
            Image.fromarray(image).save(png, format="PNG", compress_level=1)
            yield index, {"image": io.BytesIO(png.getvalue()), "label": label}


def load(source, image_size, data_dir, progress):
    """What `data.load_horses_or_humans` returns, prepared where it is needed."""
    root = Path(data_dir or tfds.core.constants.get_default_data_dir()).expanduser()
    with _quiet():
        cls = DrawnHorsesOrHumans if source == "drawn" else original()
        prepared = root / cls.name / str(cls.VERSION)
        if (prepared / "dataset_info.json").exists():
            try:
                return _read(cls, root, image_size)
            except DAMAGED as error:
                _move_aside(prepared, type(error).__name__)
        elif prepared.exists():
            _move_aside(prepared, "no dataset_info.json")
        try:
            _prepare(cls, root, progress)
        except Exception as error:
            # Another process may have been faster: TFDS does not replace what is there.
            with contextlib.suppress(Exception):
                return _read(cls, root, image_size)
            if source == "drawn":
                raise
            raise ConnectionError(
                f"The download of {cls.name} failed (it needs a network); "
                'source="drawn" works without one.'
            ) from error
        return _read(cls, root, image_size)


def _move_aside(folder, reason):
    """Make room for new files; a reader who knows better can move these back."""
    names = (f"{folder.name}.damaged-{n}" for n in itertools.count(1))
    aside = next(p for p in map(folder.with_name, names) if not p.exists())
    # Another process may have been faster.
    with contextlib.suppress(FileNotFoundError):
        folder.rename(aside)
        warnings.warn(f"{folder} is damaged ({reason}): now {aside}", stacklevel=4)


def original():
    """TFDS's own builder of horses or humans."""
    cls = tfds.builder_cls("horses_or_humans")
    # TFDS 4.9.10 needs importlib_resources but asks for it on old Pythons only. Of it
    # it uses one name, which Python's own module has, and remembers the result.
    there = {"importlib_resources": importlib.resources} | sys.modules
    with mock.patch.dict(sys.modules, there):
        assert cls.url_infos
    return cls


def _read(cls, root, image_size):
    """All images in memory. A damaged file raises: each record has its checksum."""

    def resized(image, label):
        # Antialiased, or thin legs would vanish.
        image = tf.image.resize(image, (image_size, image_size), antialias=True)
        return tf.cast(tf.round(image), tf.uint8), label

    builder = cls(data_dir=root)
    # TFDS would keep all images in their full size, also after they were read.
    once = tfds.ReadConfig(try_autocache=False)
    splits = []
    for name in ("train", "test"):
        ds = builder.as_dataset(name, as_supervised=True, read_config=once)
        in_one_batch = ds.map(resized, tf.data.AUTOTUNE).batch(len(ds))
        splits.append(tf.data.Dataset.from_tensor_slices(next(iter(in_one_batch))))
    return tuple(splits), builder.info


def _prepare(cls, root, progress):
    root.mkdir(parents=True, exist_ok=True)
    for url in list(cls.url_infos or ())[:1]:
        # TFDS tries ten times, for minutes; without a network one is enough.
        requests.head(url, timeout=TIMEOUT).raise_for_status()
    with tempfile.TemporaryDirectory(prefix=".downloads-", dir=root) as downloads:
        builder = cls(data_dir=root)
        builder.progress = progress
        builder.download_and_prepare(
            download_dir=downloads,
            download_config=tfds.download.DownloadConfig(try_download_gcs=False),
        )


@contextlib.contextmanager
def _quiet():
    """Keep TFDS silent: a first run must print no more than a later one."""
    tfds.display_progress_bar(False)
    # TFDS makes a temporary folder to ask a server that it no longer asks.
    asking = mock.patch.object(tfds.core.DatasetInfo, "initialize_from_bucket")
    try:
        with mock.patch("termcolor.cprint"), asking:
            yield
    finally:
        tfds.display_progress_bar(True)
