"""Paired comparisons against scipy, against formulas, and on simulated runs."""

import random
import time

import keras
import numpy as np
import pytest
from scipy import stats

from helpers.experiments import distributed
from helpers.experiments.comparison import compare, paired_interval
from helpers.optimizers import gradients_of


def from_table(values):
    """A variant that looks its metric up by seed."""
    return dict(enumerate(values)).__getitem__


def test_the_interval_is_the_textbook_formula():
    differences = np.array([0.03, -0.01, 0.02, 0.05, 0.00, 0.01])
    low, high = paired_interval(differences)
    # Student's quantile for 5 degrees of freedom, from the printed tables.
    half = 2.5706 * differences.std(ddof=1) / np.sqrt(6)
    assert low == pytest.approx(differences.mean() - half, rel=1e-4)
    assert high == pytest.approx(differences.mean() + half, rel=1e-4)


@pytest.mark.parametrize("confidence", [0.5, 0.95, 0.99])
def test_compare_agrees_with_the_paired_t_test(confidence):
    rng = np.random.default_rng(0)
    before, after = rng.normal(0.8, 0.05, (2, 8))
    result = compare(
        {"A": from_table(before), "B": from_table(after)},
        seeds=range(8),
        confidence=confidence,
    )
    test = stats.ttest_rel(after, before)
    assert result.interval == pytest.approx(tuple(test.confidence_interval(confidence)))
    assert result.mean == pytest.approx((after - before).mean())
    assert ("excludes zero" in result.verdict) == (test.pvalue < 1 - confidence)


def test_the_interval_covers_the_true_difference_as_often_as_it_says():
    rng = np.random.default_rng(1)
    covered = []
    for _trial in range(2000):
        # What the two runs of a pair share is large, and must not matter.
        shared = rng.normal(0.7, 10.0, 5)
        a, b = rng.normal([[0.0], [0.03]], 0.02, (2, 5)) + shared
        low, high = paired_interval(b - a, 0.9)
        covered.append(low <= 0.03 <= high)
    assert np.mean(covered) == pytest.approx(0.9, abs=0.02)


@pytest.mark.parametrize(
    ("difference", "verdict"),
    [(0.1, "raises"), (-0.1, "lowers"), (0.0, "do not show")],
)
def test_the_verdict_says_what_the_interval_says(difference, verdict):
    noise = np.array([0.01, -0.01, 0.02, -0.02])
    result = compare(
        {"A": from_table(np.full(4, 0.5)), "B": from_table(0.5 + difference + noise)},
        seeds=range(4),
        metric="Punktzahl",
    )
    assert verdict in result.verdict
    assert ("excludes zero" in result.verdict) == (difference != 0)
    assert "B" in result.verdict and "Punktzahl" in result.verdict
    assert f"{difference:+.3f}" in result.summary and "4 seeds" in result.summary


def test_equal_differences_give_an_interval_of_one_point():
    assert paired_interval([0.0, 0.0, 0.0]) == (0.0, 0.0)
    same = compare({"A": float, "B": float}, seeds=[1, 2])
    assert "includes zero" in same.verdict
    assert same.picture().png


def test_both_runs_of_a_pair_start_from_the_same_random_numbers():
    def draw(seed):
        weights = keras.layers.Dense(3)
        weights.build((None, 4))
        drawn = [random.random(), np.random.random(), weights.kernel.numpy().sum()]
        return float(np.sum(drawn))

    result = compare({"A": draw, "B": draw}, seeds=[3, 7, 11])
    assert (result.differences == 0).all()
    assert len(set(result.values[0])) == 3, "the seeds differ"
    again = compare({"A": draw, "B": draw}, seeds=[3, 7, 11])
    np.testing.assert_array_equal(result.values, again.values)


def test_progress_is_told_of_every_run():
    seen = []
    compare({"A": float, "B": float}, [0, 1], progress=lambda *step: seen.append(step))
    assert seen == [(0, 4), (1, 4), (2, 4), (3, 4), (4, 4)]


def test_the_picture_says_the_verdict_where_no_test_compares_it():
    result = compare(
        {"A": from_table([0.1, 0.2, 0.3]), "B": from_table([0.4, 0.6, 0.5])}, range(3)
    )
    data, metadata = result.picture()._repr_mimebundle_()
    assert result.verdict in metadata["image/png"]["alt"]
    assert result.verdict not in data["text/plain"]


@pytest.mark.parametrize(
    "seeds", [[], [1], [1, 1], [0, -1], [0, 1.5], [True, 2], ["a", "b"], "01", 3]
)
def test_bad_seeds_are_refused(seeds):
    with pytest.raises(ValueError, match="seeds"):
        compare({"A": float, "B": float}, seeds)


def test_two_variants_are_compared():
    for names in ("A", "ABC"):
        with pytest.raises(ValueError, match="`variants` must have two entries"):
            compare(dict.fromkeys(names, float), [0, 1])


def test_what_gives_no_interval_is_refused():
    with pytest.raises(ValueError, match="'B' gave nan with seed 0"):
        compare({"A": float, "B": lambda seed: float("nan")}, [0, 1])
    for confidence in (0, 1, 95):
        with pytest.raises(ValueError, match="confidence"):
            paired_interval([0.1, 0.2], confidence)
    for differences in ([], [1.0], [[1.0, 2.0]], [1.0, float("inf")]):
        with pytest.raises(ValueError, match="differences"):
            paired_interval(differences)


def test_overhead_finds_a_known_ratio():
    found = distributed.overhead(
        {"A": lambda: time.sleep(0.01), "B": lambda: time.sleep(0.03)}, rounds=9
    )
    assert 1.5 < found.ratio < 4
    low, high = found.spread
    assert low <= found.ratio <= high
    assert "9 rounds" in found.summary and "≈" in found.summary


def test_overhead_alternates_and_reverses():
    order = []
    distributed.overhead(
        {"A": lambda: order.append("A"), "B": lambda: order.append("B")},
        rounds=4,
    )
    assert "".join(order) == 3 * "AB" + "ABBAABBA"


def network():
    keras.utils.set_random_seed(0)
    return keras.Sequential(
        [
            keras.Input((5,)),
            keras.layers.Dense(4, activation="relu"),
            keras.layers.Dropout(0.5),
            keras.layers.Dense(3, activation="softmax"),
        ]
    )


def test_gradients_are_those_of_the_loss_by_hand():
    model = network()
    model.compile(loss="sparse_categorical_crossentropy")
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(7, 5)).astype("float32"), np.arange(7) % 3
    before = model.get_weights()
    found = gradients_of(model, x, y)
    kernel, bias, kernel_2, bias_2 = (w.astype("float64") for w in before)
    hidden = np.maximum(x @ kernel + bias, 0)
    logits = hidden @ kernel_2 + bias_2
    error = (np.exp(logits) / np.exp(logits).sum(1, keepdims=True) - np.eye(3)[y]) / 7
    delta = error @ kernel_2.T * (hidden > 0)
    right = (x.T @ delta, delta.sum(0), hidden.T @ error, error.sum(0))
    for ours, theirs in zip(found, right, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-6)
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new, "no step was made")
