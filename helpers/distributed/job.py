"""What is trained, written so that another process can read it, and saved states."""

import contextlib
import hashlib
import json
import os
import pathlib
import re

import keras
import numpy as np

from helpers.checks import integer


class Job:
    """A training with everything that a worker needs to know about it.

    The data are divided into global batches in the order given, and each worker takes
    its part of each. So one worker and several see the same batches.

    Args:
        model: `keras.Model`, built. Its weights now are the initial weights.
        optimizer: `keras.optimizers.Optimizer`, not yet used.
        x: Array: the inputs. Their number must be a multiple of `batch_size`.
        y: Array of as many targets.
        loss: Name of a Keras loss, such as `"mse"`.
        batch_size: Integer: samples in a **global** batch, of all workers together.
        epochs: Integer, at least 1.

    Raises:
        TypeError: If `model` or `optimizer` is something else.
        ValueError: If another argument is not as above.
    """

    def __init__(self, model, optimizer, x, y, loss, batch_size, epochs):
        _check(model, optimizer, x, y, batch_size, epochs)
        keras.losses.get(loss)
        self.loss, self.batch_size, self.epochs = loss, int(batch_size), int(epochs)
        self.x, self.y = np.asarray(x), np.asarray(y)
        self._weights = model.get_weights()
        self._model = _without_initializers(keras.saving.serialize_keras_object(model))
        self._optimizer = keras.saving.serialize_keras_object(optimizer)

    def build(self):
        """A new model, compiled, with the initial weights."""
        model = keras.saving.deserialize_keras_object(self._model)
        optimizer = keras.saving.deserialize_keras_object(self._optimizer)
        model.set_weights(self._weights)
        model.compile(optimizer, self.loss)
        optimizer.build(model.trainable_variables)
        return model

    def part(self, worker, workers):
        """The inputs and targets of one worker: its part of every global batch."""
        return tuple(
            part_of_batches(array, self.batch_size, worker, workers)
            for array in (self.x, self.y)
        )

    def write(self, folder):
        """Writes the job into a folder, which may hold states of this very job.

        Args:
            folder: Path, created if it is not there.

        Raises:
            ValueError: If the folder holds another job; another number of epochs
                makes no other job.
        """
        folder = pathlib.Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        description = {
            "model": self._model,
            "optimizer": self._optimizer,
            "loss": self.loss,
            "batch_size": self.batch_size,
        }
        text = json.dumps(description, sort_keys=True)
        # Keras numbers the layers of a kernel: built again, "dense" is "dense_1".
        text = re.sub(r'"([a-z][a-z0-9_]*?)_\d+"', r'"\1"', text)
        arrays = [self.x, self.y, *self._weights]
        name = _digest([text.encode(), *map(np.ascontiguousarray, arrays)])
        with contextlib.suppress(FileNotFoundError):
            if json.loads((folder / "job.json").read_text())["name"] != name:
                raise ValueError(
                    f"`folder` must be empty or hold this very job: {folder} holds "
                    "the states of another model, optimizer or data set."
                )
        numbered = {f"w{i}": w for i, w in enumerate(self._weights)}
        _save(folder / "job.npz", x=self.x, y=self.y, **numbered)
        description |= {"name": name, "epochs": self.epochs}
        _replace(
            folder / "job.json",
            lambda file: file.write(json.dumps(description).encode()),
        )

    @classmethod
    def read(cls, folder):
        """The job that `write` has written into this folder."""
        folder = pathlib.Path(folder)
        description = json.loads((folder / "job.json").read_text())
        job = cls.__new__(cls)
        job.loss, job.epochs = description["loss"], description["epochs"]
        job.batch_size = description["batch_size"]
        job._model, job._optimizer = description["model"], description["optimizer"]
        with np.load(folder / "job.npz") as arrays:
            job.x, job.y = arrays["x"], arrays["y"]
            job._weights = [arrays[f"w{i}"] for i in range(len(arrays) - 2)]
        return job


