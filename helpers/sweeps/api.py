"""The call, its checks, and what it returns."""

import contextlib
import dataclasses
import itertools
import math

import keras
import numpy as np

from helpers import figures_sweep, i18n
from helpers.i18n import _
from helpers.sweeps import checks, engines, worker
from helpers.sweeps.fingerprint import fingerprint
from helpers.sweeps.store import Store


@dataclasses.dataclass(frozen=True)
class Sweep:
    """What `sweep` found: a metric for each pair of hyperparameters and each seed.

    Attributes:
        names: Tuple of the two hyperparameters' names, rows first.
        rows: Tuple of the first one's values.
        columns: Tuple of the second one's values.
        seeds: Tuple of the seeds.
        values: Float array `(len(rows), len(columns), len(seeds))`; not finite where
            a run failed.
        errors: Dict from `(row, column, seed)` to what went wrong there, in one line.
            The traceback stands in the cell's file.
        reused: Number of runs that were read from the folder.
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
        return self._finite.mean(axis=2)

    @property
    def spread(self):
        """Standard deviation over the seeds (`n − 1` in the denominator), as `mean`.

        NaN everywhere if there is one seed only.
        """
        if len(self.seeds) < 2:
            return np.full(self.values.shape[:2], np.nan)
        return self._finite.std(axis=2, ddof=1)

    @property
    def failed(self):
        """Number of seeds whose run failed, `(rows, columns)`."""
        return np.isnan(self._finite).sum(axis=2)

    @property
    def _finite(self):
        return np.where(np.isfinite(self.values), self.values, np.nan)

    @property
    def highest(self):
        """Row and column of the highest mean, or `None` if every cell has failed."""
        mean = self.mean
        if np.isnan(mean).all():
            return None
        row, column = np.unravel_index(np.nanargmax(mean), mean.shape)
        return self.rows[row], self.columns[column]

    @property
    def summary(self):
        """The range of the means, and how many runs failed, in sentences."""
        found = ""
        if self.highest is not None:
            found = _(
                "{metric}, mean over the seeds {seeds}: from ≈ {low:.3f} to "
                "≈ {high:.3f}."
            ).format(
                metric=self.metric,
                seeds=i18n.listing(self.seeds),
                low=np.nanmin(self.mean),
                high=np.nanmax(self.mean),
            )
        failed = ""
        if self.errors:
            failed = _("{failed} of {total} runs failed.").format(
                failed=len(self.errors), total=self.values.size
            )
        return i18n.sentences(found, failed)

    def picture(self):
        """The means as a heat map, with the spread over the seeds in each cell."""
        return figures_sweep.heat_map(self)


def sweep(
    function,
    grid,
    seeds,
    folder,
    engine=None,
    workers=None,
    metric=None,
    progress=None,
):
    """Calls a function for all pairs of two hyperparameters' values, and all seeds.

    Runs go to processes of this machine, or to a cluster. Each finished run is stored
    at once: called again after it was stopped or killed, `sweep` does the rest. A run
    that raises leaves its place empty and its error in `errors`, the others go on,
    and the next call tries it again. A result that is not finite, as of a training
    that diverged, counts as failed too, but is not tried again.

    A stored run is used if everything its result depends on is the same: the
    function, with the functions, classes and data of the notebook that it refers to;
    the versions of the packages it uses, or their content if they are not installed
    but lie in a folder of yours; Keras's backend; the hyperparameters; and the seed.
    So a larger grid reuses what a smaller one has computed. What the function reads
    from files or the network is not seen: if that changes, use another folder.

    Args:
        function: Called as `function(**hyperparameters, seed=seed)`; returns the
            metric, a number. Keras, NumPy and Python are seeded before. It is sent to
            other processes with all that it refers to, so it builds models and
            `tf.data` pipelines itself.
        grid: Dict from two names of hyperparameters, the rows' first, to their
            values: numbers, strings or booleans.
        seeds: Iterable of different non-negative integers.
        folder: Path of the folder for the results, one JSON file for each run.
        engine: `None` for processes of this machine; a `dask.distributed.Client`,
            whose workers must be able to import what `function` imports; or any
            `concurrent.futures.Executor`.
        workers: Number of processes of this machine. They share its cores. Defaults
            to one for each core.
        metric: Name of the metric in the reader's language. Defaults to the test
            accuracy.
        progress: Called as `progress(done, total)` before the first run and after
            each.

    Returns:
        A `Sweep`.

    Raises:
        TypeError: `function` cannot be called so, or cannot be sent to another
            process; or an argument has the wrong type.
        ValueError: An argument is out of its range.
        RuntimeError: No worker process can be started.
    """
    names, rows, columns = checks.checked_grid(grid)
    seeds = checks.checked_seeds(seeds)
    checks.check_function(function, names)
    workers = checks.checked_workers(engine, workers)
    checks.check_rest(folder, progress)
    payload, key = checks.packed(function), fingerprint(function)
    versions = worker.versions()
    store = Store(folder, key, versions)
    progress = progress or (lambda done, total: None)
    metric = _("test accuracy") if metric is None else metric

    # The seed changes slowest: a sweep that is stopped early has all cells for it.
    cells = [
        ({names[0]: row, names[1]: column}, seed)
        for seed, row, column in itertools.product(seeds, rows, columns)
    ]
    outcomes = {_place(cell): store.load(*cell) for cell in cells}
    todo = [cell for cell in cells if outcomes[_place(cell)] is None]
    reused = len(cells) - len(todo)
    progress(reused, len(cells))
    if todo:
        workers = min(workers, len(todo))
        environment = worker.environment(
            engines.threads(engine, workers), keras.backend.backend()
        )
        job = worker.Job(payload, key, versions, environment, i18n.language())
        # Closed at once if anything here raises, the stop button's exception included.
        with contextlib.closing(engines.run(todo, job, engine, workers)) as finished:
            for done, (cell, outcome) in enumerate(finished, start=reused + 1):
                store.save(*cell, outcome)
                outcomes[_place(cell)] = outcome
                progress(done, len(cells))
    values = np.array(
        [[[_value(outcomes[r, c, s]) for s in seeds] for c in columns] for r in rows]
    )
    errors = {place: _error(o) for place, o in outcomes.items() if _error(o)}
    return Sweep(names, rows, columns, seeds, values, errors, reused, metric)


def _place(cell):
    arguments, seed = cell
    return (*arguments.values(), seed)


def _value(outcome):
    return math.nan if outcome["value"] is None else outcome["value"]


def _error(outcome):
    if outcome["error"] is None and not math.isfinite(outcome["value"]):
        return f"The function returned {outcome['value']}."
    return outcome["error"]
