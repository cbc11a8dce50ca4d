"""Checks of arguments that several modules make. Each names the argument."""

import math
import numbers


def integer(name, value, low, high=None):
    """The value as an int; a `ValueError` if it is none, or out of the range."""
    whole = isinstance(value, numbers.Integral) and not isinstance(value, bool)
    if not whole or value < low or (high is not None and value > high):
        allowed = f"from {low} to {high}" if high is not None else f"of at least {low}"
        raise ValueError(
            f"`{name}` must be an integer {allowed}. Received: {name}={value!r}"
        )
    return int(value)


def number(name, value, allowed, holds):
    """The value as a float; a `ValueError` if it is not finite or `holds` denies it.

    Args:
        allowed: What `holds` allows, in words, such as `"above 0"`.
    """
    try:
        as_float = float(value)
    except (TypeError, ValueError):
        as_float = math.nan
    wrong = isinstance(value, bool | str) or not math.isfinite(as_float)
    if wrong or not holds(as_float):
        raise ValueError(
            f"`{name}` must be a finite number, {allowed}. Received: {value!r}"
        )
    return as_float


def distinct(name, values, least=1):
    """The values as a tuple; a `ValueError` if one is there twice, or too few are."""
    listed = hasattr(values, "__iter__") and not isinstance(values, str)
    values = tuple(values) if listed else (values,)
    if not listed or len(set(values)) < max(least, len(values)):
        raise ValueError(
            f"`{name}` must hold at least {least}, none twice. Received: {values}"
        )
    return values


def seeds_from(seeds, least=1):
    """The seeds as a tuple; a `ValueError` if they are not different integers."""
    seeds = distinct("seeds", seeds, least)
    return tuple(integer("seeds", seed, 0, 2**32 - 1) for seed in seeds)
