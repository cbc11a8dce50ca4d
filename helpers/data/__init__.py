"""The data of the lessons, and the input pipelines that feed them."""

from helpers.data.horses_or_humans import (
    choose_preset,
    load_horses_or_humans,
    prepare,
)
from helpers.data.mnist import batches, load_mnist

__all__ = [
    "batches",
    "choose_preset",
    "load_horses_or_humans",
    "load_mnist",
    "prepare",
]
