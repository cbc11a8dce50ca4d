"""Each exercise: no answer, a wrong one, and the solution printed in the notebook."""

import re

import numpy as np
import pytest
from scipy.special import softmax

from helpers.data import load_mnist
from helpers.lessons import exercises


@pytest.fixture(scope="module")
def answers(cells_of):
    """The names that the code of the lesson's solutions defines."""
    defined = {"np": np}
    for source in cells_of("conditional_gradient").values():
        if "<summary>" in source:
            for code in re.findall(r"```python\n(.*?)```", source, re.DOTALL):
                exec(code, defined)
    return defined


def verdict(capsys, check, *arguments, **keywords):
    check(*arguments, **keywords)
    return capsys.readouterr().out


STEPS = {"norm": 10.0, "lambda_": 1.0, "learning_rate": 0.99, "limit": 1.1}


def test_steps_until_inside(capsys, answers):
    check = exercises.check_steps_until_inside
    assert verdict(capsys, check, None, **STEPS) == "No answer yet.\n"
    solution = answers["steps_needed"]
    assert verdict(capsys, check, solution, **STEPS) == "Correct.\n"
    for wrong in (solution - 1, solution + 1, 0):
        assert verdict(capsys, check, wrong, **STEPS).startswith("Not yet.")


def test_support_of_the_max_ball(capsys, answers):
    check = exercises.check_support_of_the_max_ball
    assert verdict(capsys, check, None) == "No answer yet.\n"
    assert verdict(capsys, check, answers["support"]) == "Correct.\n"
    for wrong in (
        lambda g: g / np.linalg.norm(g),
        lambda g: 2 * np.sign(g),
        lambda g: -np.sign(g),
        lambda g: np.sign(g)[0],
    ):
        assert verdict(capsys, check, wrong).startswith("Not yet.")


def test_right_but_modest(capsys, answers):
    check = exercises.check_right_but_modest
    radius = answers["my_lambda"]
    assert exercises.is_radius(radius)
    assert verdict(capsys, check, None, 0.0, 0.0) == "No answer yet.\n"
    assert verdict(capsys, check, radius, 0.86, 0.74) == "Correct.\n"
    assert "0.840" in verdict(capsys, check, radius, 0.84, 0.74)
    assert "0.760" in verdict(capsys, check, radius, 0.9, 0.76)


@pytest.mark.parametrize("seed", range(3))
def test_the_solution_has_room_on_other_seeds(seed, answers):
    """Plain NumPy: the rule, momentum, and a ball for each variable."""
    (x, y), (x_test, y_test) = load_mnist()
    x, x_test = (
        images.reshape(-1, 784).astype("float32") / 255 for images in (x, x_test)
    )
    rng = np.random.default_rng(seed)
    radius, steps = answers["my_lambda"], 844
    weights = []
    for inputs, outputs in ((784, 64), (64, 64), (64, 10)):
        limit = np.sqrt(6 / (inputs + outputs))
        w = rng.uniform(-limit, limit, (inputs, outputs)).astype("float32")
        weights += [
            w * min(1, radius / np.linalg.norm(w)),
            np.zeros(outputs, "float32"),
        ]
    averages = [np.zeros_like(w) for w in weights]
    order = rng.permutation(54000)
    for step in range(steps):
        batch = order[64 * step : 64 * (step + 1)]
        hidden, probabilities = forward(weights, x[batch])
        error = (probabilities - np.eye(10, dtype="float32")[y[batch]]) / len(batch)
        gamma = 0.02 + (0.0002 - 0.02) * step / steps
        for layer in (2, 1, 0):
            gradients = hidden[layer].T @ error, error.sum(axis=0)
            error = error @ weights[2 * layer].T * (hidden[layer] > 0)
            for n, g in zip((2 * layer, 2 * layer + 1), gradients, strict=True):
                averages[n] = 0.9 * averages[n] + 0.1 * g
                s = averages[n] / (np.linalg.norm(averages[n]) + 1e-12)
                weights[n] = (1 - gamma) * weights[n] - gamma * radius * s
    probabilities = forward(weights, x_test)[1]
    accuracy = np.mean(probabilities.argmax(axis=1) == y_test)
    assert accuracy > 0.855 and probabilities.max(axis=1).mean() < 0.73


def forward(weights, x):
    hidden = [x]
    for kernel, bias in zip(weights[:4:2], weights[1:4:2], strict=True):
        hidden.append(np.maximum(hidden[-1] @ kernel + bias, 0))
    return hidden, softmax(hidden[-1] @ weights[4] + weights[5], axis=1)


def raises(g):
    raise RuntimeError("no idea")


class Unprintable:
    def __float__(self):
        raise ValueError("no number")

    def __len__(self):
        raise ValueError("no length")


WRONG_KINDS = [
    *(0, -1, 3.5, 10**400, True, False, 1j, float("nan"), float("inf")),
    *("", "64", b"64", [], [1, 2], (), {}, {"a": 1}, set(), range(3)),
    *(np.zeros(3), np.zeros((0, 2)), np.array("a"), np.array([None, 1], object)),
    *(len, raises, lambda: 1, lambda g, h: g, lambda g: None, lambda g: "s"),
    *(lambda g: [[1], [2, 3]], lambda g: g * 1j, type, object(), Unprintable()),
    *(Exception("x"), NotImplemented, ..., np),
]
CHECKS = {
    "steps": lambda answer: exercises.check_steps_until_inside(answer, **STEPS),
    "support": exercises.check_support_of_the_max_ball,
    "modest": lambda answer: exercises.check_right_but_modest(answer, 0.1, 0.9),
    "results": lambda answer: exercises.check_right_but_modest(4.0, answer, answer),
}


@pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS)
@pytest.mark.parametrize(
    "answer", WRONG_KINDS, ids=lambda answer: type(answer).__name__
)
def test_a_wrong_kind_of_answer_gets_a_sentence(capsys, check, answer):
    said = verdict(capsys, check, answer)
    assert said.startswith("Not yet.") and said.count("\n") == 1
    assert exercises.is_radius(answer) in (True, False)
