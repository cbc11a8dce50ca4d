"""Scaling out for real: several devices, several processes, and processes that die."""

import concurrent.futures
import os
import re
import signal
import subprocess
import sys
import time

import keras
import numpy as np
import psutil
import pytest
from conftest import require

from helpers import distributed
from helpers.distributed import launcher, worker
from helpers.optimizers import ConditionalGradient, GradientCentralization

BACKENDS = ("jax", "tensorflow")
OPTIMIZERS = {
    "fro": lambda: ConditionalGradient(0.99, 5.0),
    "nuclear": lambda: ConditionalGradient(0.99, 5.0, ord="nuclear"),
    "GC": lambda: GradientCentralization(keras.optimizers.Adam(0.001)),
}
EPOCHS = 12


@pytest.fixture(params=BACKENDS)
def backend(request):
    require(request.param, "the workers of this test run on it")
    return request.param


@pytest.fixture(autouse=True)
def no_process_is_left():
    before = set(psutil.Process().children(recursive=True))
    yield
    left = set(psutil.Process().children(recursive=True)) - before
    assert not left, left


def job(optimizer="fro", epochs=2):
    keras.utils.set_random_seed(0)
    hidden = keras.layers.Dense(12, activation="tanh")
    output = keras.layers.Dense(4, activation="softmax")
    model = keras.Sequential([keras.Input((20,)), hidden, output])
    rng = np.random.default_rng(0)
    x = rng.standard_normal((320, 20)).astype("float32")
    y = rng.integers(0, 4, 320)
    loss = "sparse_categorical_crossentropy"
    return distributed.Job(model, OPTIMIZERS[optimizer](), x, y, loss, 32, epochs)


def trained_here(given):
    model, path = given.build(), distributed.Trajectory()
    model.fit(
        given.x,
        given.y,
        batch_size=given.batch_size,
        epochs=given.epochs,
        shuffle=False,
        verbose=0,
        callbacks=[path],
    )
    return path.weights


def start(tmp_path, backend, **given):
    """Starts a training in a thread: the future of it, and how to find its workers."""
    pool = concurrent.futures.ThreadPoolExecutor(1)
    future = pool.submit(
        distributed.train, job(epochs=EPOCHS), backend, folder=tmp_path, **given
    )
    pool.shutdown(wait=False)
    return future


def worker_process(number):
    """The process of a worker that this process has started."""
    for process in psutil.Process().children():
        words = process.cmdline()
        if "--worker" in words and words[words.index("--worker") + 1] == str(number):
            return process
    raise AssertionError(f"worker {number} is not running")


def wait_for(path, future, seconds=120):
    end = time.monotonic() + seconds
    while not path.exists():
        assert time.monotonic() < end and not future.done(), future
        time.sleep(0.005)


def test_two_devices_give_the_trajectory_of_one(run_script):
    with np.load(run_script("distributed_mirrored.py", "tensorflow")) as results:
        for name in OPTIMIZERS:
            assert results[name] < 1e-5, name
            assert results[f"{name} moved"] > 1e-2, name
        # As the lesson says: Keras clips the gradient of each device by itself.
        assert results["clipped"] > 1e-3
        assert len(results["ratios"]) == 4 and np.all(results["ratios"] > 0)


