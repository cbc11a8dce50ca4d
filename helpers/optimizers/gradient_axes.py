"""Which axes of a kernel's gradient gradient centralization averages over.

The rule is one sentence: average over the axes that one output sums over, and
keep those that tell outputs apart. Keras puts the outputs last in most kernels,
so "every axis but the last" is the default; `axes_of_model` knows the layers
where that is wrong.

`TABLE` says which axes those are. Attention layers are made of EinsumDense layers.
`()` means: leave this gradient alone.
"""

import logging
import math
from collections.abc import Iterable, Mapping
from numbers import Integral

from keras import layers as k

logger = logging.getLogger(__name__)

_LAST, _LAST_TWO = (-1,), (-2, -1)
_RECURRENT = {"kernel": _LAST, "recurrent_kernel": _LAST}
_SEPARABLE = {"depthwise_kernel": _LAST_TWO, "pointwise_kernel": _LAST}
# Types of layers, whether they are convolutions, and for each kernel the axes that
# tell outputs apart: Conv2D (h, w, in, out), DepthwiseConv2D (h, w, in, multiplier),
# Conv2DTranspose (h, w, out, in), EinsumDense "abc,cde->abde" (c, d, e): d and e.
TABLE = (
    ((k.Conv1D, k.Conv2D, k.Conv3D), True, {"kernel": _LAST}),
    ((k.DepthwiseConv1D, k.DepthwiseConv2D), True, {"kernel": _LAST_TWO}),
    ((k.SeparableConv1D, k.SeparableConv2D), True, _SEPARABLE),
    ((k.Conv1DTranspose, k.Conv2DTranspose, k.Conv3DTranspose), True, {"kernel": [-2]}),
    ((k.Dense,), False, {"kernel": _LAST}),
    ((k.EinsumDense,), False, {"kernel": "see its equation"}),
    ((k.LSTMCell, k.GRUCell, k.SimpleRNNCell), False, _RECURRENT),
)
# Their weights scale or shift; no output is a sum over one of their axes.
LEFT_ALONE = (
    *(k.Embedding, k.PReLU, k.RMSNormalization),
    *(k.BatchNormalization, k.GroupNormalization, k.LayerNormalization),
)
# Weights that may have rank 2 (the bias of a GRU, of an attention layer) and
# are not kernels. An embedding's gradient is zero outside the rows looked up.
NOT_KERNELS = ("bias", "embeddings", "reverse_embeddings")


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
        TypeError: `model` is not a Keras model or layer, `overrides` no mapping.
        ValueError: `model` is not built; two weights with one path need different
            axes; or an override names no kernel of the model, is out of range, or
            covers an axis that tells a known layer's outputs apart.
    """
    if not isinstance(model, k.Layer):
        raise TypeError(
            "Argument `model` must be a keras.Model or keras.Layer. "
            f"Received: model={model!r}"
        )
    if not model.built:
        raise ValueError(
            f"Argument `model` must be built, so that its weights exist. Received: "
            f"{model.name!r}, not built; call it on a batch or `model.build(shape)`"
        )
    overrides = checked_axes({} if overrides is None else overrides)
    if not isinstance(overrides, Mapping):
        raise TypeError(
            "Argument `axes` must be a mapping from variable path to axes. "
            f"Received: axes={overrides!r}"
        )
    found, logged = {}, set()
    for layer, is_convolution, kept, variable in _kernels(model):
        known = _input_axes(layer, kept, variable)
        if overrides.get(variable.path) is not None:
            axes = _checked_override(overrides[variable.path], variable, known)
        elif known is None:
            axes = default_axes(variable, conv_only)
            if axes and not kept and type(layer) not in logged:
                logged.add(type(layer))
                logger.warning(
                    "Gradient centralization does not know the layer type %s and "
                    "averages over every axis but the last (%s, shape %s).",
                    *(type(layer).__name__, variable.path, tuple(variable.shape)),
                )
        else:
            axes = () if conv_only and not is_convolution else known
            axes = _without_single_inputs(axes, variable)
        if found.setdefault(variable.path, axes) != axes:
            raise ValueError(
                f"Two weights have the path {variable.path!r} and need different "
                f"axes, {found[variable.path]} and {axes}. Name their layers apart."
            )
    if strangers := sorted(set(overrides) - set(found)):
        raise ValueError(
            f"Argument `axes` names {strangers}, not among the weights of rank ≥ 2 of "
            f"{model.name!r}: {sorted(found)}"
        )
    return found


def _kernels(model):
    """Yields (layer, is convolution, kept axes, variable) for weights of rank ≥ 2.

    Trainable or frozen: a layer may be thawed after this.
    """
    every = list(model._flatten_layers())
    conv_lstm = (k.ConvLSTM1D, k.ConvLSTM2D, k.ConvLSTM3D)
    cells = {id(layer.cell) for layer in every if isinstance(layer, conv_lstm)}
    seen = set()
    for layer in every:
        rows = (row for types, *row in TABLE if isinstance(layer, types))
        row = (True, _RECURRENT) if id(layer) in cells else next(rows, (False, {}))
        # `trainable_variables` would add the sublayers' weights to these.
        for variable in layer._trainable_variables:
            if len(variable.shape) >= 2 and id(variable) not in seen:
                seen.add(id(variable))
                yield layer, *row, variable


def _input_axes(layer, kept, variable):
    """The axes that one output sums over, or None where only a guess is possible."""
    if isinstance(layer, LEFT_ALONE) or variable.name in NOT_KERNELS:
        return ()
    if variable.name not in kept:
        return None
    if isinstance(layer, k.EinsumDense):
        operands, output = layer.equation.replace(" ", "").split("->")
        kernel = operands.split(",")[1]
        return tuple(axis for axis, label in enumerate(kernel) if label not in output)
    rank = len(variable.shape)
    outputs = {axis % rank for axis in kept[variable.name]}
    return tuple(axis for axis in range(rank) if axis not in outputs)


def _checked_override(axes, variable, known):
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
            *(variable.path, tuple(variable.shape)),
        )
        return ()
    return axes


def default_axes(variable, conv_only=False):
    """Every axis but the last; nothing for vectors, biases and embeddings.

    With `conv_only`, nothing for rank 3 and less either.
    """
    rank = len(variable.shape)
    if rank < (4 if conv_only else 2) or variable.name in NOT_KERNELS:
        return ()
    return tuple(range(rank - 1))


def checked_axes(axes):
    """Axes of variables that are not known yet, as far as they can be checked.

    Args:
        axes: `None`, a mapping from variable path to axes, or a list with the axes of
            each variable: an integer (in a mapping), integers, or `None`.

    Returns:
        `None`, or a dict or list of the same, each entry `None` or a tuple.
    """
    if axes is None:
        return None
    if isinstance(axes, Mapping):
        # A keras.Variable has no hash, so it cannot be the key itself.
        if strangers := [path for path in axes if not isinstance(path, str)]:
            raise TypeError(
                "Argument `axes` must have variable paths as its keys, such as "
                f"'dense/kernel' (`variable.path`). Received: {strangers[0]!r}"
            )
        return {p: a if a is None else integers(a, p) for p, a in axes.items()}
    sequence = list | tuple
    if not isinstance(axes, sequence) or not all(
        a is None or isinstance(a, sequence) for a in axes
    ):
        raise TypeError(
            "Argument `axes` must be None, a mapping from variable path to axes, or a "
            f"list with a tuple of axes for each variable. Received: axes={axes!r}"
        )
    return [
        a if a is None else integers(a, f"variable {i}") for i, a in enumerate(axes)
    ]


def axes_of_variables(axes, variables, default):
    """The axes of each variable.

    Args:
        axes: What `checked_axes` returned.
        variables: List of variables.
        default: Function from a variable to its axes where `axes` has none for it.

    Returns:
        List of tuples of integers.
    """
    paths = [getattr(v, "path", v.name) for v in variables]  # tf.Variable has none
    if axes is None:
        axes = [None] * len(variables)
    elif isinstance(axes, Mapping):
        # Paths without a variable alone are frozen layers, and variables without a
        # path get the default. Both at once is a misspelling, or another model's.
        unused = sorted(set(axes) - set(paths))
        ranks = {p: len(v.shape) for p, v in zip(paths, variables, strict=True)}
        missing = sorted(p for p in ranks if ranks[p] >= 2 and p not in axes)
        if unused and missing:
            raise ValueError(
                f"Argument `axes` names {unused}, which are not among the variables, "
                f"while {missing} have no entry. Correct the paths, or derive the "
                "axes anew."
            )
        axes = [axes.get(path) for path in paths]
    if len(axes) != len(variables):
        raise ValueError(
            f"Argument `axes` holds the axes of {len(axes)} variables, and the "
            f"optimizer is to update {len(variables)}. Derive the axes anew."
        )
    return [
        default(variable)
        if entry is None
        else normalize_axes(entry, len(variable.shape), path)
        for variable, path, entry in zip(variables, paths, axes, strict=True)
    ]


def normalize_axes(axes, rank, owner="a gradient"):
    """Axes as a sorted tuple of integers in `[0, rank)`, or an error about them."""
    given = integers(axes, owner)
    if not all(-rank <= a < rank for a in given):
        raise ValueError(
            f"Argument `axes` must be within [{-rank}, {rank}) for {owner} of rank "
            f"{rank}. Received: axes={axes!r}"
        )
    positive = sorted({a % rank for a in given})
    if len(positive) < len(given):
        raise ValueError(
            f"Argument `axes` must not name an axis twice. Received: axes={axes!r} "
            f"for {owner}"
        )
    return tuple(positive)


def integers(axes, owner):
    """Axes, an integer or an iterable of integers, as a tuple."""
    given = tuple(axes) if isinstance(axes, Iterable) else (axes,)
    if not all(isinstance(a, Integral) and not isinstance(a, bool) for a in given):
        raise TypeError(
            f"Argument `axes` must hold integers. Received: axes={axes!r} for {owner}"
        )
    return tuple(int(a) for a in given)
