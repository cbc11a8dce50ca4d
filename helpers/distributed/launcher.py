"""Workers as processes of this machine: started, watched and always cleaned up."""

import contextlib
import dataclasses
import importlib.util
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time

import helpers
from helpers.distributed import job as jobs
from helpers.distributed.worker import BACKENDS, GAVE_UP
from helpers.i18n import _, sentences

POLL = 0.05
PATIENCE = 60
CHATTER = re.compile(r"[IW]\d{4} |[IW]0000 |\[Gloo\]|WARNING: All log messages before")


@dataclasses.dataclass(frozen=True)
class Trained:
    """What the workers have made.

    Attributes:
        weights: List with an entry per epoch: the list of the weights, as NumPy
            arrays, as `Trajectory` records them.
        agree: Whether all workers ended with the same weights, bit by bit.
        seconds: List of the durations of worker 0's steps in its last epoch.
    """

    weights: list
    agree: bool
    seconds: list


class WorkerFailed(RuntimeError):
    """A worker ended before its training did; all others have been stopped.

    Attributes:
        summary: What happened, in the reader's language.
        worker: Number of the worker that failed first, from 0.
        code: Its exit code, negative if a signal ended it.
        epoch: Number of the epoch whose state was saved last, 0 if there is none.
        log: The last lines that it wrote.
    """

    def __init__(self, worker, workers, code, epoch, log):
        self.worker, self.code, self.epoch, self.log = worker, code, epoch, log
        self.summary = sentences(_ended(worker, code), _stopped(workers), _saved(epoch))
        super().__init__(f"{self.summary}\n{log}" if log else self.summary)


def _ended(worker, code):
    if code == GAVE_UP:
        message = _("Worker {worker} waited too long for the others and gave up.")
        return message.format(worker=worker)
    if code > 0:
        message = _("Worker {worker} ended early, with the exit code {code}.")
        return message.format(worker=worker, code=code)
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = str(-code)
    message = _("Worker {worker} was ended by the signal {signal}.")
    return message.format(worker=worker, signal=name)


def _stopped(workers):
    return _("All other workers were stopped.") if workers > 1 else ""


def _saved(epoch):
    if not epoch:
        return _("No state was saved yet.")
    return _("The last saved state is the one after epoch {epoch}.").format(epoch=epoch)


def train(
    job,
    backend,
    workers=2,
    folder=None,
    patience=PATIENCE,
    start_patience=None,
    crash=None,
    starts=3,
):
    """Trains a job with several worker processes on this machine.

    They compute on the processor, also where there is a GPU, and divide its cores
    among them. On several machines, run what `command` returns on each instead.

    Args:
        job: `Job`. Its batch size must be a multiple of `workers`.
        backend: `"jax"` or `"tensorflow"`.
        workers: Integer, at least 1.
        folder: Where the state is saved after each epoch. If it holds states of this
            job, training goes on from the last one. Defaults to a folder that is
            removed at the end.
        patience: Seconds without a step after which a worker gives up.
        start_patience: Seconds that it waits for its first step, since TensorFlow and
            JAX take a while to load and to compile. Defaults to five times `patience`.
        crash: To try out a failure: `(worker, step)`, the number of a worker, from 0,
            that kills itself after this step of the run, counted from 1.
        starts: How often to start if another program takes a port that was free.

    Returns:
        `Trained`, or None where the backend is not installed: then a sentence is
        printed that says so.

    Raises:
        WorkerFailed: If a worker ended before the training did.
        ValueError: If an argument is not as above.
    """
    start_patience = 5 * patience if start_patience is None else start_patience
    seconds = {"patience": patience, "start_patience": start_patience}
    _check(job, backend, workers, seconds, crash)
    if importlib.util.find_spec(backend) is None:
        message = _("{package} is not installed: nothing was trained here.")
        print(message.format(package=backend))
        return None
    with contextlib.ExitStack() as stack:
        if folder is None:
            folder = stack.enter_context(tempfile.TemporaryDirectory())
        folder = pathlib.Path(folder)
        job.write(folder)
        for start in range(1, starts + 1):
            try:
                limits = patience, start_patience
                _run(job, folder, backend, workers, limits, crash)
                break
            except WorkerFailed as error:
                if start == starts or not _port_was_taken(error.log):
                    raise
        reports = [
            json.loads((folder / f"end-{worker}.json").read_text())
            for worker in range(workers)
        ]
        return Trained(
            weights=jobs.saved_weights(folder)[: job.epochs],
            agree=len({report["weights"] for report in reports}) == 1,
            seconds=reports[0]["seconds"],
        )


