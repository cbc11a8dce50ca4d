"""Gradient centralization: a gradient without its mean, under any optimizer."""

import weakref
from collections.abc import Mapping

import keras
from keras import ops

from helpers.optimizers.axes_argument import (
    axes_config,
    checked_axes,
    normalize_axes,
    resolved_axes,
)
from helpers.optimizers.gradient_axes import axes_of_model


def centralize(gradient, axes=None):
    """Subtracts from a gradient its mean over the given axes.

    With `w_i` the weights of one output and `M` their number, equation (1) of the
    paper is

        Φ_GC(∇_{w_i} L) = ∇_{w_i} L − μ,    μ = (1/M) Σ_j ∇_{w_ij} L

    which projects the gradient onto the hyperplane of vectors of mean zero. The
    mean that remains is below 1e-6 of the largest entry in float32 for kernels of
    up to some 10,000 weights for each output. In float16 and bfloat16 the mean is
    computed in float32, and what remains is the rounding of the result: at most
    2⁻¹⁰ and 2⁻⁷ of the largest entry.

    Args:
        gradient: Tensor of any shape. A sparse gradient (`tf.IndexedSlices`) comes
            back as it is.
        axes: Integer or integers, the axes of the mean. `None` is every axis but the
            last, which leaves rank 0 and 1 as they are; `()` leaves any gradient as
            it is.

    Returns:
        Tensor of the gradient's shape and dtype.

    Raises:
        TypeError: `axes` holds something else than integers.
        ValueError: `axes` is out of range or names an axis twice.

    Reference:
        Yong et al., 2020, [Gradient Centralization: A New Optimization Technique
        for Deep Neural Networks](https://arxiv.org/abs/2004.01461)
    """
    if _is_sparse(gradient):
        return gradient
    gradient = ops.convert_to_tensor(gradient)
    rank = len(gradient.shape)
    axes = tuple(range(rank - 1)) if axes is None else normalize_axes(axes, rank)
    if not axes:
        return gradient
    dtype = keras.backend.standardize_dtype(gradient.dtype)
    if dtype in ("float16", "bfloat16"):
        gradient = ops.cast(gradient, "float32")
    centralized = gradient - ops.mean(gradient, axis=axes, keepdims=True)
    return ops.cast(centralized, dtype)


def _is_sparse(gradient):
    if keras.backend.backend() != "tensorflow":
        return False
    import tensorflow as tf

    return isinstance(gradient, tf.IndexedSlices)


