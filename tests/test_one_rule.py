"""The lesson on one rule and many optimizers: what it prints, and what it defines."""

import keras
import numpy as np
import pytest

from helpers.plotting import one_rule_tables as tables

MATRIX = np.random.default_rng(0).standard_normal((12, 8))
TRIALS = [(0.9, 0.01, 0.1), (0.8, 0.1, 1.0)]
BEST = {name: {8: [0.03, 0.12], 32: [0.02, 0.02]} for name in ("own", "sphere")}
CERTAIN = {("inside", True): [0.5, 0.25], ("inside", False): [0.75, 0.5]}


def printed(capsys, function, *arguments):
    function(*arguments)
    return capsys.readouterr().out.splitlines()


def test_tables_say_the_best_of_what_they_were_given(capsys):
    """Worked out by hand from the numbers above."""
    lines = printed(capsys, tables.print_trials, {"max": TRIALS})
    assert lines == [
        "maximum norm: rate ≈ 0.01, weight decay ≈ 0.1, held-out accuracy ≈ 0.9"
    ]
    intervals = dict.fromkeys(BEST, (2.0, 4.5))
    lines = printed(capsys, tables.print_widths, BEST, intervals)
    rates = "best rate ≈ 0.060 at width 8, ≈ 0.020 at width 32"
    fall = "it falls by the factor ≈ 3.0 (≈ 2.0 to ≈ 4.5)"
    assert lines == [
        f"Adam's own length: {rates}; {fall}",
        f"a share, on the sphere: {rates}; {fall}",
    ]
    lines = printed(capsys, tables.print_momentum, {0.9: {0.01: 0.5}})
    assert lines == ["momentum 0.9, rate 0.01: held-out accuracy ≈ 0.500"]
    runs = {name: [(0.9, 0.5, 0.1), (0.7, 0.25, 0.2)] for name in ("free", "inside")}
    lines = printed(capsys, tables.print_seeds, runs, 1, ("inside",))
    said = "test accuracy ≈ 0.700 to ≈ 0.900, certified at 1 by the measured bound "
    said += "≈ 0.250 to ≈ 0.500"
    assert lines == [
        f"spectral step, no ball: {said}",
        f"Frank–Wolfe: {said}, by the promised one ≈ 0.100 to ≈ 0.200",
    ]
    settings, scores = {"ball": (0.02, 0.5), "stopped": (0.1, 44.7)}, [0.5, 0.25]
    results = dict.fromkeys(settings, scores)
    assert printed(capsys, tables.print_few, settings, results) == [
        "spectral ball, λ ≈ 2, rate ≈ 0.02: test accuracy ≈ 0.250 to ≈ 0.500",
        "no ball, stopped after ≈ 44 steps, rate ≈ 0.1: test accuracy ≈ 0.250 to "
        "≈ 0.500",
    ]
    scores = {"AdamW": [0.5, 0.7], "fro": [0.25, 0.75]}
    lines = printed(capsys, tables.print_race, scores, {"fro": (-0.1, -0.3, 0.1)})
    assert lines == [
        "AdamW: mean test accuracy ≈ 0.600",
        "Frobenius norm: mean test accuracy ≈ 0.500, difference to AdamW ≈ -0.300 to "
        "≈ +0.100",
    ]


def test_tables_count(capsys):
    halves = {"fro": np.diag([1.0, 0.5, 0.001]), "nuclear": np.diag([1.0, 0, 0])}
    lines = printed(capsys, tables.print_singular_values, np.eye(3), halves)
    assert "above 0.01: ≈ 2; " in lines[0] and lines[0].endswith("≈ 1.501")
    assert "above 0.01: ≈ 1; " in lines[1]
    lines = printed(capsys, tables.print_support_points, {"l1": np.array([0, -1.0])})
    assert lines == ["sum of absolute entries: s = (0.00, -1.00)"]
    cosines = {"before": [[0.1, 0.3]]}
    lines = printed(capsys, tables.print_agreement, [8], cosines, [0.25, -0.25])
    assert lines == [
        "average of gradients, batches of 8 images: mean cosine ≈ 0.20",
        "pure noise: mean cosine ≈ 0.00",
    ]
    pair = {"A": [1.0, 2.0], "B": [1.0, 1.5], "C": [0.0, 2.0]}
    lines = printed(capsys, tables.print_twins, [pair])
    assert lines == [
        "A and B: largest difference of the losses ≈ 0.5000",
        "A and C: largest difference of the losses ≈ 1.0000",
    ]
    lines = printed(capsys, tables.print_silent, 1, 64)
    assert lines == ["units whose column of the gradient is 0: 1 of 64"]
    lines = printed(capsys, tables.print_zeros, np.array([[0.0, 2.0], [0.0, -1.0]]))
    assert lines == ["weights that are not 0: ≈ 2 of 4"]


