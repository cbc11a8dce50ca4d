"""Checks behind the exercises: each works out the answer anew and compares.

A check prints one sentence and never raises, so that a notebook runs through before
its exercises are solved.
"""

import functools
import math

import numpy as np

from helpers._support.i18n import _, listing


def _verdict(check):
    """Makes a check of a function that returns whether the answer is right, and a hint.

    It says so where there is no answer, or one of the wrong kind, on which it fails.
    """

    @functools.wraps(check)
    def safe(answer, *given, **named):
        if answer is None:
            return print(_("No answer yet."))
        try:
            right, hint = check(answer, *given, **named)
            right = bool(right)
        except Exception as error:
            words = f"{type(error).__name__}: {error}"
            right = False
            hint = _("The answer fails in the check: {error}").format(error=words)
        print(_("Correct.") if right else _("Not yet. {hint}").format(hint=hint))

    return safe


@_verdict
def check_steps_until_inside(answer, norm, lambda_, learning_rate, limit):
    """Steps after which `norm` is at most `limit`, whatever the gradients are."""
    bound, steps = norm, 0
    while bound > limit:
        bound = learning_rate * bound + (1 - learning_rate) * lambda_
        steps += 1
    hint = _("After t steps the norm is at most lrᵗ·{norm:g} + (1 − lrᵗ)·{radius:g}.")
    return answer == steps, hint.format(norm=norm, radius=lambda_)


@_verdict
def check_support_of_the_max_ball(answer):
    """`answer(g)` is the support point of the ball of the largest absolute entry."""
    hint = _(
        "Every entry of s must lie between −1 and 1, and the sum of g·s must be as "
        "large as possible."
    )

    def right(g, s):
        return np.all(np.abs(s) <= 1 + 1e-6) and _close((g * s).sum(), np.abs(g).sum())

    return _is_support(answer, right, hint)


@_verdict
def check_support_of_the_simplex(answer):
    """`answer(g)` is the support point of the entries of at least 0 with the sum 1."""
    hint = _(
        "No entry of s may be below 0, their sum must be 1, and the sum of g·s must be "
        "as large as possible."
    )

    def right(g, s):
        inside = s.min() > -1e-6 and _close(s.sum(), 1)
        return inside and _close((g * s).sum(), g.max())

    return _is_support(answer, right, hint)


def _is_support(answer, right, hint):
    """Whether `right(g, answer(g))` holds for each of some gradients, and a hint."""
    if not callable(answer):
        hint = _("The answer must be a function of g, and “{answer}” is none.")
        return False, hint.format(answer=_short(answer))
    for g in np.random.default_rng(0).standard_normal((20, 3, 4)):
        try:
            s = np.asarray(answer(g.copy())).astype("float64", casting="same_kind")
        except Exception as error:  # whatever a reader's function may raise
            hint = _("Calling the function did not work: {error}")
            return False, hint.format(error=_short(error))
        if s.shape != g.shape or not right(g, s):
            return False, hint
    return True, hint


def _close(a, b):
    return math.isclose(a, b, rel_tol=1e-6)


@_verdict
def check_weight_decay(answer, largest):
    """The weight decay with which Lion keeps every weight within `largest`."""
    hint = _("The radius of the ball is 1 / weight decay.")
    return _close(answer, 1 / largest), hint


@_verdict
def check_accurate_and_certain(factor, accuracy, certain):
    """With this factor most held-out images are right, and enough of them certain."""
    if not is_radius(factor):
        hint = _("The factor must be a number above 0, and “{answer}” is none.")
        return False, hint.format(answer=_short(factor))
    right, sure = 0.935, 0.55
    hint = _(
        "The held-out accuracy is {accuracy:.3f} (at least {right:g} is asked), the "
        "promised accuracy {certain:.3f} (at least {sure:g} is asked)."
    )
    hint = hint.format(accuracy=accuracy, right=right, certain=certain, sure=sure)
    return right <= accuracy <= 1 and sure <= certain <= 1, hint


@_verdict
def check_right_but_modest(lambda_, accuracy, confidence):
    """With radius `lambda_`, the accuracy is high, the mean confidence is not."""
    if not is_radius(lambda_):
        return False, _no_radius(lambda_)
    enough, most = 0.85, 0.75
    hint = _(
        "The accuracy is {accuracy:.3f} (at least {enough:g} is asked), the mean "
        "confidence {confidence:.3f} (at most {most:g} is allowed)."
    )
    hint = hint.format(
        accuracy=accuracy, confidence=confidence, enough=enough, most=most
    )
    return accuracy >= enough and confidence <= most, hint