def test_devices_are_divided_too_late(run_script):
    code = (
        "import helpers; helpers.setup('en')\n"
        "import tensorflow as tf; tf.constant(1)\n"
        "from helpers import distributed; distributed.two_devices()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "must be called before TensorFlow computes anything" in done.stderr


@pytest.mark.parametrize("optimizer", ["nuclear", "GC"])  # "fro" is killed below
def test_two_workers_give_the_trajectory_of_one(backend, optimizer):
    given = job(optimizer)
    found = distributed.train(given, backend)
    assert distributed.largest_difference(found.weights, trained_here(given)) < 1e-5
    assert found.agree
    assert len(found.seconds) == 10 and min(found.seconds) > 0


def test_a_killed_worker_is_an_error_at_once_and_training_goes_on(tmp_path, backend):
    future = start(tmp_path, backend)
    wait_for(tmp_path / "state-0001.npz", future)
    worker_process(1).send_signal(signal.SIGKILL)
    killed = time.monotonic()
    with pytest.raises(distributed.WorkerFailed) as caught:
        future.result(timeout=30)
    assert time.monotonic() - killed < 10
    assert (caught.value.worker, caught.value.code) == (1, -signal.SIGKILL)
    assert 1 <= caught.value.epoch < EPOCHS

    given = job(epochs=EPOCHS)
    whole = trained_here(given)
    resumed = distributed.train(given, backend, folder=tmp_path)
    assert len(resumed.weights) == EPOCHS
    assert distributed.largest_difference(resumed.weights, whole) < 1e-5
    assert resumed.agree


def test_worker_0_may_die_too(tmp_path):
    require("jax", "its worker 0 is the one that all others are connected to")
    with pytest.raises(distributed.WorkerFailed, match="Worker 0 was ended") as caught:
        distributed.train(job(), "jax", folder=tmp_path, crash=(0, 13))
    assert caught.value.epoch == 1


def test_a_worker_that_hangs_makes_the_others_give_up(tmp_path, backend):
    """A stopped process keeps its connections open: nobody is told that it is gone."""
    future = start(tmp_path, backend, patience=5, start_patience=200)
    wait_for(tmp_path / "state-0001.npz", future)
    worker_process(1).suspend()
    stopped = time.monotonic()
    with pytest.raises(distributed.WorkerFailed, match="Worker 0") as caught:
        future.result(timeout=60)
    assert time.monotonic() - stopped < 35
    # TensorFlow's own heartbeat may be quicker than the watch.
    watch = r"gave up: no step for 5 seconds after step \d+"
    assert re.search(f"{watch}|stopped sending heartbeats", caught.value.log)


def test_a_worker_whose_partner_never_comes_gives_up(tmp_path, backend):
    job().write(tmp_path)
    addresses = [f"127.0.0.1:{port}" for port in launcher.free_ports(2)]
    words = distributed.command(tmp_path, backend, 0, addresses, start_patience=8)
    start = time.monotonic()
    done = subprocess.run(
        [sys.executable, *words[1:]],
        env=launcher._environment(backend, 2),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert time.monotonic() - start < 60
    # While TensorFlow waits, only Python's own timeout can end the process.
    gave_up = "no step for 8 seconds after step 0", "Timeout (0:00:13)!"
    assert done.returncode in (worker.GAVE_UP, 1), done.stderr[-2000:]
    assert any(words in done.stderr for words in gave_up), done.stderr[-2000:]
    assert f"waits for the others at {addresses[0]}, {addresses[1]}" in done.stderr


def test_an_error_in_a_worker_is_shown(tmp_path):
    given = job()
    given.write(tmp_path)
    (tmp_path / "state-0001.npz").write_bytes(b"no state")
    with pytest.raises(distributed.WorkerFailed, match="exit code 1") as caught:
        distributed.train(given, "tensorflow", workers=1, folder=tmp_path)
    assert "Error" in caught.value.log and "restore" in caught.value.log


def test_workers_end_with_the_process_that_started_them(tmp_path):
    job(epochs=100_000).write(tmp_path)
    code = (
        "import helpers; helpers.setup('en')\n"
        "from helpers.distributed import job, launcher\n"
        f"folder = {str(tmp_path)!r}\n"
        "launcher.train(job.Job.read(folder), 'tensorflow', 1, folder)\n"
    )
    with open(tmp_path / "log", "wb") as log:
        launched = subprocess.Popen([sys.executable, "-c", code], stderr=log)
    try:
        end = time.monotonic() + 120
        while not (tmp_path / "state-0001.npz").exists():
            assert time.monotonic() < end and launched.poll() is None
            time.sleep(0.05)
        (child,) = psutil.Process(launched.pid).children()
    finally:
        os.kill(launched.pid, signal.SIGKILL)
        launched.wait()
    assert psutil.wait_procs([child], timeout=10)[1] == []
