"""Fair comparisons: paired runs over several seeds.

Two runs are paired when everything but the thing compared is the same: the initial
weights, the batches, the dropout. Then the difference within a pair is due to that
thing, and its spread over the seeds says how far to trust the mean.
"""

import dataclasses
import math

import keras
import numpy as np
from scipy import stats

from helpers.i18n import _
from helpers.plotting import style
from helpers.restarts import restart  # noqa: F401
from helpers.sweeps.api import Sweep, sweep  # noqa: F401


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
        low, high = self.interval
        return _(
            "{metric}, {other} minus {baseline}, mean over {count} seeds: "
            "≈ {mean:+.3f}, {level:.0%} confidence interval from ≈ {low:+.3f} "
            "to ≈ {high:+.3f}."
        ).format(
            metric=self.metric,
            baseline=self.names[0],
            other=self.names[1],
            count=len(self.seeds),
            mean=self.mean,
            level=self.confidence,
            low=low,
            high=high,
        )

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
        return message.format(
            count=len(self.seeds), other=self.names[1], metric=self.metric
        )

    def picture(self):
        """Each pair, and the interval of the difference; the verdict is its title."""
        return style.paired_comparison(self)


def compare(variants, seeds, metric=None, confidence=0.95, progress=None):
    """Runs two variants once for each seed, and compares them in pairs.

    Before each run Keras, NumPy and Python are seeded with the pair's seed. A variant
    that builds its model anew so gets the same initial weights, dropout and order of
    samples as the other; a pipeline with a seed of its own is to be given this one.

    Args:
        variants: Dict from the names of two variants, the baseline first, to
            functions from a seed to the metric, a number.
        seeds: Iterable of at least two different non-negative integers.
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
    variants, seeds = checked_pair(variants), _checked_seeds(seeds)
    _check_confidence(confidence)
    if progress is not None and not callable(progress):
        raise TypeError(f"`progress` must be callable or None. Received: {progress!r}")
    progress = progress or (lambda done, total: None)
    progress(0, 2 * len(seeds))
    values = np.empty((2, len(seeds)))
    for column, seed in enumerate(seeds):
        for row, (name, run) in enumerate(variants.items()):
            keras.utils.set_random_seed(seed)
            values[row, column] = _finite(run(seed), name, seed)
            progress(2 * column + row + 1, 2 * len(seeds))
    metric = _("test accuracy") if metric is None else metric
    return Comparison(tuple(variants), seeds, values, metric, float(confidence))


def paired_interval(differences, confidence=0.95):
    """Student's confidence interval of the mean of paired differences.

    The half-width is `t · s / √n`, with `s` the standard deviation of the `n`
    differences and `t` the quantile of Student's distribution with `n − 1` degrees
    of freedom. It supposes differences that are roughly normal.

    Args:
        differences: Sequence of at least two finite numbers.
        confidence: Level of the interval, between 0 and 1.

    Returns:
        Tuple of two floats; equal if all differences are.

    Raises:
        ValueError: If an argument is not as above.
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
    mean, error = differences.mean(), stats.sem(differences)
    if error == 0:
        return float(mean), float(mean)
    low, high = stats.t.interval(
        confidence, len(differences) - 1, loc=mean, scale=error
    )
    return float(low), float(high)


def checked_pair(variants, argument="variants"):
    """`variants` as a dict of two functions, or an error that names the argument."""
    variants = dict(variants)
    if len(variants) != 2:
        raise ValueError(
            f"`{argument}` must hold two entries, the baseline first. "
            f"Received: {list(variants)}"
        )
    for name, run in variants.items():
        if not callable(run):
            raise TypeError(
                f"`{argument}` must hold functions. Received: {name!r}: {run!r}"
            )
    return variants


def _checked_seeds(seeds):
    seeds = tuple(seeds)
    whole = all(
        isinstance(s, int | np.integer) and not isinstance(s, bool) and s >= 0
        for s in seeds
    )
    if not whole or len(seeds) < 2 or len(set(seeds)) < len(seeds):
        raise ValueError(
            "`seeds` must hold at least two different non-negative integers: one pair "
            f"of runs says nothing about chance. Received: {seeds}"
        )
    return tuple(int(seed) for seed in seeds)


def _check_confidence(confidence):
    if not 0 < confidence < 1:
        raise ValueError(
            f"`confidence` must be between 0 and 1. Received: {confidence!r}"
        )


def _finite(value, name, seed):
    value = float(value)
    if not math.isfinite(value):
        raise ValueError(
            f"Variant {name!r} gave {value} with seed {seed}: there is no number to "
            "compare. Has its training diverged?"
        )
    return value


def gradients_of(model, x, y):
    """The gradients of a model's loss on one batch, without a step of training.

    Args:
        model: Compiled `keras.Model`, on the TensorFlow backend. It predicts as after
            training: its dropout is off.
        x: Array or tensor of inputs, one per row.
        y: Array or tensor of labels.

    Returns:
        List of NumPy arrays, in the order of `model.trainable_variables`; zeros for a
        variable that the loss does not depend on.

    Raises:
        TypeError: `model` is not a Keras model.
        ValueError: `model` is not compiled.
    """
    import tensorflow as tf

    if not isinstance(model, keras.Model):
        raise TypeError(f"`model` must be a keras.Model. Received: {model!r}")
    if not model.compiled:
        raise ValueError(f"`model` must be compiled. Received: {model.name!r}")
    x, y = keras.tree.map_structure(keras.ops.convert_to_tensor, (x, y))
    with tf.GradientTape() as tape:
        outputs = model(x, training=False)
        loss = model.compute_loss(x, y, outputs, training=False)
    variables = [variable.value for variable in model.trainable_variables]
    gradients = tape.gradient(loss, variables, unconnected_gradients="zero")
    return [tf.convert_to_tensor(gradient).numpy() for gradient in gradients]
