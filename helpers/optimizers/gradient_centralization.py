"""Gradient centralization: a gradient without its mean, under any optimizer."""

import weakref
from collections.abc import Iterable, Mapping
from typing import Any

import keras
from keras import ops

from helpers._support.checks import number
from helpers.optimizers.centralize import _is_sparse, centralize
from helpers.optimizers.gradient_axes import (
    axes_of_model,
    axes_of_variables,
    integers,
)

Axes = int | Iterable[int]
WHERE = ("gradient", "update", "both")


@keras.saving.register_keras_serializable(package="optimizer_lessons")
class GradientCentralization(keras.optimizers.Optimizer):
    """Centralizes the gradients, or the updates, of another optimizer.

    Every argument of an optimizer (learning rate, clipping, weight decay, moving
    average, gradient accumulation) belongs to the inner one, which is otherwise
    itself. Centralization is linear, so it commutes with loss scaling, gradient
    accumulation and the sum over replicas.

    Which `where` to take: with plain SGD all are the same. An optimizer that divides
    each entry by its own size (RMSprop, Adam) brings a mean back where the gradient
    has just lost it, and can train far worse than without centralization where the
    inputs have a mean: take `"both"` there. Then the sums that were centralized never
    change, and training is the same whatever mean each input has, up to those sums.

    Args:
        inner_optimizer: `keras.optimizers.Optimizer`, or the name of one. Not a
            `LossScaleOptimizer`: that goes around this one, where `compile` puts it.
        axes: The axes of the mean for each variable: `None` is every axis but the
            last for variables of rank 2 and more, and nothing for others, nor for
            those called `bias` or `embeddings`. A mapping from variable path to axes
            goes before that; `()` leaves a variable alone. `for_model` derives it
            from the layers of a model, and is right where the default is not
            (transposed and depthwise convolutions, attention).
        conv_only: Whether the default leaves variables of rank 3 and less alone.
            Explicit axes go first. `for_model` tells convolutions from other layers
            at any rank.
        strength: Float from 0 to 1, the share of the mean that is taken away. An
            assigned value acts on the next step.
        where: `"gradient"` centralizes what the inner optimizer is given: the paper's
            rule. `"update"` centralizes the change that it makes, weight decay
            included: `gc_loc=False` in the authors' code. `"both"` does both. The last
            two take a copy of the kernels during the step.
        name: String.

    Raises:
        TypeError: `inner_optimizer` is not an optimizer, or `axes` none of the above.
        ValueError: `inner_optimizer` wraps already, or cannot have its update
            centralized; an argument belongs to it, or is not one of the above; or
            axes are out of range, at the first step where they are given by path.

    Reference:
        Yong et al., 2020, [arXiv 2004.01461](https://arxiv.org/abs/2004.01461),
        equation (1).

    Example:

    ```python
    optimizer = GradientCentralization.for_model(
        model, keras.optimizers.RMSprop(1e-4), where="both"
    )
    model.compile(optimizer, loss="binary_crossentropy")
    ```
    """

    def __init__(
        self,
        inner_optimizer: str | keras.optimizers.Optimizer,
        axes: Mapping[str, Axes | None] | None = None,
        conv_only: bool = False,
        name: str = "gradient_centralization",
        strength: float = 1.0,
        where: str = "gradient",
        **kwargs: Any,
    ) -> None:
        if kwargs:
            raise ValueError(
                f"GradientCentralization does not take {sorted(kwargs)}. Give an "
                "optimizer's arguments to the `inner_optimizer`."
            )
        inner_optimizer = _checked_optimizer(inner_optimizer, where)
        axes = _checked_axes(axes)
        # The learning rate that Keras gives each optimizer keeps 1 − strength here.
        # So the 0 in files from before there was a strength is full strength.
        super().__init__(learning_rate=1.0 - _checked_strength(strength), name=name)
        self.inner_optimizer = inner_optimizer
        self.axes = axes
        self.conv_only = conv_only
        self.where = where
        self._model = None

    @classmethod
    def for_model(
        cls,
        model: keras.Layer,
        inner_optimizer: str | keras.optimizers.Optimizer,
        conv_only: bool = False,
        axes: Mapping[str, Axes | None] | None = None,
        **kwargs: Any,
    ) -> "GradientCentralization":
        """Wraps an optimizer with the axes derived from a model's layers.

        `helpers.optimizers.gradient_axes` has the table of layers and axes. Build the
        model first, and derive the axes anew for another model.

        Args:
            model: `keras.Model` or `keras.Layer`, built.
            inner_optimizer: `keras.optimizers.Optimizer`, or the name of one.
            conv_only: Whether to leave all but the kernels of convolutions alone.
            axes: Mapping from variable path to axes that go before the derived ones.
            **kwargs: `name`, `strength` and `where`.

        Raises:
            TypeError: An argument is of the wrong type.
            ValueError: The model is not built; or `axes` names no weight of it, is
                out of range, or covers an axis of a known layer's outputs.
        """
        derived = axes_of_model(model, conv_only, _checked_axes(axes))
        optimizer = cls(inner_optimizer, derived, conv_only, **kwargs)
        optimizer._model = weakref.ref(model)
        return optimizer

    def axes_of(self, variables: Iterable[Any]) -> tuple[tuple[int, ...], ...]:
        """Tuple with the axes of the mean for each of the variables, `()` for none."""
        return axes_of_variables(self.axes, variables, self.conv_only)

    def build(self, variables):
        if self.built:
            return
        self._axes_of_each = self.axes_of(variables)
        if not self.inner_optimizer.built:
            self.inner_optimizer.build(variables)
        super().build(variables)

    def apply(self, grads, trainable_variables=None):
        """Lets the inner optimizer apply the gradients, centralizing one or other."""
        grads = list(grads)
        if trainable_variables is None and not self.built:
            # Without variables to build with, the inner optimizer says what to do.
            return self.inner_optimizer.apply(grads)
        if trainable_variables is None:
            variables = self._trainable_variables
        else:
            variables = trainable_variables = list(trainable_variables)
        if not self.built:
            self.build(variables)
        self._check_variables_are_known(variables)
        axes = [self._axes_of_each[self._get_variable_index(v)] for v in variables]
        moved = []
        if self.where != "gradient":
            moved = [
                (variable, a, ops.copy(variable))
                for g, variable, a in zip(grads, variables, axes, strict=True)
                if a and g is not None and not _is_sparse(g)
            ]
        if self.where != "update":
            grads = [
                g if g is None else centralize(g, a, self.strength)
                for g, a in zip(grads, axes, strict=True)
            ]
        self.inner_optimizer.apply(grads, trainable_variables)
        for variable, a, start in moved:
            change = ops.convert_to_tensor(variable) - start
            variable.assign(start + centralize(change, a, self.strength))
            if variable.constraint is not None:
                variable.assign(variable.constraint(variable))

    @property
    def strength(self):
        """The share of the mean that is taken away, from 0 to 1."""
        return 1.0 - self._learning_rate

    @strength.setter
    def strength(self, value):
        self._learning_rate.assign(1.0 - _checked_strength(value))

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
        return {
            "name": self.name,
            "inner_optimizer": keras.saving.serialize_keras_object(
                self.inner_optimizer
            ),
            "axes": self._axes_config(),
            "conv_only": self.conv_only,
            "strength": float(ops.convert_to_numpy(self.strength)),
            "where": self.where,
        }

    def _axes_config(self):
        # Keras stores an optimizer's variables by position, and so must the axes be:
        # loading renames variables ("sequential/dense" comes back as "dense_1").
        model = self._model and self._model()
        if self.built and self.axes is not None:
            return [list(axes) for axes in self._axes_of_each]
        if model is not None:
            return [list(axes) for axes in self.axes_of(model.trainable_variables)]
        if isinstance(self.axes, Mapping):
            return {p: a if a is None else list(a) for p, a in self.axes.items()}
        return self.axes

    @classmethod
    def from_config(cls, config, custom_objects=None):
        config = dict(config)
        config["inner_optimizer"] = keras.saving.deserialize_keras_object(
            config["inner_optimizer"], custom_objects=custom_objects
        )
        axes = config.pop("axes", None)
        if not isinstance(axes, list):
            return cls(axes=axes, **config)
        optimizer = cls(**config)
        optimizer.axes = axes
        return optimizer


