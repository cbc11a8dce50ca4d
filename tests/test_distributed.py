"""Several devices in one process, and several processes, against one device."""

import importlib.util
import os
import pathlib
import re
import subprocess
import sys

import keras
import numpy as np
import pytest
from conftest import require

from helpers.experiments import distributed
from helpers.optimizers import GradientCentralization

EPOCHS, BATCH = 3, 8


def write_job(folder):
    """With GC around Adam, which has a state to lose."""
    keras.utils.set_random_seed(0)
    hidden = keras.layers.Dense(6, activation="tanh")
    output = keras.layers.Dense(3, activation="softmax")
    model = keras.Sequential([keras.Input((5,)), hidden, output])
    optimizer = GradientCentralization(keras.optimizers.Adam(0.01))
    model.compile(optimizer, "sparse_categorical_crossentropy")
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((24, 5)).astype("float32"), rng.integers(0, 3, 24)
    model.save(folder / "model.keras")
    np.savez(folder / "data.npz", x=x, y=y)
    return model, x, y


def largest(first, second):
    return max(np.abs(a - b).max() for a, b in zip(first, second, strict=True))


def function_of_the_worker(name):
    """Its program cannot be imported beside TensorFlow."""
    source = distributed.WORKER.read_text("utf-8")
    names = {"os": os}
    exec(re.search(rf"^def {name}.*?(?=^\n?def )", source, re.M | re.S)[0], names)
    return names[name]


@pytest.mark.parametrize("workers", [1, 2, 4])
def test_the_parts_of_all_workers_are_every_batch_once(workers):
    part, rows = function_of_the_worker("part"), np.arange(24)
    parts = [part(rows, 8, i, workers) for i in range(workers)]
    for batch in range(3):
        local = slice(batch * 8 // workers, (batch + 1) * 8 // workers)
        whole = np.concatenate([part[local] for part in parts])
        np.testing.assert_array_equal(whole, rows[batch * 8 : (batch + 1) * 8])


@pytest.mark.parametrize("visible", [None, "", "0", "3", "0,1"])
def test_a_worker_that_sees_one_gpu_takes_it_whatever_its_number(monkeypatch, visible):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if visible is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    expected = [0] if visible in ("0", "3") else None
    assert function_of_the_worker("own_device")() == expected


def test_after_a_crash_in_the_middle_of_a_save_the_restart_goes_on(tmp_path):
    """Here the last worker dies; in `tests/cluster`, worker 0."""
    require("jax", "pip install -e .[test]")
    model, x, y = write_job(tmp_path)
    # In the middle of the third epoch, of three steps each.
    crashed = distributed.train(tmp_path, 2, BATCH, EPOCHS, crash=8, heartbeat=1)
    assert crashed.codes[1] == -9 and crashed.codes[0] not in (0, -9)
    assert crashed.seconds[0] - crashed.seconds[1] < 60
    assert crashed.weights == [None, None]
    assert "1 was killed" in crashed.summary and "0 ended by itself" in crashed.summary
    # The worker that was left alone may have ended while it saved.
    os.truncate(tmp_path / "backup-0" / "latest.weights.h5", 96)
    with pytest.raises(FileExistsError, match="resume=True"):
        distributed.train(tmp_path, 2, BATCH, EPOCHS)
    # Long enough for a busy machine, now that no one has to die.
    options = {"resume": True, "heartbeat": 60}
    resumed = distributed.train(tmp_path, 2, BATCH, EPOCHS, **options)
    start = model.get_weights()
    model.fit(x, y, BATCH, EPOCHS, shuffle=False, verbose=0)
    assert largest(start, model.get_weights()) > 1e-3
    assert resumed.codes == [0, 0]
    assert largest(resumed.weights[0], resumed.weights[1]) == 0
    assert largest(resumed.weights[0], model.get_weights()) < 1e-5
    assert (tmp_path / "log-0").read_text().startswith("Worker 0 of 2")


def pretend(monkeypatch, tmp_path, program):
    """Workers that do something else, without the seconds that JAX needs."""
    path = tmp_path / "python"
    path.write_text(f"#!/bin/sh\n{program}\n")
    path.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(path))
    np.savez(tmp_path / "data.npz", y=np.zeros(24))