def part_of_batches(array, batch_size, worker, workers):
    """One worker's part of every batch: rows in the order in which it needs them.

    Args:
        array: Array whose length is a multiple of `batch_size`.
        batch_size: Integer, a multiple of `workers`.
        worker: Number of the worker, from 0.
        workers: How many there are.
    """
    parts = array.reshape(-1, workers, batch_size // workers, *array.shape[1:])
    return parts[:, worker].reshape(-1, *array.shape[1:])


def save_state(folder, epoch, model):
    """Saves all that training needs to go on after an epoch: a whole file or none.

    Args:
        folder: Path of the job.
        epoch: Number of finished epochs.
        model: Compiled model: its variables and its optimizer's are saved.
    """
    arrays = {
        f"v{i}": keras.ops.convert_to_numpy(variable)
        for i, variable in enumerate(_variables(model))
    }
    weights = {f"w{i}": w for i, w in enumerate(model.get_weights())}
    _save(pathlib.Path(folder) / f"state-{epoch:04d}.npz", **arrays, **weights)


def last_epoch(folder):
    """Number of the last epoch with a saved state, 0 if there is none."""
    return max(_states(folder), default=0)


def restore(folder, model):
    """Gives a model the last saved state, if there is one.

    Returns:
        Number of epochs that it has behind it.
    """
    epoch = last_epoch(folder)
    if epoch:
        with np.load(_states(folder)[epoch]) as arrays:
            for i, variable in enumerate(_variables(model)):
                variable.assign(arrays[f"v{i}"])
    return epoch


def saved_weights(folder):
    """The weights after each epoch, as `Trajectory` records them."""
    found = []
    for _epoch, path in sorted(_states(folder).items()):
        with np.load(path) as arrays:
            count = sum(name.startswith("w") for name in arrays)
            found.append([arrays[f"w{i}"] for i in range(count)])
    return found


def _states(folder):
    """The paths of the saved states by epoch."""
    paths = pathlib.Path(folder).glob("state-*.npz")
    return {int(re.search(r"(\d+)\.npz$", path.name)[1]): path for path in paths}


def _variables(model):
    return [*model.variables, *model.optimizer.variables]


def _save(path, **arrays):
    _replace(path, lambda file: np.savez(file, **arrays))


def _replace(path, write):
    """Write a file under another name first: a killed writer leaves no half file."""
    unfinished = path.with_name(f"{path.name}.{os.getpid()}.unfinished")
    with open(unfinished, "wb") as file:
        write(file)
    os.replace(unfinished, path)


def _without_initializers(config):
    """The configuration of a model whose weights all start at 0.

    Each worker would draw random weights, which takes JAX longer than anything else
    at its start, only to replace them by those of the job.
    """
    if isinstance(config, list):
        return [_without_initializers(part) for part in config]
    if not isinstance(config, dict):
        return config
    if config.get("module") == "keras.initializers":
        return keras.saving.serialize_keras_object(keras.initializers.Zeros())
    return {name: _without_initializers(part) for name, part in config.items()}


def _digest(parts):
    found = hashlib.sha256()
    for part in parts:
        found.update(part)
    return found.hexdigest()


def _check(model, optimizer, x, y, batch_size, epochs):
    if not isinstance(model, keras.Model):
        raise TypeError(f"`model` must be a keras.Model. Received: {model!r}")
    if not model.built:
        raise ValueError("`model` must be built: give it a `keras.Input`.")
    if not isinstance(optimizer, keras.optimizers.Optimizer):
        raise TypeError(
            f"`optimizer` must be a keras.optimizers.Optimizer. Received: {optimizer!r}"
        )
    for name, value in (("batch_size", batch_size), ("epochs", epochs)):
        integer(name, value, 1)
    if len(x) != len(y) or len(x) == 0 or len(x) % batch_size:
        raise ValueError(
            "`x` and `y` must be of the same length, a multiple of `batch_size`. "
            f"Received: {len(x)} and {len(y)}, with batch_size={batch_size}"
        )
