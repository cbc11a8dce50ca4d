"""Fewer passes over memory for large variables, on the TensorFlow backend.

An update such as `a * w + b * s` is limited by memory: TensorFlow runs it operation by
operation, and each reads and writes a whole tensor. XLA makes one loop of them all.
JAX does that by itself.
"""

import contextlib
import functools
import math

import keras

# From this many entries on, one loop gains more than it takes to start it.
LARGE = 2**18

# Reductions are left out: TensorFlow runs them on all cores, XLA on one.
ELEMENTWISE = {
    "AddV2",
    "AssignVariableOp",
    "Cast",
    "DivNoNan",
    "Maximum",
    "Minimum",
    "Mul",
    "Neg",
    "ReadVariableOp",
    "Sub",
}


def fused(update_step):
    """Decorate `update_step(self, gradient, variable, learning_rate)`.

    Where the step is traced by a `tf.function`, as `fit` does, TensorFlow is asked to
    compile the elementwise operations on a large variable into one. It is a hint: a
    device without XLA computes the same without it. All else runs as it is written.
    """

    @functools.wraps(update_step)
    def wrapper(self, gradient, variable, learning_rate):
        with _one_loop(variable):
            return update_step(self, gradient, variable, learning_rate)

    return wrapper


def _one_loop(variable):
    if keras.config.backend() != "tensorflow" or math.prod(variable.shape) < LARGE:
        return contextlib.nullcontext()
    import tensorflow as tf

    if tf.executing_eagerly():
        return contextlib.nullcontext()
    return tf.xla.experimental.jit_scope(lambda node: node.op in ELEMENTWISE)
