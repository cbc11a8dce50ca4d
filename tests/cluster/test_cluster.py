"""The lesson's commands on a real Slurm, and with Open MPI, against one device.

`make test-cluster` runs this.
"""

import os
import pathlib
import shutil
import subprocess
import sys

import keras
import numpy as np
import pytest
from conftest import answer, wait_until

from helpers import experiments
from helpers.experiments import distributed
from helpers.optimizers import FrankWolfe, GradientCentralization

ROOT = pathlib.Path(__file__).resolve().parents[2]
EPOCHS, BATCH = 3, 8
OPTIONS = ("--batch-size", str(BATCH), "--epochs", str(EPOCHS))
# A layer that Keras does not know; the workers import its module.
MODULE = """
import keras


@keras.saving.register_keras_serializable(package="reader")
class Swish(keras.layers.Layer):
    def call(self, x):
        return x * keras.ops.sigmoid(x)
"""
OPTIMIZERS = {
    # Not `spectral`: the gradient of the last layer has one singular value of 0, whose
    # vectors are rounding, and another on another backend.
    "FrankWolfe": lambda: FrankWolfe(0.05, 3.0, momentum=0.9),
    "GC around Adam": lambda: GradientCentralization(keras.optimizers.Adam(0.01)),
}


@pytest.fixture(scope="module")
def reader(tmp_path_factory):
    """A module of the reader's, which is not a part of the collection."""
    folder = tmp_path_factory.mktemp("modules")
    (folder / "my_layers.py").write_text(MODULE)
    sys.path.insert(0, str(folder))
    import my_layers

    yield my_layers
    sys.path.remove(str(folder))


@pytest.fixture(params=OPTIMIZERS)
def job(request, reader, tmp_path):
    """A folder for the workers, and the weights with which one device ends."""
    keras.utils.set_random_seed(0)
    layers = keras.layers.Dense(6), reader.Swish(), keras.layers.Dense(3)
    model = keras.Sequential([keras.Input((5,)), *layers])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(OPTIMIZERS[request.param](), loss, metrics=["accuracy"])
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((24, 5)).astype("float32"), rng.integers(0, 3, 24)
    folder = tmp_path / "job"
    folder.mkdir()
    model.save(folder / "model.keras")
    np.savez(folder / "data.npz", x=x, y=y, x_val=x[:5], y_val=y[:5])
    start = model.get_weights()
    model.fit(x, y, BATCH, EPOCHS, shuffle=False, verbose=0)
    assert largest(start, model.get_weights()) > 1e-2
    return folder, model


def largest(first, second):
    return max(np.abs(a - b).max() for a, b in zip(first, second, strict=True))


def difference(folder, model):
    trained = keras.saving.load_model(folder / "trained.keras").get_weights()
    return largest(trained, model.get_weights())


def environment_of(slurm):
    """Slurm's, with this Python, the collection and the reader's module."""
    python = os.path.dirname(sys.executable)
    modules = os.pathsep.join([str(ROOT), *sys.path])
    path = os.pathsep.join((python, slurm["PATH"]))
    return {**slurm, "PATH": path, "PYTHONPATH": modules}


def submit(slurm, folder, *options, sbatch=()):
    """Submits the lesson's script as it is printed; returns its log, when it ended."""
    environment = environment_of(slurm)
    script = folder.parent / "job.sbatch"
    shutil.copy(distributed.JOB, script)
    command = ["sbatch", "--parsable", f"--chdir={folder.parent}", "--nodes=2"]
    command += sbatch
    arguments = [str(folder), *OPTIONS, "--module", "my_layers", *options]
    number = answer(environment, *command, str(script), *arguments)

    def has_ended():
        states = answer(environment, "squeue", "--noheader", "--format=%i %T")
        return number not in states.split()

    wait_until(has_ended, 120)
    return (folder.parent / f"job.sbatch-{number}.log").read_text()


