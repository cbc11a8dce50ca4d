"""Gradient centralization: a gradient without its mean, under any optimizer."""

from collections.abc import Mapping, Sequence
from typing import Any

import keras
from keras import ops

from .._support.checks import number
from .gradient_axes import axes_of_model, default_axes
from .wrapper import OptimizerWrapper, is_sparse

Axes = int | Sequence[int] | None
WHERE = ("gradient", "update", "both")


def centralize(gradient, axes=None, strength=1.0):
    """Subtracts from a gradient its mean over the given axes.

    With `w_i` the weights of one output and `M` their number, equation (1) of the
    paper is

        Φ_GC(∇_{w_i} L) = ∇_{w_i} L − μ,    μ = (1/M) Σ_j ∇_{w_ij} L

    which projects the gradient onto the hyperplane of vectors of mean zero. The
    mean that remains is below 1e-6 of the largest entry in float32 for kernels of
    up to some 10,000 weights for each output. In float16 and bfloat16 the mean is
    computed in float32, and what remains is rounding: at most 2⁻¹⁰ and 2⁻⁷ of the
    largest entry.

    Args:
        gradient: Tensor of any shape.
        axes: Integer or tuple of integers, the axes of the mean. `None` is every axis
            but the last, which leaves rank 0 and 1 as they are; `()` leaves any
            gradient as it is.
        strength: Number, the share of the mean that is subtracted.

    Returns:
        Tensor of the gradient's shape and dtype.

    Reference:
        Yong et al., 2020, [Gradient Centralization: A New Optimization Technique
        for Deep Neural Networks](https://arxiv.org/abs/2004.01461)
    """
    if axes is None:
        axes = tuple(range(len(gradient.shape) - 1))
    if axes in ((), []):
        return gradient
    mean = ops.mean(gradient, axis=axes, keepdims=True)
    return gradient - ops.cast(strength, mean.dtype) * mean


@keras.saving.register_keras_serializable(package="optimizer_lessons")
class GradientCentralization(OptimizerWrapper):
    """Centralizes the gradients, or the updates, of another optimizer.

    Every argument of an optimizer (learning rate, clipping, weight decay, moving
    average, gradient accumulation) belongs to the inner one, which is otherwise
    itself. Centralization is linear, so it commutes with loss scaling, gradient
    accumulation and the sum over replicas. A sparse gradient (`tf.IndexedSlices`)
    stays as it is.

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
            goes before that; `()` leaves a variable alone. A list has the axes of
            each variable in the order of `build`, as a saved optimizer does.
            `for_model` derives them from the layers of a model, and is right where
            the default is not (transposed and depthwise convolutions, attention).
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
            centralized; an argument is not one of the above; or axes are out of
            range, once the variables are known.

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
        *,
        axes: Mapping[str, Axes] | Sequence[Axes] | None = None,
        conv_only: bool = False,
        strength: float = 1.0,
        where: str = "gradient",
        name: str = "gradient_centralization",
    ) -> None:
        strength = _checked_strength(strength)
        if where not in WHERE:
            raise ValueError(
                f"Argument `where` must be in {WHERE}. Received: {where!r}"
            )
        super().__init__(inner_optimizer, axes, name)
        if where != "gradient":
            self._refuse_average()
            self._refuse_sets(where)
        self.conv_only = conv_only
        self.where = where
        constant = keras.initializers.Constant(strength)
        self._strength = self.add_variable((), constant, name="strength")

    @classmethod
    def for_model(
        cls,
        model: keras.Layer,
        inner_optimizer: str | keras.optimizers.Optimizer,
        *,
        axes: Mapping[str, Axes] | None = None,
        conv_only: bool = False,
        strength: float = 1.0,
        where: str = "gradient",
        name: str = "gradient_centralization",
    ) -> "GradientCentralization":
        """Wraps an optimizer with the axes derived from a model's layers.

        `helpers.optimizers.gradient_axes` has the table of layers and axes. The
        optimizer comes back built, for the weights that are trainable now: freeze
        and thaw layers before. Derive the axes anew for another model.

        Args:
            model: `keras.Model` or `keras.Layer`, built.
            inner_optimizer: `keras.optimizers.Optimizer`, or the name of one.
            axes: Mapping from variable path to axes that go before the derived ones.
            conv_only: Whether to leave all but the kernels of convolutions alone.
            strength: As above.
            where: As above.
            name: String.

        Raises:
            TypeError: An argument is of the wrong type.
            ValueError: The model is not built; or `axes` names no weight of it, is
                out of range, or covers an axis of a known layer's outputs.
        """
        optimizer = cls(
            inner_optimizer,
            axes=axes_of_model(model, conv_only, axes),
            conv_only=conv_only,
            strength=strength,
            where=where,
            name=name,
        )
        optimizer.build(model.trainable_variables)
        return optimizer

    def _refuse_sets(self, where):
        if any(hasattr(inner, "make_feasible") for inner in self._inner_optimizers()):
            raise ValueError(
                f"Argument `where` cannot be {where!r} with an `inner_optimizer` that "
                "keeps weights inside a set, which they would leave: "
                f"{self.inner_optimizer!r}"
            )

    def _default_axes(self, variable):
        return default_axes(variable, self.conv_only)

    def apply(self, grads, trainable_variables=None):
        """Lets the inner optimizer apply the gradients, centralizing one or other."""
        grads, variables = self._paired(grads, trainable_variables)
        axes = [
            () if g is None or is_sparse(g) else a
            for g, a in zip(grads, self.axes_of(variables), strict=True)
        ]
        if self.where != "update":
            grads = [
                centralize(g, a, self.strength)
                for g, a in zip(grads, axes, strict=True)
            ]
        moved = []
        if self.where != "gradient":
            moved = [
                (variable, a, ops.copy(variable))
                for variable, a in zip(variables, axes, strict=True)
                if a
            ]
        self.inner_optimizer.apply(grads, variables)
        for variable, a, start in moved:
            change = ops.convert_to_tensor(variable) - start
            variable.assign(start + centralize(change, a, self.strength))
            if variable.constraint is not None:
                variable.assign(variable.constraint(variable))

    @property
    def strength(self):
        """The share of the mean that is taken away, from 0 to 1."""
        return self._strength

    @strength.setter
    def strength(self, value):
        self._strength.assign(_checked_strength(value))

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {
            "conv_only": self.conv_only,
            "strength": float(ops.convert_to_numpy(self.strength)),
            "where": self.where,
        }


def _checked_strength(value):
    return number("strength", value, "from 0 to 1", lambda x: 0 <= x <= 1)
