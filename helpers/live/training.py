"""Keras's own training in short pieces, and what is measured between them."""

import contextlib
import math
import time
from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf

from helpers.checks import integer
from helpers.feasible_sets import BALLS
from helpers.live.hyperparameters import core_of, hyperparameters_of
from helpers.optimizers import (
    ConditionalGradient,
    GradientCentralization,
    centralize,
)

# Examples on which gap and share are measured; held-out examples; both at most.
PROBE, HELD_OUT = 512, 1000


@dataclass(frozen=True)
class Record:
    """What happened in a piece of training, and the state after it.

    Attributes:
        step: Steps made so far.
        seconds: Time spent in training steps so far.
        hyperparameters: Dict from name to value in this piece.
        loss: Mean loss of the piece. In the first record, and nowhere else, that on
            the fixed training examples on which `gap` is measured.
        metrics: Dict from name to value of the model's other metrics, as `loss`.
        held_out: Dict with loss and metrics on fixed held-out examples, or empty.
        gap: Frank–Wolfe gap on fixed training examples, at least 0 where every
            variable is in its ball; NaN for other optimizers.
        removed_share: The share of the gradient's squared norm that full
            centralization takes away on fixed examples; NaN for other optimizers.
        norms: Norm of each trainable variable: the norm of the ball, where there is
            one, and Frobenius otherwise.
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
        _check(model, batches)
        self.model, self._batches, self._iterator = model, batches, None
        probe = next(iter(batches.unbatch().batch(PROBE)), None)
        if probe is None:
            raise ValueError("`batches` must hold at least one example")
        x, y, weights = keras.utils.unpack_x_y_sample_weight(probe)
        self._probe = tf.data.Dataset.from_tensors(probe)
        self._held_out = None if held_out is None else _sample(held_out)
        model.evaluate(self._probe, verbose=0)  # builds what is not built yet
        optimizer = model.optimizer
        optimizer.build(model.trainable_variables)
        self.known = hyperparameters_of(optimizer)
        self.core = core_of(optimizer)
        self.norm = getattr(self.core, "ord", "fro")
        self.ball = BALLS[self.norm]
        self.kind = None
        if isinstance(self.core, ConditionalGradient):
            self.kind = "gap"
        elif isinstance(optimizer, GradientCentralization):
            self.kind = "removed_share"
        self._measure = tf.function(
            lambda: self._norms_and(x, y, weights), autograph=False
        ).get_concrete_function()
        state = [*model.variables, *optimizer.variables]
        self._first = [(variable, variable.numpy()) for variable in state]
        self.start()

    @property
    def hyperparameters(self):
        return {name: known.read() for name, known in self.known.items()}

    def set(self, **values):
        unknown = set(values) - set(self.known)
        if unknown:
            name = min(unknown)
            raise ValueError(
                f"This panel can set {list(self.known)}. "
                f"Received: {name!r} = {values[name]!r}"
            )
        checked = {name: self.known[name].check(v) for name, v in values.items()}
        for name, value in checked.items():
            self.known[name].write(value)

    def start(self):
        """From the first weights, with the hyperparameters as they are."""
        steered = self.hyperparameters
        for variable, value in self._first:
            variable.assign(value)
        self.set(**steered)
        self._iterator, self.step, self._seconds, self.speed = None, 0, 0.0, None
        logs = self._evaluate(self._probe)
        self.history = [self._record(self.hyperparameters, logs)]

    def train(self, steps):
        steps = integer("steps", steps, 1)
        return self._train(lambda made, _elapsed: made < steps)

    def advance(self, seconds):
        """Trains for about so long, one call of the train function at least."""
        return self._train(
            lambda made, elapsed: elapsed * (made + self._each) < seconds * made
        )

    @property
    def steps_per_epoch(self):
        """Batches in one pass; below 0 where nobody knows."""
        return int(self._batches.cardinality())

    @property
    def _each(self):
        return self.model.steps_per_execution

    def _train(self, unfinished):
        if self._iterator is None:
            self._iterator = iter(self._batches.repeat())
        before, made, started = self.hyperparameters, 0, time.perf_counter()
        self.model.reset_metrics()
        self.model.make_train_function()
        while not made or unfinished(made, time.perf_counter() - started):
            logs = self.model.train_function(self._iterator)
            made += self._each
            self.step += self._each
        logs = _numbers(logs)
        seconds = time.perf_counter() - started
        self._seconds += seconds
        self.speed = made / seconds
        self.history.append(self._record(before, logs))
        return self.history[-1]

    def _record(self, hyperparameters, logs):
        norms, special = self._measure()
        held_out = self._evaluate(self._held_out) if self._held_out else {}
        loss = logs.pop("loss")
        gap, share = (
            float(special) if self.kind == kind else math.nan
            for kind in ("gap", "removed_share")
        )
        norms, past = tuple(norms.numpy().tolist()), (self.step, self._seconds)
        return Record(*past, hyperparameters, loss, logs, held_out, gap, share, norms)

    def _evaluate(self, dataset):
        """Loss and metrics by Keras's own test function."""
        self.model.reset_metrics()
        batches, logs = iter(dataset), {}
        with contextlib.suppress(StopIteration, tf.errors.OutOfRangeError):
            while True:
                logs = self.model.test_function(batches)
        return _numbers(logs)

    def _norms_and(self, x, y, weights):
        """The norms, and what the optimizer is about, as it predicts: no dropout."""
        variables = self.model.trainable_variables
        norms = tf.stack([self.ball.norm(v) for v in variables])
        if self.kind is None:
            return norms, tf.constant(np.nan)
        with tf.GradientTape() as tape:
            outputs = self.model(x, training=False)
            loss = self.model.compute_loss(x, y, outputs, weights, training=False)
        gradients = [
            tf.cast(tf.convert_to_tensor(g), "float32")
            for g in tape.gradient(
                loss, [v.value for v in variables], unconnected_gradients="zero"
            )
        ]
        of_kind = self._gap if self.kind == "gap" else self._removed_share
        return norms, of_kind(gradients)

    def _gap(self, gradients):
        """`Σ ⟨g, w − (−λs)⟩`: by how much the linearized loss could still fall."""
        radius = tf.cast(self.core.lambda_, "float32")
        gap = 0.0
        for g, variable in zip(gradients, self.model.trainable_variables, strict=True):
            support, _start = self.ball.support(g)
            gap += tf.reduce_sum(g * (tf.cast(variable, "float32") + radius * support))
        return gap

    def _removed_share(self, gradients):
        axes = self.model.optimizer.axes_of(self.model.trainable_variables)
        pairs = zip(gradients, axes, strict=True)
        length = tf.linalg.global_norm
        removed = [g - centralize(g, each) for g, each in pairs]
        return tf.math.divide_no_nan(length(removed), length(gradients)) ** 2


def _numbers(logs):
    return {name: float(v) for name, v in logs.items() if np.size(v) == 1}


def _sample(held_out):
    """At most `HELD_OUT` examples, always the same."""
    if not isinstance(held_out, tf.data.Dataset):
        try:
            examples = tf.data.Dataset.from_tensor_slices(tuple(held_out))
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


def _check(model, batches):
    if keras.backend.backend() != "tensorflow":
        raise RuntimeError(
            "LivePanel runs on Keras's TensorFlow backend only. "
            f"This one is {keras.backend.backend()!r}"
        )
    if not isinstance(model, keras.Model):
        raise TypeError(f"`model` must be a keras.Model. Received: {model!r}")
    if not model.compiled:
        raise ValueError(f"`model` must be compiled. Received: {model.name!r}")
    if not isinstance(batches, tf.data.Dataset):
        raise TypeError(
            "`batches` must be a tf.data.Dataset of batches, such as "
            f"helpers.datasets.batches makes. Received: {type(batches).__name__}"
        )
