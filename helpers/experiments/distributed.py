"""Several devices in one process, and several processes that train together.

The processes run `worker.py`, on JAX; they stand for several machines.
"""

import dataclasses
import os
import pathlib
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from helpers._support.i18n import _, sentences

WORKER = pathlib.Path(__file__).with_name("worker.py")
# The same workers on a cluster: a script for Slurm.
JOB = pathlib.Path(__file__).with_name("job.sbatch")


def two_devices() -> list[str]:
    """The names of two devices: two GPUs, or the processor divided into two.

    A divided processor computes no faster. It runs the same program as several GPUs,
    but for the all-reduce, which is NCCL's on GPUs: what one wants to test before
    renting them is what comes out.

    Raises:
        RuntimeError: If TensorFlow has computed something already, so that the
            processor can no longer be divided.
    """
    import tensorflow as tf

    if len(tf.config.list_physical_devices("GPU")) >= 2:
        return ["GPU:0", "GPU:1"]
    processor = tf.config.list_physical_devices("CPU")[0]
    halves = [tf.config.LogicalDeviceConfiguration() for _half in range(2)]
    if tf.config.get_logical_device_configuration(processor) != halves:
        try:
            tf.config.set_logical_device_configuration(processor, halves)
        except RuntimeError as error:
            raise RuntimeError(
                "`two_devices()` must be called before TensorFlow computes anything. "
                "Restart the kernel and call it right after `helpers.setup`."
            ) from error
    return ["CPU:0", "CPU:1"]


@dataclasses.dataclass(frozen=True)
class Ended:
    """How the workers of `train` ended.

    Attributes:
        codes: List of their exit codes, as `subprocess.Popen.returncode` has them.
        seconds: List of floats: when each ended, after the start; `None` for a worker
            that still ran at the time limit, and was killed then.
        weights: List with the weights of each; `None` if it did not come to its end.
    """

    codes: list
    seconds: list
    weights: list

    @property
    def summary(self):
        """A sentence for each worker that did not come to its end, the first first."""
        ends = np.array(self.seconds, dtype=float)  # NaN, and last, at the time limit
        said = []
        for worker in np.argsort(ends):
            if np.isnan(ends[worker]):
                message = _("Worker {worker} still ran at the time limit.")
            elif self.codes[worker] == -signal.SIGKILL:
                message = _("Worker {worker} was killed.")
            elif self.codes[worker]:
                message = _("Worker {worker} ended by itself, ≈ {seconds:.0f} s later.")
            else:
                continue
            later = ends[worker] - np.nanmin(ends)
            said.append(message.format(worker=worker, seconds=later))
        return sentences(*said)


def train(
    folder: str | os.PathLike,
    workers: int,
    batch_size: int,
    epochs: int,
    crash: int | None = None,
    timeout: float = 240,
    resume: bool = False,
    module: str | None = None,
    heartbeat: int = 10,
) -> Ended:
    """Starts workers on this machine's processor, and waits until all have ended.

    If one dies, JAX ends the others: soon after `heartbeat` seconds, or at once if it
    is worker 0, with which all keep contact. One that hangs may send signs of life for
    ever; against that there is `timeout`. Called again with the same folder and
    `resume=True`, they go on after the last epoch that worker 0 has saved there. At
    the end the folder holds `trained.keras`.

    Args:
        folder: Path with `model.keras`, a compiled model with its initial weights,
            and `data.npz` with the arrays `x` and `y`; worker 0 evaluates on `x_val`
            and `y_val`, if it has them, and writes what it finds into `log-0`.
        workers: Integer, at least 2.
        batch_size: Integer, a multiple of `workers`: samples in a batch of all
            workers together, which must divide the number of samples.
        epochs: Integer, at least 1.
        crash: Number of the step after which the last worker kills itself, unless
            the folder holds a training already.
        timeout: Seconds after which those that still run are killed.
        resume: Whether to go on with a training that the folder holds.
        module: Name of a module that the workers import first, for layers that Keras
            does not know.
        heartbeat: Seconds without a sign of life after which a worker counts as dead.
            Too few end a healthy training when the network or the disk is slow for a
            moment: JAX has 100.

    Raises:
        ValueError: As `check` does.
        FileExistsError: If the folder holds a training and `resume` is `False`.
        RuntimeError: If a worker failed that was not to crash; with what it wrote.
    """
    folder = pathlib.Path(folder)
    check(folder, workers, batch_size)
    if not resume and (folder / "backup-0").exists():
        raise FileExistsError(
            f"`folder` holds a training already: {folder}. Give another one, or "
            "resume=True to go on with it."
        )
    options = [f"--workers={workers}", f"--batch-size={batch_size}"]
    options += [f"--epochs={epochs}", f"--address={_free_address()}"]
    options += [f"--heartbeat={heartbeat}"]
    if module is not None:
        options.append(f"--module={module}")
    if crash is not None:
        options.append(f"--crash={crash}")
    processes, seconds = [], [None] * workers
    try:
        for worker in range(workers):
            processes.append(_start(folder, worker, options))
        start = time.monotonic()
        while None in seconds and time.monotonic() < start + timeout:
            time.sleep(0.05)
            for worker, process in enumerate(processes):
                if seconds[worker] is None and process.poll() is not None:
                    seconds[worker] = time.monotonic() - start
    finally:
        for process in processes:
            process.kill()
            process.wait()
    codes = [process.returncode for process in processes]
    if any(codes) and crash is None:
        logs = [(folder / f"log-{worker}").read_text() for worker in range(workers)]
        late = [worker for worker in range(workers) if seconds[worker] is None]
        limit = f" After {timeout} s these still ran: {late}." if late else ""
        raise RuntimeError("\n".join([f"The exit codes are {codes}.{limit}", *logs]))
    weights = [
        None if code else list(np.load(folder / f"weights-{worker}.npz").values())
        for worker, code in enumerate(codes)
    ]
    return Ended(codes, seconds, weights)


