"""The same training for many hyperparameters and seeds, in many processes, on Dask.

The processes import this module, and it imports no Keras, whose backend they choose.
"""

import contextlib
import dataclasses
import inspect
import itertools
import json
import logging
import math
import os
import pathlib
import pickle
import random
import re
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

import helpers
from helpers._support.checks import distinct, seeds_from
from helpers._support.i18n import _, listing, sentences

# Bytes that a worker needs, with Keras and a small network.
MEMORY = 0.6e9


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
            low, high = np.nanmin(self.mean), np.nanmax(self.mean)
            found = _(
                "{metric}, mean over the seeds {seeds}: from ≈ {low:.3f} to "
                "≈ {high:.3f}."
            )
            found = found.format(
                metric=self.metric, seeds=listing(self.seeds), low=low, high=high
            )
        if self.errors:
            failed = _("{failed} of {total} runs failed.")
            failed = failed.format(failed=len(self.errors), total=self.values.size)
        return sentences(found, failed)

    def picture(self):
        """The means as a heat map, with the spread over the seeds in each cell."""
        from helpers.plotting import scale_out

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

    The file states the function's source and the backend, and takes no results of
    another. What the function refers to is not seen: if that changes, use another file.

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
            import what `function` imports. Without one, the processes of this machine
            use no GPU; with one, each worker uses the GPUs that it sees: give it one.
        backend: Keras's backend in the workers; by default the one here. On `"jax"`
            a worker needs less memory, since it does not load TensorFlow.
        metric: Name of the metric in the reader's language. Defaults to the accuracy.
        progress: Called as `progress(done, total)` before the first run and after
            each.

    Raises:
        TypeError: `function` cannot be called so, has no source to read, or an
            argument is of the wrong kind.
        ValueError: An argument is out of its range, or the file is another's.
    """
    import distributed
    import keras

    if len(grid) != 2:
        raise ValueError(f"`grid` must have two entries. Received: {grid}")
    names = tuple(grid)
    rows, columns = (distinct(f"grid[{name!r}]", grid[name]) for name in names)
    seeds = seeds_from(seeds)
    inspect.signature(function).bind(**dict.fromkeys(names), seed=0)
    progress = progress or (lambda done, total: None)
    # The seed changes slowest: a sweep that is stopped early has all cells for it.
    cells = {}
    for seed, *pair in itertools.product(seeds, rows, columns):
        cell = dict(zip(names, pair, strict=True)) | {"seed": seed}
        cells[_line(cell)] = cell
    backend = backend or keras.backend.backend()
    finished = _read(path, inspect.getsource(function), backend)
    todo = [cell for line, cell in cells.items() if line not in finished]
    reused, errors = len(cells) - len(todo), {}
    progress(reused, len(cells))
    if todo:
        with (
            _connected(client, len(todo), backend) as client,
            open(path, "a", encoding="utf-8") as file,
        ):
            futures = _submit(client, function, todo, backend)
            try:
                ended = distributed.as_completed(futures)
                for done, future in enumerate(ended, start=reused + 1):
                    cell = futures[future]
                    if future.status == "finished":
                        value = finished[_line(cell)] = future.result()
                        print(_line({**cell, "value": value}), file=file, flush=True)
                    else:
                        errors[tuple(cell.values())] = _reason(future.exception())
                    progress(done, len(cells))
            finally:
                client.cancel(list(futures))
    values = np.array([finished.get(line, math.nan) for line in cells], dtype=float)
    for value, cell in zip(values, cells.values(), strict=True):
        if not math.isfinite(value):
            errors.setdefault(tuple(cell.values()), f"The function returned {value}.")
    values[~np.isfinite(values)] = math.nan
    values = np.moveaxis(values.reshape(len(seeds), len(rows), len(columns)), 0, -1)
    metric = _("accuracy") if metric is None else metric
    return Sweep(names, rows, columns, seeds, values, errors, reused, metric)


def _line(cell):
    # JSON does not know NumPy's integers.
    return json.dumps(cell, default=np.generic.item)


def _read(path, source, backend):
    """The finished cells of a file, which is begun if there is none."""
    path = pathlib.Path(path)
    head = json.dumps({"function": source, "backend": backend}).encode() + b"\n"
    if not path.exists():
        path.write_bytes(head)
    content = path.read_bytes()
    if not content.startswith(head):
        raise ValueError(
            f"`path` must be a new file or one of this function on {backend}. "
            f"{str(path)!r} begins with another function's source, or another backend: "
            "give another path, or delete the file."
        )
    # A process that was killed may have left half a line.
    whole = content[: content.rindex(b"\n") + 1]
    os.truncate(path, len(whole))
    cells = map(json.loads, whole[len(head) :].splitlines())
    return {_line(cell): value for cell in cells for value in [cell.pop("value")]}


def _submit(client, function, cells, backend):
    """Dict from the futures of all calls to their cells."""
    import cloudpickle
    import dask

    if any(threads > 1 for threads in client.nthreads().values()):
        raise ValueError(
            "The workers of `client` must have one thread each, because the random "
            "seed is their process's: start them with one. "
            f"Received: {client.nthreads()}"
        )
    with dask.config.set({"distributed.admin.large-graph-warning-threshold": "1GB"}):
        # A result, unlike data that were sent, is made again if its worker dies.
        pickled = client.submit(bytes, cloudpickle.dumps(function), pure=False)
        return {
            client.submit(_call, pickled, cell, backend, pure=False): cell
            for cell in cells
        }


def _call(pickled, cell, backend):
    """What runs in a worker."""
    helpers.load_keras(backend)
    import keras

    function = pickle.loads(pickled)
    # Dask, which draws random numbers in another thread, gets some of its own.
    for name, module in sys.modules.copy().items():
        ours = name.startswith(("dask", "distributed"))
        if ours and getattr(module, "random", None) is random:
            module.random = random.Random()
    # It would warn of the many models that one process makes.
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    # What was drawn before, in the same process, shall not matter.
    keras.utils.clear_session()
    if backend == "jax":
        # Keras draws its seeds from Python's. Its own function loads TensorFlow.
        random.seed(cell["seed"])
        np.random.seed(cell["seed"])
    else:
        keras.utils.set_random_seed(cell["seed"])
    return float(function(**cell))


def _reason(error):
    # Dask's own message goes on to its manual.
    reason = re.split(r"\n|\. ", str(error))[0]
    return f"{type(error).__name__}: {reason}"


@contextlib.contextmanager
def _connected(client, runs, backend):
    """The reader's client, or one of a cluster of this machine, which ends with it."""
    if client is not None:
        yield client
        return
    import dask
    from dask.system import CPU_COUNT
    from distributed import Client, LocalCluster, system

    environment = {
        "OMP_NUM_THREADS": "1",
        "TF_NUM_INTRAOP_THREADS": "1",
        "TF_NUM_INTEROP_THREADS": "1",
        "KERAS_BACKEND": backend,
        "CUDA_VISIBLE_DEVICES": "-1",  # each would take most of a GPU's memory
        "MALLOC_ARENA_MAX": "2",  # two heaps, and not one for each thread: less memory
    }
    settings = {
        # A run that kills its process is tried once more, and takes no other with it.
        "distributed.scheduler.allowed-failures": 1,
        "distributed.scheduler.worker-saturation": 1.0,
        # Python's memory cannot be written to disk here: a worker with too much ends.
        "distributed.worker.memory.target": False,
        "distributed.worker.memory.spill": False,
        "distributed.worker.memory.pause": False,
        "distributed.nanny.pre-spawn-environ": environment,
    }
    options = {"dashboard_address": ":0", "silence_logs": logging.CRITICAL}
    workers = min(runs, CPU_COUNT, max(1, int(system.MEMORY_LIMIT // MEMORY)))
    with (
        tempfile.TemporaryDirectory() as folder,
        dask.config.set(settings),
        LocalCluster(
            workers, threads_per_worker=1, local_directory=folder, **options
        ) as cluster,
        Client(cluster) as client,
    ):
        yield client
