"""Every lesson, in one language or another, as a reader on Colab runs it.

`make test-colab` runs this.

The environment has Colab's versions and no helpers. The setup cell installs them from
the repository's address, which git is told to find in a copy of this checkout. What is
not committed is not tested.
"""

import json
import pathlib
import subprocess

import badges
import pytest
import stamp
from environments import Environment, every_lesson, published

ROOT = pathlib.Path(__file__).resolve().parents[2]
PINS = ROOT / "tests/colab/constraints.txt"
# matplotlib 3.10 calls what pyparsing 3.3 deprecates, and the tests of the fonts take
# every warning for an error; in a notebook this one is not shown.
TOOLS = (
    *("nbval>=0.11", "pytest>=8", "hypothesis>=6.100", "mini-racer>=0.12"),
    "pyparsing<3.3",
)
PACKAGE = "optimizer-lessons"
REPOSITORY, BRANCH = badges.repository()
# Tests of what differs most between the versions: widgets, kernel, Keras's optimizers.
UNIT_TESTS = (
    *("test_live_panel.py", "test_explorers.py", "test_environment.py"),
    "test_fonts.py",
    *("test_frank_wolfe.py", "test_gradient_centralization.py"),
)


def redirected(target):
    """Variables with which git finds the repository's address in a local folder."""
    return {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.file://{target}.insteadOf",
        "GIT_CONFIG_VALUE_0": f"https://github.com/{REPOSITORY}",
        "NOTEBOOK_PRESET": "quick",
    }


@pytest.fixture(scope="module")
def colab():
    return Environment("colab", ["-r", PINS, "-c", PINS, *TOOLS]).make()


@pytest.fixture
def bare(colab):
    """The environment without helpers."""
    colab.pip("uninstall", "--yes", "--quiet", PACKAGE)
    assert colab.run(
        [colab.python, "-c", "import helpers"], check=False, cwd="/"
    ).stderr
    return colab


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    changed = ["git", "-C", str(ROOT), "status", "--porcelain", "--untracked-files=no"]
    if subprocess.run(changed, capture_output=True).stdout:
        print("\nChanges that are not committed are not tested.")
    return published(tmp_path_factory.mktemp("published") / "copy", BRANCH)


def packages(environment):
    return set(environment.pip("freeze").splitlines())


def test_the_environment_has_exactly_the_pins(colab):
    pins = {line for line in PINS.read_text().splitlines() if "==" in line}
    installed = {line.lower().replace("_", "-") for line in packages(colab)}
    assert pins and pins <= installed


@pytest.mark.parametrize("name", every_lesson())
def test_a_lesson_runs_from_its_setup_cell_on(bare, copy, tmp_path, name):
    before = packages(bare)
    (tmp_path / "lesson.ipynb").write_bytes((copy / "notebooks" / name).read_bytes())
    command = [bare.python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--nbval"]
    options = ["--nbval-current-env", "--nbval-cell-timeout=600"]
    sanitize = ["--nbval-sanitize-with", ROOT / "tests/nbval_sanitize.cfg"]
    bare.run(
        [*command, *options, *sanitize, "lesson.ipynb"],
        cwd=tmp_path,
        env=redirected(copy),
    )
    # The package came, and nothing of Colab's went.
    new = packages(bare) ^ before
    assert len(new) == 1 and new.pop().startswith(f"{PACKAGE} @ git+")


def test_without_a_network_there_is_one_sentence(bare, copy, tmp_path):
    notebook = copy / "notebooks" / every_lesson()[0]
    script = ROOT / "tests/colab/setup_alone.py"
    done = bare.run(
        [bare.python, script, notebook],
        cwd=tmp_path,
        env=redirected(tmp_path / "nowhere"),
    )
    (output,) = json.loads(done.stdout.splitlines()[-1])
    shown = "\n".join(output["traceback"])
    assert output["output_type"] == "error"
    assert shown.splitlines()[1] == badges.OFFLINE
    assert not {"Traceback", "pip", "subprocess"} & set(shown.split())
    # The address, and the sentence in each language.
    assert len(shown.splitlines()) == 1 + len(stamp.translations(copy))


def test_helpers_and_lessons_use_nothing_newer(colab, copy):
    files = subprocess.check_output(
        ["git", "-C", str(copy), "ls-files", "helpers/**.py", "notebooks/en/*.ipynb"],
        text=True,
    ).split()
    assert len(files) > 20
    colab.run([colab.python, ROOT / "tests/apis.py", *files], cwd=copy)


def test_a_helper_that_uses_something_newer_is_caught(colab, tmp_path):
    planted = tmp_path / "planted.py"
    # Keras has it from 3.14 on.
    planted.write_text("from keras import ops\n\n\ndef f(x):\n    return ops.erfc(x)\n")
    done = colab.run([colab.python, ROOT / "tests/apis.py", planted], check=False)
    assert done.returncode and "there is no keras.ops.erfc" in done.stderr


def test_units(colab, copy):
    """Last, as it leaves the package installed: from the copy, with its tests."""
    colab.pip("install", "--quiet", "--no-deps", "--editable", str(copy))
    tests = [f"tests/{name}" for name in UNIT_TESTS]
    command = [colab.python, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    # PyTorch, of which this environment has none, is for `make test`.
    environment = {"CI": ""}
    try:
        colab.run([*command, *tests], cwd=copy, env=environment)
    finally:
        colab.pip("uninstall", "--yes", "--quiet", PACKAGE)