def test_tables_of_certificates_and_of_the_gap(capsys):
    attacked = {"inside": {0.0: 0.95, 0.1: 0.9, 0.5: 0.8}}
    table = tables.print_certified
    lines = printed(capsys, table, [0.1, 0.5], CERTAIN, attacked, 3)
    ball = "Frank–Wolfe"
    assert lines == [
        f"{ball}, promised: ≈ 0.500 at length 0.1, ≈ 0.250 at length 0.5",
        f"{ball}, measured: ≈ 0.750 at length 0.1, ≈ 0.500 at length 0.5",
        f"{ball}, attacked: ≈ 0.950 at length 0, ≈ 0.900 at length 0.1, "
        "≈ 0.800 at length 0.5",
        "Certified images that fell to the attack: 3",
    ]
    chosen = {"AdamW": (0.5, 0.75, 4.0, 0.01, 1.0)}
    lines = printed(capsys, tables.print_chosen, chosen, 0.25)
    assert lines == [
        "AdamW: factor ≈ 4, rate ≈ 0.01, weight decay ≈ 1; held-out accuracy ≈ 0.75, "
        "certified at 0.25 ≈ 0.5"
    ]
    lines = printed(capsys, tables.print_gap, [0.9, 0.05, 0.01], [1.0, 0.1, 0.2], 0.1)
    assert lines == [
        "first step with a gap of at most 0.1: ≈ 1; gap there ≈ 0.100, distance to the "
        "lowest loss ≈ 0.050"
    ]
    lines = printed(capsys, tables.print_optimum, 66.04, 0.5, 3e-7)
    assert lines == ["λ ≈ 66.0, lowest loss ≈ 0.500, gap ≈ 3e-07"]


@pytest.mark.parametrize("name", ["Constant", "Share"])
def test_lengths_of_a_step_against_adam_and_numpy(cells_of, name):
    """The optimizers of section 5, step by step beside Keras's own Adam."""
    defined = {"keras": keras, "np": np}
    exec(cells_of("one_rule")["cases"], defined)
    ours, adam = defined[name](0.25), keras.optimizers.Adam(1.0)
    w, theirs = (keras.Variable(MATRIX.astype("float32")) for _ in range(2))
    draw = np.random.default_rng(1)
    for _ in range(5):
        before, g = w.numpy(), draw.standard_normal(MATRIX.shape).astype("float32")
        theirs.assign(before)
        adam.apply([g], [theirs])
        ours.apply([g], [w])
        change = theirs.numpy() - before
        share = np.linalg.norm(before) / np.linalg.norm(change)
        length = share if name == "Share" else 0.1**0.5  # 2 / (12 + 8)
        expected = before + 0.25 * length * change
        np.testing.assert_allclose(w.numpy(), expected, rtol=2e-5, atol=2e-6)


class Linear:
    """A network without bends, whose nearest other answer has a formula."""

    weights = np.random.default_rng(2).standard_normal((10, 10)).astype("float32") / 8

    def get_weights(self):
        return [np.eye(10, dtype="float32"), np.eye(10, dtype="float32"), self.weights]

    def __call__(self, x):
        return x @ self.weights


def test_certain_lengths_are_exact_for_a_linear_network(cells_of):
    defined, model = {"np": np}, Linear()
    exec(cells_of("one_rule")["bound"], defined)
    x = np.random.default_rng(3).standard_normal((40, 10)).astype("float32")
    y = np.argmax(model(x), axis=1)
    measured = defined["certain_lengths"](model, x, y)
    promised = defined["certain_lengths"](model, x, y, promised=True)
    assert (promised <= measured).all() and (promised > 0).all()
    for image, label, length in zip(x, y, measured, strict=True):
        towards = model.weights - model.weights[:, [label]]
        towards = np.delete(towards, label, axis=1)
        towards /= np.linalg.norm(towards, axis=0)
        just, over = (image + part * length * towards.T for part in (0.999, 1.001))
        assert (np.argmax(model(just), axis=1) == label).all()
        assert (np.argmax(model(over), axis=1) != label).any()
