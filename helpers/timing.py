"""How much longer one step takes than another, on a machine that does other things."""

import dataclasses
import time

import numpy as np

from helpers.checks import integer
from helpers.experiments import checked_pair
from helpers.i18n import _


@dataclasses.dataclass(frozen=True)
class Overhead:
    """What `overhead` found: how much longer one step takes than another.

    Attributes:
        names: Tuple of two names, the baseline first.
        seconds: Float array `(2, rounds)`, the duration of each step.
    """

    names: tuple
    seconds: np.ndarray

    @property
    def ratios(self):
        """Duration of the second step over the baseline's, round by round."""
        return self.seconds[1] / self.seconds[0]

    @property
    def ratio(self):
        """Median of the ratios, which a few disturbed rounds do not move."""
        return float(np.median(self.ratios))

    @property
    def spread(self):
        """The quartiles of the ratios, between which the middle half of them lies."""
        low, high = np.quantile(self.ratios, (0.25, 0.75))
        return float(low), float(high)

    @property
    def summary(self):
        """The numbers, in one sentence."""
        low, high = self.spread
        return _(
            "One step with {other} takes ≈ {ratio:.3f} times as long as with "
            "{baseline}; half of {rounds} rounds lie between ≈ {low:.3f} and "
            "≈ {high:.3f}."
        ).format(
            baseline=self.names[0],
            other=self.names[1],
            rounds=self.seconds.shape[1],
            ratio=self.ratio,
            low=low,
            high=high,
        )


def overhead(steps, rounds=30, warmup=3):
    """Times two steps in alternation, so that a slow moment of the machine hits both.

    In every second round the order is reversed, so that neither has the caches warm
    more often.

    Args:
        steps: Dict from the names of two steps, the baseline first, to functions
            without arguments that return when the work is done.
        rounds: Integer, at least 2: how often each is timed.
        warmup: Integer, at least 0: how often each runs before, to compile.

    Returns:
        An `Overhead`.

    Raises:
        TypeError: A step cannot be called.
        ValueError: If an argument is out of its range.
    """
    steps = checked_pair(steps, "steps")
    for name, value, least in (("rounds", rounds, 2), ("warmup", warmup, 0)):
        integer(name, value, least)
    functions = list(steps.values())
    for _round in range(warmup):
        for step in functions:
            step()
    seconds = np.empty((2, rounds))
    for number in range(rounds):
        for row in (0, 1) if number % 2 == 0 else (1, 0):
            start = time.perf_counter()
            functions[row]()
            seconds[row, number] = time.perf_counter() - start
    return Overhead(tuple(steps), seconds)
