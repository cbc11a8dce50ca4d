"""Each exercise: its solution, no answer, and wrong ones, as the lesson checks them."""

import re
from dataclasses import dataclass, field

import keras
import numpy as np
import pytest
from scipy.special import softmax

from helpers import feasible_sets
from helpers.data import load_mnist
from helpers.lessons import exercises


@dataclass
class Exercise:
    """An exercise of a lesson: answers beside `None` and the solution in its text.

    `given` holds what the cell of the check takes from the lesson, or a part of it.
    """

    answer: str  # the variable to be set
    wrong: list
    right: list = field(default_factory=list)
    given: dict = field(default_factory=dict)


def rows_of_all_batches(batch, worker, workers):
    return np.arange(36).reshape(3, workers, -1)[batch, worker]


def same_rows(batch, worker, workers):
    return range(12 * batch, 12 * batch + 12 // workers)


def fails(*given):
    raise ZeroDivisionError("by zero")


# The lesson on gradient centralization computes this from the reader's own pairs.
S = 0.05
EXERCISES = {
    "conditional_gradient ex1": Exercise("steps_needed", [447, 449, 0]),
    "conditional_gradient ex2": Exercise(
        "support",
        [
            lambda g: g / np.linalg.norm(g),
            lambda g: 2 * np.sign(g),
            lambda g: -np.sign(g),
            lambda g: np.sign(g)[0],
        ],
    ),
    "conditional_gradient ex3": Exercise(
        "my_lambda", [0, -1.0], [5, 4.5], {"my_accuracy": 0.86, "my_confidence": 0.74}
    ),
    "gradient_centralization ex1": Exercise(
        "axes",
        [(0, 1, 2), (0, 1), (), 2, "0, 1", ("a",), (0, 1, 2, 3)],
        [[3, 0, 1], np.array([0, 1, 3])],
    ),
    "gradient_centralization ex2": Exercise(
        "P",
        [np.eye(5), np.ones((5, 5)) / 5, np.eye(4), 0, "P", [[1, 2], [3]], []],
        [(np.eye(5) - 0.2).tolist()],
    ),
    "gradient_centralization ex3": Exercise(
        "seeds_needed", [0, 1, 26, 28, 27.0, "27", -5, [27]], [np.int64(27)], {"s": S}
    ),
    "gradient_centralization ex4": Exercise(
        "offset",
        [
            *(np.full(784, 3.0), np.zeros(784), np.tile([1.0, -1.0], 392), 0, "x"),
            *([2.0, -1.0, -1.0], np.tile([2.0, -1.0], 392), np.full(784, np.nan)),
            np.tile([3.0, -2.0, -1.0, 0.0], 196),
        ],
        [np.tile([3.0, -2.0, -2.0, 1.0], 196).tolist()],
    ),
    "one_rule ex1": Exercise(
        "support",
        [
            np.sign,
            lambda g: np.full_like(g, 1 / g.size),
            lambda g: (g == g.max()) * 2.0,
            lambda g: (g == g.min()) * 1.0,
            lambda g: (g == g.max()) * 2.0 - (g == g.min()),
        ],
        [lambda g: np.array(feasible_sets.Simplex().support(g))],
    ),
    "one_rule ex2": Exercise("weight_decay", [0.5, 0]),
    "one_rule ex3": Exercise(
        "my_factor", [0], [3.5], {"my_accuracy": 0.94, "my_certain": 0.6}
    ),
    "scale_out ex1": Exercise(
        "bytes_in_a_step", [0, 6_816_388, 13_632_776, "many", [1]], [11.93e6]
    ),
    "scale_out ex2": Exercise(
        "commuting",
        [set(), {"half"}, {"half", "reverse", "clip"}, {"x"}, 3],
        [["reverse", "half"]],
    ),
    "scale_out ex3": Exercise(
        "rows", [same_rows, fails, lambda *given: [], 5], [rows_of_all_batches]
    ),
}


def solution(cells, exercise):
    """The answer that the lesson's folded code gives."""
    _lesson, number = exercise.split()
    (code,) = re.findall(r"```python\n(.*?)```", cells[f"{number}-solution"], re.S)
    names = {"np": np, **EXERCISES[exercise].given}
    exec(code, names)
    return names[EXERCISES[exercise].answer]


@pytest.fixture
def check(cells_of, capsys):
    """Runs the check of an exercise with an answer, and returns what it printed."""

    def run(exercise, answer, **given):
        lesson, number = exercise.split()
        cells = cells_of(lesson)
        names = {"np": np, "exercises": exercises, **EXERCISES[exercise].given, **given}
        exec(cells.get(f"{number}-functions", ""), names)
        names[EXERCISES[exercise].answer] = answer
        capsys.readouterr()
        # Some cells train with the answer before.
        code = cells[f"{number}-check"]
        exec(code[code.index("exercises.check") :], names)
        return capsys.readouterr().out

    return run


@pytest.mark.parametrize("lesson", sorted({name.split()[0] for name in EXERCISES}))
def test_every_exercise_is_in_the_table(lesson, cells_of):
    checked = {name[: -len("-check")] for name in cells_of(lesson) if "-check" in name}
    exercises_of = {name.split()[1] for name in EXERCISES if name.split()[0] == lesson}
    assert {name for name in checked if re.fullmatch(r"ex\d+", name)} == exercises_of


@pytest.mark.parametrize("exercise", EXERCISES)
def test_the_solution_is_right(cells_of, check, exercise):
    printed = solution(cells_of(exercise.split()[0]), exercise)
    for answer in (printed, *EXERCISES[exercise].right):
        assert check(exercise, answer) == "Correct.\n"


@pytest.mark.parametrize("exercise", EXERCISES)
def test_no_answer_and_wrong_answers_are_not(cells_of, check, exercise):
    lesson, number = exercise.split()
    assert cells_of(lesson)[number] == f"{EXERCISES[exercise].answer} = None"
    assert check(exercise, None) == "No answer yet.\n"
    for answer in EXERCISES[exercise].wrong:
        assert check(exercise, answer).startswith("Not yet. "), answer


class Unprintable:
    def __float__(self):
        raise ValueError("no number")

    def __len__(self):
        raise ValueError("no length")


WRONG_KINDS = [
    *(-1, 3.5, 10**400, True, False, 1j, float("nan"), float("inf")),
    *("", "64", b"64", [], [None], [1, 2], (), {}, {"a": 1}, set(), range(3)),
    *(np.zeros(3), np.zeros((0, 2)), np.array("a"), np.array([None, 1], object)),
    *(len, fails, lambda: 1, lambda g, h: g, lambda g: None, lambda g: "s", print),
    *(lambda g: [[1], [2, 3]], lambda g: g * 1j, type, object(), Unprintable()),
    *(Exception("x"), NotImplemented, ..., np),
]


@pytest.mark.parametrize("exercise", EXERCISES)
def test_a_wrong_kind_of_answer_gets_a_sentence(check, exercise):
    # Where the answer is a radius, what was trained with it is to blame.
    measured = dict.fromkeys(EXERCISES[exercise].given, 0.1)
    for answer in WRONG_KINDS:
        # An answer such as `print` may print too.
        said = check(exercise, answer, **measured).splitlines()[-1]
        assert said.startswith("Not yet. "), answer
        assert exercises.is_radius(answer) in (True, False)


@pytest.mark.parametrize(
    ("exercise", "answer", "given", "words"),
    [
        ("scale_out ex2", {"other"}, {}, "half, sign, clip, reverse, unit"),
        ("scale_out ex2", {"half", "clip"}, {}, "3 of the 5 names"),
        ("scale_out ex3", fails, {}, "ZeroDivisionError: by zero"),
        ("scale_out ex3", 5, {}, "TypeError"),
        ("conditional_gradient ex3", 4.0, {"my_accuracy": 0.84}, "0.840"),
        ("conditional_gradient ex3", 4.0, {"my_confidence": 0.76}, "0.760"),
        ("one_rule ex3", 4.0, {"my_accuracy": 0.93}, "0.930"),
        ("one_rule ex3", 4.0, {"my_certain": 0.5}, "0.500"),
    ],
)
def test_the_hints_say_what_is_wrong(check, exercise, answer, given, words):
    said = check(exercise, answer, **given)
    assert said.startswith("Not yet. ") and words in said


@pytest.mark.parametrize("seed", range(3))
def test_the_solution_has_room_on_other_seeds(seed, cells_of):
    """Plain NumPy: the rule, momentum, and a ball for each variable."""
    lesson = "conditional_gradient"
    (x, y), _ = load_mnist()
    x = x.reshape(-1, 784).astype("float32") / 255
    rng = np.random.default_rng(seed)
    radius = solution(cells_of(lesson), f"{lesson} ex3")
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
    for step in range(200):
        batch = order[64 * step : 64 * (step + 1)]
        hidden, probabilities = forward(weights, x[batch])
        error = (probabilities - np.eye(10, dtype="float32")[y[batch]]) / len(batch)
        gamma = 0.03 * (1 - step // 40 / 5) ** 2
        for layer in (2, 1, 0):
            gradients = hidden[layer].T @ error, error.sum(axis=0)
            error = error @ weights[2 * layer].T * (hidden[layer] > 0)
            for n, g in zip((2 * layer, 2 * layer + 1), gradients, strict=True):
                averages[n] = 0.9 * averages[n] + 0.1 * g
                s = averages[n] / (np.linalg.norm(averages[n]) + 1e-12)
                weights[n] = (1 - gamma) * weights[n] - gamma * radius * s
    probabilities = forward(weights, x[54000:])[1]
    accuracy = np.mean(probabilities.argmax(axis=1) == y[54000:])
    assert accuracy > 0.86 and probabilities.max(axis=1).mean() < 0.74


def forward(weights, x):
    hidden = [x]
    for kernel, bias in zip(weights[:4:2], weights[1:4:2], strict=True):
        hidden.append(np.maximum(hidden[-1] @ kernel + bias, 0))
    return hidden, softmax(hidden[-1] @ weights[4] + weights[5], axis=1)


def test_lion_keeps_its_weights_within_one_over_its_decay(cells_of):
    """The solution of an exercise, with the real Lion and the worst gradients."""
    decay = solution(cells_of("one_rule"), "one_rule ex2")
    w = keras.Variable(np.linspace(-0.5, 0.5, 11).astype("float32"))
    lion = keras.optimizers.Lion(0.1, 0.9, 0.9, weight_decay=decay)
    for step in range(200):
        lion.apply([keras.ops.ones(11) * (1 if step % 60 < 30 else -1)], [w])
        assert np.abs(w.numpy()).max() <= 0.5 * (1 + 1e-5)
    assert np.abs(w.numpy()).max() > 0.4