def test_a_worker_that_fails_by_itself_is_an_error_with_its_words(
    tmp_path, monkeypatch
):
    pretend(monkeypatch, tmp_path, "echo No file model.keras; exit 3")
    words = r"codes are \[3, 3\](?s:.*)No file model\.keras"
    with pytest.raises(RuntimeError, match=words):
        distributed.train(tmp_path, 2, BATCH, EPOCHS)


def test_workers_that_never_end_are_said_to_have_reached_the_time_limit(
    tmp_path, monkeypatch
):
    pretend(monkeypatch, tmp_path, "exec sleep 60")
    with pytest.raises(RuntimeError, match=r"After 0\.1 s these still ran: \[0, 1\]"):
        distributed.train(tmp_path, 2, BATCH, EPOCHS, timeout=0.1)
    ended = distributed.train(tmp_path, 2, BATCH, EPOCHS, crash=8, timeout=0.1)
    assert ended.seconds == [None, None] and ended.weights == [None, None]
    sentence = "Worker {} still ran at the time limit."
    assert ended.summary == f"{sentence.format(0)} {sentence.format(1)}"
    one = distributed.Ended([-9, -9], [None, 2.0], [None, None])
    assert one.summary == f"Worker 1 was killed. {sentence.format(0)}"


@pytest.mark.parametrize(
    "fails, restarts, calls",
    [
        ("", "", "python srun"),
        ("python", "", "python"),
        ("srun", "", "python srun scontrol"),
        ("srun", "2", "python srun scontrol"),
        ("srun", "3", "python srun"),
    ],
)
def test_the_job_is_started_again_a_few_times(tmp_path, fails, restarts, calls):
    for name in ("python", "srun", "scontrol"):
        path = tmp_path / name
        path.write_text(
            f"#!/bin/sh\necho {name} >> calls\n[ {name} != '{fails}' ] || exit 9\n"
        )
        path.chmod(0o755)
    environment = {"PATH": f"{tmp_path}:/usr/bin:/bin", "SLURM_NTASKS": "2"}
    environment |= {"SLURM_RESTART_COUNT": restarts, "SLURM_JOB_ID": "1"}
    command = ["bash", distributed.JOB, "folder"]
    done = subprocess.run(command, cwd=tmp_path, env=environment)
    assert (tmp_path / "calls").read_text().split() == calls.split()
    assert (done.returncode != 0) == bool(fails)


# No multiple of two workers; no divisor of 24 samples.
@pytest.mark.parametrize("batch_size", [3, 10])
def test_a_batch_that_cannot_be_divided_is_named_before_anything_starts(
    tmp_path, batch_size
):
    np.savez(tmp_path / "data.npz", y=np.zeros(24))
    before = sorted(tmp_path.iterdir())
    with pytest.raises(ValueError, match=f"`batch_size`.*{batch_size}"):
        distributed.train(tmp_path, workers=2, batch_size=batch_size, epochs=1)
    assert sorted(tmp_path.iterdir()) == before


def test_equal_weights_are_said_to_be_equal_and_others_are_not():
    text = distributed.assert_equal([np.zeros(3)], [np.full(3, 1e-7)], 1e-5)
    assert "1.0e-07" in text
    for other in (1e-4, np.nan):
        with pytest.raises(AssertionError):
            distributed.assert_equal([np.zeros(3)], [np.full(3, other)], 1e-5)


def test_two_devices_equal_one(arrays_of):
    """In a process of its own, whose processor is divided; the lesson tests CG."""
    backend = "tensorflow"
    found = arrays_of("distributed_mirrored.py", backend, backends=[backend])
    assert found["GC"] < 1e-5 < 1e-3 < found["GC moved"]
    # Keras clips the gradient of each device before its all-reduce.
    assert found["clipped"] > 1e-4


def test_a_processor_in_use_cannot_be_divided():
    code = (
        "import helpers; helpers.setup('en')\n"
        "import tensorflow as tf; tf.zeros(1) + 1\n"
        "from helpers.experiments import distributed; distributed.two_devices()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 1 and "before TensorFlow computes" in done.stderr


def test_the_program_of_a_worker_loads_no_tensorflow():
    require("jax", "pip install -e .[test]")
    code = (
        "import sys\n"
        "import helpers.experiments.worker\n"
        "sys.exit(bool(sys.modules.get('tensorflow')))\n"
    )
    root = str(pathlib.Path(__file__).parents[1])
    environment = {**os.environ, "PYTHONPATH": root}
    assert importlib.util.find_spec("tensorflow")
    assert subprocess.run([sys.executable, "-c", code], env=environment).returncode == 0
