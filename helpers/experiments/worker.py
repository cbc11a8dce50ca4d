"""One of several workers; `distributed.train`, `srun` or `mpirun` starts it."""

import argparse
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


def train(folder, batch_size, epochs, crash):
    worker, workers = jax.process_index(), jax.process_count()
    keras.distribution.set_distribution(
        keras.distribution.DataParallel(auto_shard_dataset=False)
    )
    # Keras draws weights at random before it reads those of the file, and what a
    # distribution places on several processes must be equal on all of them.
    random.seed(0)
    model = keras.saving.load_model(folder / "model.keras")
    data = np.load(folder / "data.npz")
    x, y = (part(data[name], batch_size, worker, workers) for name in ("x", "y"))

    # Two workers that write into one backup spoil it, so each has its own. All begin
    # with that of worker 0: a crash may come when only one of them has saved an epoch.
    backup = folder / f"backup-{worker}"
    if worker > 0 and (folder / "backup-0").exists():
        shutil.copytree(folder / "backup-0", backup, dirs_exist_ok=True)
    # A worker that ends while it saves leaves half a file; then the one before counts.
    options = {"double_checkpoint": True, "delete_checkpoint": False}
    callbacks = [keras.callbacks.BackupAndRestore(backup, **options)]
    if crash is not None and worker == workers - 1:
        callbacks.append(Crash(crash))
    options = {"epochs": epochs, "shuffle": False, "verbose": 0}
    model.fit(x, y, batch_size // workers, callbacks=callbacks, **options)
    np.savez(folder / f"weights-{worker}.npz", *model.get_weights())


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--batch-size", type=int, required=True)
    parser.add_argument("--epochs", type=int, required=True)
    parser.add_argument("--crash", type=int)
    # Slurm and Open MPI tell JAX these three.
    parser.add_argument("--address")
    parser.add_argument("--workers", type=int)
    parser.add_argument("--worker", type=int)
    given = parser.parse_args()
    jax.distributed.initialize(
        given.address, given.workers, given.worker, heartbeat_timeout_seconds=10
    )
    train(given.folder, given.batch_size, given.epochs, given.crash)
