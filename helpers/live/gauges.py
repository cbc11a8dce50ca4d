"""What a live panel measures of an optimizer beside loss, metrics and norms."""

import math

import keras
import tensorflow as tf

from helpers._support.i18n import _
from helpers.feasible_sets import frobenius_norm
from helpers.optimizers import FrankWolfe, GradientCentralization, centralize
from helpers.optimizers.gradients import loss_gradients


class Gauge:
    """The gauge of an optimizer of which no more is known: it measures nothing.

    Attributes:
        title: Title of the graph of what it measures, "" if there is none.
        limits: Ends of that graph's axis, `None` if it is logarithmic.
        below: How the graph calls what is below 0, on a logarithmic axis.
        norm: Function from a variable to the norm that the panel shows of it.
        norm_title: Title of the graph of the norms.
        radius: Name of the hyperparameter that bounds the norms, or `None`.
    """

    title, limits, below, radius = "", None, "", None

    def __init__(self):
        self.norm = frobenius_norm
        self.norm_title = _("Frobenius norm of each variable")

    def measure(self, model, batch):
        """The number, a tensor, of a batch of examples; NaN if there is none."""
        return tf.constant(math.nan)

    def sentences(self, record):
        """What it says of a `Record`, as a list."""
        return []


class GapGauge(Gauge):
    """The Frank–Wolfe gap, below 0 only where a variable is outside its ball."""

    def __init__(self, optimizer):
        super().__init__()
        self._optimizer, self.norm = optimizer, optimizer.ball.norm
        self.radius = "lambda_" if hasattr(optimizer, "lambda_") else "radius"
        titles = {"fro": self.norm_title, "nuclear": _("Nuclear norm of each variable")}
        other = _("Norm of each variable, that of its ball")
        self.norm_title = titles.get(getattr(optimizer, "ord", None), other)
        self.title = _("Frank–Wolfe gap")
        self.below = _("below 0: outside the ball")

    def measure(self, model, batch):
        return self._optimizer.gap(*_gradients(model, batch))

    def sentences(self, record):
        text = _("The largest norm is {norm:.3g}, the bound λ is {radius:.4g}.")
        radius = record.hyperparameters[self.radius]
        said = [text.format(norm=max(record.norms), radius=radius)]
        if record.measured < 0:
            text = _("The Frank–Wolfe gap is below 0: a variable is outside its ball.")
            said.append(text)
        return said


class ShareGauge(Gauge):
    """The share of the gradient's squared norm that full centralization removes."""

    limits = (0, 1)

    def __init__(self, optimizer):
        super().__init__()
        self._optimizer, self.title = optimizer, _("Share that GC removes")

    def measure(self, model, batch):
        gradients, variables = _gradients(model, batch)
        axes = self._optimizer.axes_of(variables)
        pairs = zip(gradients, axes, strict=True)
        removed = [g - centralize(g, each) for g, each in pairs]
        length = tf.linalg.global_norm
        return tf.math.divide_no_nan(length(removed), length(gradients)) ** 2

    def sentences(self, record):
        text = _("Centralization removes {share:.0%} of the gradient's squared norm.")
        if record.hyperparameters["strength"] < 1:
            text = _(
                "At full strength, centralization would remove {share:.0%} of the "
                "gradient's squared norm."
            )
        return [text.format(share=record.measured)]


def core_of(optimizer):
    """The optimizer inside its wrappers: the one that makes the step."""
    inner = getattr(optimizer, "inner_optimizer", None)
    return core_of(inner) if inner else optimizer


def gauge_of(optimizer):
    """The `Gauge` of a Keras optimizer, in the reader's language."""
    core = core_of(optimizer)
    if isinstance(core, FrankWolfe):
        return GapGauge(core)
    if isinstance(optimizer, GradientCentralization):
        return ShareGauge(optimizer)
    return Gauge()


def _gradients(model, batch):
    """Of the loss as the model predicts, without dropout; and their variables."""
    gradients = loss_gradients(model, *keras.utils.unpack_x_y_sample_weight(batch))
    gradients = [tf.cast(tf.convert_to_tensor(g), "float32") for g in gradients]
    return gradients, model.trainable_variables
