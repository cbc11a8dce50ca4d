"""Training one compiled model again and again, each time from the start."""

import keras


def restart(model):
    """Makes a compiled model new, without compiling it again.

    Compiling is fast, but the first `fit` after it builds a graph, which takes longer
    than many a short training. Afterwards the model is as if it were built and
    compiled anew: its initial weights and the state of its dropout come from Keras's
    global seed (`keras.utils.set_random_seed`), the optimizer has made no step, and
    the metrics are empty. What was assigned to the optimizer's settings, such as its
    `learning_rate`, stays.

    Args:
        model: `keras.Model`, Sequential or functional, built and compiled.

    Raises:
        TypeError: `model` is not a Keras model.
        ValueError: `model` is not built or not compiled, or has weights that belong
            to none of its layers.
    """
    if not isinstance(model, keras.Model):
        raise TypeError(
            f"`model` must be a keras.Model. Received: {model!r} "
            f"(of type {type(model).__name__})"
        )
    if not (model.built and model.compiled):
        missing = "compiled" if model.built else "built"
        raise ValueError(
            "`model` must be built and compiled. "
            f"Received: {model.name!r}, not {missing}"
        )
    of_layers = [variable for layer in model.layers for variable in layer.variables]
    if not {id(v) for v in model.weights} <= {id(v) for v in of_layers}:
        raise ValueError(
            "All weights of `model` must belong to its layers. "
            f"Received: {model.name!r} with weights of its own"
        )
    # Its layers draw their seeds in the order in which those of the model did.
    new = type(model).from_config(model.get_config())
    for layer, new_layer in zip(model.layers, new.layers, strict=True):
        _assign(layer.variables, new_layer.variables)
    model.reset_metrics()
    optimizer = model.optimizer
    if optimizer.built:
        unused = type(optimizer).from_config(optimizer.get_config())
        unused.build(model.trainable_variables)
        _assign(optimizer.variables, unused.variables)


def _assign(variables, values):
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
