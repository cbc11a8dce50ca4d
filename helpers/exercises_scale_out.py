"""Checks behind the exercises of the lesson on scaling out.

A check prints one sentence and never raises, so that a notebook runs through before
its exercises are solved.
"""

import numpy as np

from helpers.distributed import bytes_sent
from helpers.distributed.job import part_of_batches
from helpers.exercises import _verdict
from helpers.i18n import _, listing


def check_bytes_sent(answer, weights, workers, bytes_of_a_weight=4):
    """Bytes that a worker in a ring sends in a step, within half a percent."""
    right = bytes_sent(weights * bytes_of_a_weight, workers)
    try:
        given = float("nan" if answer is None else answer)
    except (TypeError, ValueError):
        given = float("nan")
    _verdict(
        answer,
        abs(given - right) <= 0.005 * right,
        _(
            "The gradient has {size:,} bytes. A worker sends one part of {workers} to "
            "its neighbour, and does so 2 · ({workers} − 1) times."
        ).format(size=weights * bytes_of_a_weight, workers=workers),
    )


def check_commuting(answer, transforms, trials=20):
    """The names of those transforms that commute with the mean of two gradients."""
    right = {name for name, f in transforms.items() if _commutes(f, trials)}
    try:
        given = None if answer is None else set(answer)
    except TypeError:
        given = set()
    known = given is not None and given <= set(transforms)
    hint = _("The answer must be a set of names out of: {names}.").format(
        names=listing(transforms)
    )
    if known:
        hint = _(
            "{count} of the {total} names are judged rightly. Take two gradients that "
            "are far from equal, and compute both orders."
        ).format(
            count=sum((name in given) == (name in right) for name in transforms),
            total=len(transforms),
        )
    _verdict(answer, given == right, hint)


def _commutes(transform, trials):
    rng = np.random.default_rng(0)
    pairs = 3 * rng.standard_normal((trials, 2, 6))
    return all(
        np.allclose(transform((a + b) / 2), (transform(a) + transform(b)) / 2)
        for a, b in pairs
    )


def check_rows(answer, batch_size=12):
    """`answer(batch, worker, workers)` gives the rows that this worker trains on."""
    hint = _(
        "All workers together must have every row of the batch, none of them twice. "
        "Worker 0 takes the first rows of the batch."
    )
    if answer is None:
        return _verdict(None, False, hint)
    try:
        right = all(
            _rows(answer, batch, worker, workers, batch_size)
            for workers in (1, 2, 3, 4)
            for worker in range(workers)
            for batch in range(3)
        )
    except Exception as error:  # an answer may fail in any way
        right, hint = False, _("The function fails: {error}").format(error=error)
    _verdict(answer, right, hint)


def _rows(answer, batch, worker, workers, batch_size):
    wanted = part_of_batches(np.arange(3 * batch_size), batch_size, worker, workers)
    wanted = wanted.reshape(3, -1)[batch]
    given = np.asarray(list(answer(batch, worker, workers)))
    return given.shape == wanted.shape and bool(np.all(given == wanted))