def GCRMSprop(learning_rate=0.001, **kwargs):
    """RMSprop with gradient centralization, under the Keras tutorial's name for it.

    It keeps the tutorial's rule, which centralizes the gradient before RMSprop divides
    by its size. Where inputs have a mean that can do great harm:
    `GradientCentralization(keras.optimizers.RMSprop(), where="both")` does not.
    """
    return GradientCentralization(keras.optimizers.RMSprop(learning_rate, **kwargs))


def _checked_strength(value):
    return number("strength", value, "from 0 to 1", lambda x: 0 <= x <= 1)


def _checked_axes(axes):
    # As far as can be before the variables are known.
    if axes is None:
        return None
    if not isinstance(axes, Mapping):
        raise TypeError(
            "Argument `axes` must be None or a mapping from variable path to axes. "
            f"Received: axes={axes!r}"
        )
    for path in axes:
        # A keras.Variable has no hash, so it cannot be the key itself.
        if not isinstance(path, str):
            raise TypeError(
                "Argument `axes` must have variable paths as its keys, such as "
                f"'dense/kernel' (`variable.path`). Received: {path!r}"
            )
    return {p: a if a is None else integers(a, p) for p, a in axes.items()}


def _checked_optimizer(inner_optimizer, where):
    if where not in WHERE:
        raise ValueError(f"Argument `where` must be in {WHERE}. Received: {where!r}")
    if isinstance(inner_optimizer, str):
        inner_optimizer = keras.optimizers.get(inner_optimizer)
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
    if where != "gradient" and inner_optimizer.use_ema:
        raise ValueError(
            f"Argument `where` cannot be {where!r} with an `inner_optimizer` that has "
            "`use_ema=True`: it averages the weights before they are centralized."
        )
    if where != "gradient" and hasattr(inner_optimizer, "make_feasible"):
        raise ValueError(
            f"Argument `where` cannot be {where!r} with an `inner_optimizer` that "
            f"keeps weights inside a set, which they would leave: {inner_optimizer!r}"
        )
    return inner_optimizer
