"""One row of the table of speeds, and how its numbers are taken."""

import contextlib
import json
import operator
import os
import pathlib
import subprocess
import sys
import time
from dataclasses import dataclass

import numpy as np

FOLDER = pathlib.Path(__file__).parent
COMPARE = {"≥": operator.ge, "≤": operator.le}


@dataclass(frozen=True)
class Row:
    """Ours against a peer.

    Args:
        what: What was measured.
        peer: What it is compared with.
        quantity: What the ratio is, such as `"times faster"`.
        ratios: Sequence of floats, one for each round.
        goal: Such as `"≥ 3"`; empty if the row only informs.
        curve: Pair of the panel and the curve of the figure to which the row belongs.
        size: Place on the horizontal axis of that panel.
    """

    what: str
    peer: str
    quantity: str
    ratios: tuple[float, ...]
    goal: str = ""
    curve: tuple[str, str] | None = None
    size: int = 0

    @property
    def median(self):
        """The ratio that half of the rounds exceed."""
        return float(np.median(self.ratios))

    @property
    def low(self):
        """The smallest ratio."""
        return min(self.ratios)

    @property
    def high(self):
        """The largest ratio."""
        return max(self.ratios)

    @property
    def bound(self):
        """The number in the goal; `None` if there is no goal."""
        return float(self.goal.split()[1]) if self.goal else None

    @property
    def met(self):
        """Whether the median meets the goal; `None` if there is none."""
        if not self.goal:
            return None
        return COMPARE[self.goal.split()[0]](self.median, self.bound)


def seconds(work):
    """How long a function takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def alternate(measures, rounds, warmup=1):
    """Take several measures in turn, in each second round in reverse order.

    Args:
        measures: List of functions without arguments that return a number.
        rounds: How many numbers of each are kept.
        warmup: How many of each are thrown away first.

    Returns:
        Float array `(len(measures), rounds)`.
    """
    for _ in range(warmup):
        for measure in measures:
            measure()
    results = np.empty((len(measures), rounds))
    order = list(enumerate(measures))
    for number in range(rounds):
        for place, measure in order if number % 2 == 0 else reversed(order):
            results[place, number] = measure()
    return results


class Worker:
    """A script in a process of its own, perhaps with another Python, that does one
    piece of work each time it is asked. It ends with the `with` block.

    Args:
        script: Name of a script in this folder that calls `serve`.
        *arguments: Strings for it.
        python: The interpreter.
        **environment: Environment variables.

    `answer` is its last answer.
    """

    answer = None

    def __init__(self, script, *arguments, python=sys.executable, **environment):
        self._process = subprocess.Popen(
            [str(python), str(FOLDER / script), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=_clean() | environment,
        )

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        self._process.wait(timeout=60)

    def ask(self, what="work"):
        """The worker's answer, a dict.

        Raises:
            RuntimeError: The worker has ended; with what it wrote last.
        """
        try:
            self._process.stdin.write(what + "\n")
            self._process.stdin.flush()
            answer = self._process.stdout.readline()
        except BrokenPipeError:
            answer = ""
        if not answer:
            raise RuntimeError(self._process.stderr.read()[-3000:])
        self.answer = json.loads(answer)
        return self.answer

    def seconds(self):
        """How long the work took, by the worker's own clock."""
        return self.ask()["seconds"]


def _clean():
    """The environment without what `helpers.setup` put into it for this process."""
    ours = ("KERAS_BACKEND", "TF_USE_LEGACY_KERAS")
    kept = {name: value for name, value in os.environ.items() if name not in ours}
    return kept | {"TF_CPP_MIN_LOG_LEVEL": "3"}


def serve(works):
    """Answer a `Worker`: do what it asks for and tell how long it took.

    Args:
        works: Dict from a name to a function without arguments; what it returns, a
            dict or `None`, goes into the answer.
    """
    answers = os.fdopen(os.dup(1), "w")
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 1)  # what libraries print is no answer
    for line in sys.stdin:
        start = time.perf_counter()
        result = works[line.strip()]() or {}
        result["seconds"] = time.perf_counter() - start
        print(json.dumps(result), file=answers, flush=True)
