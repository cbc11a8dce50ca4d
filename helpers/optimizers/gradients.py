"""The gradients of a model's loss, on any backend."""

import keras
from keras import ops


def loss_gradients(model, x, y, sample_weight=None):
    """The gradients of a compiled model's loss, as without dropout, on any backend.

    Args:
        model: Compiled `keras.Model`.
        x: Array or tensor, the inputs.
        y: Array or tensor, the targets.
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


def gradients_of(model, x, y):
    """`loss_gradients` on one batch, as NumPy arrays."""
    return [ops.convert_to_numpy(gradient) for gradient in loss_gradients(model, x, y)]
