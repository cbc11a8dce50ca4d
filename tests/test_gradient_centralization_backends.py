"""Gradient centralization on three backends: what `backend_gc.py` stored."""

import keras
import numpy as np
import pytest


@pytest.fixture(scope="session", params=["tensorflow", "jax", "torch"])
def run(request, arrays_of):
    """Arrays of a case and run on one backend: `run("adam", "fit")`."""
    stored = arrays_of("backend_gc.py", request.param)
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


def test_batch_by_batch_is_as_in_fit(run):
    for case in ("adam", "both_adam_decay"):
        assert_same(run(case, "train_on_batch"), run(case, "fit"))


def test_strength_acts_on_the_next_step_without_a_new_trace(run):
    assert_same(run("strength", "ours"), run("strength", "numpy"))
    assert run("strength", "traces")[0] == 0
