"""Preparing a data set in TFDS's cache, so that what stands there can be trusted.

Everything is prepared in a private folder and moved into place whole. So it does not
matter when a preparation is killed, or how many run at the same time.
"""

import contextlib
import importlib.resources.abc
import importlib.util
import io
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

import requests
import tensorflow_datasets as tfds
from absl import logging
from tensorflow_datasets.core.download import download_manager
from tensorflow_datasets.core.download.util import DownloadError
from tensorflow_datasets.core.utils import tqdm_utils

from helpers.horses_or_humans import DrawnHorsesOrHumans

# Seconds to wait for the server's first answer.
TIMEOUT = 10
# TFDS would keep all images in memory in their full size, also after they were read.
READ_ONCE = tfds.ReadConfig(try_autocache=False)
# A TFRecord file has its records' bytes and, for each record, its length and checksums.
_RECORD_OVERHEAD = 16
_ABANDONED_AFTER = 24 * 3600

_DOWNLOAD_ERRORS = (
    requests.exceptions.RequestException,
    DownloadError,
    download_manager.NonMatchingChecksumError,
)


def root(data_dir=None):
    """The folder of the cache: `data_dir`, or else TFDS's own default."""
    default = os.environ.get("TFDS_DATA_DIR") or tfds.core.constants.DATA_DIR
    return Path(data_dir or default).expanduser()


def prepared(source, root, progress=None):
    """The builder of a data set that is ready to be read.

    Args:
        source: `"drawn"` or `"tfds"`.
        root: The folder of the cache, as a `pathlib.Path`.
        progress: Called as `progress(done, total)` after each picture drawn.

    Returns:
        A `tfds.core.DatasetBuilder`.

    Raises:
        ConnectionError: If the data cannot be downloaded.
    """
    if source == "drawn":
        cls = DrawnHorsesOrHumans
    else:
        cls = _original()
    progress = progress and _aloud(progress, sys.stdout)
    with _quiet():
        builder = _complete(cls, root)
        if builder is None:
            _prepare(cls, root, progress)
            builder = cls(data_dir=root)
    return builder


def _original():
    cls = tfds.builder_cls("horses_or_humans")
    # TFDS 4.9.10 needs importlib_resources but asks for it on old Pythons only. Of it
    # it uses one name, which Python's own module has, and remembers the result.
    with contextlib.ExitStack() as stack:
        if importlib.util.find_spec("importlib_resources") is None:
            sys.modules["importlib_resources"] = importlib.resources
            stack.callback(sys.modules.pop, "importlib_resources")
        assert cls.url_infos
    return cls


def _prepare(cls, root, progress):
    final = root / cls.name / str(cls.VERSION)
    final.parent.mkdir(parents=True, exist_ok=True)
    _sweep(root, cls.name)
    private = Path(tempfile.mkdtemp(prefix=f".{cls.name}-", dir=root))
    try:
        if cls.url_infos:
            _download_and_prepare(cls, private)
        else:
            builder = cls(data_dir=private)
            builder.progress = progress
            builder.download_and_prepare()
        _move(cls, private / cls.name / str(cls.VERSION), final, root)
    finally:
        shutil.rmtree(private, ignore_errors=True)


def _download_and_prepare(cls, private):
    """Prepare from the network, with no trust in an earlier run's downloads."""
    try:
        # TFDS tries ten times, for minutes; without a network one is enough.
        url = next(iter(cls.url_infos))
        requests.head(url, timeout=TIMEOUT).raise_for_status()
        cls(data_dir=private).download_and_prepare(
            download_dir=private / "downloads",
            download_config=tfds.download.DownloadConfig(try_download_gcs=False),
        )
    except _DOWNLOAD_ERRORS as error:
        raise ConnectionError(
            f"The download of {cls.name} failed (it needs a network); "
            'source="drawn" works without one.'
        ) from error


def _move(cls, made, final, root):
    """Move a complete data set into place, unless another process was faster."""
    try:
        made.rename(final)
    except OSError:
        if _complete(cls, root) is None:
            shutil.rmtree(final)
            made.rename(final)


def _complete(cls, root):
    """The builder if all of its files are there in full, else None."""
    final = root / cls.name / str(cls.VERSION)
    if not (final / "dataset_info.json").is_file():
        return None
    try:
        builder = cls(data_dir=root)
        for split in builder.info.splits.values():
            size = sum(Path(file).stat().st_size for file in split.filepaths)
            if size != split.num_bytes + _RECORD_OVERHEAD * split.num_examples:
                return None
    # Whatever makes it unreadable, it has to be prepared again.
    except Exception:
        return None
    return builder if builder.info.splits else None


def _sweep(root, name):
    """Remove what killed preparations left behind long ago."""
    for folder in root.glob(f".{name}-*"):
        with contextlib.suppress(OSError):
            if time.time() - folder.stat().st_mtime > _ABANDONED_AFTER:
                shutil.rmtree(folder)


def _aloud(progress, stdout):
    """`progress`, free to print where TFDS is not."""

    def shown(done, total):
        with contextlib.redirect_stdout(stdout):
            progress(done, total)

    return shown


@contextlib.contextmanager
def _quiet():
    """Keep TFDS silent: a first run must print no more than a later one."""
    bars, level = getattr(tqdm_utils, "_active", True), logging.get_verbosity()
    tfds.display_progress_bar(False)
    logging.set_verbosity(logging.ERROR)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            yield
    finally:
        tfds.display_progress_bar(bars)
        logging.set_verbosity(level)
