"""Each exercise: no answer, a wrong one, and the solution printed in the notebook."""

import re

import numpy as np
import pytest

from helpers import exercises


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


class Weights:
    def __init__(self, norm):
        self.norm = norm

    def get_weights(self):
        return [np.array([self.norm]), np.zeros(3)]


def test_small_but_accurate(capsys):
    check = exercises.check_small_but_accurate
    assert verdict(capsys, check, Weights(1.0), None, 0.0) == "No answer yet.\n"
    assert verdict(capsys, check, Weights(5.9), 64.0, 0.89) == "Correct.\n"
    assert "6.10" in verdict(capsys, check, Weights(6.1), 64.0, 0.89)
    assert "0.870" in verdict(capsys, check, Weights(1.0), 64.0, 0.87)
