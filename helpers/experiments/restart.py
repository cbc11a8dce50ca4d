"""A compiled model made new without a new graph."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import keras


def restart(model: "keras.Model") -> None:
    """Makes a compiled model new, without compiling it again.

    Compiling is fast, but the first `fit` after it builds a graph, which takes longer
    than many a short training. Weights and the state of dropout are drawn anew from
    Keras's global seed, the optimizer has made no step, the metrics are empty. What
    was assigned to the optimizer's settings, such as its `learning_rate`, stays.

    Args:
        model: `keras.Model`, Sequential or functional, built and compiled.
    """
    new = type(model).from_config(model.get_config())
    _assign(model.variables, new.variables)
    model.reset_metrics()
    if model.optimizer.built:
        unused = type(model.optimizer).from_config(model.optimizer.get_config())
        unused.build(model.trainable_variables)
        _assign(model.optimizer.variables, unused.variables)


def _assign(variables, values):
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
