"""What an optimizer around another optimizer does, whatever it changes."""

import contextlib
from collections.abc import Mapping
from typing import Any

import keras

from .gradient_axes import NOT_KERNELS, axes_of_variables, checked_axes


class OptimizerWrapper(keras.optimizers.Optimizer):
    """Base of optimizers that change what an inner optimizer is given, or does.

    The learning rate, the iterations, the loss scale and every option are the inner
    optimizer's. Its variables are saved with the wrapper's own. A subclass overrides
    `apply`, may override `_default_axes` and `_build_own`, and adds its options to
    `get_config`.

    Args:
        inner_optimizer: `keras.optimizers.Optimizer`, or the name of one.
        axes: The axes that concern the subclass: mapping from variable path to axes,
            or a list with the axes of each variable, in the order of `build`. For
            variables without an entry, or with `None`, `_default_axes` is asked.
        name: String.

    Raises:
        TypeError: An argument is of another type.
        ValueError: `inner_optimizer` is a `LossScaleOptimizer`, or a wrapper of the
            same class.
    """

    def __init__(self, inner_optimizer, axes, name):
        inner_optimizer = self._checked_optimizer(inner_optimizer)
        axes = checked_axes(axes)
        # Keras asks for a learning rate; the inner optimizer's is the one in use.
        super().__init__(learning_rate=0.0, name=name)
        self.inner_optimizer = inner_optimizer
        self.axes = axes

    def _checked_optimizer(self, inner_optimizer):
        if isinstance(inner_optimizer, str):
            inner_optimizer = keras.optimizers.get(inner_optimizer)
        if not isinstance(inner_optimizer, keras.optimizers.Optimizer):
            raise TypeError(
                "Argument `inner_optimizer` must be a keras.optimizers.Optimizer or "
                f"the name of one. Received: inner_optimizer={inner_optimizer!r}"
            )
        ours, given = type(self).__name__, type(inner_optimizer).__name__
        if isinstance(inner_optimizer, type(self)):
            raise ValueError(
                f"Argument `inner_optimizer` must not be a {ours} itself: twice is "
                f"as once. Received: inner_optimizer={inner_optimizer!r}"
            )
        if isinstance(inner_optimizer, keras.optimizers.LossScaleOptimizer):
            raise ValueError(
                f"Argument `inner_optimizer` must not be a {given}. Wrap the other "
                f"way round: {given}({ours}(optimizer))."
            )
        return inner_optimizer

    def _inner_optimizers(self):
        """The inner optimizer, and what that wraps."""
        inner = self.inner_optimizer
        while inner is not None:
            yield inner
            inner = getattr(inner, "inner_optimizer", None)

    def _refuse_average(self):
        if any(inner.use_ema for inner in self._inner_optimizers()):
            raise ValueError(
                f"{type(self).__name__} cannot change the updates of an "
                "`inner_optimizer` that has `use_ema=True`: it averages the weights "
                f"before that. Received: inner_optimizer={self.inner_optimizer!r}"
            )

    def _default_axes(self, variable):
        """Every axis; none of vectors, biases and embeddings."""
        rank = len(variable.shape)
        kernel = rank >= 2 and variable.name not in NOT_KERNELS
        return tuple(range(rank)) if kernel else ()

    def _build_own(self, variables):
        """Adds the variables of the subclass, once the axes of each are known."""
        return

    def axes_of(self, variables: Any) -> list[tuple[int, ...]]:
        """The axes of each variable that the optimizer was built with, `()` for none.

        Args:
            variables: Iterable of variables.
        """
        return [self._axes_of_each[self._get_variable_index(v)] for v in variables]

    def build(self, variables):
        if self.built:
            return
        self._axes_of_each = axes_of_variables(self.axes, variables, self._default_axes)
        with _eagerly():
            self._build_own(variables)
        if not self.inner_optimizer.built:
            self.inner_optimizer.build(variables)
        super().build(variables)

    def _paired(self, grads, variables):
        """Gradients and variables as lists, which the optimizer is now built with."""
        if variables is None and not self.built:
            raise ValueError(
                f"{self.name!r} has no variables yet: give `apply` the variables, or "
                "call `optimizer.build(variables)` first."
            )
        variables = self._trainable_variables if variables is None else variables
        grads, variables = list(grads), list(variables)
        if not self.built:
            self.build(variables)
        self._check_variables_are_known(variables)
        return grads, variables

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

    def get_config(self) -> dict[str, Any]:
        inner_optimizer = keras.saving.serialize_keras_object(self.inner_optimizer)
        return {
            "inner_optimizer": inner_optimizer,
            "axes": self._axes_config(),
            "name": self.name,
        }

    def _axes_config(self):
        # Keras stores an optimizer's variables by position, and so must the axes be:
        # loading renames variables ("sequential/dense" comes back as "dense_1").
        if self.axes is None:
            return None
        if self.built:
            return [list(axes) for axes in self._axes_of_each]
        if isinstance(self.axes, Mapping):
            return {p: a if a is None else list(a) for p, a in self.axes.items()}
        return [a if a is None else list(a) for a in self.axes]

    @classmethod
    def from_config(cls, config, custom_objects=None):
        config = dict(config)
        config["inner_optimizer"] = keras.saving.deserialize_keras_object(
            config["inner_optimizer"], custom_objects=custom_objects
        )
        return cls(**config)


def _eagerly():
    """Where TensorFlow traces a first step: the values of variables before it."""
    if keras.config.backend() == "tensorflow":
        import tensorflow as tf

        return tf.init_scope()
    return contextlib.nullcontext()


def is_sparse(gradient):
    """Whether it is the gradient that TensorFlow makes of an Embedding's table."""
    return type(gradient).__name__ == "IndexedSlices"
