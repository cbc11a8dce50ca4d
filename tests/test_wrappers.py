"""Optimizers around optimizers on three backends: what `backend_wrappers.py` stored."""

import numpy as np
import pytest


@pytest.fixture(scope="session", params=["tensorflow", "jax", "torch"])
def run(request, arrays_of):
    """Arrays of a case and run on one backend: `run("Adam", "fit")`."""
    stored = arrays_of("backend_wrappers.py", request.param)
    assert stored["backend"] == request.param

    def arrays(case, kind):
        prefix = f"{case}/{kind}/"
        found = [stored[key] for key in sorted(stored) if key.startswith(prefix)]
        assert found, prefix
        return found

    return arrays


def assert_same(ours, theirs, atol=1e-5):
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=atol)


INNER = "SGD", "Adam", "accumulated Adam", "scaled SGD"
AROUND = "gradient", "both", "sphere"


@pytest.mark.parametrize(
    "case",
    [
        *(f"{around}, {inner}" for around in AROUND for inner in INNER),
        *("average", "update", "decay", "sphere around both", "CG", "assigned"),
    ],
)
def test_fit_follows_the_formula(run, case):
    assert_same(run(case, "fit"), run(case, "numpy"))


def test_what_is_assigned_acts_on_the_next_step_without_a_new_trace(run):
    assert run("assigned", "traces")[0] == 0
    assert run("assigned", "iterations")[0] == 8


# Which axes one output sums over, by the position of the kernel.
MEANS = {0: (0, 1, 2), 2: (0, 1), 4: (0, 1, 3), 6: (0,), 7: (0,)}


def test_fit_moves_no_mean(run):
    """Under SGD the change of the weights has the gradients' mean: none."""
    centralized, plain = run("layers", "centralized"), run("layers", "plain")
    for index, axes in MEANS.items():
        for change, bound in ((centralized, 1e-4), (plain, None)):
            scale = np.abs(change[index]).max()
            mean = np.abs(change[index].mean(axis=axes)).max() / scale
            assert mean > 1e-2 if bound is None else mean < bound


@pytest.mark.parametrize("where", ["gradient", "both"])
def test_mixed_precision_moves_no_mean(run, where):
    kernel, bias = run(f"mixed {where}", "fit")
    start = run(f"mixed {where}", "start")[0]
    assert np.abs(kernel - start).max() > 1e-2 and np.abs(bias).max() > 1e-2
    np.testing.assert_allclose(kernel.mean(axis=0), start.mean(axis=0), atol=1e-6)


def test_mixed_precision_stays_on_the_sphere(run):
    kernel, bias = run("mixed sphere", "fit")
    start = run("mixed sphere", "start")[0]
    assert np.abs(kernel - start).max() > 1e-2 and np.abs(bias).max() > 1e-2
    assert np.linalg.norm(kernel) == pytest.approx(np.linalg.norm(start), rel=1e-6)


@pytest.mark.parametrize("case", ["saved", "saved sphere"])
def test_saved_in_mid_training(run, case):
    assert_same(run(case, "loaded"), run(case, "never"), atol=1e-6)
