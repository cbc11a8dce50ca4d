"""What happens in a worker after each step and each epoch."""

import os
import signal
import time

import keras
import numpy as np

from helpers.distributed.job import save_state


class SaveState(keras.callbacks.Callback):
    """Save the state after each epoch. One worker is enough: all have the same.

    Args:
        folder: Path of the job.
    """

    def __init__(self, folder):
        super().__init__()
        self.folder = folder

    def on_epoch_end(self, epoch, logs=None):
        save_state(self.folder, epoch + 1, self.model)


class Steps(keras.callbacks.Callback):
    """Tell the watch of every step, and measure it.

    Args:
        watch: `helpers.distributed.worker.Watch`.
        crash_at: Number of the step, from 1, after which this process kills itself
            without any cleaning up, as if the power had failed; or None.

    Attributes:
        seconds: List of the durations of the steps of the last epoch.
    """

    def __init__(self, watch, crash_at=None):
        super().__init__()
        self.watch, self.crash_at = watch, crash_at
        self.seconds = []

    def on_epoch_begin(self, epoch, logs=None):
        self.seconds = []
        self._start = time.perf_counter()

    def on_train_batch_end(self, batch, logs=None):
        # JAX computes ahead of Python: reading the loss waits for this step.
        for value in (logs or {}).values():
            np.asarray(value)
        now = time.perf_counter()
        self.seconds.append(now - self._start)
        self._start = now
        self.watch.moved()
        if self.watch.step == self.crash_at:
            os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))

    def on_epoch_end(self, epoch, logs=None):
        self.watch.moved()
