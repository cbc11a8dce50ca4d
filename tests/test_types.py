"""What a type checker says of the code of someone who uses the package."""

import inspect
import pathlib
import subprocess
import sys

import pytest
from conftest import require

from helpers import callbacks, data, experiments, live, optimizers
from helpers.experiments import distributed

RIGHT = """
import numpy as np
from helpers import callbacks, data, feasible_sets
from helpers import experiments
from helpers.optimizers import *

FrankWolfe(0.1, radius=2.0, ball="max", momentum=0.9)
Hyperball("sgd", radius=2.0, axes={"experts": (1, 2)})
FrankWolfe(OpenLoop(), ball=feasible_sets.KSparse(3))
ConditionalGradient(0.99, lambda_=1.0)
GradientCentralization("rmsprop", where="both", axes={"a": (0, 1), "b": 0, "c": None})
data.batches(np.zeros((2, 3)), np.zeros(2), 2, seed=0)
low, high = experiments.paired_interval([0.1, 0.2])
low + high
"""
WRONG = {
    "FrankWolfe(0.1, ball=3)": "ball",
    "FrankWolfe(0.1, momentum='much')": "momentum",
    "GradientCentralization('rmsprop', where=True)": "where",
    "Hyperball('sgd', radius='long')": "radius",
    "feasible_sets.KSparse('three')": "KSparse",
    "callbacks.WeightNorms(every=1)": "every",
    "experiments.paired_interval([0.1], confidence='high')": "confidence",
}
# A user has the package installed, where a checker does not look for faults.
SETTINGS = """
[mypy]
ignore_missing_imports = True
[mypy-helpers.*]
follow_imports = silent
"""
SKIPPED = "keras", "tensorflow", "scipy", "matplotlib", "ipywidgets", "numpy", "dask"


@pytest.fixture(scope="module")
def complaints(tmp_path_factory):
    """Lines of the checker about the code above, each beginning with its line."""
    require("mypy", "it comes with `pip install -e .[test]`")
    folder = tmp_path_factory.mktemp("types")
    skipped = (f"[mypy-{name}.*]\nfollow_imports = skip\n" for name in SKIPPED)
    (folder / "mypy.ini").write_text(SETTINGS + "".join(skipped))
    code = RIGHT.strip() + "\n" + "\n".join(WRONG)
    (folder / "user.py").write_text(code)
    options = [
        "--config-file",
        "mypy.ini",
        "--cache-dir",
        "cache",
        "--no-error-summary",
    ]
    found = subprocess.run(
        [sys.executable, "-m", "mypy", *options, "user.py"],
        cwd=folder,
        env={"MYPYPATH": str(pathlib.Path(__file__).parents[1]), "PATH": ""},
        capture_output=True,
        text=True,
    )
    assert not found.stderr
    return [line.removeprefix("user.py:") for line in found.stdout.splitlines()]


def test_right_uses_pass_and_each_wrong_one_is_named(complaints):
    first = len(RIGHT.strip().splitlines()) + 1
    expected = {str(first + i): word for i, word in enumerate(WRONG.values())}
    errors = [line for line in complaints if "error:" in line]
    assert [line.split(":")[0] for line in errors] == list(expected)
    for line, word in zip(errors, expected.values(), strict=True):
        assert word in line


@pytest.mark.parametrize(
    "function",
    [
        *(optimizers.ConditionalGradient, optimizers.FrankWolfe),
        *(optimizers.GradientCentralization, optimizers.Hyperball),
        optimizers.OpenLoop.__call__,
        *(callbacks.WeightNorms, live.LivePanel, live.Choice),
        *(data.batches, data.load_horses_or_humans, data.prepare),
        *(experiments.compare, experiments.restart),
        *(experiments.sweep, experiments.paired_interval, distributed.train),
    ],
    ids=lambda function: function.__name__,
)
def test_every_argument_has_a_type(function):
    parameters = inspect.signature(function).parameters.values()
    untyped = [p.name for p in parameters if p.annotation is p.empty]
    assert [name for name in untyped if name != "self"] == []