def is_radius(answer):
    """Whether a network can be trained with this answer: a number above 0."""
    try:
        return 0 < float(answer) < math.inf
    except (TypeError, ValueError, OverflowError):
        return False


def _no_radius(answer):
    hint = _("The radius must be a number above 0, and “{answer}” is none.")
    return hint.format(answer=_short(answer))


def _short(value):
    text = " ".join(str(value).split())
    return text if len(text) <= 60 else text[:59] + "…"


@_verdict
def check_axes_of_a_transposed_convolution(answer):
    """The axes of the mean for the kernel of a `Conv2DTranspose` layer."""
    import keras

    from helpers.optimizers.gradient_axes import axes_of_model

    layer = keras.layers.Conv2DTranspose(8, 3)
    model = keras.Sequential([keras.Input((6, 6, 4)), layer])
    right = axes_of_model(model)[layer.kernel.path]
    hint = _("The mean runs over every axis but that of the outputs, which stays.")
    return sorted(answer) == sorted(right), hint


@_verdict
def check_projection_matrix(answer, size):
    """The matrix that takes its mean from a vector of `size` entries."""
    given, right = np.asarray(answer, "float64"), np.eye(size) - 1 / size
    hint = _(
        "P must have {size} rows and columns. P times a vector of ones must be "
        "zero, and P times a vector of mean zero must be that vector."
    )
    same = given.shape == right.shape and np.allclose(given, right, atol=1e-6)
    return same, hint.format(size=size)


@_verdict
def check_seeds_needed(answer, deviation, half_width):
    """The fewest pairs of runs whose interval is at most so wide on each side."""
    from helpers.experiments.comparison import half_width as wide

    if not isinstance(answer, int | np.integer) or answer < 2:
        return False, _("The answer must be an integer of at least 2.")
    count = 2
    while wide(count, deviation, 0.95) > half_width:
        count += 1
    hint = _(
        "With {count} seeds the half-width is {width:.4f}. Find the smallest "
        "number of seeds for which it is at most {wanted:g}."
    )
    width = wide(int(answer), deviation, 0.95)
    return answer == count, hint.format(count=answer, width=width, wanted=half_width)


@_verdict
def check_offset_beyond_gc(answer, size):
    """An offset of the inputs with no zero, not all of one size, and of mean zero."""
    offset = np.asarray(answer, "float64")
    if offset.shape != (size,) or not np.isfinite(offset).all():
        return False, _("The answer must be {size} finite numbers.").format(size=size)
    sizes = np.abs(offset)
    if sizes.min() == 0 or np.ptp(sizes) == 0:
        return False, _("No number may be 0, and not all may be of one size.")
    share = offset.mean() ** 2 / np.mean(offset**2)
    hint = _("Of this offset, GC sees a share of {share:.2g}: that along (1, …, 1).")
    return share < 1e-9, hint.format(share=share)


@_verdict
def check_bytes_sent(answer, weights, workers):
    """Bytes that a worker in a ring sends in a step, within half a percent."""
    size = 4 * weights  # in float32
    right = 2 * (workers - 1) / workers * size
    hint = _(
        "The gradient has {size:,} bytes. A worker sends one part of {workers} to "
        "its neighbour, and does so 2 · ({workers} − 1) times."
    )
    close = math.isclose(answer, right, rel_tol=0.005)
    return close, hint.format(size=size, workers=workers)


@_verdict
def check_commuting(answer, transforms):
    """The names of those transforms that commute with the mean of two gradients."""
    pairs = 3 * np.random.default_rng(0).standard_normal((20, 2, 6))
    right = {
        name
        for name, f in transforms.items()
        if all(np.allclose(f((a + b) / 2), (f(a) + f(b)) / 2) for a, b in pairs)
    }
    given = set(answer)
    if not given <= set(transforms):
        hint = _("The answer must be a set of names out of: {names}.")
        return False, hint.format(names=listing(transforms))
    hint = _(
        "{count} of the {total} names are judged rightly. Take two gradients that "
        "are far from equal, and compute both orders."
    )
    total = len(transforms)
    return given == right, hint.format(count=total - len(given ^ right), total=total)


@_verdict
def check_rows(answer, batch_size=12):
    """`answer(batch, worker, workers)` gives the rows that this worker trains on."""
    hint = _(
        "All workers together must have every row of the batch, none of them twice. "
        "Worker 0 takes the first rows of the batch."
    )
    for workers in (1, 2, 3, 4):
        rows = np.arange(3 * batch_size).reshape(3, workers, -1)
        for batch, worker in np.ndindex(3, workers):
            given = list(answer(batch, worker, workers))
            if not np.array_equal(given, rows[batch, worker]):
                return False, hint
    return True, hint
