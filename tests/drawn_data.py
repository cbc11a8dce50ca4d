"""Fixtures: the drawn data set, prepared once for all tests of a session."""

import os

import numpy as np
import pytest


@pytest.fixture(scope="session")
def prepared_dir(tmp_path_factory):
    """A folder to be TFDS's cache; the first test that loads there prepares it.

    The processes of pytest-xdist have it in common.
    """
    base = tmp_path_factory.getbasetemp()
    return (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "tfds"


@pytest.fixture(scope="session")
def drawn(prepared_dir):
    """Images and labels as arrays, by split, and the metadata."""
    from helpers.data import load_horses_or_humans

    splits, info = load_horses_or_humans(data_dir=prepared_dir)
    arrays = {}
    for name, split in zip(("train", "test"), splits, strict=True):
        images, labels = next(iter(split.batch(len(split)).as_numpy_iterator()))
        arrays[name] = np.asarray(images), np.asarray(labels)
    return arrays, info
