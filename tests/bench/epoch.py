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

from helpers import data

OLD = pathlib.Path(__file__).parents[2] / ".venv/tensorflow-addons"
OLD_PACKAGES = ("tensorflow==2.15.1", "tensorflow-addons==0.23.0", "numpy<2")
# In one call of `fit`, as in the tutorial and in the lesson.
EPOCHS = 10
OURS = "epoch_keras3.py", "CG", "lesson"
PEERS = (
    (
        "the tutorial's code: TensorFlow Addons 0.23, TF 2.15",
        "",
        ("epoch_tfa.py",),
    ),
    (
        "our optimizer in the tutorial's plain `fit`",
        "≥ 3",
        ("epoch_keras3.py", "CG", "tutorial"),
    ),
    ("Keras's SGD in place of CG", "≥ 0.9", ("epoch_keras3.py", "SGD", "lesson")),
    ("JAX by hand, one `lax.scan`", "≥ 0.6", ("epoch_jax.py",)),
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
    (x, y), (x_test, y_test) = data.load_mnist()
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
    """All trainings in alternation, from the same weights, each shuffled anew."""
    pythons = {"epoch_tfa.py": old_python()}
    peers = [peer for peer in PEERS if pythons.get(peer[2][0], sys.executable)]
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        problem = f"{folder}/problem.npz"
        store_problem(problem)
        workers = []
        for script, *arguments in (OURS, *(command for _, _, command in peers)):
            python = pythons.get(script, sys.executable)
            worker = Worker(script, problem, f"{EPOCHS}", *arguments, python=python)
            workers.append(stack.enter_context(worker))
        times = alternate([worker.seconds for worker in workers], rounds)
        accuracies = [worker.answer["accuracy"] for worker in workers]
    for (peer, goal, command), peers_times, accuracy in zip(
        peers, times[1:], accuracies[1:], strict=True
    ):
        same = abs(accuracy - accuracies[0]) < 0.02
        assert same or "SGD" in command, f"not the same training: {accuracies}"
        what = f"epochs of MNIST, CG (test accuracy {accuracies[0]:.2f})"
        yield Row(what, peer, "times faster", tuple(peers_times / times[0]), goal)
