"""The lesson on one rule and many optimizers: figures, exercises, the list of balls."""

import re
import warnings

import keras
import numpy as np
import pytest
from test_exercises import WRONG_KINDS, verdict

from helpers import data, feasible_sets, live
from helpers.lessons import exercises
from helpers.optimizers import FrankWolfe
from helpers.plotting import one_rule

MATRIX = np.random.default_rng(0).standard_normal((12, 8))
PICTURES = {
    "singular values": lambda: one_rule.singular_values(
        MATRIX, {name: MATRIX for name in ("fro", "nuclear", "spectral")}
    ),
    "length of the mean": lambda: one_rule.length_of_mean([8, 64], [0.1, 0.5], [1, 1]),
    "twins": lambda: one_rule.twins([{"A": [2, 1], "B": [2, 1]}] * 2),
    "race": lambda: one_rule.race(
        {"Adam": [0.9, 0.8], "max": [0.9, 0.7]}, {"max": (-0.05, -0.2, 0.1)}
    ),
    "weights": lambda: one_rule.weights(
        {"l1": 0.9}, MATRIX.ravel(), {"nuclear": [1, 0.5, 0.1, 0]}, MATRIX[0]
    ),
    "certified": lambda: one_rule.certified(
        [0, 1], {"spectral": [1, 0]}, {"spectral": {0.5: 0.8}}
    ),
    "pixels": lambda: one_rule.pixels(np.eye(784, 10)),
}


@pytest.mark.parametrize("name", PICTURES)
def test_every_figure_is_drawn_without_a_warning_and_described(name):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        picture = PICTURES[name]()
    assert picture.png.startswith(b"\x89PNG")
    data, metadata = picture._repr_mimebundle_()
    assert len(data["text/plain"]) > 40
    alt = metadata["image/png"]["alt"]
    assert alt.startswith(data["text/plain"]) and "{" not in alt and "nan" not in alt


@pytest.fixture(scope="module")
def answers(cells_of):
    defined = {"np": np}
    for source in cells_of("one_rule").values():
        if "<summary>Solution" in source:
            for code in re.findall(r"```python\n(.*?)```", source, re.DOTALL):
                exec(code, defined)
    return defined


def test_support_of_the_simplex(capsys, answers):
    check = exercises.check_support_of_the_simplex
    assert verdict(capsys, check, None) == "No answer yet.\n"
    assert verdict(capsys, check, answers["support"]) == "Correct.\n"
    simplex = feasible_sets.Simplex()
    assert verdict(capsys, check, lambda g: np.array(simplex.support(g))) == (
        "Correct.\n"
    )
    for wrong in (
        np.sign,
        lambda g: np.full_like(g, 1 / g.size),
        lambda g: (g == g.max()) * 2.0,
        lambda g: (g == g.min()) * 1.0,
        lambda g: (g == g.max()) * 2.0 - (g == g.min()),
    ):
        assert verdict(capsys, check, wrong).startswith("Not yet.")


def test_weight_decay_and_certified(capsys, answers):
    decay = exercises.check_weight_decay
    assert verdict(capsys, decay, None, 0.5) == "No answer yet.\n"
    assert verdict(capsys, decay, answers["weight_decay"], 0.5) == "Correct.\n"
    assert verdict(capsys, decay, 0.5, 0.5).startswith("Not yet.")
    certified, radius = exercises.check_certified, answers["my_lambda"]
    assert verdict(capsys, certified, None, 0.0, 0.78) == "No answer yet.\n"
    assert verdict(capsys, certified, radius, 0.79, 0.78) == "Correct.\n"
    assert "0.770" in verdict(capsys, certified, radius, 0.77, 0.78)


@pytest.mark.parametrize(
    "answer", WRONG_KINDS, ids=lambda answer: type(answer).__name__
)
def test_a_wrong_kind_of_answer_gets_a_sentence(capsys, answer):
    for check in (
        exercises.check_support_of_the_simplex,
        lambda answer: exercises.check_weight_decay(answer, 0.123),
        lambda answer: exercises.check_certified(answer, 0.1, 0.78),
        lambda answer: exercises.check_certified(1.0, answer, 1e500),
    ):
        said = verdict(capsys, check, answer)
        assert said.startswith("Not yet.") and said.count("\n") == 1


def test_lion_keeps_its_weights_within_one_over_its_decay(answers):
    """The solution of exercise 2, with the real Lion and the worst gradients."""
    w = keras.Variable(np.linspace(-0.5, 0.5, 11).astype("float32"))
    lion = keras.optimizers.Lion(0.1, 0.9, 0.9, weight_decay=answers["weight_decay"])
    for step in range(200):
        lion.apply([keras.ops.ones(11) * (1 if step % 60 < 30 else -1)], [w])
        assert np.abs(w.numpy()).max() <= 0.5 * (1 + 1e-5)
    assert np.abs(w.numpy()).max() > 0.4


def panel_in(ball):
    model = keras.Sequential([keras.Input((8,)), keras.layers.Dense(3)])
    model.compile(FrankWolfe(0.1, 1.0, ball, 0.9), "mse", steps_per_execution=5)
    x = np.random.default_rng(0).standard_normal((64, 8)).astype("float32")
    return live.LivePanel(model, data.batches(x, x[:, :3], 16))


def test_a_list_chooses_the_panel():
    made = []
    names = {"fro": "disc", "max": "square"}
    choice = live.Choice(lambda name: made.append(name) or panel_in(name), names)
    first = choice.panel
    assert made == ["fro"] and first.widget in choice.widget.children
    assert [words for words, _name in choice.list.options] == ["disc", "square"]
    first.play.playing = True
    choice.list.value = "max"
    # The panel that is hidden trains no more.
    assert not first.play.playing and made == ["fro", "max"]
    second = choice.panel
    assert second.model.optimizer.ball is feasible_sets.get("max")
    assert first.widget not in choice.widget.children
    ticks = len(first.history)
    second.play.value += 1
    assert len(second.history) == 2 and len(first.history) == ticks
    data, metadata = choice._repr_mimebundle_()
    assert data["text/plain"] == second.text and choice.png == second.png
    assert metadata["image/png"]["alt"] == second.alt
    view = data["application/vnd.jupyter.widget-view+json"]
    assert view["model_id"] == choice.widget.model_id
    choice.list.value = "fro"
    assert choice.panel is first and len(made) == 2
    choice.close()
