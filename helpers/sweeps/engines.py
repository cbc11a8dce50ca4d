"""Where the cells are computed: processes of this machine, or a cluster.

Both are a `concurrent.futures.Executor`: Python's own for the processes, and the one
that a Dask client gives. So local runs and clusters share the code, and any other
executor works as well. Dask was chosen before Ray because it is written in Python and
has one wheel for every version of it (with all it needs 5 MB to download, against Ray's
76 MB for each version), because a `LocalCluster` runs the same scheduler and
workers as a cluster does, and because its client already is such an executor.

Processes are spawned, never forked: TensorFlow does not survive a fork. A spawned
process cannot import what was defined in a notebook, so functions travel by value, in
cloudpickle's format.
"""

import collections
import contextlib
import multiprocessing
import os
import sys
import warnings
from concurrent import futures

from helpers.sweeps import worker


def cores():
    """Number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def is_dask(engine):
    """Whether `engine` is a `dask.distributed.Client`."""
    # Who has a client has loaded its package.
    package = sys.modules.get("distributed")
    return package is not None and isinstance(engine, package.Client)


def threads(engine, workers):
    """Number of threads for each worker, so that all together have one for each core.

    Args:
        engine: As `sweep` takes it.
        workers: Number of processes of this machine.
    """
    if engine is None:
        return max(1, cores() // workers)
    if is_dask(engine):
        return min(engine.nthreads().values(), default=1)
    return 1


def run(cells, job, engine, workers):
    """Computes cells.

    Args:
        cells: List of pairs `(arguments, seed)`.
        job: `helpers.sweeps.worker.Job`.
        engine: As `sweep` takes it.
        workers: Number of processes of this machine.

    Yields:
        Pairs of a cell and its outcome, in the order in which they finish.
    """
    if engine is None:
        yield from _run_in_processes(cells, job, workers)
    elif is_dask(engine):
        # One task, not an argument of each: it may hold the data of the notebook.
        # Dask warns of its size and advises `scatter`, but what that sends is lost
        # with a worker that dies, and a task's result is made again.
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Sending large graph", UserWarning)
            job = engine.submit(worker.same, job, pure=False)
        died = sys.modules["distributed"].KilledWorker
        yield from _run_on(engine.get_executor(pure=False), cells, job, died)
    else:
        yield from _run_on(engine, cells, job)


def _run_on(executor, cells, job, died=()):
    """As `run`; cells that end with an exception of class `died` are run again.

    Dask gives up, with the cell that killed a worker, those that waited for the same
    worker. Run again one at a time, only the cells at fault end so once more.
    """
    running = {executor.submit(worker.run, job, *cell): cell for cell in cells}
    lost = []
    try:
        for future in futures.as_completed(running):
            if not future.cancelled() and isinstance(future.exception(), died):
                lost.append(running[future])
            else:
                yield running[future], _outcome(future)
    finally:  # what has not begun when the sweep is stopped
        for future in running:
            future.cancel()
    for cell in lost:
        yield from _run_on(executor, [cell], job)


def _run_in_processes(cells, job, workers):
    """As `run`; a cell whose process dies does not take the others with it.

    When a process dies, Python gives up the whole pool. The cells that were running
    are then run again, one at a time: whichever kills its process again has failed.
    """
    waiting, suspects = collections.deque(cells), collections.deque()
    while waiting or suspects:
        batch, count = (suspects, 1) if suspects else (waiting, workers)
        count = min(count, len(batch))
        running = {}
        with _processes(job, count) as pool:
            try:
                while batch or running:
                    while batch and len(running) < count:
                        future = pool.submit(worker.run_here, *batch[0])
                        running[future] = batch.popleft()
                    done, _rest = futures.wait(running, None, futures.FIRST_COMPLETED)
                    for future in done:
                        outcome = _outcome(future)
                        yield running.pop(future), outcome
            except futures.BrokenExecutor as error:
                lost = list(running.values())
                if len(lost) > 1:
                    suspects.extend(lost)
                else:
                    yield lost[0], worker.failure(_death(error))


def _outcome(future):
    if future.cancelled():
        return worker.failure(RuntimeError("The engine has cancelled this cell."))
    error = future.exception()
    if isinstance(error, futures.BrokenExecutor):
        raise error
    return worker.failure(error) if error else future.result()


def _death(cause):
    error = RuntimeError(
        "The worker's process died, as it does when memory runs out or when compiled "
        "code crashes."
    )
    error.__cause__ = cause
    return error


@contextlib.contextmanager
def _processes(job, count):
    context = multiprocessing.get_context("spawn")
    stop, keep = context.Pipe(duplex=False)
    pool = futures.ProcessPoolExecutor(count, context, worker.start, (job, stop))
    try:
        try:
            pool.submit(worker.ready).result()
        except futures.BrokenExecutor as error:
            raise RuntimeError(
                "No worker process could be started. In a script, `sweep` must be "
                'called under `if __name__ == "__main__":`, because a worker runs the '
                "script's other lines again."
            ) from error
        yield pool
        pool.shutdown()
    finally:
        keep.close()  # Processes still at work leave at once.
        pool.shutdown(cancel_futures=True)
        stop.close()
