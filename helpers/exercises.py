"""Checks behind the exercises: each works out the answer anew and compares.

A check prints one sentence and never raises, so that a notebook runs through before
its exercises are solved.
"""

import functools
import math

import numpy as np

from helpers.i18n import _, listing


def _never_raises(check):
    """A check that says so where an answer is of the wrong kind, or itself fails."""

    @functools.wraps(check)
    def safe(*given, **named):
        try:
            check(*given, **named)
        except Exception as error:
            words = f"{type(error).__name__}: {error}"
            hint = _("The answer fails in the check: {error}").format(error=words)
            print(_("Not yet. {hint}").format(hint=hint))

    return safe


def _verdict(answer, right, hint):
    if answer is None:
        print(_("No answer yet."))
    elif right:
        print(_("Correct."))
    else:
        print(_("Not yet. {hint}").format(hint=hint))


@_never_raises
def check_steps_until_inside(answer, norm, lambda_, learning_rate, limit):
    """Steps after which `norm` is at most `limit`, whatever the gradients are."""
    bound, steps = norm, 0
    while bound > limit:
        bound = learning_rate * bound + (1 - learning_rate) * lambda_
        steps += 1
    _verdict(
        answer,
        _number(answer) == steps,
        _(
            "After t steps the norm is at most lrᵗ·{norm:g} + (1 − lrᵗ)·{radius:g}."
        ).format(norm=norm, radius=lambda_),
    )


@_never_raises
def check_support_of_the_max_ball(answer):
    """`answer(g)` is the support point of the ball of the largest absolute entry."""
    hint = _(
        "Every entry of s must lie between −1 and 1, and the sum of g·s must be as "
        "large as possible."
    )
    _check_support(
        answer,
        inside=lambda s: np.all(np.abs(s) <= 1 + 1e-6),
        furthest=lambda g: np.abs(g).sum(),
        hint=hint,
    )


@_never_raises
def check_support_of_the_simplex(answer):
    """`answer(g)` is the support point of the entries of at least 0 with the sum 1."""
    hint = _(
        "No entry of s may be below 0, their sum must be 1, and the sum of g·s must be "
        "as large as possible."
    )
    _check_support(
        answer,
        inside=lambda s: s.min() > -1e-6 and math.isclose(s.sum(), 1, abs_tol=1e-6),
        furthest=lambda g: g.max(),
        hint=hint,
    )


def _check_support(answer, inside, furthest, hint):
    if answer is not None and not callable(answer):
        words = _("The answer must be a function of g, and “{answer}” is none.")
        return _verdict(answer, False, words.format(answer=_short(answer)))
    rng = np.random.default_rng(0)
    right = answer is not None
    for _trial in range(20 if right else 0):
        g = rng.standard_normal((3, 4))
        try:
            s = np.asarray(answer(g.copy())).astype("float64", casting="same_kind")
        except Exception as error:  # whatever a reader's function may raise
            words = _("Calling the function did not work: {error}")
            return _verdict(answer, False, words.format(error=_short(error)))
        right = right and s.shape == g.shape and bool(inside(s))
        right = right and math.isclose((g * s).sum(), furthest(g), rel_tol=1e-6)
    _verdict(answer, right, hint)


@_never_raises
def check_weight_decay(answer, largest):
    """The weight decay with which Lion keeps every weight within `largest`."""
    hint = _("The radius of the ball is 1 / weight decay.")
    _verdict(answer, math.isclose(_number(answer) or 0, 1 / largest), hint)


@_never_raises
def check_certified(lambda_, certified, enough):
    """At least the share `enough` of the test images is certified.

    Args:
        lambda_: The reader's answer.
        certified: Share of the network that was trained with it.
        enough: Float.
    """
    if lambda_ is not None and not is_radius(lambda_):
        hint = _("The radius must be a number above 0, and “{answer}” is none.")
        return _verdict(lambda_, False, hint.format(answer=_short(lambda_)))
    hint = _("Certified is {share:.3f}; at least {enough:g} is asked.")
    share = _number(certified) or 0.0
    _verdict(lambda_, share >= enough, hint.format(share=share, enough=enough))


@_never_raises
def check_right_but_modest(lambda_, accuracy, confidence, enough=0.85, most=0.75):
    """The test accuracy is high `enough`, and the mean confidence `most` at most.

    Args:
        lambda_: The reader's answer.
        accuracy: Test accuracy of the network that was trained with it.
        confidence: Mean, over the test images, of the largest probability.
        enough: Float, the least accuracy.
        most: Float, the greatest confidence.
    """
    if lambda_ is not None and not is_radius(lambda_):
        hint = _("The radius must be a number above 0, and “{answer}” is none.")
        return _verdict(lambda_, False, hint.format(answer=_short(lambda_)))
    reached = [_number(value) for value in (accuracy, confidence)]
    hint = _(
        "The accuracy is {accuracy:.3f} (at least {enough:g} is asked), the mean "
        "confidence {confidence:.3f} (at most {most:g} is allowed)."
    )
    accuracy, confidence = [math.nan if v is None else v for v in reached]
    hint = hint.format(
        accuracy=accuracy, confidence=confidence, enough=enough, most=most
    )
    _verdict(lambda_, accuracy >= enough and confidence <= most, hint)


