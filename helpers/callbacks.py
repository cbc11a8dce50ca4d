"""Keras callbacks: norms of the weights, time and a progress bar, which also serves
other work.
"""

import time
from typing import Any

import keras
import numpy as np
from keras import ops

from helpers import feasible_sets
from helpers.i18n import _


class _Recorder(keras.callbacks.Callback):
    """Calls `_record` before training, if `history` is empty, and after each update."""

    def __init__(self, every):
        super().__init__()
        if every not in ("epoch", "batch"):
            raise ValueError(f"`every` must be 'epoch' or 'batch'. Received: {every!r}")
        self.every = every

    def on_train_begin(self, logs=None):
        if not self.history:
            self._record()

    def on_train_batch_end(self, batch, logs=None):
        if self.every == "batch":
            self._record()

    def on_epoch_end(self, epoch, logs=None):
        if self.every == "epoch":
            self._record()


class WeightNorms(_Recorder):
    """Record the norm of every trainable variable, and of all of them jointly.

    Args:
        ord: Norm, a name or a set of `helpers.feasible_sets`. The joint norm is always
            the Frobenius norm of all variables together.
        every: `"epoch"` or `"batch"`: when to record. What comes before the first
            update is recorded too, so there is one entry more than updates.

    Attributes:
        history: Dict of lists of floats: the path of each variable, such as
            `"dense_1/kernel"`, and `"joint"`.

    Raises:
        ValueError: If `ord` or `every` is none of the above.
    """

    def __init__(self, ord: str = "fro", every: str = "epoch") -> None:
        super().__init__(every)
        try:
            self._set = feasible_sets.get(ord)
        except ValueError as error:
            raise ValueError(f"`ord` is none of the norms. {error}") from None
        self.ord = ord
        self.history = {}

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


class FrankWolfeGap(_Recorder):
    """Record the Frank–Wolfe gap of the loss on fixed examples, on any backend.

    The optimizer must have `gap`, as `FrankWolfe` and `ConditionalGradient` do.

    Args:
        x: Inputs of the examples, as the model takes them.
        y: Targets of the examples.
        every: `"epoch"` or `"batch"`: when to record. What comes before the first
            update is recorded too, so there is one entry more than updates.

    Attributes:
        history: List of floats.

    Raises:
        ValueError: If `every` is neither, or the model's optimizer has no `gap`.
    """

    def __init__(self, x: Any, y: Any, every: str = "epoch") -> None:
        super().__init__(every)
        self.x, self.y = ops.convert_to_tensor(x), ops.convert_to_tensor(y)
        self.history = []

    def on_train_begin(self, logs=None):
        if not hasattr(self.model.optimizer, "gap"):
            raise ValueError(
                "`FrankWolfeGap` needs an optimizer with a method `gap`, such as "
                f"`FrankWolfe`. Received: {self.model.optimizer!r}"
            )
        super().on_train_begin(logs)

    def _record(self):
        variables = self.model.trainable_variables
        gap = self.model.optimizer.gap(gradients(self.model, self.x, self.y), variables)
        self.history.append(float(ops.convert_to_numpy(gap)))


def gradients(model, x, y, sample_weight=None):
    """The gradients of a compiled model's loss, as without dropout, on any backend.

    Args:
        model: Compiled `keras.Model`.
        x: Tensor, the inputs.
        y: Tensor, the targets.
        sample_weight: Tensor, a weight for each example, or `None`.

    Returns:
        List of tensors, one for each trainable variable; zeros for a variable that the
        loss does not depend on.
    """
    variables = model.trainable_variables
    values = [variable.value for variable in variables]

    def loss():
        outputs = model(x, training=False)
        return model.compute_loss(x, y, outputs, sample_weight, training=False)

    if keras.config.backend() == "tensorflow":
        import tensorflow as tf

        with tf.GradientTape() as tape:
            value = loss()
        return tape.gradient(value, values, unconnected_gradients="zero")
    if keras.config.backend() == "torch":
        import torch

        return torch.autograd.grad(loss(), values, materialize_grads=True)
    import jax

    def of(values):
        with keras.StatelessScope(zip(variables, values, strict=True)):
            return loss()

    return jax.grad(of)(values)


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


class Steps:
    """A bar in the notebook, moved by `progress(done, total)`.

    Give it to whatever takes a `progress` argument. It appears with the first step,
    so that work that need not be done again shows none. It has no plain text: whether
    it appears is no part of a notebook's result. Outside a notebook it shows nothing.

    Args:
        name: Shown before the bar: what is being done, such as `"GC"`.
    """

    def __init__(self, name: str = "") -> None:
        self.name = name
        self._bar = None

    def __call__(self, done, total):
        """Shows that `done` of `total` steps are behind us."""
        if self._bar is None:
            self._start = time.perf_counter()
            self._bar, self._text = show_bar(self.name)
        self._bar.max = total
        self._bar.value = done
        if done <= 1:
            message = _("{done} of {total}")
        else:
            message = _("{done} of {total} · {seconds:.0f} s left")
        elapsed = time.perf_counter() - self._start
        self._text.value = message.format(
            done=done, total=total, seconds=elapsed * (total - done) / max(done, 1)
        )
        if done >= total:
            self._bar.bar_style = "success"


def show_bar(name, text=None):
    """Shows a bar in the notebook; outside one, nothing.

    Args:
        name: Shown before the bar.
        text: What a page without widgets, such as GitHub's, shows instead.

    Returns:
        `ipywidgets.IntProgress` and, to the right of it, `ipywidgets.Label`.
    """
    import ipywidgets
    from IPython import get_ipython
    from IPython.display import display

    bar = ipywidgets.IntProgress(layout={"width": "30%"})
    label = ipywidgets.Label(layout={"width": "auto"})
    box = ipywidgets.HBox([ipywidgets.Label(name), bar, label])
    if get_ipython():
        view = {"model_id": box.model_id, "version_major": 2, "version_minor": 0}
        shown = {"application/vnd.jupyter.widget-view+json": view}
        display(shown | ({"text/plain": text} if text else {}), raw=True)
    return bar, label


def drawing():
    """A bar for the pictures that are drawn when the data are first prepared."""
    return Steps(_("Drawing the pictures"))


def short_names(paths):
    """`layer/weight` of each variable, or all paths whole where that is ambiguous.

    Args:
        paths: List of strings, the `path` of each variable.
    """
    short = ["/".join(path.split("/")[-2:]) for path in paths]
    return short if len(set(short)) == len(short) else list(paths)
