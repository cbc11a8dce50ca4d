"""Checks behind the exercises: each works out the answer anew and compares.

A check prints one sentence and never raises, so that a notebook runs through before
its exercises are solved.
"""

import math

import numpy as np

from helpers.i18n import _


def _verdict(answer, right, hint):
    if answer is None:
        print(_("No answer yet."))
    elif right:
        print(_("Correct."))
    else:
        print(_("Not yet. {hint}").format(hint=hint))


def check_steps_until_inside(answer, norm, lambda_, learning_rate, limit):
    """Steps after which `norm` is at most `limit`, whatever the gradients are."""
    bound, steps = norm, 0
    while bound > limit:
        bound = learning_rate * bound + (1 - learning_rate) * lambda_
        steps += 1
    _verdict(
        answer,
        answer == steps,
        _(
            "After t steps the norm is at most lrᵗ·{norm:g} + (1 − lrᵗ)·{radius:g}."
        ).format(norm=norm, radius=lambda_),
    )


def check_support_of_the_max_ball(answer, trials=20):
    """`answer(g)` is the support point of the ball of the largest absolute entry."""
    hint = _(
        "Every entry of s must lie between −1 and 1, and the sum of g·s must be as "
        "large as possible."
    )
    if answer is None:
        return _verdict(None, False, hint)
    rng = np.random.default_rng(0)
    right = True
    for _trial in range(trials):
        g = rng.standard_normal((3, 4))
        s = np.asarray(answer(g), dtype="float64")
        right &= s.shape == g.shape and bool(np.all(np.abs(s) <= 1 + 1e-6))
        right = right and math.isclose((g * s).sum(), np.abs(g).sum(), rel_tol=1e-6)
    _verdict(answer, right, hint)


def check_small_but_accurate(model, lambda_, accuracy, bound=6.0, enough=0.88):
    """Every variable within `bound` and the test accuracy `enough`."""
    if lambda_ is None:
        return _verdict(None, False, "")
    largest = max(float(np.linalg.norm(w)) for w in model.get_weights())
    hint = _(
        "The largest norm is {largest:.2f} (at most {bound:g} is allowed), the "
        "accuracy {accuracy:.3f} (at least {enough:g} is asked)."
    ).format(largest=largest, bound=bound, accuracy=accuracy, enough=enough)
    _verdict(lambda_, largest <= bound and accuracy >= enough, hint)
