"""What all tests share. Environment variables are set before Keras is imported."""

import collections
import importlib.util
import os
import pathlib
import subprocess
import sys

import pytest

import helpers

HAS_TEST_TOOLS = importlib.util.find_spec("hypothesis") is not None
# With `pip install -r requirements.txt` alone, `pytest --nbval` runs the notebooks.
collect_ignore_glob = [] if HAS_TEST_TOOLS else ["test_*.py", "browser/*"]

helpers.setup("en")

if HAS_TEST_TOOLS:
    import hypothesis

    # The same examples in every run: a red run can be repeated.
    hypothesis.settings.register_profile("ours", deadline=None, derandomize=True)
    hypothesis.settings.load_profile("ours")


def pytest_report_header(config):
    if not HAS_TEST_TOOLS:
        return "unit tests left out: they need `pip install -e .[test]`"


def pytest_terminal_summary(terminalreporter):
    """How long each notebook took."""
    seconds = collections.Counter()
    for report in terminalreporter.getreports("passed"):
        path, _, cell = report.nodeid.partition("::")
        if path.endswith(".ipynb") and cell:
            seconds[path] += report.duration
    for path, duration in sorted(seconds.items()):
        terminalreporter.write_line(f"{duration:6.1f} s  {path}")


def require(module, why):
    """Skip the test where a module is missing; in CI, where none may be, fail."""
    if importlib.util.find_spec(module) is None:
        message = f"{module} is not installed: {why}"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)


@pytest.fixture(scope="session")
def cells_of():
    """The cells of an English lesson: a function from its name to the sources by id."""
    import nbformat

    def read(lesson):
        path = pathlib.Path(__file__).parents[1] / f"notebooks/en/{lesson}.ipynb"
        notebook = nbformat.read(path, as_version=4)
        return {cell["id"]: cell["source"] for cell in notebook.cells}

    return read


@pytest.fixture(scope="session")
def run_script(tmp_path_factory):
    """Run a script of this folder in a process of its own, on a Keras backend.

    Returns the path of the file that the script was asked to write.
    """

    def run(script, backend):
        result = tmp_path_factory.mktemp(backend) / "result.npz"
        environment = {**os.environ, "KERAS_BACKEND": backend}
        path = os.path.join(os.path.dirname(__file__), script)
        done = subprocess.run(
            [sys.executable, path, str(result)],
            env=environment,
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, done.stderr[-4000:]
        return result

    return run
