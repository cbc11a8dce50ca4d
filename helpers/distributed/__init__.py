"""Training on several devices, and on several machines.

    devices.py            two devices for `MirroredStrategy`, also on a laptop
    trajectory.py         the weights after each epoch, and how far two runs differ
    traffic.py            what the workers send each other, in bytes
    scaling.py            weak scaling, measured
    job.py                what is trained, as files for every worker; saved states
    jax_worker.py         one worker: `jax.distributed`, `DataParallel` and `fit`
    tensorflow_worker.py  one worker: `MultiWorkerMirroredStrategy`, a loop of its own
    worker.py             `python -m helpers.distributed.worker`: starts one of the two
    callbacks.py          what happens in a worker after each step and each epoch
    launcher.py           workers as processes of this machine, watched and cleaned up

A name is imported when it is first used: a worker chooses its backend before Keras is
imported, and one on JAX need not load TensorFlow.
"""

import importlib

_HOMES = {
    "Job": "job",
    "Trajectory": "trajectory",
    "WorkerFailed": "launcher",
    "bytes_of_gradient": "traffic",
    "bytes_sent": "traffic",
    "command": "launcher",
    "largest_difference": "trajectory",
    "train": "launcher",
    "two_devices": "devices",
    "weak_scaling": "scaling",
}
__all__ = sorted(_HOMES)


def __getattr__(name):
    if name in _HOMES:
        return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