@keras.saving.register_keras_serializable(package="optimizer_lessons")
class GradientCentralization(keras.optimizers.Optimizer):
    """Centralizes the gradients and hands them to another optimizer.

    Every argument of an optimizer (learning rate, clipping, weight decay, moving
    average, gradient accumulation) belongs to the inner one, which sees centralized
    gradients and is otherwise itself. Centralization is linear, so it commutes with
    loss scaling, gradient accumulation and the sum over replicas.

    Args:
        inner_optimizer: `keras.optimizers.Optimizer`, or the name of one. Not a
            `LossScaleOptimizer`: that goes around this one, where `compile` puts it.
        axes: The axes of the mean for each variable:
            - `None`: every axis but the last for variables of rank 2 and more,
              nothing for others, nor for those called `bias` or `embeddings`.
            - A mapping from variable path to axes. Variables not in it get the
              default; `()` leaves one alone.
            - A callable from variable to axes. `None` is the default. Register it
              with `keras.saving.register_keras_serializable` to save it unbuilt.
            - A sequence with the axes of each variable in order, which is what
              `get_config` writes once the variables are known.
            `for_model` derives the axes from the layers of a model, and is right
            where the default is not (transposed and depthwise convolutions,
            attention).
        conv_only: Whether the default leaves variables of rank 3 and less alone.
            Explicit axes go first. `for_model` tells convolutions from other layers
            at any rank.
        name: String.

    Raises:
        TypeError: `inner_optimizer` is not an optimizer, or `axes` none of the above.
        ValueError: `inner_optimizer` wraps already, an argument belongs to it, or
            axes are out of range; at the first step where they are given by path.

    Reference:
        Yong et al., 2020, [arXiv 2004.01461](https://arxiv.org/abs/2004.01461),
        equation (1).

    Example:

    ```python
    optimizer = GradientCentralization.for_model(model, keras.optimizers.RMSprop(1e-4))
    model.compile(optimizer, loss="binary_crossentropy")
    ```
    """

    def __init__(
        self,
        inner_optimizer,
        axes=None,
        conv_only=False,
        name="gradient_centralization",
        **kwargs,
    ):
        if kwargs:
            raise ValueError(
                f"GradientCentralization does not take {sorted(kwargs)}. Give an "
                "optimizer's arguments to the `inner_optimizer`."
            )
        inner_optimizer = _checked_optimizer(inner_optimizer)
        axes = checked_axes(axes)
        super().__init__(learning_rate=0.0, name=name)
        self.inner_optimizer = inner_optimizer
        self.axes = axes
        self.conv_only = conv_only
        self._model = None

    @classmethod
    def for_model(
        cls,
        model,
        inner_optimizer,
        conv_only=False,
        axes=None,
        name="gradient_centralization",
    ):
        """Wraps an optimizer with the axes derived from a model's layers.

        `helpers.optimizers.gradient_axes` has the table of layers and axes. Build the
        model first, and derive the axes anew for another model.

        Args:
            model: `keras.Model` or `keras.Layer`, built.
            inner_optimizer: `keras.optimizers.Optimizer`, or the name of one.
            conv_only: Whether to leave all but the kernels of convolutions alone.
            axes: Mapping from variable path to axes that go before the derived ones.
            name: String.

        Raises:
            TypeError: An argument is of the wrong type.
            ValueError: The model is not built; or `axes` names no weight of it, is
                out of range, or covers an axis of a known layer's outputs.
        """
        overrides = checked_axes(axes)
        if not (overrides is None or isinstance(overrides, Mapping)):
            raise TypeError(
                "Argument `axes` of for_model must be a mapping from variable path to "
                f"axes. Received: axes={axes!r}"
            )
        derived = axes_of_model(model, conv_only, overrides)
        optimizer = cls(inner_optimizer, derived, conv_only, name)
        optimizer._model = weakref.ref(model)
        return optimizer

    def build(self, variables):
        if self.built:
            return
        self._axes_of_each = resolved_axes(self.axes, variables, self.conv_only)
        if not self.inner_optimizer.built:
            self.inner_optimizer.build(variables)
        super().build(variables)

    def apply(self, grads, trainable_variables=None):
        """Centralizes the gradients and lets the inner optimizer apply them."""
        grads = list(grads)
        if trainable_variables is not None:
            trainable_variables = list(trainable_variables)
            if not self.built:
                self.build(trainable_variables)
            self._check_variables_are_known(trainable_variables)
            indices = map(self._get_variable_index, trainable_variables)
            axes = [self._axes_of_each[i] for i in indices]
        else:
            # Without variables to build with, the inner optimizer says what to do.
            axes = self._axes_of_each if self.built else [()] * len(grads)
        grads = [
            g if g is None else centralize(g, a)
            for g, a in zip(grads, axes, strict=True)
        ]
        self.inner_optimizer.apply(grads, trainable_variables)

    @property
    def variables(self):
        return self._variables + self.inner_optimizer.variables

    @property
    def learning_rate(self):
        return self.inner_optimizer.learning_rate

    @learning_rate.setter
    def learning_rate(self, learning_rate):
        self.inner_optimizer.learning_rate = learning_rate

    @property
    def iterations(self):
        return self.inner_optimizer.iterations

    @property
    def loss_scale_factor(self):
        return self.inner_optimizer.loss_scale_factor

    @loss_scale_factor.setter
    def loss_scale_factor(self, factor):
        # Keras's own __init__ sets it before there is an inner optimizer.
        if hasattr(self, "inner_optimizer"):
            self.inner_optimizer.loss_scale_factor = factor

    def scale_loss(self, loss):
        return self.inner_optimizer.scale_loss(loss)

    def finalize_variable_values(self, var_list):
        self.inner_optimizer.finalize_variable_values(var_list)

    def exclude_from_weight_decay(self, var_list=None, var_names=None):
        self.inner_optimizer.exclude_from_weight_decay(var_list, var_names)

    def get_config(self):
        return {
            "name": self.name,
            "inner_optimizer": keras.saving.serialize_keras_object(
                self.inner_optimizer
            ),
            "axes": self._axes_config(),
            "conv_only": self.conv_only,
        }

    def _axes_config(self):
        if self.axes is None:
            return None
        axes = self._axes_in_order()
        return axes_config(self.axes if axes is None else axes)

    def _axes_in_order(self):
        # Keras stores an optimizer's variables by position, and so must the axes be:
        # loading renames variables ("sequential/dense" comes back as "dense_1").
        if self.built:
            return self._axes_of_each
        model = self._model and self._model()
        if model is None:
            return None
        return resolved_axes(self.axes, model.trainable_variables, self.conv_only)

    @classmethod
    def from_config(cls, config, custom_objects=None):
        config = dict(config)
        for key in ("inner_optimizer", "axes"):
            config[key] = keras.saving.deserialize_keras_object(
                config[key], custom_objects=custom_objects
            )
        return cls(**config)


def GCRMSprop(learning_rate=0.001, **kwargs):
    """RMSprop with gradient centralization, under the Keras tutorial's name for it."""
    return GradientCentralization(keras.optimizers.RMSprop(learning_rate, **kwargs))


def _checked_optimizer(inner_optimizer):
    if isinstance(inner_optimizer, str):
        return keras.optimizers.get(inner_optimizer)
    if not isinstance(inner_optimizer, keras.optimizers.Optimizer):
        raise TypeError(
            "Argument `inner_optimizer` must be a keras.optimizers.Optimizer or the "
            f"name of one. Received: inner_optimizer={inner_optimizer!r}"
        )
    if isinstance(inner_optimizer, GradientCentralization):
        raise ValueError(
            "Argument `inner_optimizer` must not be a GradientCentralization itself: "
            "centralizing twice is centralizing once. "
            f"Received: inner_optimizer={inner_optimizer!r}"
        )
    if isinstance(inner_optimizer, keras.optimizers.LossScaleOptimizer):
        raise ValueError(
            "Argument `inner_optimizer` must not be a LossScaleOptimizer. Wrap the "
            "other way round: LossScaleOptimizer(GradientCentralization(optimizer)). "
            f"Received: inner_optimizer={inner_optimizer!r}"
        )
    return inner_optimizer
