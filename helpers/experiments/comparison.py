"""Fair comparisons: paired runs over several seeds.

Two runs are paired when everything but the thing compared is the same: the initial
weights, the batches, the dropout. Then the difference within a pair is due to that
thing, and its spread over the seeds says how far to trust the mean. `restart` makes
the many runs cheap.
"""

import dataclasses
import math
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import special

from helpers._support.checks import number, seeds_from
from helpers._support.i18n import _

if TYPE_CHECKING:
    import keras


@dataclasses.dataclass(frozen=True)
class Comparison:
    """What `compare` found: a metric of two variants, seed by seed.

    Attributes:
        names: Tuple of two names, the baseline first.
        seeds: Tuple of the seeds.
        values: Float array `(2, len(seeds))`.
        metric: Name of the metric, in the reader's language.
        confidence: Level of the interval, such as 0.95.
    """

    names: tuple
    seeds: tuple
    values: np.ndarray
    metric: str
    confidence: float

    @property
    def differences(self):
        """Second variant minus baseline, for each seed."""
        return self.values[1] - self.values[0]

    @property
    def mean(self):
        """Mean of the differences."""
        return float(self.differences.mean())

    @property
    def interval(self):
        """Confidence interval of the mean difference, as a tuple `(low, high)`."""
        return paired_interval(self.differences, self.confidence)

    @property
    def summary(self):
        """The numbers, in one sentence."""
        baseline, other = self.names
        low, high = self.interval
        return _(
            "{metric}, {other} minus {baseline}, mean over {count} seeds: "
            "≈ {mean:+.3f}, {level:.0%} confidence interval from ≈ {low:+.3f} "
            "to ≈ {high:+.3f}."
        ).format(
            metric=self.metric,
            other=other,
            baseline=baseline,
            count=len(self.seeds),
            mean=self.mean,
            level=self.confidence,
            low=low,
            high=high,
        )

    @property
    def verdict(self):
        """What the interval allows to say, in one sentence."""
        low, high = self.interval
        if low > 0:
            message = _(
                "The interval excludes zero: in these {count} pairs of runs, {other} "
                "raises the {metric}."
            )
        elif high < 0:
            message = _(
                "The interval excludes zero: in these {count} pairs of runs, {other} "
                "lowers the {metric}."
            )
        else:
            message = _(
                "The interval includes zero: these {count} pairs of runs do not show "
                "that {other} changes the {metric}."
            )
        return message.format(
            count=len(self.seeds), other=self.names[1], metric=self.metric
        )

    def picture(self):
        """Each pair, and the interval of the difference; the verdict is its title."""
        from helpers.plotting import style

        return style.paired_comparison(self)


def compare(
    variants: Mapping[str, Callable[[int], float]],
    seeds: Iterable[int],
    metric: str | None = None,
    confidence: float = 0.95,
    progress: Callable[[int, int], Any] | None = None,
) -> Comparison:
    """Runs two variants once for each seed, and compares them in pairs.

    Before each run Keras, NumPy and Python are seeded with the pair's seed. A variant
    that builds its model anew so gets the same initial weights, dropout and order of
    samples as the other; a pipeline with a seed of its own is to be given this one.

    Args:
        variants: Dict from the names of two variants, the baseline first, to
            functions from a seed to the metric, a number.
        seeds: Iterable of at least two different integers from 0 to 2³² − 1.
        metric: Name of the metric in the reader's language. Defaults to the test
            accuracy.
        confidence: Level of the interval, between 0 and 1.
        progress: Called as `progress(done, total)` before the first run and after
            each.

    Raises:
        ValueError: An argument is out of its range, or a run gave no finite number.
    """
    if len(variants) != 2:
        raise ValueError(f"`variants` must have two entries. Received: {variants}")
    names, runs = tuple(variants), list(variants.values())
    seeds = seeds_from(seeds, least=2)
    import keras

    progress = progress or (lambda done, total: None)
    values = np.empty((2, len(seeds)))
    progress(0, values.size)
    for done, (column, row) in enumerate(np.ndindex(len(seeds), 2), start=1):
        keras.utils.set_random_seed(seeds[column])
        value = values[row, column] = float(runs[row](seeds[column]))
        if not math.isfinite(value):
            raise ValueError(
                f"Variant {names[row]!r} gave {value} with seed "
                f"{seeds[column]}: there is no number to compare. Has its training "
                "diverged?"
            )
        progress(done, values.size)
    metric = _("test accuracy") if metric is None else metric
    return Comparison(names, seeds, values, metric, confidence)


def paired_interval(
    differences: Sequence[float], confidence: float = 0.95
) -> tuple[float, float]:
    """Student's confidence interval of the mean of paired differences.

    The half-width is `t · s / √n`, with `s` the standard deviation of the `n`
    differences and `t` the quantile of Student's distribution with `n − 1` degrees
    of freedom. It supposes differences that are roughly normal.

    Args:
        differences: Sequence of at least two finite numbers.
        confidence: Level of the interval, between 0 and 1.

    Returns:
        Tuple of two floats; equal if all differences are.
    """
    values = np.asarray(differences, dtype="float64")
    if values.ndim != 1 or len(values) < 2 or not np.isfinite(values).all():
        raise ValueError(
            "`differences` must be a sequence of at least two finite numbers. "
            f"Received: {differences}"
        )
    mean, half = values.mean(), half_width(len(values), values.std(ddof=1), confidence)
    return float(mean - half), float(mean + half)


def half_width(count, deviation, confidence=0.95):
    """Half the width of the interval of `count` differences, from their deviation."""
    number("confidence", confidence, "between 0 and 1", lambda level: 0 < level < 1)
    # What scipy.stats.t.ppf computes; loading that takes 40 MB of memory.
    quantile = special.stdtrit(count - 1, (1 + confidence) / 2)
    return quantile * deviation / math.sqrt(count)


def restart(model: "keras.Model", seed: int | None = None) -> None:
    """Makes a compiled model new, without compiling it again.

    Compiling is fast, but the first `fit` after it builds a graph, which takes longer
    than many a short training. Weights and the state of dropout are drawn anew from
    Keras's global seed, the optimizer has made no step, the metrics are empty. What
    was assigned to the optimizer's settings, such as its `learning_rate`, stays.

    Args:
        model: `keras.Model`, Sequential or functional, built and compiled.
        seed: Integer for Python's generator, from which Keras draws its seeds.
            `keras.utils.set_random_seed` gives the same weights, but makes TensorFlow
            forget its compiled graphs, which doubles the time of a short training.
    """
    if seed is not None:
        random.seed(seed)
    new = type(model).from_config(model.get_config())
    _assign(model.variables, new.variables)
    model.reset_metrics()
    if model.optimizer.built:
        unused = type(model.optimizer).from_config(model.optimizer.get_config())
        unused.build(model.trainable_variables)
        _assign(model.optimizer.variables, unused.variables)


def _assign(variables, values):
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
