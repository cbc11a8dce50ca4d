"""The exercises on gradient centralization: the solutions printed there are right."""

import re

import numpy as np
import pytest

from helpers.lessons import exercises

# Exercise, the variable to be set, wrong answers.
EXERCISES = {
    "ex1": ("axes", [(0, 1, 2), (0, 1), (), 2, "0, 1", ("a",), (0, 1, 2, 3)]),
    "ex2": (
        "P",
        [np.eye(5), np.ones((5, 5)) / 5, np.eye(4), 0, "P", [[1, 2], [3]], []],
    ),
    "ex3": ("seeds_needed", [0, 1, 26, 28, 27.0, "27", -5, [27]]),
}
# The standard deviation that the lesson computes from the reader's own pairs.
S = 0.05


@pytest.fixture(scope="module")
def cells(cells_of):
    return cells_of("gradient_centralization")


@pytest.fixture
def check(cells, capsys):
    """Runs an exercise's check with an answer, and returns what it printed."""

    def run(exercise, answer):
        name, _wrong = EXERCISES[exercise]
        capsys.readouterr()
        exec(cells[f"{exercise}-check"], {"exercises": exercises, "s": S, name: answer})
        return capsys.readouterr().out

    return run


@pytest.mark.parametrize("exercise", EXERCISES)
def test_the_solution_passes(cells, check, exercise):
    (code,) = re.findall(r"```python\n(.*?)```", cells[f"{exercise}-solution"], re.S)
    names = {"np": np, "s": S}
    exec(code, names)
    assert check(exercise, names[EXERCISES[exercise][0]]) == "Correct.\n"


@pytest.mark.parametrize("exercise", EXERCISES)
def test_no_answer_and_wrong_answers_do_not_pass(cells, check, exercise):
    name, wrong = EXERCISES[exercise]
    assert cells[exercise] == f"{name} = None"
    assert check(exercise, None) == "No answer yet.\n"
    for answer in wrong:
        assert check(exercise, answer).startswith("Not yet. "), answer


def test_lists_and_arrays_are_answers_too(check):
    assert check("ex1", [3, 0, 1]) == "Correct.\n"
    assert check("ex1", np.array([0, 1, 3])) == "Correct.\n"
    assert check("ex2", (np.eye(5) - 0.2).tolist()) == "Correct.\n"
    assert check("ex3", np.int64(27)) == "Correct.\n"
