"""Which axes of a kernel's gradient gradient centralization averages over.

The rule is one sentence: average over the axes that one output sums over, and
keep those that tell outputs apart. Keras puts the outputs last in most kernels,
so "every axis but the last" is the default; `axes_of_model` knows the layers
where that is wrong.

| Layer                             | Kernel                    | Axes        |
|-----------------------------------|---------------------------|-------------|
| Dense, RNN cells                  | (in, out)                 | (0,)        |
| Conv2D                            | (h, w, in, out)           | (0, 1, 2)   |
| DepthwiseConv2D                   | (h, w, in, multiplier)    | (0, 1)      |
| SeparableConv2D                   | depthwise / pointwise     | (0, 1) / (0, 1, 2) |
| Conv2DTranspose                   | (h, w, out, in)           | (0, 1, 3)   |
| EinsumDense "abc,cde->abde"       | (c, d, e)                 | (0,)        |
| Embedding, normalization, biases  | any                       | ()          |

The 1D and 3D convolutions follow their 2D relatives. Attention layers are made
of EinsumDense layers. `()` means: leave this gradient alone.
"""

import logging
import math

import keras
from keras import layers

from helpers.optimizers.axes_argument import NOT_KERNELS, default_axes, normalize_axes

logger = logging.getLogger(__name__)


def _all_but_last(layer, variable):
    return tuple(range(len(variable.shape) - 1))


def _spatial(layer, variable):
    return tuple(range(len(variable.shape) - 2))


def _all_but_second_to_last(layer, variable):
    rank = len(variable.shape)
    return (*range(rank - 2), rank - 1)


def _contracted(layer, variable):
    operands, output = layer.equation.replace(" ", "").split("->")
    kernel = operands.split(",")[1]
    return tuple(axis for axis, label in enumerate(kernel) if label not in output)


_CONVOLUTIONS = {
    (layers.Conv1D, layers.Conv2D, layers.Conv3D): {"kernel": _all_but_last},
    (layers.DepthwiseConv1D, layers.DepthwiseConv2D): {"kernel": _spatial},
    (layers.SeparableConv1D, layers.SeparableConv2D): {
        "depthwise_kernel": _spatial,
        "pointwise_kernel": _all_but_last,
    },
    (layers.Conv1DTranspose, layers.Conv2DTranspose, layers.Conv3DTranspose): {
        "kernel": _all_but_second_to_last
    },
}
_CONV_LSTM = (layers.ConvLSTM1D, layers.ConvLSTM2D, layers.ConvLSTM3D)
_RECURRENT = {"kernel": _all_but_last, "recurrent_kernel": _all_but_last}
_OTHERS = {
    (layers.Dense,): {"kernel": _all_but_last},
    (layers.EinsumDense,): {"kernel": _contracted},
    (layers.LSTMCell, layers.GRUCell, layers.SimpleRNNCell): _RECURRENT,
}
# Their weights scale or shift; no output is a sum over one of their axes.
_LEFT_ALONE = (
    layers.Embedding,
    layers.BatchNormalization,
    layers.GroupNormalization,
    layers.LayerNormalization,
    layers.RMSNormalization,
    layers.PReLU,
)


def _rules_of(layer, conv_lstm_cells):
    """Returns (weight name → rule or None for an unknown type, is convolution)."""
    if isinstance(layer, _LEFT_ALONE):
        return {}, False
    if id(layer) in conv_lstm_cells:
        return _RECURRENT, True
    for table, is_convolution in ((_CONVOLUTIONS, True), (_OTHERS, False)):
        for types, rules in table.items():
            if isinstance(layer, types):
                return rules, is_convolution
    return None, False


def _input_axes(layer, variable, rules):
    """The axes that one output sums over, or None where only a guess is possible."""
    if isinstance(layer, _LEFT_ALONE) or variable.name in NOT_KERNELS:
        return ()
    if rules is None or variable.name not in rules:
        return None
    return normalize_axes(
        rules[variable.name](layer, variable), len(variable.shape), variable.path
    )


