"""The same training for many hyperparameters and seeds, in many processes."""

import contextlib
import dataclasses
import inspect
import itertools
import json
import math
import os
import pathlib
import textwrap
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import keras
import numpy as np

from helpers import cluster
from helpers.checks import callable_or_none, seeds_from
from helpers.i18n import _, listing, sentences
from helpers.plotting import scale_out


@dataclasses.dataclass(frozen=True)
class Sweep:
    """What `sweep` found: a metric for each pair of hyperparameters and each seed.

    Attributes:
        names: Tuple of the two hyperparameters' names, rows first.
        rows: Tuple of the first one's values.
        columns: Tuple of the second one's values.
        seeds: Tuple of the seeds.
        values: Float array `(len(rows), len(columns), len(seeds))`; NaN where a run
            failed.
        errors: Dict from `(row, column, seed)` to what went wrong there, in one line.
        reused: Number of runs that were read from the file.
        metric: Name of the metric, in the reader's language.
    """

    names: tuple
    rows: tuple
    columns: tuple
    seeds: tuple
    values: np.ndarray
    errors: dict
    reused: int
    metric: str

    @property
    def mean(self):
        """Mean over the seeds, `(rows, columns)`; NaN where a run failed."""
        return self.values.mean(axis=2)

    @property
    def spread(self):
        """Standard deviation over the seeds (`n − 1` in the denominator), as `mean`.

        NaN everywhere if there is one seed only.
        """
        if len(self.seeds) < 2:
            return np.full(self.values.shape[:2], np.nan)
        return self.values.std(axis=2, ddof=1)

    @property
    def highest(self):
        """Row and column of the highest mean, or `None` if every cell has failed."""
        if np.isnan(self.mean).all():
            return None
        row, column = np.unravel_index(np.nanargmax(self.mean), self.mean.shape)
        return self.rows[row], self.columns[column]

    @property
    def summary(self):
        """The range of the means, and how many runs failed, in sentences."""
        found = failed = ""
        if self.highest is not None:
            found = _(
                "{metric}, mean over the seeds {seeds}: from ≈ {low:.3f} to "
                "≈ {high:.3f}."
            ).format(
                metric=self.metric,
                seeds=listing(self.seeds),
                low=np.nanmin(self.mean),
                high=np.nanmax(self.mean),
            )
        if self.errors:
            failed = _("{failed} of {total} runs failed.").format(
                failed=len(self.errors), total=self.values.size
            )
        return sentences(found, failed)

    def picture(self):
        """The means as a heat map, with the spread over the seeds in each cell."""
        return scale_out.heat_map(self)


