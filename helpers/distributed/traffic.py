"""What data-parallel training sends from worker to worker, computed."""

import numpy as np

from helpers.checks import integer


def bytes_of_gradient(model):
    """Bytes of one gradient: of all trainable weights, in the dtype they have.

    Args:
        model: `keras.Model`, built.
    """
    return sum(
        int(np.prod(w.shape)) * _bytes_of_dtype(w.dtype)
        for w in model.trainable_weights
    )


def _bytes_of_dtype(dtype):
    return 2 if dtype == "bfloat16" else np.dtype(dtype).itemsize


def bytes_sent(size, workers, way="ring"):
    """Bytes that the busiest worker sends for one all-reduce.

    In a ring the gradient is cut into `workers` parts. Each worker passes one part
    to its neighbour, `workers − 1` times to add the parts up and as often again to
    hand the sums around: `2 · (workers − 1) / workers · size`, which no other way
    can beat. If one worker collects all gradients instead, it sends the sum to each
    of the others: `(workers − 1) · size`, and it receives as much.

    Args:
        size: Bytes of the gradient.
        workers: Integer, at least 1.
        way: `"ring"` or `"one collects"`.

    Returns:
        Float.

    Raises:
        ValueError: If an argument is not as above.

    Reference:
        - Patarasuk & Yuan, 2009, *Bandwidth optimal all-reduce algorithms for
          clusters of workstations*.
    """
    workers = integer("workers", workers, 1)
    if way == "ring":
        return 2 * (workers - 1) / workers * size
    if way == "one collects":
        return float((workers - 1) * size)
    raise ValueError(f"`way` must be 'ring' or 'one collects'. Received: {way!r}")
