"""The exercises on scaling out: the solutions printed there are right."""

import pathlib
import re

import nbformat
import numpy as np
import pytest

from helpers.lessons import exercises

NOTEBOOK = pathlib.Path(__file__).parents[1] / "notebooks/en/scale_out.ipynb"


def same_rows(batch, worker, workers):
    return range(12 * batch, 12 * batch + 12 // workers)


def fails(batch, worker, workers):
    raise ZeroDivisionError("by zero")


# Exercise, the variable to be set, wrong answers.
EXERCISES = {
    "ex1": ("bytes_in_a_step", [0, 6_816_388, 13_632_776, "many", [1]]),
    "ex2": ("commuting", [set(), {"half"}, {"half", "reverse", "clip"}, {"x"}, 3]),
    "ex3": ("rows", [same_rows, fails, lambda *given: [], 5]),
}


@pytest.fixture(scope="module")
def cells():
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    return {cell["id"]: cell["source"] for cell in notebook.cells}


@pytest.fixture
def check(cells, capsys):
    """Runs an exercise's check with an answer, and returns what it printed."""

    def run(exercise, answer):
        names = {"np": np, "exercises": exercises}
        exec(cells["ex2-functions"], names)
        names[EXERCISES[exercise][0]] = answer
        capsys.readouterr()
        exec(cells[f"{exercise}-check"], names)
        return capsys.readouterr().out

    return run


@pytest.mark.parametrize("exercise", EXERCISES)
def test_the_solution_passes(cells, check, exercise):
    (code,) = re.findall(r"```python\n(.*?)```", cells[f"{exercise}-solution"], re.S)
    names = {"np": np}
    exec(code, names)
    assert check(exercise, names[EXERCISES[exercise][0]]) == "Correct.\n"


@pytest.mark.parametrize("exercise", EXERCISES)
def test_no_answer_and_wrong_answers_do_not_pass(cells, check, exercise):
    name, wrong = EXERCISES[exercise]
    assert cells[exercise] == f"{name} = None"
    assert check(exercise, None) == "No answer yet.\n"
    for answer in wrong:
        assert check(exercise, answer).startswith("Not yet. "), answer


@pytest.mark.parametrize("exercise", EXERCISES)
@pytest.mark.parametrize(
    "answer", [3, -1.5, "x", [], [None], {}, {1: 2}, np.eye(2), object(), fails, print]
)
def test_a_check_never_raises(check, exercise, answer):
    # An answer such as `print` may print too.
    assert check(exercise, answer).splitlines()[-1].startswith("Not yet. ")


def test_the_hints_say_what_is_wrong(check):
    assert "half, sign, clip, reverse, unit" in check("ex2", {"other"})
    assert "3 of the 5 names" in check("ex2", {"half", "clip"})
    assert "ZeroDivisionError: by zero" in check("ex3", fails)
    assert "TypeError" in check("ex3", 5)


def test_lists_rounded_numbers_and_arrays_are_answers_too(check):
    assert check("ex1", 11.93e6) == "Correct.\n"
    assert check("ex2", ["reverse", "half"]) == "Correct.\n"

    def rows(batch, worker, workers):
        return np.arange(36).reshape(3, workers, -1)[batch, worker]

    assert check("ex3", rows) == "Correct.\n"
