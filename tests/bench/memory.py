"""What an optimizer stores besides the weights."""

import keras
import numpy as np
from rows import Row

from helpers.lessons import addons
from helpers.optimizers import ConditionalGradient

SHAPES = [(784, 64), (64,), (64, 64), (64,), (64, 10), (10,)]


def rows(_rounds):
    """Entries in the slots, for each entry of the weights."""
    weights = sum(int(np.prod(shape)) for shape in SHAPES)
    for ord in ("fro", "nuclear"):
        optimizer = ConditionalGradient(0.99, 1.0, ord=ord)
        optimizer.build([keras.Variable(np.zeros(shape)) for shape in SHAPES])
        slots = sum(int(np.prod(v.shape)) for v in optimizer.variables if len(v.shape))
        peer = "SGD without momentum: 0"
        if addons.available():
            peer = f"TensorFlow Addons: {_slots_of_the_original(ord) / weights:g}"
        what = f"memory of CG, `{ord}`"
        yield Row(what, peer, "copies of the weights", (slots / weights,), "≤ 0")


def _slots_of_the_original(ord):
    original = addons.original_conditional_gradient()(0.99, 1.0, ord=ord)
    import tensorflow as tf

    variables = [tf.Variable(tf.zeros(shape)) for shape in SHAPES]
    matrices = [v for v in variables if len(v.shape) == 2]
    chosen = variables if ord == "fro" else matrices
    gradients = [tf.ones(v.shape) for v in chosen]
    original.apply_gradients(zip(gradients, chosen, strict=True))
    return sum(int(np.prod(v.shape)) for v in original.variables() if len(v.shape))
