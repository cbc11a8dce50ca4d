"""One line of a session's history."""

from typing import NamedTuple

import numpy as np


class Record(NamedTuple):
    """What happened in a chunk of training steps, and the state after it.

    Attributes:
        step: Steps made so far.
        seconds: Time spent in training steps so far.
        lambda_: Radius of the balls in this chunk; NaN where there are none.
        learning_rate: Learning rate in this chunk.
        centralize: Whether gradients were centralized in this chunk.
        loss: Mean loss of the chunk's batches. In the first record, and nowhere
            else, the loss on the fixed examples on which `gap` is measured.
        accuracy: As `loss`.
        held_out_accuracy: On the fixed held-out examples; NaN without any.
        gap: Frank–Wolfe gap on fixed training examples; NaN for other optimizers.
            At least 0 where every variable is in its ball.
        removed_share: The share of the gradient's squared norm that centralization
            removes or, where it is off, would remove; NaN for other optimizers.
        norms: Norm of each trainable variable: the norm of the ball, where there
            is one, and Frobenius otherwise.
    """

    step: int
    seconds: float
    lambda_: float
    learning_rate: float
    centralize: bool
    loss: float
    accuracy: float
    held_out_accuracy: float
    gap: float
    removed_share: float
    norms: tuple

    @property
    def settings(self):
        """The hyperparameters of this chunk, comparable with `==`."""
        # NaN would not equal itself.
        radius = None if np.isnan(self.lambda_) else self.lambda_
        return radius, self.learning_rate, self.centralize


def to_array(history):
    """Records as the rows of a float64 array, norms last."""
    return np.array([[*record[:-1], *record.norms] for record in history], "float64")


def from_array(array):
    """The records that `to_array` wrote."""
    scalars = len(Record._fields) - 1
    records = []
    for row in array.tolist():
        step, seconds, radius, rate, centralize, *measures = row[:scalars]
        norms = tuple(row[scalars:])
        records.append(
            Record(int(step), seconds, radius, rate, bool(centralize), *measures, norms)
        )
    return records
