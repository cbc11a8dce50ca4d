"""What Binder is told to install; `make test-binder` does it."""

import pathlib
import stat

import pytest
from packaging.requirements import Requirement

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