def check(folder: str | os.PathLike, workers: int, batch_size: int) -> None:
    """That the data of a folder can be divided, before anything is started.

    Raises:
        ValueError: If `batch_size` is no multiple of `workers` or does not divide the
            number of samples.
    """
    with np.load(pathlib.Path(folder) / "data.npz") as arrays:
        samples = len(arrays["y"])
    if batch_size % workers or samples % batch_size:
        raise ValueError(
            f"`batch_size` must be a multiple of workers={workers} and divide the "
            f"{samples} samples. Received: batch_size={batch_size}"
        )


def _free_address():
    with socket.socket() as free:
        free.bind(("localhost", 0))
        return f"localhost:{free.getsockname()[1]}"


def _start(folder, worker, options):
    environment = {
        **os.environ,
        "JAX_PLATFORMS": "cpu",  # NCCL takes no two processes on one GPU
        "MALLOC_ARENA_MAX": "2",  # two heaps, and not one for each thread: 50 MB less
        # So that the worker has the `helpers` of this process.
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
    }
    program = [sys.executable, "-m", "helpers.experiments.worker"]
    with (folder / f"log-{worker}").open("wb") as log:
        return subprocess.Popen(
            [*program, folder, f"--worker={worker}", *options],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )


def assert_equal(first, second, limit):
    """That no weight of one list differs by `limit` or more from the other list's.

    Returns:
        A sentence that says so.

    Raises:
        AssertionError: If one does, or is NaN.
    """
    pairs = zip(first, second, strict=True)
    largest = max(np.abs(a - b).max() for a, b in pairs)
    assert largest < limit, f"The largest difference is {largest}, not below {limit}."
    sentence = _(
        "No two weights differ by {limit} or more: at most by ≈ {largest:.1e}."
    )
    limit = np.format_float_positional(limit)
    return sentence.format(limit=limit, largest=largest)


@dataclasses.dataclass(frozen=True)
class Overhead:
    """What `overhead` found.

    Attributes:
        names: Tuple of two names, the baseline first.
        seconds: Float array `(2, rounds)`, the duration of each step.
    """

    names: tuple
    seconds: np.ndarray

    @property
    def ratio(self):
        """Median of second step over baseline, which a few disturbed rounds leave."""
        return float(np.median(self.seconds[1] / self.seconds[0]))

    @property
    def spread(self):
        """The quartiles of that ratio, between which the middle half of them lies."""
        low, high = np.quantile(self.seconds[1] / self.seconds[0], (0.25, 0.75))
        return float(low), float(high)

    @property
    def summary(self):
        """The numbers, in one sentence."""
        baseline, other = self.names
        low, high = self.spread
        return _(
            "One step with {other} takes ≈ {ratio:.3f} times as long as with "
            "{baseline}; half of {rounds} rounds lie between ≈ {low:.3f} and "
            "≈ {high:.3f}."
        ).format(
            other=other,
            ratio=self.ratio,
            baseline=baseline,
            rounds=self.seconds.shape[1],
            low=low,
            high=high,
        )


def overhead(steps: Mapping[str, Callable[[], Any]], rounds: int = 30) -> Overhead:
    """Times two steps in alternation, so that a slow moment of the machine hits both.

    In every second round the order is reversed, so that neither has the caches warm
    more often. Three rounds before, to compile, are not timed.

    Args:
        steps: Dict from the names of two steps, the baseline first, to functions
            without arguments that return when the work is done.
        rounds: Integer, at least 2: how often each is timed.
    """
    (baseline, other), functions = steps, list(steps.values())
    for step in functions * 3:
        step()
    seconds = np.empty((2, rounds))
    for number in range(rounds):
        for row in (0, 1) if number % 2 == 0 else (1, 0):
            start = time.perf_counter()
            functions[row]()
            seconds[row, number] = time.perf_counter() - start
    return Overhead((baseline, other), seconds)
