"""Training in short, bounded pieces, with hyperparameters that change in between."""

import threading
import time
import zlib

import keras
import numpy as np

from helpers.checks import integer
from helpers.live import storage
from helpers.live.checks import (
    check_model,
    checked_data,
    checked_held_out,
    outputs_of,
    sample,
)
from helpers.live.graph import TrainingGraph
from helpers.live.hyperparameters import (
    centralizes,
    checked_values,
    core_of,
    hyperparameters_of,
)
from helpers.live.objective import Objective
from helpers.live.record import Record, from_array, to_array

# By how much a chunk may grow from one call of `advance` to the next. The first
# chunk has one step, since nobody knows how long a step takes.
GROWTH = 8


def epoch_order(examples, seed, epoch):
    """The order of all examples in an epoch, the same on every machine."""
    return np.random.default_rng([seed, epoch]).permutation(examples).astype("int32")


class TrainingSession:
    """A model in training that can be advanced, steered, reset and saved.

    The training steps run in one compiled TensorFlow function, with all data on the
    device and a new order of the examples in each epoch; the last, incomplete batch
    of an epoch is left out. The methods may be called from several threads.

    Args:
        model: Built Keras model for classification with one input and one output.
            It need not be compiled.
        optimizer: `keras.optimizers.Optimizer` whose hyperparameters are numbers.
        x: Array of training examples, `(examples, …)`.
        y: Array of their labels: class numbers, or 0 and 1 for a single output.
        held_out: Pair `(x, y)` not trained on, or `None`.
        loss: `"sparse_categorical_crossentropy"`, `"binary_crossentropy"`, an
            instance of one of these classes, or `None` for the one that fits the
            model's number of outputs.
        batch_size: Integer from 1 to the number of training examples.
        seed: Seed of the order of the examples.
        held_out_size: At most so many held-out examples, the same random ones
            each time, measure the accuracy after each chunk.
        probe_size: At most so many training examples measure the gradient.

    Attributes:
        history: List of `Record`: the state at the start, then one for each chunk.
        hyperparameters: Dict from each name that `set` takes to its value.
        names: Path of each trainable variable, in the order of `Record.norms`.
        norm: `"fro"` or `"nuclear"`, the norm in `Record.norms`.
        traces: Dict: how often each compiled function was traced.

    Raises:
        ValueError: If an argument is not as above.
        TypeError: If `model` or `optimizer` is no Keras model or optimizer.
        RuntimeError: If Keras runs on another backend than TensorFlow.
    """

    def __init__(
        self,
        model,
        optimizer,
        x,
        y,
        held_out=None,
        loss=None,
        batch_size=64,
        seed=0,
        held_out_size=1000,
        probe_size=512,
    ):
        check_model(model, optimizer)
        x, y = checked_data(x, y, ("x", "y"))
        sizes = {"held_out_size": held_out_size, "probe_size": probe_size}
        for name, size in {"batch_size": batch_size, **sizes}.items():
            integer(name, size, 1)
        if batch_size > len(x):
            raise ValueError(
                f"`batch_size` must be at most the number of examples, {len(x)}. "
                f"Received: {batch_size}"
            )
        objective = Objective(loss, outputs_of(model, x))
        y = objective.labels(y, "y")
        if held_out is not None:
            held_out = checked_held_out(held_out, x, objective, held_out_size)
        self._specs = hyperparameters_of(optimizer)
        optimizer.build(model.trainable_variables)
        probe = sample(len(x), probe_size)
        self._graph = TrainingGraph(
            model, optimizer, objective, (x, y), held_out, probe, batch_size
        )
        self.model, self.optimizer = model, optimizer
        self.batch_size, self.examples = batch_size, len(x)
        self.names = [v.path for v in model.trainable_variables]
        self.norm = getattr(core_of(optimizer), "ord", "fro")
        self._fingerprint = zlib.crc32(y.tobytes(), zlib.crc32(x[:256].tobytes()))
        self._state = [*model.variables, *optimizer.variables]
        self._start = [keras.ops.convert_to_numpy(v).copy() for v in self._state]
        self._steered = {id(getattr(s.owner, s.name)) for s in self._specs.values()}
        self._lock = threading.RLock()
        self.steps_per_second = None
        self._graph.chunk(0, 0)  # warms up; trains nothing
        self.reset(seed)

    @property
    def hyperparameters(self):
        values = {name: spec.read() for name, spec in self._specs.items()}
        if centralizes(self.optimizer):
            values["centralize"] = bool(self._graph.centralize.numpy())
        return values

    @property
    def traces(self):
        return dict(self._graph.traces)

    @property
    def steps_per_epoch(self):
        return self.examples // self.batch_size

    @property
    def epoch(self):
        """Epochs completed so far."""
        return self.step // self.steps_per_epoch

    def set(self, **values):
        """Sets hyperparameters for all chunks to come.

        Args:
            **values: `learning_rate`; `lambda_` for `ConditionalGradient`;
                `centralize`, a bool, for `GradientCentralization`.

        Raises:
            ValueError: If a name or a value is not allowed. Nothing is changed then.
        """
        with self._lock:
            switchable = centralizes(self.optimizer)
            checked = checked_values(self._specs, switchable, values)
            for name, value in checked.items():
                if name == "centralize":
                    self._graph.centralize.assign(value)
                else:
                    self._specs[name].write(value)

    def advance(self, seconds):
        """Trains for about so long, one step at least, and records the result.

        Args:
            seconds: Time for the training steps. How many fit is learned from the
                calls before; the first call makes a single step.

        Returns:
            The new `Record`.
        """
        if not seconds > 0:
            raise ValueError(f"`seconds` must be above 0. Received: {seconds!r}")
        with self._lock:
            fitting = int(seconds * (self.steps_per_second or 0))
            steps = max(1, min(fitting, GROWTH * self._last_steps))
            self._last_steps = steps
            return self.train(steps)

    def train(self, steps):
        """Trains exactly so many steps and records the result.

        Returns:
            The new `Record`.
        """
        integer("steps", steps, 1)
        with self._lock:
            before = self.hyperparameters
            started = time.perf_counter()
            totals = self._run(steps)
            seconds = time.perf_counter() - started
            known = self.steps_per_second or steps / seconds
            self.steps_per_second = 0.5 * (known + steps / seconds)
            self._seconds += seconds
            self.history.append(self._record(before, totals / steps))
            return self.history[-1]

    def _run(self, steps):
        totals = np.zeros(2)
        while steps > 0:
            first = self.step % self.steps_per_epoch
            if first == 0:
                self._shuffle()
            piece = min(steps, self.steps_per_epoch - first)
            totals += [float(total) for total in self._graph.chunk(first, piece)]
            self.step += piece
            steps -= piece
        return totals

    def _shuffle(self):
        order = epoch_order(self.examples, self.seed, self.epoch)
        self._graph.order.assign(order)

    def _record(self, values, totals=None):
        measures, norms = self._graph.measure()
        measures = [float(measure) for measure in measures.numpy()]
        loss, accuracy = measures[:2] if totals is None else map(float, totals)
        return Record(
            self.step,
            self._seconds,
            values.get("lambda_", float("nan")),
            values["learning_rate"],
            values.get("centralize", False),
            loss,
            accuracy,
            *measures[2:],
            tuple(float(norm) for norm in norms.numpy()),
        )

    def reset(self, seed=None):
        """Starts again from the same weights, with the hyperparameters as they are.

        Args:
            seed: New seed of the order of the examples; `None` keeps the old one.
        """
        if seed is not None:
            integer("seed", seed, 0)
        with self._lock:
            for variable, value in zip(self._state, self._start, strict=True):
                if id(variable) not in self._steered:
                    variable.assign(value)
            self.seed = self.seed if seed is None else int(seed)
            self.step, self._seconds, self._last_steps = 0, 0.0, 1
            self.history = [self._record(self.hyperparameters)]

    def save(self, path):
        """Writes weights, optimizer, hyperparameters, history and position.

        A session of the same model, optimizer and data that loads the file goes on
        as if it had never stopped. A crash while saving leaves the former file.
        """
        with self._lock:
            arrays = {
                f"state_{i}": keras.ops.convert_to_numpy(variable)
                for i, variable in enumerate(self._state)
            }
            header = {
                **self._identity(),
                "seed": self.seed,
                "step": self.step,
                "seconds": self._seconds,
                "hyperparameters": self.hyperparameters,
            }
            storage.write(path, header, {**arrays, "history": to_array(self.history)})

    def load(self, path):
        """Goes on where `save` was called.

        Raises:
            FileNotFoundError: If there is no such file.
            ValueError: If it is no saved session, or that of another model,
                optimizer or data. Nothing is changed then.
        """
        header, arrays = storage.read(path, self._identity())
        history = from_array(arrays["history"])
        values = [arrays[f"state_{i}"] for i in range(len(self._state))]
        with self._lock:
            for variable, value in zip(self._state, values, strict=True):
                variable.assign(value)
            self.set(**header["hyperparameters"])
            self.seed, self.step = header["seed"], header["step"]
            self._seconds, self.history = header["seconds"], history
            if self.step % self.steps_per_epoch:
                self._shuffle()

    def _identity(self):
        """What two sessions must share for one to load what the other saved."""
        return {
            "shapes": [list(variable.shape) for variable in self._state],
            "optimizer": type(self.optimizer).__name__,
            "batch_size": self.batch_size,
            "examples": self.examples,
            "data": self._fingerprint,
        }
