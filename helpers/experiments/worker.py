"""One of several workers; `distributed.train`, `srun` or `mpirun` starts it.

Slurm and Open MPI 4 tell JAX how many there are, which one this is and where worker 0
waits, and that each has one device. JAX 0.10 does not recognize Open MPI 5
(jax-ml/jax#14576): take `srun`, or `--address`, `--workers` and `--worker`.
"""

import argparse
import importlib
import json
import os
import pathlib
import random
import shutil
import signal
import sys

os.environ["KERAS_BACKEND"] = "jax"
# Keras would load TensorFlow to read and write files: 500 MB for nothing.
sys.modules["tensorflow"] = None

import jax
import keras
import numpy as np

from helpers import optimizers  # noqa: F401  (so that Keras can load ours)
from helpers.experiments import distributed


class Crash(keras.callbacks.Callback):
    def __init__(self, step):
        super().__init__()
        self.step = step

    def on_train_batch_end(self, batch, logs=None):
        if self.model.optimizer.iterations == self.step:
            os.kill(os.getpid(), signal.SIGKILL)


def part(rows, batch_size, worker, workers):
    batches = rows.reshape(-1, workers, batch_size // workers, *rows.shape[1:])
    return batches[:, worker].reshape(-1, *rows.shape[1:])


def load(folder):
    # Keras draws weights at random before it reads those of the file, and what a
    # distribution places on several processes must be equal on all of them.
    random.seed(0)
    return keras.saving.load_model(folder / "model.keras")


def train(folder, batch_size, epochs, crash=None, crash_worker=-1):
    worker, workers = jax.process_index(), jax.process_count()
    print(f"Worker {worker} of {workers}: {jax.local_devices()}", flush=True)
    keras.distribution.set_distribution(
        keras.distribution.DataParallel(auto_shard_dataset=False)
    )
    model = load(folder)
    data = np.load(folder / "data.npz")
    x, y = (part(data[name], batch_size, worker, workers) for name in ("x", "y"))

    # Two workers that write into one backup spoil it, so each has its own. All begin
    # with that of worker 0: a crash may come when only one of them has saved an epoch.
    backup, first = (folder / f"backup-{number}" for number in (worker, 0))
    resumed = (first / "training_metadata.json").exists()
    if resumed and worker > 0:
        shutil.copytree(first, backup, dirs_exist_ok=True)
    elif resumed:
        done = json.loads((first / "training_metadata.json").read_text())
        print(f"Going on after epoch {done['epoch']}.", flush=True)
    # A worker that ends while it saves leaves half a file; then the one before counts.
    options = {"double_checkpoint": True, "delete_checkpoint": False}
    callbacks = [keras.callbacks.BackupAndRestore(backup, **options)]
    if crash is not None and worker == crash_worker % workers and not resumed:
        callbacks.append(Crash(crash))
    options = {"epochs": epochs, "shuffle": False, "verbose": 0}
    model.fit(x, y, batch_size // workers, callbacks=callbacks, **options)
    np.savez(folder / f"weights-{worker}.npz", *model.get_weights())
    if worker == 0:
        keep(folder, model.get_weights(), data)


def keep(folder, weights, data):
    """Saves the trained model, and evaluates it if there are `x_val` and `y_val`."""
    keras.distribution.set_distribution(None)
    model = load(folder)
    model.set_weights(weights)
    model.save(folder / "trained.keras")
    if "x_val" in data:
        found = model.evaluate(
            data["x_val"], data["y_val"], verbose=0, return_dict=True
        )
        print(*(f"val_{name}: {value:.4f}" for name, value in found.items()))


def own_device():
    """`[0]` if this process sees one GPU alone, as with Slurm's --gpus-per-task=1.

    Else `None`: then JAX takes the GPU with the number that the process has on its
    machine. Where each process sees its own GPU as number 0, there is no number 1.
    """
    visible = os.environ.get("CUDA_VISIBLE_DEVICES", "")
    return [0] if visible and "," not in visible else None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--batch-size", type=int, required=True)
    parser.add_argument("--epochs", type=int, required=True)
    parser.add_argument("--module", help="to import first, for layers of yours")
    parser.add_argument("--check", action="store_true", help="start nothing")
    parser.add_argument("--crash", type=int)
    parser.add_argument("--crash-worker", type=int, default=-1)
    parser.add_argument("--heartbeat", type=int, default=100, help="seconds")
    parser.add_argument("--address")
    parser.add_argument("--workers", type=int)
    parser.add_argument("--worker", type=int)
    given = parser.parse_args()
    if given.module:
        importlib.import_module(given.module)
    if given.check:
        load(given.folder)
        try:
            distributed.check(given.folder, given.workers, given.batch_size)
        except ValueError as error:
            parser.error(str(error))
        return
    jax.distributed.initialize(
        *(given.address, given.workers, given.worker, own_device()),
        heartbeat_timeout_seconds=given.heartbeat,
        # The others wait at the end while worker 0 evaluates alone.
        shutdown_timeout_seconds=3600,
    )
    distributed.check(given.folder, jax.process_count(), given.batch_size)
    train(given.folder, given.batch_size, given.epochs, given.crash, given.crash_worker)


if __name__ == "__main__":
    main()