def _owned_kernels(model):
    """Yields (layer, variable) for every weight of rank 2 and more, each once.

    Trainable or frozen: a layer may be thawed after this.
    """
    seen = set()
    for layer in model._flatten_layers():
        # `trainable_variables` would add the sublayers' weights to these.
        for variable in layer._trainable_variables:
            if len(variable.shape) >= 2 and id(variable) not in seen:
                seen.add(id(variable))
                yield layer, variable


def axes_of_model(model, conv_only=False, overrides=None):
    """Derives the axes to average over from the types of a model's layers.

    Nested models, shared layers, wrappers and subclasses of the known layers are
    understood. A layer type that is not known gets every axis but the last and
    one line in the log. A kernel with a single weight for each output is left
    alone, since its centralized gradient would be zero for ever.

    Args:
        model: `keras.Model` or `keras.Layer`, built.
        conv_only: Leave everything but the kernels of convolutions alone.
        overrides: Dict from variable path to axes that go before the derived ones.

    Returns:
        Dict from variable path to tuple of axes, for every weight of rank ≥ 2.

    Raises:
        TypeError: `model` is not a Keras model or layer.
        ValueError: `model` is not built; two weights with one path need different
            axes; or an override names no kernel of the model, is out of range, or
            covers an axis that tells a known layer's outputs apart.
    """
    if not isinstance(model, keras.Layer):
        raise TypeError(
            "Argument `model` must be a keras.Model or keras.Layer. "
            f"Received: model={model!r}"
        )
    if not model.built:
        raise ValueError(
            f"Argument `model` must be built, so that its weights exist. Received: "
            f"{model.name!r}, not built; call it on a batch or `model.build(shape)`"
        )
    overrides = overrides or {}
    conv_lstm_cells = {
        id(layer.cell)
        for layer in model._flatten_layers()
        if isinstance(layer, _CONV_LSTM)
    }
    found, unknown_types = {}, {}
    for layer, variable in _owned_kernels(model):
        rules, is_convolution = _rules_of(layer, conv_lstm_cells)
        known = _input_axes(layer, variable, rules)
        if variable.path in overrides:
            axes = _checked_override(overrides[variable.path], variable, known)
        elif known is None:
            axes = default_axes(variable, conv_only)
            if rules is None and axes:
                unknown_types.setdefault(type(layer).__name__, variable)
        else:
            axes = () if conv_only and not is_convolution else known
            axes = _without_single_inputs(axes, variable)
        if found.setdefault(variable.path, axes) != axes:
            raise ValueError(
                f"Two weights have the path {variable.path!r} and need different "
                f"axes, {found[variable.path]} and {axes}. Name their layers apart."
            )
    for name, variable in unknown_types.items():
        logger.warning(
            "Gradient centralization does not know the layer type %s and averages "
            "over every axis but the last (%s, shape %s).",
            name,
            variable.path,
            tuple(variable.shape),
        )
    _require_known_paths(overrides, found, model)
    return found


def _checked_override(axes, variable, known):
    if axes is None:
        return default_axes(variable) if known is None else known
    axes = normalize_axes(axes, len(variable.shape), variable.path)
    if known is not None and not set(axes) <= set(known):
        raise ValueError(
            f"Argument `axes` must stay within {known} for {variable.path!r} of shape "
            f"{tuple(variable.shape)}: the other axes tell this layer's outputs "
            f"apart. Received: axes={axes}"
        )
    return axes


def _without_single_inputs(axes, variable):
    if axes and math.prod(variable.shape[a] for a in axes) == 1:
        logger.warning(
            "%s of shape %s has one weight for each output: gradient centralization "
            "leaves it alone, as its gradient would become zero.",
            variable.path,
            tuple(variable.shape),
        )
        return ()
    return axes


def _require_known_paths(overrides, found, model):
    strangers = sorted(set(overrides) - set(found))
    if strangers:
        raise ValueError(
            f"Argument `axes` names {strangers}, not among the weights of rank ≥ 2 of "
            f"{model.name!r}: {sorted(found)}"
        )
