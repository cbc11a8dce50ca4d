"""Keras callbacks: norms of the weights, time, and a progress bar."""

import time

import keras
import numpy as np
from keras import ops

from helpers.feasible_sets import BALLS
from helpers.i18n import _
from helpers.names import short_names
from helpers.progress import show_bar


class WeightNorms(keras.callbacks.Callback):
    """Record the norm of every trainable variable, and of all of them jointly.

    Args:
        ord: Norm, `"fro"` or `"nuclear"`. The joint norm is always the Frobenius
            norm of all variables together.
        every: `"epoch"` or `"batch"`: when to record. What comes before the first
            update is recorded too, so there is one entry more than updates.

    Attributes:
        history: Dict of lists of floats: the path of each variable, such as
            `"dense_1/kernel"`, and `"joint"`.

    Raises:
        ValueError: If `ord` or `every` is none of the above.
    """

    def __init__(self, ord="fro", every="epoch"):
        super().__init__()
        if ord not in BALLS:
            raise ValueError(f"`ord` must be one of {list(BALLS)}. Received: {ord!r}")
        if every not in ("epoch", "batch"):
            raise ValueError(f"`every` must be 'epoch' or 'batch'. Received: {every!r}")
        self.ord = ord
        self.every = every
        self.history = {}

    def on_train_begin(self, logs=None):
        if not self.history:
            self._record()

    def on_train_batch_end(self, batch, logs=None):
        if self.every == "batch":
            self._record()

    def on_epoch_end(self, epoch, logs=None):
        if self.every == "epoch":
            self._record()

    def _record(self):
        variables = self.model.trainable_variables
        weights = [ops.convert_to_numpy(variable) for variable in variables]
        frobenius = [np.linalg.norm(w) for w in weights]
        norms = frobenius
        if self.ord != "fro":
            norms = [BALLS[self.ord].norm(variable) for variable in variables]
        values = [*norms, np.linalg.norm(frobenius)]
        paths = [variable.path for variable in variables]
        names = [*short_names(paths), "joint"]
        for name, value in zip(names, values, strict=True):
            self.history.setdefault(name, []).append(float(value))


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

    def __init__(self, name=""):
        super().__init__()
        self.name = name

    def on_train_begin(self, logs=None):
        self._epoch = 0
        self._start = time.perf_counter()
        self._shown_at = 0.0
        # Of some data Keras does not know the number of batches; then epochs count.
        self._steps = self.params["steps"]
        text = _("Training: {name}").format(name=self.name)
        self._bar, self._text = show_bar(self.name, text)
        self._bar.max = self.params["epochs"] * (self._steps or 1)

    def on_epoch_begin(self, epoch, logs=None):
        self._epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        if self._steps and time.perf_counter() - self._shown_at > 0.1:
            self._show(self._epoch * self._steps + batch + 1, logs)

    def on_epoch_end(self, epoch, logs=None):
        self._show((epoch + 1) * (self._steps or 1), logs)

    def on_train_end(self, logs=None):
        self._bar.bar_style = "success"

    def _show(self, done, logs):
        now = time.perf_counter()
        self._shown_at = now
        self._bar.value = done
        left = (now - self._start) * max(self._bar.max - done, 0) / done
        self._text.value = _(
            "epoch {epoch} of {epochs} · loss {loss:.3f} · accuracy {accuracy:.3f} "
            "· {seconds:.0f} s left"
        ).format(
            epoch=self._epoch + 1,
            epochs=self.params["epochs"],
            loss=(logs or {}).get("loss", float("nan")),
            accuracy=(logs or {}).get("accuracy", float("nan")),
            seconds=left,
        )
