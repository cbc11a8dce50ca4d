"""Many calls of a function in many processes, on Dask."""

import contextlib
import logging
import re
import tempfile

# Bytes that a worker needs, with Keras and a small network.
MEMORY = 0.6e9


def run(function, cells, client, backend):
    """Calls a function for each of many cells, each in a process that is seeded anew.

    Args:
        function: Called as `function(**cell)`; returns a number.
        cells: List of dicts, each with an integer `"seed"`.
        client: `dask.distributed.Client`; `None` for processes of this machine.
        backend: Keras's backend in them.

    Yields:
        Tuples `(cell, value, error)`, each as soon as it is there: the value is `None`
        if the function raised or its process died, and otherwise the error is.
    """
    import cloudpickle
    import dask
    import distributed

    if client is None:
        with _this_machine(len(cells), backend) as local:
            yield from run(function, cells, local, backend)
        return
    if not isinstance(client, distributed.Client) or client.asynchronous:
        raise TypeError(
            "`client` must be a dask.distributed.Client, and not an asynchronous one. "
            f"Received: {client!r}"
        )
    if any(threads > 1 for threads in client.nthreads().values()):
        raise ValueError(
            "The workers of `client` must have one thread each, because the random "
            "seed is their process's: start them with one. "
            f"Received: {client.nthreads()}"
        )
    with dask.config.set({"distributed.admin.large-graph-warning-threshold": "1GB"}):
        # A result, unlike data that were sent, is made again if its worker dies.
        pickled = client.submit(bytes, cloudpickle.dumps(function), pure=False)
        futures = {
            client.submit(_task(), pickled, cell, backend, pure=False): cell
            for cell in cells
        }
    try:
        for future in distributed.as_completed(futures):
            if future.status == "finished":
                yield futures[future], future.result(), None
            else:
                error = future.exception()
                # Dask's own message goes on to its manual.
                reason = re.split(r"\n|\. ", str(error))[0]
                yield futures[future], None, f"{type(error).__name__}: {reason}"
    finally:
        client.cancel(list(futures))


def _task():
    """What runs in a worker. Made here, so that it is sent without this module: loading
    that would load Keras, before it is known on which backend.
    """

    def task(pickled, cell, backend):
        import logging
        import pickle
        import random
        import sys

        import helpers

        helpers.load_keras(backend)
        import keras
        import numpy as np

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

    return task


@contextlib.contextmanager
def _this_machine(runs, backend):
    """A client of a cluster of this machine's processors, which ends with it."""
    import dask
    from dask.system import CPU_COUNT
    from distributed import Client, LocalCluster, system

    memory = max(1, int(system.MEMORY_LIMIT // MEMORY))
    names = "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS"
    environment = {**dict.fromkeys(names, "1"), "KERAS_BACKEND": backend}
    # Several processes cannot share one GPU. Two heaps, and not one for each thread,
    # save memory.
    environment |= {"CUDA_VISIBLE_DEVICES": "-1", "MALLOC_ARENA_MAX": "2"}
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
    with (
        tempfile.TemporaryDirectory() as folder,
        dask.config.set(settings),
        LocalCluster(
            n_workers=min(runs, CPU_COUNT, memory),
            threads_per_worker=1,
            dashboard_address=":0",
            local_directory=folder,
            silence_logs=logging.CRITICAL,
        ) as cluster,
        Client(cluster) as client,
    ):
        yield client
