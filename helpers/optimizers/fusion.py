"""Fewer passes over memory for large variables, on the TensorFlow backend.

An update such as `a * w + b * s` is limited by memory: TensorFlow runs it operation by
operation, and each reads and writes a whole tensor. XLA makes one loop of them all.
JAX does that by itself.
"""

import contextlib
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


def one_loop(variable):
    """Context manager around the update of a variable.

    Where the update is traced by a `tf.function`, as `fit` does, TensorFlow is asked to
    compile the elementwise operations on a large variable into one. It is a hint: a
    device without XLA computes the same without it. All else runs as it is written.
    """
    if keras.config.backend() != "tensorflow" or math.prod(variable.shape) < LARGE:
        return contextlib.nullcontext()
    import tensorflow as tf

    if tf.executing_eagerly():
        return contextlib.nullcontext()
    return tf.xla.experimental.jit_scope(lambda node: node.op in ELEMENTWISE)
