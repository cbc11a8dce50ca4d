"""What `sweep` makes sure of before it starts anything."""

import inspect
import io
import math
import numbers
import os
import pickle
from concurrent import futures

import cloudpickle
import numpy as np

from helpers.checks import integer
from helpers.sweeps import engines


def checked_grid(grid):
    """Names, row values and column values, with NumPy's numbers as Python's own."""
    if not isinstance(grid, dict) or len(grid) != 2:
        raise ValueError(
            "`grid` must be a dict with two entries, from names of hyperparameters to "
            f"their values: the rows and the columns of the map. Received: {grid!r}"
        )
    for name in grid:
        if not isinstance(name, str) or not name.isidentifier() or name == "seed":
            raise ValueError(
                "The names in `grid` must be names of arguments of `function`, other "
                f"than 'seed'. Received: {name!r}"
            )
    return tuple(grid), *(_checked_values(*entry) for entry in grid.items())


def _checked_values(name, values):
    where = f"`grid[{name!r}]`"
    if isinstance(values, str | bytes) or not hasattr(values, "__iter__"):
        raise ValueError(f"{where} must be a list of values. Received: {values!r}")
    values = tuple(v.item() if isinstance(v, np.generic) else v for v in values)
    for value in values:
        known = isinstance(value, bool | int | float | str)
        if not known or (isinstance(value, float) and not math.isfinite(value)):
            raise ValueError(
                f"{where} must hold finite numbers, strings or booleans. "
                f"Received: {value!r}"
            )
    if not values or len(set(values)) < len(values):
        raise ValueError(
            f"{where} must hold at least one value, and none twice. Received: {values}"
        )
    return values


def checked_seeds(seeds):
    """The seeds as a tuple of Python's integers."""
    seeds = tuple(seeds) if hasattr(seeds, "__iter__") else (seeds, None)
    whole = all(
        isinstance(s, numbers.Integral) and not isinstance(s, bool) and 0 <= s < 2**32
        for s in seeds
    )
    if not whole or not seeds or len(set(seeds)) < len(seeds):
        raise ValueError(
            "`seeds` must be a list of different integers from 0 to 2³² − 1, at least "
            f"one. Received: {seeds if whole else list(seeds)}"
        )
    return tuple(int(seed) for seed in seeds)


def check_function(function, names):
    """That the function can be called with these names and `seed`."""
    if not callable(function):
        raise TypeError(f"`function` must be callable. Received: {function!r}")
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # some that are written in C say nothing
        return
    try:
        signature.bind(**dict.fromkeys(names), seed=0)
    except TypeError as error:
        wanted = ", ".join(f"{name}=…" for name in (*names, "seed"))
        raise TypeError(
            f"`function` must accept the call function({wanted}), but {error}. "
            f"Its arguments: {signature}"
        ) from error


def checked_workers(engine, workers):
    """Number of processes of this machine."""
    executor = isinstance(engine, futures.Executor)
    if engine is not None and not executor and not engines.is_dask(engine):
        raise TypeError(
            "`engine` must be None, a dask.distributed.Client or a "
            f"concurrent.futures.Executor. Received: {engine!r}"
        )
    if getattr(engine, "asynchronous", False):
        raise TypeError("`engine` must be a client made without `asynchronous=True`.")
    if engine is not None and workers is not None:
        raise ValueError(
            "`workers` must be None with an `engine`, which has workers of its own. "
            f"Received: {workers!r}"
        )
    if workers is None:
        return engines.cores()
    return integer("workers", workers, 1)


def check_rest(folder, progress):
    """That the folder is a path and that progress can be told."""
    if not isinstance(folder, str | os.PathLike):
        raise TypeError(f"`folder` must be a path. Received: {folder!r}")
    if progress is not None and not callable(progress):
        raise TypeError(f"`progress` must be callable or None. Received: {progress!r}")


def packed(function):
    """The function as bytes, which any process that has its packages can read."""
    try:
        data = cloudpickle.dumps(function)
        _Reader(io.BytesIO(data)).load()
    except Exception as error:
        raise TypeError(
            "`function` must be one that can be sent to another process, with all "
            "that it refers to. Datasets, compiled functions and the like are to be "
            f"made inside it. {type(error).__name__}: {error}"
        ) from error
    return data


class _Reader(pickle.Unpickler):
    """Finds what would be missing in another process."""

    def find_class(self, module, name):
        if module == "__main__":
            raise TypeError(
                f"`{name}` of the notebook or script is sent by its name only, which "
                "other processes do not know"
            )
        return super().find_class(module, name)
