"""Keras's own training in short pieces, and what is measured between them."""

import contextlib
import math
import time
from dataclasses import dataclass

import keras
import tensorflow as tf

from helpers.data.mnist import shared
from helpers.feasible_sets import frobenius_norm
from helpers.live.hyperparameters import core_of, hyperparameters_of
from helpers.optimizers import FrankWolfe, GradientCentralization, centralize
from helpers.optimizers.gradients import loss_gradients

# Examples on which gap and share are measured; held-out examples; both at most.
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
        gap: Frank–Wolfe gap on fixed training examples, at least 0 where every
            variable is in its set; NaN for other optimizers.
        removed_share: The share of the gradient's squared norm that full
            centralization takes away, likewise.
        norms: Norm of each trainable variable: that of its set, or Frobenius.
    """

    step: int
    seconds: float
    hyperparameters: dict
    loss: float
    metrics: dict
    held_out: dict
    gap: float
    removed_share: float
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
        self.known, core = hyperparameters_of(optimizer), core_of(optimizer)
        self.kind, self._norm = None, frobenius_norm
        if isinstance(core, FrankWolfe):
            self.kind, self._norm, self._of_kind = "gap", core.ball.norm, core.gap
        elif isinstance(optimizer, GradientCentralization):
            self.kind, self._of_kind = "removed_share", self._removed_share
        self._measure = tf.function(
            lambda: self._norms_and(*keras.utils.unpack_x_y_sample_weight(probe)),
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
        norms, special = self._measure()
        gap, share = (
            float(special) if self.kind == kind else math.nan
            for kind in ("gap", "removed_share")
        )
        held_out = self._evaluate(self._held_out) if self._held_out else {}
        past, loss = (self.step, self._seconds, hyperparameters), logs.pop("loss")
        norms = tuple(norms.numpy().tolist())
        return Record(*past, loss, logs, held_out, gap, share, norms)

    def _evaluate(self, dataset):
        """Loss and metrics by Keras's own test function."""
        self.model.reset_metrics()
        self.model.make_test_function()
        batches = iter(dataset)
        with contextlib.suppress(StopIteration, tf.errors.OutOfRangeError):
            while True:
                logs = self.model.test_function(batches)
        return _numbers(logs)

    def _norms_and(self, x, y, weights):
        """The norms, and what the optimizer is about, as it predicts: no dropout."""
        variables = self.model.trainable_variables
        norms = tf.stack([self._norm(variable) for variable in variables])
        if self.kind is None:
            return norms, tf.constant(math.nan)
        gradients = loss_gradients(self.model, x, y, weights)
        gradients = [tf.cast(tf.convert_to_tensor(g), "float32") for g in gradients]
        return norms, self._of_kind(gradients, variables)

    def _removed_share(self, gradients, variables):
        axes = self.model.optimizer.axes_of(variables)
        pairs = zip(gradients, axes, strict=True)
        removed = [g - centralize(g, each) for g, each in pairs]
        length = tf.linalg.global_norm
        return tf.math.divide_no_nan(length(removed), length(gradients)) ** 2


def _numbers(logs):
    return {name: float(v) for name, v in logs.items() if keras.ops.size(v) == 1}


def _sample(held_out):
    """At most `HELD_OUT` examples, always the same."""
    if not isinstance(held_out, tf.data.Dataset):
        try:
            arrays = tuple(shared(array) for array in held_out)
            examples = tf.data.Dataset.from_tensor_slices(arrays)
        except (TypeError, ValueError) as error:
            raise ValueError(
                "`held_out` must be a pair of arrays, as many examples as labels, or a "
                f"tf.data.Dataset of batches: {error}"
            ) from error
        held_out = examples.shuffle(10 * HELD_OUT, seed=0).batch(HELD_OUT)
    options = tf.data.Options()  # on batches this few, tuning costs more than it gains
    options.autotune.enabled = False
    options.experimental_optimization.apply_default_optimizations = False
    sample = held_out.unbatch().take(HELD_OUT).batch(250)
    return sample.cache().with_options(options)
