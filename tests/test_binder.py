"""What Binder is told to install; `make test-binder` does it."""

import pathlib
import stat

import numpy as np
import pytest
from packaging.requirements import Requirement

from helpers.live.graph import ALIGNMENT, shared_tensor

ROOT = pathlib.Path(__file__).parents[1]
FOLDER = ROOT / "binder"


def requirements(path):
    lines = path.read_text().splitlines()
    return [line for line in lines if line and not line.startswith(("#", "-e"))]


def expected():
    """A learner's requirements, with TensorFlow for the CPU."""
    found = {}
    for line in requirements(ROOT / "requirements.txt"):
        requirement = Requirement(line)
        requirement.marker = None
        found[requirement.name] = str(requirement)
    # The test's own; postBuild's own; what the container has anyhow.
    for name in ("nbval", "tf-keras", "jupyter"):
        del found[name]
    found["tensorflow-cpu"] = found.pop("tensorflow").replace("flow", "flow-cpu")
    return set(found.values())


def faults(binder):
    """What is wrong with Binder's list of requirements."""
    more = ("jupyterlab>", "jupyterlab-language-pack")
    return sorted(expected() ^ {line for line in binder if not line.startswith(more)})


def test_the_requirements_are_a_learners():
    assert faults(requirements(FOLDER / "requirements.txt")) == []


@pytest.mark.parametrize("planted", ["tensorflow>=2.20", "tf-keras>=2.20"])
def test_a_requirement_that_brings_the_large_tensorflow_is_caught(planted):
    assert faults([*requirements(FOLDER / "requirements.txt"), planted]) == [planted]


def test_a_requirement_that_is_missing_is_caught():
    assert faults(requirements(FOLDER / "requirements.txt")[1:])


def test_addons_has_wheels_for_the_python():
    assert (FOLDER / "runtime.txt").read_text() == "python-3.11\n"


@pytest.mark.parametrize("name", ["postBuild", "start"])
def test_scripts_can_be_run(name):
    path = FOLDER / name
    assert path.read_text().startswith("#!/bin/bash\n")
    assert path.stat().st_mode & stat.S_IXUSR


def test_a_session_shares_the_memory_of_aligned_data_and_copies_the_rest():
    """With the allocator that `start` chooses, all large arrays are aligned."""
    room = np.zeros(1024, "float32")
    first = -(room.ctypes.data // 4) % (ALIGNMENT // 4)
    aligned = room[first : first + 512].reshape(8, 64)
    shifted = room[first + 1 : first + 513].reshape(8, 64)
    tensor, copy = shared_tensor(aligned), shared_tensor(shifted)
    narrow = shared_tensor(aligned[:, :2])
    room[:] = 1
    assert np.all(tensor.numpy() == 1)
    assert np.all(copy.numpy() == 0) and np.all(narrow.numpy() == 0)
    aligned.flags.writeable = False
    assert np.all(shared_tensor(aligned).numpy() == 1)
    assert shared_tensor(aligned.astype("int32")).dtype == "int32"
