"""What runs in a worker: one function, loaded once, called for one cell after another.

Loading this module loads neither NumPy nor Keras, which read the number of their
threads when they are first loaded or used.
"""

import dataclasses
import logging
import os
import pickle
import signal
import sys
import threading
import time
import traceback

import helpers

# Keras's random state belongs to the process: one process trains one model at a time,
# whatever the number of threads of the cluster's workers.
_one_at_a_time = threading.Lock()
_functions = {}


@dataclasses.dataclass(frozen=True)
class Job:
    """All that a worker needs, apart from the cell.

    Attributes:
        function: The function, as bytes.
        fingerprint: What `helpers.sweeps.fingerprint` says of it.
        versions: What `versions` says in the process that calls `sweep`.
        environment: Dict of environment variables.
        language: As `helpers.setup` takes it.
    """

    function: bytes
    fingerprint: str
    versions: dict
    environment: dict
    language: str


def environment(threads, backend):
    """Environment variables for a worker with `threads` cores of its own.

    Without them every worker would start as many threads as the machine has cores.
    """
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    names += ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")
    names += ("NPROC",)  # XLA, and so JAX
    return {
        **dict.fromkeys(names, str(threads)),
        "KERAS_BACKEND": backend,
        # The workers share a GPU, which the first one would otherwise take whole.
        "TF_FORCE_GPU_ALLOW_GROWTH": "true",
        "XLA_PYTHON_CLIENT_PREALLOCATE": "false",
    }


def versions():
    """Versions of Python, Keras and its backend, which must agree in a sweep."""
    import keras

    backend = keras.backend.backend()
    return {
        "python": "{}.{}".format(*sys.version_info),
        "keras": keras.__version__,
        backend: getattr(sys.modules.get(backend), "__version__", ""),
    }


def start(job, stop):
    """Prepares a process of this machine; `run_here` then does the cells.

    Args:
        job: `Job`.
        stop: Connection that nothing is ever sent through. It ends when the process
            that calls `sweep` closes it, or dies.
    """
    global _job
    _job = job
    # The button that stops a notebook reaches all its processes. The parent decides.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_leave_at_the_end_of, args=(stop,), daemon=True).start()
    os.environ.update(job.environment)


def _leave_at_the_end_of(connection):
    # Without this a worker would outlive a killed parent, and keep its memory.
    connection.poll(None)
    os._exit(1)


def ready():
    """Does nothing: a worker that answers has started."""


def same(job):
    """The job itself: a cluster keeps it as a result, which it can make again."""
    return job


def run_here(arguments, seed):
    """`run` in a process that `start` has prepared."""
    return run(_job, arguments, seed)


def run(job, arguments, seed):
    """The outcome of one cell.

    Args:
        job: `Job`.
        arguments: Dict of the cell's hyperparameters.
        seed: Integer, with which Keras, NumPy and Python are seeded.

    Returns:
        Dict with `value`, a float or `None`; `error`, one line or `None`; `traceback`,
        a string or `None`; and `seconds`, `None` if the function could not be
        loaded.
    """
    with _one_at_a_time:
        begin = None
        try:
            function = _load(job)
            import keras

            keras.utils.set_random_seed(seed)
            begin = time.perf_counter()
            value = _number(function(**arguments, seed=seed))
            outcome = {"value": value, "error": None, "traceback": None}
        except (Exception, SystemExit) as error:
            outcome = failure(error)
        if begin is not None:
            outcome["seconds"] = time.perf_counter() - begin
        return outcome


def failure(error):
    """The outcome of a cell that raised `error`."""
    text = str(error).strip()
    line = text.splitlines()[0] if text else ""
    return {
        "value": None,
        "error": f"{type(error).__name__}: {line}" if line else type(error).__name__,
        "traceback": "".join(traceback.format_exception(error)),
        "seconds": None,
    }


def _load(job):
    if job.fingerprint not in _functions:
        if "keras" not in sys.modules:
            os.environ.update(job.environment)
            helpers.setup(job.language)
            _quiet()
            # TensorFlow warns of many traced functions: each cell makes a new model.
            logging.getLogger("tensorflow").setLevel(logging.ERROR)
        if versions() != job.versions:
            raise RuntimeError(
                f"This worker has {versions()}, and the process that calls `sweep` has "
                f"{job.versions}. They must agree. Keras's backend is chosen when a "
                "process first loads it: if only that differs, start new workers."
            )
        function = pickle.loads(job.function)
        _functions.clear()
        _functions[job.fingerprint] = function
    return _functions[job.fingerprint]


def _quiet():
    # Every cell compiles a model of its own, and from the fifth on TensorFlow would
    # remark on it, into the notebook that called `sweep`.
    if "tensorflow" in sys.modules:
        sys.modules["tensorflow"].get_logger().setLevel("ERROR")


def _number(value):
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = None
    if number is None or isinstance(value, str | bytes):
        raise TypeError(f"`function` must return a number. It returned: {value!r}")
    return number