def command(folder, backend, worker, addresses, patience=PATIENCE, start_patience=None):
    """The command that starts one worker, as a list of words.

    Args:
        folder: Path with the job, which all machines share.
        backend: `"jax"` or `"tensorflow"`.
        worker: Number of the worker, from 0.
        addresses: Address of every worker, such as `["10.0.0.5:4711", …]`.
        patience: Seconds without a step after which the worker gives up.
        start_patience: Seconds that it waits for its first step. Defaults to five
            times `patience`.
    """
    start_patience = 5 * patience if start_patience is None else start_patience
    return [
        *("python", "-m", "helpers.distributed.worker", str(folder)),
        *("--backend", backend, "--worker", str(worker)),
        *("--addresses", ",".join(addresses)),
        *("--patience", str(patience), "--start-patience", str(start_patience)),
    ]


def _run(job, folder, backend, workers, limits, crash):
    """Starts the workers, waits for all, and leaves none behind."""
    processes, logs = [], []
    with contextlib.ExitStack() as stack:
        addresses = [f"127.0.0.1:{port}" for port in free_ports(workers)]
        for worker in range(workers):
            words = command(folder, backend, worker, addresses, *limits)
            words = [sys.executable, *words[1:], "--with-launcher"]
            if crash is not None and crash[0] == worker:
                words += ["--crash-at", str(crash[1])]
            logs.append(folder / f"worker-{worker}.log")
            log = stack.enter_context(open(logs[-1], "wb"))
            process = subprocess.Popen(
                words,
                env=_environment(backend, workers),
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
            )
            processes.append(process)
            stack.callback(_end, process)
        while True:
            codes = [process.poll() for process in processes]
            if any(codes):
                break
            if None not in codes:
                return
            time.sleep(POLL)
    worker = first_to_fail(codes)
    raise WorkerFailed(
        worker,
        workers,
        codes[worker],
        min(jobs.last_epoch(folder), job.epochs),
        last_words(logs[worker].read_text(errors="replace")),
    )


def _end(process):
    process.kill()
    process.wait()
    process.stdin.close()


def first_to_fail(codes):
    """The worker that failed first, from exit codes read at the same moment.

    A worker killed by a signal comes before one that failed by itself, and that before
    one that gave up waiting: peers fail because another is gone.

    Args:
        codes: List of exit codes, None for workers that still run.
    """
    failed = [worker for worker, code in enumerate(codes) if code]
    return min(failed, key=lambda worker: (codes[worker] > 0, codes[worker] == GAVE_UP))


def last_words(log, lines=20):
    """The last lines of a log, without the remarks that every start writes."""
    words = [line for line in log.splitlines() if line and not CHATTER.match(line)]
    return "\n".join(words[-lines:])


def free_ports(count):
    """Ports of the loopback that are free now, each different."""
    with contextlib.ExitStack() as stack:
        # All are held until the last is found, so that none is found twice.
        sockets = [stack.enter_context(socket.socket()) for _port in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def _port_was_taken(log):
    return bool(re.search(r"already in use|[Ff]ailed to bind|EADDRINUSE", log))


def _environment(backend, workers):
    threads = str(max(1, (os.cpu_count() or 1) // workers))
    root = str(pathlib.Path(helpers.__file__).parents[1])
    paths = [root, *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = os.environ | {
        "CUDA_VISIBLE_DEVICES": "",
        "JAX_PLATFORMS": "cpu",
        "KERAS_BACKEND": backend,
        "OMP_NUM_THREADS": threads,
        "PYTHONPATH": os.pathsep.join(paths),
        "TF_CPP_MIN_LOG_LEVEL": "1",
        "TF_NUM_INTRAOP_THREADS": threads,
    }
    environment.pop("TF_CONFIG", None)
    return environment


def _check(job, backend, workers, seconds, crash):
    if not isinstance(job, jobs.Job):
        raise TypeError(f"`job` must be a helpers.distributed.Job. Received: {job!r}")
    if backend not in BACKENDS:
        raise ValueError(
            f"`backend` must be one of {list(BACKENDS)}. Received: {backend!r}"
        )
    whole = isinstance(workers, int) and not isinstance(workers, bool)
    if not whole or workers < 1 or job.batch_size % workers:
        raise ValueError(
            "`workers` must be an integer of at least 1 that divides the batch size "
            f"{job.batch_size}. Received: {workers!r}"
        )
    for name, value in seconds.items():
        if not value > 0:
            raise ValueError(
                f"`{name}` must be above 0, in seconds. Received: {value!r}"
            )
    if crash is not None and not (0 <= crash[0] < workers and crash[1] >= 1):
        raise ValueError(
            "`crash` must be None or (worker, step), with a worker from 0 to "
            f"{workers - 1} and a step of at least 1. Received: {crash!r}"
        )
