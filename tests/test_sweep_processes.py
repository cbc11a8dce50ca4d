"""Sweeps over real processes: killed, resumed, in a notebook, on a Dask cluster."""

import contextlib
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import time
import warnings

import nbformat
import numpy as np
import psutil
import pytest
from conftest import require
from nbclient import NotebookClient

from helpers.experiments import sweep
from helpers.sweeps import engines

SCRIPT = pathlib.Path(__file__).with_name("sweep_script.py")
CELLS = 12
PATIENCE = 240  # seconds: a worker loads TensorFlow, on a machine that may be busy


def runs():
    """A function of which some runs raise, kill their process or use the cores.

    Made here, so that it is sent by value and workers need not load this module.
    """

    def metric(task, part, seed):
        import logging
        import os

        if task == "raise":
            raise ValueError("no luck")
        if task == "quiet":
            # TensorFlow would warn of the many models that a worker makes in turn.
            return logging.getLogger("tensorflow").isEnabledFor(logging.WARNING)
        if task == "die" and part == 2:
            os._exit(1)
        if task == "threads":
            return busy_threads()
        return part + seed / 4

    def busy_threads():
        """How many threads multiply large matrices, by their processor time."""
        import tensorflow as tf

        def ticks(thread):
            with open(f"/proc/self/task/{thread}/stat") as file:
                fields = file.read().rpartition(")")[2].split()
            return int(fields[11]) + int(fields[12])

        threads = os.listdir("/proc/self/task")
        before = {thread: ticks(thread) for thread in threads}
        matrix = tf.random.normal((1000, 1000))
        while True:
            tf.matmul(matrix, matrix).numpy()
            now = {
                t: ticks(t) - before.get(t, 0) for t in os.listdir("/proc/self/task")
            }
            most = max(now.values())
            if most >= 100:  # a second; what Dask does meanwhile is far less
                return sum(used > most / 2 for used in now.values())

    return metric


GRID = {"task": ["plain", "raise", "die", "threads", "quiet"], "part": [1, 2]}


def check(found, died):
    """That every run of `runs` came out as it must."""
    assert found.values[0].tolist() == [[1.0], [2.0]]
    assert found.values[2].tolist()[0] == [1.0], "it ran beside one that died"
    assert found.values[3].tolist() == [[1.0], [1.0]], "a worker uses its own core only"
    assert found.values[4].tolist() == [[0.0], [0.0]]
    assert set(found.errors) == {("raise", 1, 0), ("raise", 2, 0), ("die", 2, 0)}
    assert found.errors["raise", 1, 0] == "ValueError: no luck"
    assert died in found.errors["die", 2, 0]


def test_processes_of_this_machine(tmp_path):
    count = max(2, engines.cores())
    found = sweep(runs(), GRID, [0], tmp_path, workers=count)
    check(found, "process died")


