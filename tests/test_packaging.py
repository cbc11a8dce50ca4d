"""The package, its requirements and what importing it costs."""

import pathlib
import re
import subprocess
import sys
import tomllib

import pytest

ROOT = pathlib.Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def requirements():
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    return [line for line in lines if line and not line.startswith(("#", "-e"))]


def test_dependencies_have_the_ranges_of_the_requirements():
    assert set(PROJECT["dependencies"]) <= set(requirements())


def test_requirements_name_the_packages_of_the_collection():
    names = {re.match(r"[\w-]+", line)[0] for line in requirements()}
    assert {
        *("jupyter", "tensorflow", "keras", "tensorflow-datasets", "matplotlib"),
        *("ipywidgets", "nbval", "tensorflow-addons", "tf-keras"),
    } <= names


@pytest.mark.parametrize("module", ["tensorflow", "keras", "matplotlib", "IPython"])
def test_import_helpers_loads_no_heavy_module(module):
    code = f"import sys, helpers; sys.exit({module!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_setup_is_silent_and_refuses_unknown_languages():
    code = "import helpers; helpers.setup('en'); import keras, tensorflow"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    code = "import helpers; helpers.setup('xx')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "`language` must be one of" in done.stderr and "'xx'" in done.stderr


def test_a_failed_import_shows_what_was_kept_quiet():
    code = (
        "import os, helpers\n"
        "with helpers._quiet_stderr():\n"
        "    os.write(2, b'the reason')\n"
        "    raise OSError\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "the reason" in done.stderr


def test_files_stay_short():
    """About 300 lines: a file that outgrows 350 has found a seam."""
    for path in ROOT.glob("helpers/**/*.py"):
        assert len(path.read_text().splitlines()) <= 350, path
