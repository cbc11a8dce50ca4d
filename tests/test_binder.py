"""What Binder is told to install; `make test-binder` does it."""

import pathlib
import stat
import tomllib

import numpy as np
import pytest
from packaging.requirements import Requirement

from helpers.live.graph import ALIGNMENT, shared_tensor

ROOT = pathlib.Path(__file__).parents[1]
FOLDER = ROOT / "binder"


def requirements(path):
    lines = path.read_text().splitlines()
    return [line for line in lines if line and not line.startswith(("#", "-e"))]


def faults(binder):
    """What is wrong with Binder's list of requirements."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    ranges = {Requirement(line).name: line for line in project["dependencies"]}
    ranges["tensorflow-cpu"] = ranges.pop("tensorflow").replace(
        "tensorflow", "tensorflow-cpu"
    )
    wrong = [line for line in ranges.values() if line not in binder]
    # These would bring the large TensorFlow, or an Addons that is not tested.
    banned = {"tensorflow", "tf-keras"}
    wrong += [line for line in binder if Requirement(line).name in banned]
    addons = next(
        line for line in requirements(ROOT / "requirements.txt") if "addons" in line
    )
    if addons.split(";")[0] not in binder:
        wrong.append(addons)
    return wrong


def test_the_ranges_are_those_of_the_package():
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
