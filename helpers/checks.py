"""Checks of arguments that several modules make."""

import math
import numbers


def integer(name, value, low, high=None):
    """The value as an int.

    Args:
        name: Name of the argument, for the error.
        value: Python's integer or NumPy's.
        low: Smallest value allowed.
        high: Largest value allowed; `None` if there is none.

    Raises:
        ValueError: If it is no integer or out of the range.
    """
    whole = isinstance(value, numbers.Integral) and not isinstance(value, bool)
    if not whole or value < low or (high is not None and value > high):
        allowed = f"from {low} to {high}" if high is not None else f"of at least {low}"
        raise ValueError(
            f"`{name}` must be an integer {allowed}. Received: {name}={value!r}"
        )
    return int(value)


def seeds_from(seeds, least):
    """The seeds as a tuple of at least so many different integers.

    Raises:
        ValueError: If they are not that, or one is not from 0 to 2³² − 1.
    """
    given = tuple(seeds) if hasattr(seeds, "__iter__") else (seeds,)
    try:
        whole = {integer("seeds", seed, 0, 2**32 - 1) for seed in given}
    except ValueError:
        whole = ()
    if len(whole) < max(least, len(given)):
        raise ValueError(
            f"`seeds` must hold at least {least} integers from 0 to 2³² − 1, all "
            f"different. Received: {seeds!r}"
        )
    return tuple(map(int, given))


def callable_or_none(name, value):
    """That the value can be called, or is `None`.

    Raises:
        TypeError: If it is something else.
    """
    if value is not None and not callable(value):
        raise TypeError(f"`{name}` must be callable or None. Received: {value!r}")


def number(name, value, allowed, holds):
    """The value as a float.

    Args:
        name: Name of the argument, for the error.
        value: Finite number of any kind that `float` takes.
        allowed: What is allowed, for the error, such as `"above 0"`.
        holds: Function from the float to whether it is allowed.

    Raises:
        ValueError: If it is no finite number or not allowed.
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


def pair_of_functions(argument, functions):
    """A dict of two functions, a baseline and another, or an error about it."""
    functions = dict(functions)
    if len(functions) != 2:
        raise ValueError(
            f"`{argument}` must hold two entries, the baseline first. "
            f"Received: {list(functions)}"
        )
    for name, function in functions.items():
        if not callable(function):
            raise TypeError(
                f"`{argument}` must hold functions. Received: {name!r}: {function!r}"
            )
    return functions
