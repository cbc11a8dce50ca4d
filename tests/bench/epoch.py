"""An MNIST epoch of the Conditional Gradient lesson: training, then validation."""

import contextlib
import itertools
import pathlib
import shutil
import subprocess
import sys
import tempfile

import numpy as np
from rows import Row, Worker, alternate

from helpers import datasets

OLD = pathlib.Path(__file__).parents[2] / ".venv/tensorflow-addons"
OLD_PACKAGES = ("tensorflow==2.15.1", "tensorflow-addons==0.23.0", "numpy<2")
# In one call of `fit`, as in the lesson: the data are copied once.
EPOCHS = 3
PEERS = (
    ("epoch_tfa.py", "the tutorial's code: TensorFlow Addons 0.23, TF 2.15", "≥ 3.5"),
    ("epoch_keras3.py", "our optimizer in a plain `fit`", "≥ 3"),
    ("epoch_jax.py", "JAX by hand, one `lax.scan`", ""),
)


def old_python():
    """A Python with TensorFlow Addons as it was; made at the first call.

    Returns:
        Path, or `None` where there is no Python 3.11 to make it with.
    """
    python = OLD / "bin/python"
    if not python.exists():
        maker = shutil.which("python3.11")
        if maker is None:
            return None
        subprocess.run([maker, "-m", "venv", str(OLD)], check=True)
        install = [str(python), "-m", "pip", "install", "--quiet", *OLD_PACKAGES]
        try:
            subprocess.run(install, check=True)
        except BaseException:
            shutil.rmtree(OLD)
            raise
    return python


def store_problem(path):
    """Write MNIST and initial weights, the same for all."""
    rng = np.random.default_rng(0)
    (x, y), (x_test, y_test) = datasets.load_mnist()
    x, x_test = (a.reshape(-1, 784).astype("float32") / 255 for a in (x, x_test))
    arrays = {"x": x, "y": y.astype("int32"), "x_test": x_test}
    arrays["y_test"] = y_test.astype("int32")
    sizes = (784, 64, 64, 10)
    for layer, (rows, columns) in enumerate(itertools.pairwise(sizes)):
        limit = np.sqrt(6 / (rows + columns))
        kernel = rng.uniform(-limit, limit, (rows, columns)).astype("float32")
        arrays[f"w{2 * layer}"] = kernel
        arrays[f"w{2 * layer + 1}"] = np.zeros(columns, "float32")
    np.savez(path, **arrays)


def rows(rounds):
    """All trainings in alternation, from the same weights, on the same batches."""
    pythons = {"epoch_tfa.py": old_python()}
    peers = [peer for peer in PEERS if pythons.get(peer[0], sys.executable)]
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        problem = f"{folder}/problem.npz"
        store_problem(problem)
        ours = stack.enter_context(
            Worker("epoch_keras3.py", problem, f"{EPOCHS}", "469")
        )
        workers = [ours]
        for script, _name, _goal in peers:
            python = pythons.get(script, sys.executable)
            worker = Worker(script, problem, f"{EPOCHS}", "1", python=python)
            workers.append(stack.enter_context(worker))
        times = alternate([worker.seconds for worker in workers], rounds)
        accuracies = [worker.ask()["accuracy"] for worker in workers]
    epochs = EPOCHS * (rounds + 2)
    assert np.ptp(accuracies) < 0.02, f"not the same training: {accuracies}"
    for (_script, peer, goal), peers_times in zip(peers, times[1:], strict=True):
        what = f"epochs of MNIST, CG (test accuracy {accuracies[0]:.2f} at {epochs})"
        yield Row(what, peer, "times faster", tuple(peers_times / times[0]), goal)
