"""The two compiled functions of a session: train some steps, and measure."""

import numpy as np
import tensorflow as tf

from helpers.feasible_sets import BALLS
from helpers.live.hyperparameters import centralizes, core_of
from helpers.optimizers.conditional_gradient import ConditionalGradient
from helpers.optimizers.gradient_axes import axes_of_variables as resolved_axes
from helpers.optimizers.gradient_centralization import centralize

INTEGER = tf.TensorSpec((), tf.int32)
# The alignment in bytes that TensorFlow's kernels may ask for.
ALIGNMENT = 64


def shared_tensor(array):
    """A tensor of an array: in the array's own memory where possible, else a copy.

    All of MNIST takes 188 MB, which is much on a machine with 1 GB. What is written
    into the array later may change the tensor.

    Args:
        array: Array.
    """
    flags = array.flags
    usable = array.dtype == np.float32 and flags.c_contiguous and flags.writeable
    aligned = array.ctypes.data % ALIGNMENT == 0
    if usable and aligned and not tf.config.list_physical_devices("GPU"):
        return tf.experimental.dlpack.from_dlpack(array.__dlpack__())
    return tf.constant(array)


class TrainingGraph:
    """Model, optimizer and data, compiled once for any number of steps.

    Hyperparameters are variables, so that a new value needs no new trace.

    Args:
        model: Built `keras.Model`.
        optimizer: Built `keras.optimizers.Optimizer`.
        objective: `Objective`.
        data: Pair of arrays, all training examples.
        held_out: Pair of arrays on which the accuracy is measured, or `None`.
        probe: Indices of the training examples on which the gradient is measured.
        batch_size: Integer.

    Attributes:
        traces: How often each function was traced.
    """

    def __init__(self, model, optimizer, objective, data, held_out, probe, batch_size):
        self.model, self.optimizer, self.objective = model, optimizer, objective
        self.batch_size = batch_size
        self.weights = model.trainable_variables
        self.core = core_of(optimizer)
        self.ball = BALLS[getattr(self.core, "ord", "fro")]
        self.x, self.y = shared_tensor(data[0]), tf.constant(data[1])
        self.held_out = held_out and tuple(tf.constant(array) for array in held_out)
        self.probe = tuple(tf.constant(array[probe]) for array in data)
        self.order = tf.Variable(np.arange(len(data[0]), dtype="int32"))
        self.centralize = tf.Variable(centralizes(optimizer))
        self.traces = {"chunk": 0, "measure": 0}
        # Concrete functions cannot be traced again, whatever they are called with.
        self._chunk = tf.function(
            self._train_steps, input_signature=[INTEGER, INTEGER], autograph=False
        ).get_concrete_function()
        self.measure = tf.function(
            self._measure, input_signature=[], autograph=False
        ).get_concrete_function()

    def chunk(self, first, steps):
        """Trains on `steps` batches of this epoch's order, from batch `first` on.

        Returns:
            The sums of the batches' losses and accuracies.
        """
        return self._chunk(tf.constant(first), tf.constant(steps))

    def _train_steps(self, first, steps):
        self.traces["chunk"] += 1

        def body(i, loss, correct):
            rows = self.order[i * self.batch_size : (i + 1) * self.batch_size]
            x, y = tf.gather(self.x, rows), tf.gather(self.y, rows)
            batch_loss, outputs, gradients = self._gradients(x, y, training=True)
            self._apply(gradients)
            accuracy = self.objective.accuracy(y, outputs)
            return i + 1, loss + batch_loss, correct + accuracy

        zero = tf.constant(0.0)
        _, loss, correct = tf.while_loop(
            lambda i, *_: i < first + steps,
            body,
            (first, zero, zero),
            parallel_iterations=1,
        )
        return loss, correct

    def _gradients(self, x, y, training):
        with tf.GradientTape() as tape:
            outputs = self.model(x, training=training)
            loss = self.objective.loss(y, outputs)
            if self.model.losses:
                loss += tf.add_n(
                    [tf.cast(extra, loss.dtype) for extra in self.model.losses]
                )
        loss = tf.cast(loss, "float32")
        return loss, outputs, tape.gradient(loss, [v.value for v in self.weights])

    def _apply(self, gradients):
        if not centralizes(self.optimizer):
            self.optimizer.apply(gradients, self.weights)
            return
        plain = self.optimizer.inner_optimizer

        def step_of(optimizer):
            # Keras's all-reduce takes tensors of its own graph, the branch's, only.
            own = tf.nest.map_structure(tf.identity, gradients, expand_composites=True)
            optimizer.apply(own, self.weights)
            return tf.constant(0)

        # Both branches are traced, so that the switch needs no new trace.
        tf.cond(
            self.centralize, lambda: step_of(self.optimizer), lambda: step_of(plain)
        )

    def _measure(self):
        """Loss, accuracies, norms, Frank–Wolfe gap, share removed by GC.

        What does not apply is NaN. The loss and the gradient are those of the
        network as it predicts, without dropout.
        """
        self.traces["measure"] += 1
        nan = tf.constant(float("nan"))
        x, y = self.probe
        loss, outputs, gradients = self._gradients(x, y, training=False)
        held_out = nan
        if self.held_out:
            predicted = self.model(self.held_out[0], training=False)
            held_out = self.objective.accuracy(self.held_out[1], predicted)
        gradients = [
            tf.zeros(v.shape)
            if g is None
            else tf.cast(tf.convert_to_tensor(g), "float32")
            for g, v in zip(gradients, self.weights, strict=True)
        ]
        gap = share = nan
        if isinstance(self.core, ConditionalGradient):
            gap = self._gap(gradients)
        if centralizes(self.optimizer):
            share = self._removed_share(gradients)
        norms = tf.stack([self.ball.norm(v) for v in self.weights])
        accuracy = self.objective.accuracy(y, outputs)
        return tf.stack([loss, accuracy, held_out, gap, share]), norms

    def _gap(self, gradients):
        """`Σ ⟨g, w − (−λs)⟩`: by how much the linearized loss could still fall."""
        radius = tf.cast(self.core.lambda_, "float32")
        gap = 0.0
        for gradient, variable in zip(gradients, self.weights, strict=True):
            support, _ = self.ball.support(gradient)
            w = tf.cast(variable.value, "float32")
            gap += tf.reduce_sum(gradient * (w + radius * support))
        return gap

    def _removed_share(self, gradients):
        """The share of the gradient's squared norm that centralization takes away."""
        axes = resolved_axes(
            self.optimizer.axes, self.weights, self.optimizer.conv_only
        )
        removed = [
            gradient - centralize(gradient, each)
            for gradient, each in zip(gradients, axes, strict=True)
        ]
        length = tf.linalg.global_norm
        return tf.math.divide_no_nan(length(removed), length(gradients)) ** 2