def test_two_nodes_end_with_the_weights_of_one_device(slurm, job):
    folder, model = job
    log = submit(slurm, folder)
    assert difference(folder, model) < 1e-5, log
    for worker in (0, 1):
        assert f"Worker {worker} of 2: [CpuDevice(id=" in log
    x, y = (np.load(folder / "data.npz")[name] for name in ("x_val", "y_val"))
    assert f"val_loss: {model.evaluate(x, y, verbose=0)[0]:.4f}" in log
    # A folder used again goes on from where it was: here, from its end.
    assert "Going on after epoch 3." in submit(slurm, folder)


@pytest.mark.parametrize("job", ["GC around Adam"], indirect=True)
def test_a_job_whose_worker_dies_is_put_back_and_ends_with_the_same_weights(slurm, job):
    """Worker 0, without which no other one goes on; each process with a GPU of its
    own, as far as Slurm knows."""
    folder, model = job
    # In the middle of the third epoch, of three steps each.
    gpus = ["--gpus-per-task=1"]
    log = submit(slurm, folder, "--crash=8", "--crash-worker=0", sbatch=gpus)
    assert "Going on after epoch 2." in log
    assert log.count("Worker 0 of 2") == 2
    assert difference(folder, model) < 1e-5, log


@pytest.mark.parametrize("job", ["FrankWolfe"], indirect=True)
def test_a_job_with_wrong_arguments_ends_before_a_worker_starts(slurm, job):
    """How often one is put back that fails by itself: `tests/test_distributed.py`."""
    folder, _model = job
    log = submit(slurm, folder, "--batch-size", "10")
    assert log.count("divide the 24 samples. Received: batch_size=10") == 1
    assert "Worker" not in log


@pytest.mark.parametrize("job", ["FrankWolfe"], indirect=True)
def test_open_mpi_ends_with_the_weights_of_one_device(job):
    folder, model = job
    if shutil.which("mpirun") is None:
        pytest.skip("without mpirun: apt-get install openmpi-bin")
    version = answer(os.environ, "mpirun", "--version")
    if "Open MPI) 4." not in version:
        pytest.skip(
            f"JAX recognizes Open MPI 4, and this is: {version.splitlines()[0]}"
        )
    modules = os.pathsep.join([str(ROOT), *sys.path])
    root = {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}
    command = ["mpirun", "-n", "2", sys.executable, "-m", "helpers.experiments.worker"]
    done = subprocess.run(
        [*command, str(folder), *OPTIONS, "--module", "my_layers"],
        env={**os.environ, **root, "PYTHONPATH": modules},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert difference(folder, model) < 1e-5


def answers(rate, momentum, seed):
    optimizer = FrankWolfe(rate, momentum=momentum)
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    model.compile(optimizer, "mse")
    x = np.random.default_rng(seed).standard_normal((32, 4))
    model.fit(x, x[:, :1], verbose=0)
    return model.evaluate(x, x[:, :1], verbose=0)


def test_a_sweep_on_two_workers_of_slurm_finds_what_this_machine_finds(
    slurm, tmp_path, monkeypatch
):
    jobqueue = pytest.importorskip("dask_jobqueue", reason="pip install -e .[cluster]")
    from distributed import Client

    for name, value in environment_of(slurm).items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    grid, seeds = {"rate": [0.01, 0.1], "momentum": [0.0, 0.9]}, [0, 1]
    options = {"cores": 1, "memory": "2GB", "interface": "lo"}
    with (
        jobqueue.SLURMCluster(**options, log_directory=str(tmp_path)) as cluster,
        Client(cluster) as client,
    ):
        cluster.scale(2)
        client.wait_for_workers(2, timeout=60)
        path = tmp_path / "far.jsonl"
        far = experiments.sweep(answers, grid, seeds, path, client, backend="jax")
    near = experiments.sweep(answers, grid, seeds, tmp_path / "near", backend="jax")
    assert far.errors == near.errors == {}
    np.testing.assert_allclose(far.values, near.values, rtol=1e-6)
