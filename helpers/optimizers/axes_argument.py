"""The `axes` argument of gradient centralization: its forms, checks and default."""

from collections.abc import Iterable, Mapping
from numbers import Integral

import keras

# Weights that may have rank 2 (the bias of a GRU, of an attention layer) and
# are not kernels. An embedding's gradient is zero outside the rows looked up.
NOT_KERNELS = ("bias", "embeddings", "reverse_embeddings")


def axes_tuple(axes, owner="a gradient"):
    """Writes axes, an integer or an iterable of integers, as a tuple."""
    given = tuple(axes) if isinstance(axes, Iterable) else (axes,)
    if not all(isinstance(a, Integral) and not isinstance(a, bool) for a in given):
        raise TypeError(
            f"Argument `axes` must hold integers. Received: axes={axes!r} for {owner}"
        )
    return tuple(int(a) for a in given)


def normalize_axes(axes, rank, owner="a gradient"):
    """Checks axes and writes them as a sorted tuple of non-negative integers.

    Args:
        axes: Integer, or iterable of integers in `[-rank, rank)`, none twice.
        rank: Rank of the tensor.
        owner: What the tensor is, for the message of an error.

    Returns:
        Tuple of integers in `[0, rank)`.

    Raises:
        TypeError: An axis is not an integer.
        ValueError: An axis is out of range or named twice.
    """
    given = axes_tuple(axes, owner)
    if not all(-rank <= a < rank for a in given):
        raise ValueError(
            f"Argument `axes` must be within [{-rank}, {rank}) for {owner} of rank "
            f"{rank}. Received: axes={axes!r}"
        )
    positive = sorted(a % rank for a in given)
    if len(set(positive)) < len(positive):
        raise ValueError(
            f"Argument `axes` must not name an axis twice. Received: axes={axes!r} "
            f"for {owner}"
        )
    return tuple(positive)


def default_axes(variable, conv_only=False):
    """Every axis but the last; nothing for vectors, biases and embeddings.

    With `conv_only`, nothing for rank 3 and less either.
    """
    rank = len(variable.shape)
    too_small = rank < 4 if conv_only else rank < 2
    if too_small or variable.name in NOT_KERNELS:
        return ()
    return tuple(range(rank - 1))


def checked_axes(axes):
    """Checks the `axes` argument as far as can be before the variables are known.

    Args:
        axes: See `GradientCentralization`.

    Returns:
        `None`, the callable, a dict from variable path to tuple of axes, or a tuple
        with a tuple of axes for each variable.

    Raises:
        TypeError: `axes` is of another type, or holds something else than integers.
    """
    if axes is None or callable(axes):
        return axes
    if isinstance(axes, Mapping):
        return {
            _checked_path(path): _entry(value, path) for path, value in axes.items()
        }
    if isinstance(axes, (list, tuple)) and not any(
        isinstance(a, Integral) for a in axes
    ):
        return tuple(_entry(value) for value in axes)
    raise TypeError(
        "Argument `axes` must be None, a callable from variable to axes, a mapping "
        "from variable path to axes, or a sequence with the axes of each variable. "
        f"Received: axes={axes!r}"
    )


def _checked_path(path):
    # A keras.Variable has no hash, so it cannot be the key itself.
    if not isinstance(path, str):
        raise TypeError(
            "Argument `axes` must have variable paths as its keys, such as "
            f"'dense/kernel' (`variable.path`). Received: {path!r}"
        )
    return path


def _entry(axes, owner="a variable"):
    return None if axes is None else axes_tuple(axes, owner)


def _path(variable):
    # A tf.Variable has no `path`.
    return getattr(variable, "path", variable.name)


def resolved_axes(axes, variables, conv_only):
    """Works out the axes of each variable, once the variables are known.

    Args:
        axes: What `checked_axes` returned.
        variables: List of variables, in the optimizer's order.
        conv_only: Boolean, for `default_axes`.

    Returns:
        Tuple with a tuple of axes for each variable.

    Raises:
        TypeError: An axis is not an integer.
        ValueError: Axes are out of a variable's range, or belong to other variables.
    """
    if isinstance(axes, Mapping):
        _require_same_model(axes, variables)
        given = [axes.get(_path(v)) for v in variables]
    elif callable(axes):
        given = [axes(v) for v in variables]
    else:
        given = [None] * len(variables) if axes is None else list(axes)
    if len(given) != len(variables):
        raise ValueError(
            f"Argument `axes` holds the axes of {len(given)} variables, and the "
            f"optimizer is to update {len(variables)}. Derive them anew with "
            "GradientCentralization.for_model(model, inner_optimizer)."
        )
    return tuple(
        default_axes(variable, conv_only)
        if entry is None
        else normalize_axes(entry, len(variable.shape), _path(variable))
        for variable, entry in zip(variables, given, strict=True)
    )


def _require_same_model(axes, variables):
    # Paths without a variable alone are frozen layers, and variables without a path
    # get the default. Both at once is a misspelling, or another model's mapping.
    kernels = {_path(v) for v in variables if len(v.shape) >= 2}
    unused = sorted(set(axes) - {_path(v) for v in variables})
    missing = sorted(kernels - set(axes))
    if unused and missing:
        raise ValueError(
            f"Argument `axes` names {unused}, which are not among the variables, while "
            f"{missing} have no entry. Correct the paths, or derive them with "
            "GradientCentralization.for_model(model, inner_optimizer)."
        )


def axes_config(axes):
    """Writes what `checked_axes` returned for an optimizer's `get_config`.

    Raises:
        ValueError: `axes` is a callable that is not registered with Keras.
    """
    if callable(axes):
        return _serialized(axes)
    if isinstance(axes, Mapping):
        return {path: _as_list(entry) for path, entry in axes.items()}
    return [_as_list(entry) for entry in axes]


def _as_list(axes):
    return None if axes is None else list(axes)


def _serialized(axes):
    kind = axes if hasattr(axes, "__name__") else type(axes)
    if keras.saving.get_registered_name(kind) == kind.__name__:
        raise ValueError(
            f"Argument `axes` is {axes!r}, which cannot be saved. Register it with "
            "keras.saving.register_keras_serializable, or give a mapping."
        )
    return keras.saving.serialize_keras_object(axes)