def sweep(
    function: Callable[..., float],
    grid: Mapping[str, Iterable[Any]],
    seeds: Iterable[int],
    path: str | os.PathLike,
    client: Any = None,
    backend: str | None = None,
    metric: str | None = None,
    progress: Callable[[int, int], Any] | None = None,
) -> Sweep:
    """Calls a function for all pairs of two hyperparameters' values, and all seeds.

    The runs go to a Dask cluster: one of processes of this machine, or the reader's.
    Each finished run is a line in a file, written at once: called again after it was
    stopped or killed, `sweep` does the rest. A run that raises, or that kills its
    process, leaves its place empty and says why; the next call tries it again.

    The file states the function's source, and takes no results of another function.
    What the function refers to is not seen: if that changes, use another file.

    Args:
        function: Called as `function(**hyperparameters, seed=seed)`; returns the
            metric, a number. Keras, NumPy and Python are seeded before. It is sent to
            other processes with all of the notebook's functions and data that it
            refers to. A script calls `sweep` under `if __name__ == "__main__":`.
        grid: Dict from two names of hyperparameters, the rows' first, to their
            values: numbers, strings or booleans.
        seeds: Iterable of different integers from 0 to 2³² − 1.
        path: Path of the file, in JSON lines. Its folder must exist.
        client: `dask.distributed.Client`, whose workers have one thread each and can
            import what `function` imports.
        backend: Keras's backend in the workers; by default the one here. On `"jax"`
            a worker needs less memory, since it does not load TensorFlow.
        metric: Name of the metric in the reader's language. Defaults to the test
            accuracy.
        progress: Called as `progress(done, total)` before the first run and after
            each.

    Returns:
        A `Sweep`.

    Raises:
        TypeError: An argument is of the wrong kind, or `function` cannot be called
            so or sent to another process.
        ValueError: An argument is out of its range, or the file is another's.
    """
    names, rows, columns = _grid(grid)
    seeds = seeds_from(seeds, least=1)
    callable_or_none("progress", progress)
    progress = progress or (lambda done, total: None)
    inspect.signature(function).bind(**dict.fromkeys(names), seed=0)
    finished = _read(path, _source(function))
    # The seed changes slowest: a sweep that is stopped early has all cells for it.
    cells = [
        dict(zip((*names, "seed"), (row, column, seed), strict=True))
        for seed, row, column in itertools.product(seeds, rows, columns)
    ]
    todo = [cell for cell in cells if json.dumps(cell) not in finished]
    reused, errors = len(cells) - len(todo), {}
    progress(reused, len(cells))
    if todo:
        backend = backend or keras.backend.backend()
        with (
            contextlib.closing(cluster.run(function, todo, client, backend)) as runs,
            open(path, "a", encoding="utf-8") as file,
        ):
            for done, (cell, value, error) in enumerate(runs, start=reused + 1):
                if error:
                    errors[tuple(cell.values())] = error
                else:
                    finished[json.dumps(cell)] = value
                    print(json.dumps({**cell, "value": value}), file=file, flush=True)
                progress(done, len(cells))
    values = np.array([finished.get(json.dumps(cell), math.nan) for cell in cells])
    for cell, value in zip(cells, values, strict=True):
        if not math.isfinite(value):
            message = f"The function returned {value}."
            errors.setdefault(tuple(cell.values()), message)
    values[~np.isfinite(values)] = math.nan
    values = np.moveaxis(values.reshape(len(seeds), len(rows), len(columns)), 0, -1)
    metric = _("test accuracy") if metric is None else metric
    return Sweep(names, rows, columns, seeds, values, errors, reused, metric)


def _grid(grid):
    if not isinstance(grid, dict) or len(grid) != 2:
        raise ValueError(
            "`grid` must be a dict with two entries, from names of hyperparameters to "
            f"their values: the rows and the columns of the map. Received: {grid!r}"
        )
    return tuple(grid), *(_values(*entry) for entry in grid.items())


def _values(name, values):
    listed = hasattr(values, "__iter__") and not isinstance(values, str | bytes)
    values = list(values) if listed else []
    values = [v.item() if isinstance(v, np.generic) else v for v in values]
    known = all(isinstance(v, bool | int | float | str) and v == v for v in values)
    if not values or not known or len(set(values)) < len(values):
        raise ValueError(
            f"`grid[{name!r}]` must be a list of numbers, strings or booleans, at "
            f"least one and none twice. Received: {values!r}"
        )
    return tuple(values)


def _source(function):
    try:
        return textwrap.dedent(inspect.getsource(function))
    except (OSError, TypeError) as error:
        raise TypeError(
            "`function` must be one whose source can be read: of a notebook or a file. "
            f"Received: {function!r}"
        ) from error


def _read(path, source):
    """The finished cells of a file, which is begun if there is none."""
    path = pathlib.Path(path)
    if not path.exists():
        path.write_text(json.dumps({"function": source}) + "\n", encoding="utf-8")
    content = path.read_bytes()
    whole = content[: content.rfind(b"\n") + 1]
    first, *lines = whole.decode("utf-8", "replace").splitlines() or [""]
    if first != json.dumps({"function": source}):
        raise ValueError(
            f"`path` must be a new file or one of this function. {str(path)!r} begins "
            "with another function's source: give another path, or delete the file."
        )
    # A process that was killed may have left half a line.
    os.truncate(path, len(whole))
    finished = {}
    for cell in map(json.loads, lines):
        value = cell.pop("value")
        finished[json.dumps(cell)] = value
    return finished
