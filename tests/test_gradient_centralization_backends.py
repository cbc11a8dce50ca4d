"""Gradient centralization on three backends: what `backend_gc.py` stored."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import pytest

HERE = Path(__file__).parent
BACKENDS = ("tensorflow", "jax", "torch")


def missing(package):
    reason = f"{package} is not installed"
    if os.environ.get("CI"):
        pytest.fail(f"{reason}, and CI tests all three backends")
    pytest.skip(reason)


@pytest.fixture(scope="session")
def started_runs(tmp_path_factory):
    """Starts `backend_gc.py` on each backend, and ends what still runs at the end."""
    folder = tmp_path_factory.mktemp("gradient_centralization")
    runs = {}
    for backend in BACKENDS:
        if importlib.util.find_spec(backend) is None:
            continue
        environment = os.environ | {
            "KERAS_BACKEND": backend,
            "OMP_NUM_THREADS": "1",
            "JAX_PLATFORMS": "cpu",
            "JAX_DISABLE_MOST_OPTIMIZATIONS": "1",
            "PYTHONPATH": str(HERE.parent),
        }
        with open(folder / f"{backend}.log", "w") as log:
            process = subprocess.Popen(
                [sys.executable, HERE / "backend_gc.py", folder / f"{backend}.npz"],
                env=environment,
                stdout=log,
                stderr=log,
            )
        runs[backend] = process, folder / backend
    yield runs
    for process, _ in runs.values():
        process.kill()
        process.wait()


@pytest.fixture(scope="session", params=BACKENDS)
def run(request, started_runs):
    """Arrays of a case and run on one backend: `run("adam", "fit")`."""
    if request.param not in started_runs:
        missing(request.param)
    process, path = started_runs[request.param]
    code = process.wait(timeout=300)
    assert code == 0, path.with_suffix(".log").read_text()[-3000:]
    with np.load(path.with_suffix(".npz")) as file:
        assert file["backend"] == request.param
        stored = dict(file)

    def arrays(case, kind):
        prefix = f"{case}/{kind}/"
        found = [stored[key] for key in sorted(stored) if key.startswith(prefix)]
        assert found, prefix
        return found

    return arrays


def assert_same(ours, theirs, atol=1e-5):
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=atol)


OPTIMIZERS = [
    "sgd",
    "rmsprop",
    "adam",
    "adamw",
    "nadam",
    "lion",
    "cg",
]
OPTIMIZERS += ["muon"] if hasattr(keras.optimizers, "Muon") else []
OPTIONS = [
    "clipnorm",
    "accumulation",
    "ema",
    "ema_overwrite",
    "schedule",
    "loss_scale",
]


@pytest.mark.parametrize("case", OPTIMIZERS)
def test_trajectory_of_the_inner_optimizer(run, case):
    assert_same(run(case, "fit"), run(case, "reference"))
    assert_same(run(case, "train_on_batch"), run(case, "reference"))
    assert_same(run(case, "apply"), run(case, "apply_reference"))


@pytest.mark.parametrize("case", OPTIONS)
def test_options_of_the_inner_optimizer(run, case):
    assert_same(run(case, "fit"), run(case, "reference"))


def test_learning_rate_assigned_between_fits(run):
    assert_same(run("assigned", "after"), run("assigned", "before"), atol=0)


MEANS = {0: (0, 1, 2), 2: (0, 1), 4: (0, 1, 3), 6: (0,), 7: (0,)}


def test_fit_moves_no_mean(run):
    """Under SGD the change of the weights has the gradients' mean: none."""
    centralized, plain = run("mean", "centralized"), run("mean", "plain")
    for index, axes in MEANS.items():
        for change, bound in ((centralized, 1e-4), (plain, None)):
            scale = np.abs(change[index]).max()
            mean = np.abs(change[index].mean(axis=axes)).max() / scale
            assert mean > 1e-2 if bound is None else mean < bound


@pytest.mark.parametrize("where", ["gradient", "update", "both"])
def test_mixed_precision_moves_no_mean(run, where):
    kernel, bias = run("mixed", where)
    start = run("mixed", "start")[0]
    assert np.abs(kernel - start).max() > 1e-2 and np.abs(bias).max() > 1e-2
    np.testing.assert_allclose(kernel.mean(axis=0), start.mean(axis=0), atol=1e-6)


@pytest.mark.parametrize("case", ["saved", "saved_update"])
def test_saved_in_mid_training(run, case):
    assert_same(run(case, "loaded"), run(case, "never"), atol=1e-6)


UPDATES = [
    "update_sgd",
    "update_sgd_decay",
    "update_adam",
    "update_adam_decay",
    "update_adam_half",
    "update_adam_scaled",
    "update_sgd_accumulated",
    "both_adam",
    "both_adam_decay",
]


@pytest.mark.parametrize("case", UPDATES)
def test_centralized_update_is_the_authors_formula(run, case):
    assert_same(run(case, "fit"), run(case, "yong"))
    assert_same(run(case, "train_on_batch"), run(case, "yong"))


def test_strength_acts_on_the_next_step_without_a_new_trace(run):
    assert_same(run("strength", "ours"), run("strength", "numpy"))
    assert run("strength", "traces")[0] == 0
