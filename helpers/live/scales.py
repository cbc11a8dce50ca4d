"""Axis limits that move rarely, so that a figure's background can be kept."""

import math

import numpy as np

STEPS = (1, 2, 5, 10)


def ceiling(value):
    """The smallest of …, 0.5, 1, 2, 5, 10, 20, … that is at least the value."""
    if not value > 0 or not math.isfinite(value):
        return 1.0
    decade = 10.0 ** math.floor(math.log10(value))
    return next(s * decade for s in STEPS if s * decade >= value * (1 - 1e-9))


def floor(value):
    """The largest of …, 0.5, 1, 2, 5, 10, 20, … that is at most the value."""
    if not value > 0 or not math.isfinite(value):
        return 1.0
    return 1.0 / ceiling(1.0 / value)


def step_limit(step):
    """End of the step axis: a round number that leaves some room."""
    return max(50.0, ceiling(step * 1.02))


def accuracy_limits(values):
    """From a round accuracy below the recent ones, up to 1."""
    recent = _recent(values)
    lowest = min(recent, default=0.0) - 0.01
    return max(a for a in (0.0, 0.5, 0.8, 0.9, 0.95) if a <= max(lowest, 0.0)), 1.005


def loss_limits(values):
    """From 0 up to a round number above the recent losses."""
    return 0.0, ceiling(1.05 * max(_recent(values), default=1.0))


def log_limits(values, decades=4):
    """Round limits around all positive values, over so many decades at most."""
    positive = [v for v in values if v > 0 and math.isfinite(v)]
    if not positive:
        return 0.1, 1.0
    top = ceiling(1.1 * max(positive))
    return max(floor(min(positive) / 1.1), top / 10**decades), top


def held(old, new, least=0.35):
    """The old limits, as long as they hold the new ones and are not far too wide.

    To draw axes anew takes longer than all lines together.

    Args:
        old: Pair of limits.
        new: Pair of limits that fit.
        least: How much of the old range the new one must fill.
    """
    inside = old[0] <= new[0] and new[1] <= old[1]
    wide_enough = new[1] - new[0] >= least * (old[1] - old[0])
    return old if inside and wide_enough else new


def held_log(old, new):
    """As `held`, for positive limits of a logarithmic axis."""
    logarithms = tuple(np.log10(old)), tuple(np.log10(new))
    return old if held(*logarithms, 0.6) is logarithms[0] else new


def _recent(values):
    """The finite values of the later half: the first steps would flatten the rest."""
    values = np.asarray(values)[..., np.shape(values)[-1] // 2 :]
    return values[np.isfinite(values)].tolist()


def thinned(count, most):
    """Indices of at most `most` of `count` points, the first and last among them."""
    if count <= most:
        return np.arange(count)
    return np.linspace(0, count - 1, most).round().astype(int)
