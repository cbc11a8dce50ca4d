"""Checks of arguments that several modules make."""

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
