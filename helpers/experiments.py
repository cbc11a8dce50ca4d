"""Fair comparisons: paired runs over several seeds.

Two runs are paired when everything but the thing compared is the same: the initial
weights, the batches, the dropout. Then the difference within a pair is due to that
thing, and its spread over the seeds says how far to trust the mean.
"""

import dataclasses
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import keras
import numpy as np
from scipy import special

from helpers import callbacks
from helpers.checks import callable_or_none, pair_of_functions, seeds_from
from helpers.i18n import _
from helpers.plotting import style
from helpers.sweeps import sweep  # noqa: F401


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
    def excludes_zero(self):
        """Whether the interval lies on one side of zero."""
        low, high = self.interval
        return low > 0 or high < 0

    @property
    def summary(self):
        """The numbers, in one sentence."""
        return _(
            "{metric}, {other} minus {baseline}, mean over {count} seeds: "
            "≈ {mean:+.3f}, {level:.0%} confidence interval from ≈ {low:+.3f} "
            "to ≈ {high:+.3f}."
        ).format(**self._words)

    @property
    def verdict(self):
        """What the interval allows to say, in one sentence."""
        if not self.excludes_zero:
            message = _(
                "The interval includes zero: these {count} pairs of runs do not show "
                "that {other} changes the {metric}."
            )
        elif self.mean > 0:
            message = _(
                "The interval excludes zero: in these {count} pairs of runs, {other} "
                "raises the {metric}."
            )
        else:
            message = _(
                "The interval excludes zero: in these {count} pairs of runs, {other} "
                "lowers the {metric}."
            )
        return message.format(**self._words)

    @property
    def _words(self):
        low, high = self.interval
        return {
            "metric": self.metric,
            "baseline": self.names[0],
            "other": self.names[1],
            "count": len(self.seeds),
            "mean": self.mean,
            "level": self.confidence,
            "low": low,
            "high": high,
        }

    def picture(self):
        """Each pair, and the interval of the difference; the verdict is its title."""
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

    Returns:
        A `Comparison`.

    Raises:
        TypeError: A variant or `progress` cannot be called.
        ValueError: An argument is out of its range, or a run gave no finite number.
    """
    variants, seeds = (
        pair_of_functions("variants", variants),
        seeds_from(seeds, least=2),
    )
    _check_confidence(confidence)
    callable_or_none("progress", progress)
    progress = progress or (lambda done, total: None)
    progress(0, 2 * len(seeds))
    values = np.empty((2, len(seeds)))
    for column, seed in enumerate(seeds):
        for row, (name, run) in enumerate(variants.items()):
            keras.utils.set_random_seed(seed)
            value = values[row, column] = float(run(seed))
            if not math.isfinite(value):
                raise ValueError(
                    f"Variant {name!r} gave {value} with seed {seed}: there is no "
                    "number to compare. Has its training diverged?"
                )
            progress(2 * column + row + 1, 2 * len(seeds))
    metric = _("test accuracy") if metric is None else metric
    return Comparison(tuple(variants), seeds, values, metric, float(confidence))


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
    differences = np.asarray(differences, dtype="float64")
    if differences.ndim != 1 or len(differences) < 2:
        raise ValueError(
            "`differences` must be a sequence of at least two numbers. "
            f"Received an array of shape {differences.shape}"
        )
    if not np.isfinite(differences).all():
        raise ValueError(f"`differences` must be finite. Received: {differences}")
    _check_confidence(confidence)
    mean = differences.mean()
    half = half_width(len(differences), differences.std(ddof=1), confidence)
    return float(mean - half), float(mean + half)


def half_width(count, deviation, confidence=0.95):
    """Half the width of the interval of `count` differences, from their deviation."""
    # What scipy.stats.t.ppf computes; loading that takes 40 MB of memory.
    quantile = special.stdtrit(count - 1, (1 + confidence) / 2)
    return quantile * deviation / math.sqrt(count)


def _check_confidence(confidence):
    if not 0 < confidence < 1:
        raise ValueError(
            f"`confidence` must be between 0 and 1. Received: {confidence!r}"
        )


def restart(model: keras.Model) -> None:
    """Makes a compiled model new, without compiling it again.

    Compiling is fast, but the first `fit` after it builds a graph, which takes longer
    than many a short training. Weights and the state of dropout are drawn anew from
    Keras's global seed, the optimizer has made no step, the metrics are empty. What
    was assigned to the optimizer's settings, such as its `learning_rate`, stays.

    Args:
        model: `keras.Model`, Sequential or functional, built and compiled, whose
            weights all belong to its layers.
    """
    if not isinstance(model, keras.Model):
        raise TypeError(f"`model` must be a keras.Model. Received: {model!r}")
    if not (model.built and model.compiled):
        missing = "compiled" if model.built else "built"
        raise ValueError(
            "`model` must be built and compiled. "
            f"Received: {model.name!r}, not {missing}"
        )
    of_layers = [variable for layer in model.layers for variable in layer.variables]
    if not {id(v) for v in model.weights} <= {id(v) for v in of_layers}:
        raise ValueError(
            "All weights of `model` must belong to its layers. "
            f"Received: {model.name!r} with weights of its own"
        )
    # Its layers draw their seeds in the order in which those of the model did.
    new = type(model).from_config(model.get_config())
    for layer, new_layer in zip(model.layers, new.layers, strict=True):
        _assign(layer.variables, new_layer.variables)
    model.reset_metrics()
    if model.optimizer.built:
        unused = type(model.optimizer).from_config(model.optimizer.get_config())
        unused.build(model.trainable_variables)
        _assign(model.optimizer.variables, unused.variables)


def _assign(variables, values):
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)


def gradients_of(model: keras.Model, x: Any, y: Any) -> list[np.ndarray]:
    """The gradients of a model's loss on one batch, without a step of training.

    Args:
        model: Compiled `keras.Model`. It predicts as after training: its dropout is
            off.
        x: Array or tensor of inputs, one per row.
        y: Array or tensor of labels.

    Returns:
        List of NumPy arrays, in the order of `model.trainable_variables`; zeros for a
        variable that the loss does not depend on.

    Raises:
        TypeError: `model` is not a Keras model.
        ValueError: `model` is not compiled.
    """
    if not isinstance(model, keras.Model):
        raise TypeError(f"`model` must be a keras.Model. Received: {model!r}")
    if not model.compiled:
        raise ValueError(f"`model` must be compiled. Received: {model.name!r}")
    x, y = keras.tree.map_structure(keras.ops.convert_to_tensor, (x, y))
    return [
        keras.ops.convert_to_numpy(gradient)
        for gradient in callbacks.gradients(model, x, y)
    ]