@contextlib.contextmanager
def running(script, *arguments):
    """A script in a process group of its own, of which nothing is left at the end."""
    process = subprocess.Popen(
        [sys.executable, str(script), *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def wait_for(condition):
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.02)


def stored(folder):
    return {path: json.loads(path.read_text()) for path in folder.glob("*.json")}


def test_a_killed_sweep_leaves_no_process_and_goes_on_where_it_was(tmp_path):
    folder, log = tmp_path / "results", tmp_path / "log"
    for signal_sent, enough in ((signal.SIGINT, 2), (signal.SIGKILL, 6)):
        with running(SCRIPT, folder, log, enough) as process:
            wait_for(lambda n=enough: len(list(folder.glob("*.json"))) >= n)
            workers = psutil.Process(process.pid).children(recursive=True)
            assert len(workers) >= 2
            if signal_sent == signal.SIGINT:
                # The stop button of a notebook interrupts the workers too.
                os.killpg(process.pid, signal_sent)
            else:
                process.kill()
            _out, error = process.communicate(timeout=PATIENCE)
            assert psutil.wait_procs(workers, timeout=30)[1] == []
        assert process.returncode != 0
        if signal_sent == signal.SIGINT:
            assert "KeyboardInterrupt" in error and error.count("Traceback") == 1
        finished = stored(folder)
        assert enough <= len(finished) < CELLS
    log.write_text("")
    with running(SCRIPT, folder, log, CELLS) as process:
        out, error = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, error
    reused, _space, values = out.partition(" ")
    assert int(reused) == len(finished)
    expected = [a * b + c for a in (1, 2, 3) for b in (0.5, 0.75) for c in (0, 1)]
    assert json.loads(values) == expected
    # What was finished has not run again, and what was not has run once.
    again = log.read_text().splitlines()
    known = {
        "{lambda_} {learning_rate} {seed}".format(**r["parameters"], seed=r["seed"])
        for r in finished.values()
    }
    assert len(again) == len(set(again)) == CELLS - len(finished)
    assert not known & set(again)


def test_a_script_without_a_guard_is_told_so(tmp_path):
    source = SCRIPT.read_text().replace('if __name__ == "__main__":', "if True:")
    path = tmp_path / "unguarded.py"
    path.write_text(source)
    with running(path, tmp_path / "results", tmp_path / "log") as process:
        _out, error = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    assert 'under `if __name__ == "__main__":`' in error.splitlines()[-1]


NOTEBOOK = [
    "import helpers\nhelpers.setup('en')",
    "import keras\nimport numpy as np\n"
    "from helpers import datasets, experiments\n"
    "from helpers.optimizers import ConditionalGradient",
    "(x, y), _test = datasets.load_mnist()\n"
    "x, y = x[:2000].reshape(-1, 784) / np.float32(255), y[:2000]\n"
    "def build():\n"
    "    return keras.Sequential([keras.Input((784,)), keras.layers.Dense(10)])",
    "def accuracy(lambda_, learning_rate, seed):\n"
    "    model = build()\n"
    "    model.compile(\n"
    "        ConditionalGradient(learning_rate, lambda_),\n"
    "        keras.losses.SparseCategoricalCrossentropy(from_logits=True),\n"
    "        metrics=['accuracy'],\n"
    "        steps_per_execution=63,\n"
    "    )\n"
    "    model.fit(x, y, verbose=0)\n"
    "    return model.evaluate(x, y, verbose=0)[1]",
    "grid = {'lambda_': [0.1, 10], 'learning_rate': [0.99]}\n"
    "found = experiments.sweep(accuracy, grid, [0, 1], FOLDER, workers=2)\n"
    "print(found.errors)\nprint(found.values.tolist())\n"
    "keras.utils.set_random_seed(1)\nprint(accuracy(10, 0.99, seed=1))",
    "found.picture()",
]


def test_functions_and_data_of_a_notebook(tmp_path):
    cells = [
        nbformat.v4.new_code_cell(source.replace("FOLDER", repr(str(tmp_path))))
        for source in NOTEBOOK
    ]
    notebook = nbformat.v4.new_notebook(cells=cells)
    # In a kernel that knows of pytest, what other processes write is not seen.
    names = os.environ.keys() - {"PYTEST_CURRENT_TEST"}
    environment = {name: os.environ[name] for name in names}
    NotebookClient(notebook, timeout=PATIENCE).execute(env=environment)
    outputs = [output for cell in cells for output in cell.outputs]
    # Anything on stderr, of the workers too, would fail the test of a notebook.
    assert {output.get("name", "figure") for output in outputs} == {"stdout", "figure"}
    text = "".join(output.get("text", "") for output in outputs)
    errors, values, alone = text.splitlines()
    assert errors == "{}"
    values = np.array(json.loads(values))
    assert values.shape == (2, 1, 2) and 0.5 < values[1].min() <= values[1].max() < 1
    assert values[0].max() < values[1].min(), "a ball too small costs accuracy"
    # The number of threads decides the order in which a sum is rounded, so that the
    # same training here and there may differ in a sample or two.
    assert float(alone) == pytest.approx(values[1, 0, 1], abs=5e-3)
    assert re.search("Heat map", outputs[-1].data["text/plain"])


@pytest.fixture(scope="module")
def client():
    require("distributed", "pip install -e '.[cluster]'")
    import dask
    from distributed import Client, LocalCluster

    settings = {
        # Dask would try a cell that kills its worker three times more.
        "distributed.scheduler.allowed-failures": 0,
        "distributed.admin.large-graph-warning-threshold": "1MB",
    }
    with (
        dask.config.set(settings),
        LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
        ) as cluster,
        Client(cluster) as client,
    ):
        yield client


def test_the_same_call_on_a_dask_cluster(client, tmp_path):
    workers = set(client.run(os.getpid).values())
    assert len(workers) == 2 and os.getpid() not in workers
    found = sweep(runs(), GRID, [0], tmp_path, engine=client)
    check(found, "KilledWorker")


def test_a_dask_cluster_and_processes_share_their_results(client, tmp_path):
    data = np.ones(10**6)  # 8 MB: enough for Dask to warn of the size, as set above

    def pid(a, b, seed):
        import os

        return os.getpid() * data[0]

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        first = sweep(pid, {"a": [1, 2, 3], "b": [1, 2]}, [0], tmp_path, engine=client)
    pids = set(first.values.ravel())
    assert not first.errors and os.getpid() not in pids
    # All are there, so no process is started.
    again = sweep(pid, {"a": [1, 2, 3], "b": [1, 2]}, [0], tmp_path)
    assert again.reused == 6
    np.testing.assert_array_equal(again.values, first.values)


def test_a_sweep_stops_on_the_cluster_too(client, tmp_path):
    def slow(a, b, seed):
        import time

        time.sleep(0.2)
        return seed

    def stop(done, total):
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sweep(slow, {"a": [1], "b": [1]}, range(200), tmp_path, client, progress=stop)
    wait_for(lambda: not any(client.processing().values()))
    seeds = sorted(record["seed"] for record in stored(tmp_path).values())
    assert len(seeds) == 2
    again = sweep(slow, {"a": [1], "b": [1]}, [*seeds, 300], tmp_path, engine=client)
    assert again.reused == 2 and again.values.ravel().tolist() == [*seeds, 300]


def test_an_asynchronous_client_is_refused(client, tmp_path):
    import asyncio

    from distributed import Client

    async def call():
        async with Client(client.scheduler.address, asynchronous=True) as other:
            sweep(runs(), GRID, [0], tmp_path, engine=other)

    with pytest.raises(TypeError, match="asynchronous"):
        asyncio.run(call())
