"""Preparing a data set in TFDS's cache, so that what stands there can be trusted."""

import contextlib
import importlib.resources
import io
import os
import shutil
import sys
import tempfile
from pathlib import Path
from unittest import mock

import requests
import tensorflow_datasets as tfds
from absl import logging

from helpers.drawn import DrawnHorsesOrHumans

# Seconds to wait for the server's first answer.
TIMEOUT = 10
# A TFRecord file has its records' bytes and, for each record, its length and checksums.
RECORD_OVERHEAD = 16


def prepared(source, data_dir=None, progress=None):
    """The builder of a data set that is ready to be read.

    Args:
        source: `"drawn"` or `"tfds"`.
        data_dir: Folder of TFDS's cache; by default TFDS's own choice.
        progress: Called as `progress(done, total)` after each picture drawn.

    Raises:
        ConnectionError: If the data cannot be downloaded.
    """
    default = os.environ.get("TFDS_DATA_DIR") or tfds.core.constants.DATA_DIR
    root = Path(data_dir or default).expanduser()
    root.mkdir(parents=True, exist_ok=True)
    progress = progress and _aloud(progress, sys.stdout)
    with _quiet():
        cls = DrawnHorsesOrHumans if source == "drawn" else original()
        if not _is_whole(cls, root):
            _prepare(cls, root, progress)
        return cls(data_dir=root)


def splits(builder):
    """Training and test set as pairs of an image and its label."""
    # TFDS would keep all images in their full size, also after they were read.
    once = tfds.ReadConfig(try_autocache=False)
    return builder.as_dataset(["train", "test"], as_supervised=True, read_config=once)


def original():
    """TFDS's own builder of horses or humans."""
    cls = tfds.builder_cls("horses_or_humans")
    # TFDS 4.9.10 needs importlib_resources but asks for it on old Pythons only. Of it
    # it uses one name, which Python's own module has, and remembers the result.
    there = {"importlib_resources": importlib.resources} | sys.modules
    with mock.patch.dict(sys.modules, there):
        assert cls.url_infos
    return cls


def _prepare(cls, root, progress):
    """Prepare in TFDS's way, with no trust in what an earlier run left."""
    shutil.rmtree(root / cls.name / str(cls.VERSION), ignore_errors=True)
    config = tfds.download.DownloadConfig(try_download_gcs=False)
    try:
        for url in list(cls.url_infos or ())[:1]:
            # TFDS tries ten times, for minutes; without a network one is enough.
            requests.head(url, timeout=TIMEOUT).raise_for_status()
        with tempfile.TemporaryDirectory(prefix=".downloads-", dir=root) as downloads:
            builder = cls(data_dir=root)
            builder.progress = progress
            builder.download_and_prepare(download_dir=downloads, download_config=config)
    except Exception as error:
        # Another process may have been faster, and TFDS does not replace what is there.
        if _is_whole(cls, root):
            return
        if not cls.url_infos:
            raise
        raise ConnectionError(
            f"The download of {cls.name} failed (it needs a network); "
            'source="drawn" works without one.'
        ) from error


def _is_whole(cls, root):
    """Whether all files of a data set are there in full."""
    if not (root / cls.name / str(cls.VERSION) / "dataset_info.json").is_file():
        return False
    try:
        splits = cls(data_dir=root).info.splits.values()
        return bool(splits) and all(
            sum(Path(file).stat().st_size for file in split.filepaths)
            == split.num_bytes + RECORD_OVERHEAD * split.num_examples
            for split in splits
        )
    # Whatever makes it unreadable, it has to be prepared again.
    except Exception:
        return False


def _aloud(progress, stdout):
    """`progress`, free to print where TFDS is not."""

    def shown(done, total):
        with contextlib.redirect_stdout(stdout):
            progress(done, total)

    return shown


@contextlib.contextmanager
def _quiet():
    """Keep TFDS silent: a first run must print no more than a later one."""
    level = logging.get_verbosity()
    tfds.display_progress_bar(False)
    logging.set_verbosity(logging.ERROR)
    info = tfds.core.DatasetInfo
    try:
        # TFDS makes a temporary folder to ask a server that it no longer asks.
        with mock.patch.object(info, "initialize_from_bucket"):
            with contextlib.redirect_stdout(io.StringIO()):
                yield
    finally:
        tfds.display_progress_bar(True)
        logging.set_verbosity(level)
