"""Several devices in one process, and several processes that train together.

The processes run `distributed_worker.py`, on JAX; they stand for several machines.
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

from helpers.checks import integer, pair_of_functions
from helpers.i18n import _, sentences

WORKER = pathlib.Path(__file__).with_name("distributed_worker.py")


def two_devices() -> list[str]:
    """The names of two devices: two GPUs, or the processor divided into two.

    A divided processor computes no faster. It runs the very code that several GPUs
    run, which is what one wants to test before renting them.

    Raises:
        RuntimeError: If TensorFlow has computed something already, so that the
            processor can no longer be divided.
    """
    import tensorflow as tf

    # It would remark on this arrangement at each step.
    tf.get_logger().setLevel("ERROR")
    if len(tf.config.list_physical_devices("GPU")) >= 2:
        return ["GPU:0", "GPU:1"]
    processor = tf.config.list_physical_devices("CPU")[0]
    halves = tf.config.get_logical_device_configuration(processor)
    if halves is None or len(halves) < 2:
        halves = [tf.config.LogicalDeviceConfiguration() for _half in range(2)]
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
        seconds: List of floats: when each ended, after the start.
        weights: List with the weights of each; `None` if it did not come to its end.
    """

    codes: list
    seconds: list
    weights: list

    @property
    def summary(self):
        """A sentence for each worker that did not come to its end, the first first."""
        first, killed = min(self.seconds), _("Worker {worker} was killed.")
        alone = _("Worker {worker} ended by itself, ≈ {seconds:.0f} s later.")
        ends = zip(self.seconds, self.codes, range(len(self.codes)), strict=True)
        return sentences(
            *(
                (killed if code == -signal.SIGKILL else alone).format(
                    worker=worker, seconds=seconds - first
                )
                for seconds, code, worker in sorted(ends)
                if code
            )
        )


def train(
    folder: str | os.PathLike,
    workers: int,
    batch_size: int,
    epochs: int,
    crash: int | None = None,
    timeout: float = 240,
) -> Ended:
    """Starts workers on this machine's processor, and waits until all have ended.

    If one dies, JAX ends the others after some ten seconds. Called again with the
    same folder, they go on after the last epoch that worker 0 has saved there.

    Args:
        folder: Path with `model.keras`, a compiled model with its initial weights,
            and `data.npz` with the arrays `x` and `y`.
        workers: Integer, at least 2.
        batch_size: Integer, a multiple of `workers`: samples in a batch of all
            workers together, which must divide the number of samples.
        epochs: Integer, at least 1.
        crash: Number of the step after which the last worker kills itself.
        timeout: Seconds after which those that still run are killed.

    Returns:
        `Ended`.

    Raises:
        ValueError: If an argument is not as above.
        RuntimeError: If a worker failed that was not to crash; with what it wrote.
    """
    if integer("batch_size", batch_size, 1) % integer("workers", workers, 2):
        raise ValueError(
            f"`batch_size` must be a multiple of workers={workers}. "
            f"Received: batch_size={batch_size}"
        )
    options = {"workers": workers, "batch-size": batch_size}
    options |= {"epochs": integer("epochs", epochs, 1), "address": _free_address()}
    options |= {} if crash is None else {"crash": integer("crash", crash, 1)}
    processes, seconds = [], [None] * workers
    try:
        for worker in range(workers):
            processes.append(_start(folder, {**options, "worker": worker}))
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
        logs = [_path(folder, "log", worker).read_text() for worker in range(workers)]
        raise RuntimeError("\n".join([f"The exit codes are {codes}.", *logs]))
    return Ended(codes, seconds, [_weights(folder, w, c) for w, c in enumerate(codes)])


def _path(folder, kind, worker):
    return pathlib.Path(folder) / f"{kind}-{worker}"


def _free_address():
    with socket.socket() as free:
        free.bind(("localhost", 0))
        return f"localhost:{free.getsockname()[1]}"


def _start(folder, options):
    words = [word for name, value in options.items() for word in (f"--{name}", value)]
    # Several processes cannot share a GPU. Two heaps, and not one for each thread,
    # save 50 MB.
    environment = {"JAX_PLATFORMS": "cpu", "MALLOC_ARENA_MAX": "2"}
    # So that the worker has the `helpers` of this process.
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, sys.path))
    with _path(folder, "log", options["worker"]).open("wb") as log:
        return subprocess.Popen(
            [sys.executable, *map(str, [WORKER, folder, *words])],
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )


def _weights(folder, worker, code):
    if code:
        return None
    with np.load(_path(folder, "weights", worker).with_suffix(".npz")) as arrays:
        return list(arrays.values())


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
        ratios = self.seconds[1] / self.seconds[0]
        return tuple(np.quantile(ratios, (0.25, 0.75)).tolist())

    @property
    def summary(self):
        """The numbers, in one sentence."""
        low, high = self.spread
        return _(
            "One step with {other} takes ≈ {ratio:.3f} times as long as with "
            "{baseline}; half of {rounds} rounds lie between ≈ {low:.3f} and "
            "≈ {high:.3f}."
        ).format(
            baseline=self.names[0],
            other=self.names[1],
            rounds=self.seconds.shape[1],
            ratio=self.ratio,
            low=low,
            high=high,
        )


def overhead(
    steps: Mapping[str, Callable[[], Any]], rounds: int = 30, warmup: int = 3
) -> Overhead:
    """Times two steps in alternation, so that a slow moment of the machine hits both.

    In every second round the order is reversed, so that neither has the caches warm
    more often.

    Args:
        steps: Dict from the names of two steps, the baseline first, to functions
            without arguments that return when the work is done.
        rounds: Integer, at least 2: how often each is timed.
        warmup: Integer, at least 0: how often each runs before, to compile.

    Returns:
        An `Overhead`.
    """
    steps = pair_of_functions("steps", steps)
    integer("rounds", rounds, 2)
    integer("warmup", warmup, 0)
    functions = list(steps.values())
    for step in functions * warmup:
        step()
    seconds = np.empty((2, rounds))
    for number in range(rounds):
        for row in (0, 1) if number % 2 == 0 else (1, 0):
            start = time.perf_counter()
            functions[row]()
            seconds[row, number] = time.perf_counter() - start
    return Overhead(tuple(steps), seconds)
