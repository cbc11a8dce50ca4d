"""Keras's own training in short pieces, and what is measured between them."""

import contextlib
import math
import time
from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf

from helpers.live.gauges import gauge_of
from helpers.live.hyperparameters import hyperparameters_of

# Examples on which the gauge measures; held-out examples; both at most.
PROBE, HELD_OUT = 512, 1000


@dataclass(frozen=True)
class Record:
    """What happened in a piece of training, and the state after it.

    Attributes:
        step: Steps made so far.
        seconds: Time spent in training steps so far.
        hyperparameters: Dict from name to value in this piece.
        loss: Mean loss of the piece; in the first record, on the fixed examples.
        metrics: Dict from name to value of the model's other metrics, as `loss`.
        held_out: Dict with loss and metrics on fixed held-out examples, or empty.
        measured: What the optimizer is about, on fixed training examples: the
            Frank–Wolfe gap, at least 0 where every variable is in its set; the share of
            the gradient's squared norm that full centralization takes away; or NaN.
        norms: Norm of each trainable variable: that of its set, or Frobenius.
    """

    step: int
    seconds: float
    hyperparameters: dict
    loss: float
    metrics: dict
    held_out: dict
    measured: float
    norms: tuple


class Training:
    """A compiled model, trained by Keras's own train function, for `LivePanel`."""

    def __init__(self, model, batches, held_out=None):
        if keras.backend.backend() != "tensorflow":
            raise RuntimeError(
                "LivePanel runs on Keras's TensorFlow backend only. "
                f"This one is {keras.backend.backend()!r}"
            )
        if not isinstance(model, keras.Model) or not model.compiled:
            raise ValueError(
                f"`model` must be a compiled Keras model. Received: {model!r}"
            )
        if not isinstance(batches, tf.data.Dataset):
            raise TypeError(
                "`batches` must be a tf.data.Dataset of batches, such as "
                f"helpers.data.batches makes. Received: {type(batches).__name__}"
            )
        self.model, self._batches, self.history = model, batches, []
        self.steps_per_epoch = int(batches.cardinality())  # below 0: nobody knows
        probe = batches.unbatch().batch(PROBE).take(1).get_single_element()
        self._probe = tf.data.Dataset.from_tensors(probe)
        self._held_out = None if held_out is None else _sample(held_out)
        model.evaluate(self._probe, verbose=0)  # builds what is not built yet
        optimizer = model.optimizer
        optimizer.build(model.trainable_variables)
        self.known, self.gauge = hyperparameters_of(optimizer), gauge_of(optimizer)
        self._measure = tf.function(
            lambda: (
                tf.stack([self.gauge.norm(v) for v in model.trainable_variables]),
                self.gauge.measure(model, probe),
            ),
            autograph=False,
        ).get_concrete_function()
        state = [*model.variables, *optimizer.variables]
        self._first = [(variable, variable.numpy()) for variable in state]
        self.start()

    @property
    def hyperparameters(self):
        return {name: known.read() for name, known in self.known.items()}

    def set(self, **values):
        if unknown := {n: v for n, v in values.items() if n not in self.known}:
            raise ValueError(f"Can be set: {list(self.known)}. Received: {unknown}")
        checked = {name: self.known[name].check(v) for name, v in values.items()}
        for name, value in checked.items():
            setattr(self.known[name].owner, name, value)

    def start(self):
        """From the first weights, with the hyperparameters as they are."""
        steered = self.hyperparameters
        for variable, value in self._first:
            variable.assign(value)
        self.set(**steered)
        self._iterator, self.step, self._seconds, self.speed = None, 0, 0.0, None
        self.history[:] = [self._record(steered, self._evaluate(self._probe))]

    def train(self, steps=math.inf, seconds=math.inf):
        """Whole calls of the train function, for so many steps or about so long."""
        if self._iterator is None:
            self._iterator = iter(self._batches.repeat())
        before, each = self.hyperparameters, self.model.steps_per_execution
        made, spent, started = 0, 0.0, time.perf_counter()
        self.model.reset_metrics()
        self.model.make_train_function()
        while made == 0 or (made < steps and spent * (made + each) < seconds * made):
            logs = self.model.train_function(self._iterator)
            made += each
            self.step += each
            spent = time.perf_counter() - started
        logs = _numbers(logs)
        spent = time.perf_counter() - started
        self._seconds += spent
        self.speed = made / spent
        self.history.append(self._record(before, logs))
        return self.history[-1]

    def _record(self, hyperparameters, logs):
        norms, measured = self._measure()
        held_out = self._evaluate(self._held_out) if self._held_out else {}
        past, loss = (self.step, self._seconds, hyperparameters), logs.pop("loss")
        measures = (float(measured), tuple(norms.numpy().tolist()))
        return Record(*past, loss, logs, held_out, *measures)

    def _evaluate(self, dataset):
        """Loss and metrics by Keras's own test function."""
        self.model.reset_metrics()
        self.model.make_test_function()
        batches = iter(dataset)
        with contextlib.suppress(StopIteration, tf.errors.OutOfRangeError):
            while True:
                logs = self.model.test_function(batches)
        return _numbers(logs)


def _numbers(logs):
    return {name: float(v) for name, v in logs.items() if keras.ops.size(v) == 1}


def _sample(held_out):
    """At most `HELD_OUT` examples, always the same."""
    if not isinstance(held_out, tf.data.Dataset):
        try:
            arrays = keras.tree.map_structure(np.asarray, tuple(held_out))
            (count,) = {len(array) for array in keras.tree.flatten(arrays)}
        except (TypeError, ValueError) as error:
            raise ValueError(
                "`held_out` must be a pair of arrays, as many examples as labels, or a "
                f"tf.data.Dataset of batches. Received: {held_out!r}"
            ) from error
        chosen = np.random.default_rng(0).permutation(count)[:HELD_OUT]
        arrays = keras.tree.map_structure(lambda array: array[chosen], arrays)
        held_out = tf.data.Dataset.from_tensors(arrays)
    options = tf.data.Options()  # on batches this few, tuning costs more than it gains
    options.autotune.enabled = False
    options.experimental_optimization.apply_default_optimizations = False
    sample = held_out.unbatch().take(HELD_OUT).batch(250)
    return sample.cache().with_options(options)
