"""What all tests share. Environment variables are set before Keras is imported."""

import collections
import importlib.util
import logging
import os
import pathlib
import subprocess
import sys
import time
import warnings

import numpy as np
import pytest

import helpers
from helpers._support import i18n

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


def pytest_collection_modifyitems(items):
    """The longest notebooks begin first: no process is left with one at the end."""
    first = "gradient_centralization", "conditional_gradient", "one_rule"

    def place(item):
        notebook = item.path.suffix == ".ipynb"
        return notebook and 1 + (*first, item.path.stem).index(item.path.stem)

    items.sort(key=place)


BEGUN, UNITS_ENDED = time.time(), []


def pytest_runtest_logreport(report):
    if ".ipynb" not in report.nodeid:
        UNITS_ENDED[:] = [time.time()]


def minutes(seconds):
    return f"{seconds // 60:.0f} min {seconds % 60:.0f} s"


def pytest_terminal_summary(terminalreporter):
    """How long each notebook took, and all unit tests together."""
    for path, duration in sorted(seconds_of_notebooks(terminalreporter).items()):
        terminalreporter.write_line(f"{duration:6.1f} s  {path}")
    for ended in UNITS_ENDED:
        terminalreporter.write_line(f"Unit tests: {minutes(ended - BEGUN)}")


def seconds_of_notebooks(reporter):
    seconds = collections.Counter()
    for report in reporter.getreports("passed"):
        path, _, cell = report.nodeid.partition("::")
        if path.endswith(".ipynb") and cell:
            seconds[path] += report.duration
    return seconds


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish(session, exitstatus):
    """One line at the very end: what came of it all, or where to look."""
    yield
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None:  # a process of pytest-xdist
        return
    passed = reporter.getreports("passed")
    failed = [*reporter.getreports("failed"), *reporter.stats.get("error", [])]
    where = sorted({report.nodeid.partition("::")[0] for report in failed})
    tests = sum(r.when == "call" and ".ipynb" not in r.nodeid for r in passed)
    said = f"All tests passed: {tests:,} unit tests"
    if count := len(seconds_of_notebooks(reporter)):
        said += f" and {count} notebooks"
    if where:
        said = f"Failed: {', '.join(where)}; what went wrong stands above"
    elif exitstatus:
        said = "Stopped before the end, or nothing was found to test"
    reporter.write_line(f"{said}; {minutes(time.time() - BEGUN)}.", bold=True)


def require(module, why):
    """Skip the test where a module is missing; in CI, where none may be, fail."""
    if importlib.util.find_spec(module) is None:
        message = f"{module} is not installed: {why}"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)


@pytest.fixture(params=i18n.LANGUAGES)
def language(request):
    i18n.set_language(request.param)
    yield request.param
    i18n.set_language("en")


@pytest.fixture
def strict(caplog):
    """Warnings are errors, and what matplotlib logs fails the test at its end.

    A letter that no font has is a warning; within a formula it is logged.
    """
    with warnings.catch_warnings(), caplog.at_level(logging.WARNING, "matplotlib"):
        # Not those of libraries to each other, which deprecate something.
        warnings.simplefilter("error", UserWarning)
        warnings.simplefilter("error", RuntimeWarning)
        yield
    assert [r.getMessage() for r in caplog.records if "matplotlib" in r.name] == []


@pytest.fixture
def figures(monkeypatch):
    """The matplotlib figures of the pictures that a test draws."""
    from helpers.plotting.style import Picture

    kept, init = [], Picture.__init__

    def keep(self, figure, *texts):
        kept.append(figure)
        init(self, figure, *texts)

    monkeypatch.setattr(Picture, "__init__", keep)
    return kept


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
def arrays_of(tmp_path_factory):
    """The arrays that a script of this folder stores on a Keras backend.

    A function from script and backend; the first call starts it on all of them.
    """
    started = {}

    def start(script, backend):
        path = tmp_path_factory.mktemp(backend) / "result.npz"
        environment = {"KERAS_BACKEND": backend, "JAX_DISABLE_MOST_OPTIMIZATIONS": "1"}
        with open(path.with_suffix(".log"), "w") as log:
            process = subprocess.Popen(
                [sys.executable, pathlib.Path(__file__).parent / script, path],
                env={**os.environ, **environment},
                stdout=log,
                stderr=log,
            )
        started[script, backend] = process, path

    def read(script, backend, backends=("tensorflow", "jax", "torch")):
        require(backend, "optax brings JAX, and `pip install -e .[torch]` PyTorch")
        for name in backends if (script, backend) not in started else ():
            if importlib.util.find_spec(name):
                start(script, name)
        process, path = started[script, backend]
        assert process.wait(timeout=300) == 0, path.with_suffix(".log").read_text()
        with np.load(path) as arrays:
            return dict(arrays)

    yield read
    for process, _path in started.values():
        process.kill()
        process.wait()
