"""Keras callbacks: norms of weights, the Frank–Wolfe gap, time, a progress bar."""

import time
from typing import Any

import keras
import numpy as np
from keras import ops

from helpers import feasible_sets
from helpers._support.i18n import _
from helpers._support.progress import Steps
from helpers.optimizers.gradients import loss_gradients


class WeightNorms(keras.callbacks.Callback):
    """Record the norm of every trainable variable, and of all of them jointly.

    With `examples` it records the Frank–Wolfe gap of the loss on them too.

    Args:
        ord: Norm, a name or a set of `helpers.feasible_sets`. The joint norm is always
            the Frobenius norm of all variables together.
        every: `"epoch"` or `"batch"`: when to record. What comes before the first
            update is recorded too, so there is one entry more than updates.
        examples: Pair `(x, y)` of inputs and targets as the model takes them, or
            `None`. For the gap the model's optimizer must have a method `gap`, as
            `FrankWolfe` and `ConditionalGradient` do.

    Attributes:
        history: Dict of lists of floats: the path of each variable, such as
            `"dense_1/kernel"`, then `"joint"`, and `"gap"` where there are examples.

    Raises:
        ValueError: If an argument is not as above, or, when training begins, the
            model's optimizer has no `gap`.
    """

    def __init__(
        self,
        ord: str | feasible_sets.FeasibleSet = "fro",
        every: str = "epoch",
        examples: tuple[Any, Any] | None = None,
    ) -> None:
        super().__init__()
        if every not in ("epoch", "batch"):
            raise ValueError(f"`every` must be 'epoch' or 'batch'. Received: {every!r}")
        pair = isinstance(examples, tuple | list) and len(examples) == 2
        if examples is not None and not pair:
            raise ValueError(
                "`examples` must be a pair (x, y) of inputs and targets, or None. "
                f"Received: {examples!r}"
            )
        self._set = feasible_sets.get(ord)
        self.ord, self.every, self.examples = ord, every, examples
        self.history = {}

    def on_train_begin(self, logs=None):
        if self.examples and not hasattr(self.model.optimizer, "gap"):
            raise ValueError(
                "`examples` are for an optimizer with a method `gap`, such as "
                f"`FrankWolfe`. Received: {self.model.optimizer!r}"
            )
        if not self.history:
            self._record_all()

    def on_train_batch_end(self, batch, logs=None):
        if self.every == "batch":
            self._record_all()

    def on_epoch_end(self, epoch, logs=None):
        if self.every == "epoch":
            self._record_all()

    def _record_all(self):
        self._record()
        if self.examples:
            gradients = loss_gradients(self.model, *self.examples)
            gap = self.model.optimizer.gap(gradients, self.model.trainable_variables)
            self.history.setdefault("gap", []).append(float(gap))

    def _record(self):
        variables = self.model.trainable_variables
        weights = [ops.convert_to_numpy(variable) for variable in variables]
        frobenius = [np.linalg.norm(w) for w in weights]
        norms = frobenius
        if self.ord != "fro":
            norms = [self._set.norm(variable) for variable in variables]
        values = [*norms, np.linalg.norm(frobenius)]
        paths = [variable.path for variable in variables]
        names = [*short_names(paths), "joint"]
        for name, value in zip(names, values, strict=True):
            self.history.setdefault(name, []).append(float(value))


def short_names(paths):
    """`layer/weight` of each variable, or all paths whole where that is ambiguous.

    Args:
        paths: List of strings, the `path` of each variable.
    """
    short = ["/".join(path.split("/")[-2:]) for path in paths]
    return short if len(set(short)) == len(short) else list(paths)


class EpochTimer(keras.callbacks.Callback):
    """Measure the duration of each epoch.

    Attributes:
        times: List of floats: seconds per epoch, validation included.
    """

    def on_train_begin(self, logs=None):
        self.times = []

    def on_epoch_begin(self, epoch, logs=None):
        self._start = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        self.times.append(time.perf_counter() - self._start)


class ProgressBar(keras.callbacks.Callback):
    """A bar in the notebook, with epoch, loss, accuracy and the time left.

    Give `fit` `verbose=0` beside it. Outside a notebook it shows nothing.

    Args:
        name: Shown before the bar: what is being trained, such as `"SGD"`.
    """

    def __init__(self, name: str = "") -> None:
        super().__init__()
        self.name = name

    def on_train_begin(self, logs=None):
        self._epoch, self._shown_at = 0, 0.0
        text = _("Training: {name}").format(name=self.name)
        self._steps = Steps(self.name, text)
        self._steps.move(0, self.params["epochs"], "")

    def on_epoch_begin(self, epoch, logs=None):
        self._epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        # Of some data Keras does not know the number of batches.
        batches = self.params["steps"]
        if batches and time.perf_counter() - self._shown_at > 0.1:
            self._show(self._epoch + (batch + 1) / batches, logs)

    def on_epoch_end(self, epoch, logs=None):
        self._show(epoch + 1, logs)

    def on_train_end(self, logs=None):
        self._steps.finish()

    def _show(self, done, logs):
        self._shown_at = time.perf_counter()
        message = _(
            "epoch {epoch} of {epochs} · loss {loss:.3f} · accuracy {accuracy:.3f} "
            "· {seconds:.0f} s left"
        )
        epochs, unknown = self.params["epochs"], float("nan")
        self._steps.move(
            done,
            epochs,
            message,
            epoch=self._epoch + 1,
            epochs=epochs,
            loss=logs.get("loss", unknown),
            accuracy=logs.get("accuracy", unknown),
        )