def is_radius(answer):
    """Whether a network can be trained with this answer as the radius of its ball."""
    return (_number(answer) or 0) > 0


def _number(answer):
    """The answer as a float; `None` where it is not one finite number."""
    try:
        if isinstance(answer, bool | str | bytes) or np.ndim(answer):
            return None
        value = float(answer)
    except (TypeError, ValueError, OverflowError):
        return None
    return value if math.isfinite(value) else None


def _short(value):
    text = " ".join(str(value).split())
    return text if len(text) <= 60 else text[:59] + "…"


@_never_raises
def check_axes_of_a_transposed_convolution(answer):
    """The axes of the mean for the kernel of a `Conv2DTranspose` layer."""
    import keras

    from helpers.optimizers.gradient_axes import axes_of_model

    layer = keras.layers.Conv2DTranspose(8, 3)
    model = keras.Sequential([keras.Input((6, 6, 4)), layer])
    right = axes_of_model(model)[layer.kernel.path]
    try:
        given = None if answer is None else tuple(sorted(int(axis) for axis in answer))
    except (TypeError, ValueError):
        given = ()
    _verdict(
        answer,
        given == right,
        _("The mean runs over every axis but that of the outputs, which stays."),
    )


@_never_raises
def check_projection_matrix(answer, size):
    """The matrix that takes its mean from a vector of `size` entries."""
    right = np.eye(size) - np.full((size, size), 1 / size)
    try:
        given = np.asarray([] if answer is None else answer, dtype="float64")
    except (TypeError, ValueError):
        given = np.zeros(0)
    same = given.shape == right.shape and np.allclose(given, right, atol=1e-6)
    _verdict(
        answer,
        same,
        _(
            "P must have {size} rows and columns. P times a vector of ones must be "
            "zero, and P times a vector of mean zero must be that vector."
        ).format(size=size),
    )


@_never_raises
def check_seeds_needed(answer, deviation, half_width, confidence=0.95):
    """The fewest pairs of runs whose interval is at most so wide on each side."""
    from helpers.experiments import half_width as wide

    count = 2
    while wide(count, deviation, confidence) > half_width:
        count += 1
    width = None
    if isinstance(answer, int | np.integer) and answer >= 2:
        width = wide(int(answer), deviation, confidence)
    hint = _("The answer must be an integer of at least 2.")
    if width is not None:
        hint = _(
            "With {count} seeds the half-width is {width:.4f}. Find the smallest "
            "number of seeds for which it is at most {wanted:g}."
        ).format(count=int(answer), width=width, wanted=half_width)
    _verdict(answer, width is not None and int(answer) == count, hint)


@_never_raises
def check_bytes_sent(answer, weights, workers, bytes_of_a_weight=4):
    """Bytes that a worker in a ring sends in a step, within half a percent."""
    size = weights * bytes_of_a_weight
    right = 2 * (workers - 1) / workers * size
    hint = _(
        "The gradient has {size:,} bytes. A worker sends one part of {workers} to "
        "its neighbour, and does so 2 · ({workers} − 1) times."
    ).format(size=size, workers=workers)
    given = 0 if answer is None else float(answer)
    _verdict(answer, abs(given - right) <= 0.005 * right, hint)


@_never_raises
def check_commuting(answer, transforms, trials=20):
    """The names of those transforms that commute with the mean of two gradients."""
    right = {name for name, f in transforms.items() if _commutes(f, trials)}
    given = set() if answer is None else set(answer)
    hint = _("The answer must be a set of names out of: {names}.").format(
        names=listing(transforms)
    )
    if given <= set(transforms):
        hint = _(
            "{count} of the {total} names are judged rightly. Take two gradients that "
            "are far from equal, and compute both orders."
        ).format(count=len(transforms) - len(given ^ right), total=len(transforms))
    _verdict(answer, given == right, hint)


def _commutes(transform, trials):
    rng = np.random.default_rng(0)
    pairs = 3 * rng.standard_normal((trials, 2, 6))
    return all(
        np.allclose(transform((a + b) / 2), (transform(a) + transform(b)) / 2)
        for a, b in pairs
    )


@_never_raises
def check_rows(answer, batch_size=12):
    """`answer(batch, worker, workers)` gives the rows that this worker trains on."""
    hint = _(
        "All workers together must have every row of the batch, none of them twice. "
        "Worker 0 takes the first rows of the batch."
    )
    if answer is None:
        return _verdict(None, False, hint)
    right = True
    for workers in (1, 2, 3, 4):
        rows = np.arange(3 * batch_size).reshape(3, workers, -1)
        for batch, worker in np.ndindex(3, workers):
            given = np.asarray(list(answer(batch, worker, workers)))
            right &= np.array_equal(given, rows[batch, worker])
    _verdict(answer, right, hint)
