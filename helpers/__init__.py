"""Optimizers, data, plots and callbacks shared by the lessons.

A notebook begins with `helpers.setup(language)`. Importing this package loads
neither TensorFlow nor Keras: each module loads what it needs.
"""

import ast
import contextlib
import inspect
import os
import pathlib
import sys
import tempfile
import textwrap

from helpers._support import environment, i18n


def setup(language="en"):
    """Prepare a notebook: language, and TensorFlow without its start-up messages.

    Call it in the first cell, before TensorFlow or Keras is imported.

    Args:
        language: Language of plot labels and messages, one of
            `helpers._support.i18n.LANGUAGES`.

    Raises:
        ValueError: If there is no such language.
        ImportError: If a package is missing or too old; it says what to do.
    """
    i18n.set_language(language)
    environment.check()
    # TensorFlow and Keras read these once, when they are first imported.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    # Convolutions take two thirds of the time. By itself TensorFlow does so on
    # processors with AVX-512 alone.
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    # TensorFlow Addons, where the lesson compares with it, needs Keras 2 as tf.keras.
    os.environ.setdefault("TF_USE_LEGACY_KERAS", "1")
    with _quiet_stderr():
        with _without_jax():
            import keras  # noqa: F401
            import tensorflow
        # It would warn of the many models that one lesson makes.
        tensorflow.get_logger().setLevel("ERROR")


def load_keras(backend):
    """Import Keras on a backend, as quietly as `setup` does, in a process of a cluster.

    Raises:
        RuntimeError: If the process has loaded it on another one.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    if "keras" not in sys.modules:
        os.environ["KERAS_BACKEND"] = backend
    with _quiet_stderr(), _without_jax():
        import keras
    if keras.backend.backend() != backend:
        raise RuntimeError(
            f"This process runs Keras on {keras.backend.backend()!r}, not on "
            f"{backend!r}. Start it anew."
        )


def source(function):
    """The code of a function, class or module, as it is tested, for a lesson to show.

    Args:
        function: What `inspect.getsource` takes, or the path of a file.

    Returns:
        String without docstrings, which are written for programmers, in English.
    """
    if isinstance(function, pathlib.Path):
        code = function.read_text(encoding="utf-8")
    else:
        code = textwrap.dedent(inspect.getsource(function))
    lines = code.splitlines()
    documented = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Module)
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, documented) and ast.get_docstring(node) is not None:
            start, end = node.body[0].lineno - 1, node.body[0].end_lineno
            # The empty line that parts a docstring from what follows goes with it.
            end += lines[end : end + 1] == [""]
            lines[start:end] = [None] * (end - start)
    return "\n".join(line for line in lines if line is not None).strip("\n")


@contextlib.contextmanager
def _without_jax():
    """Import packages as if JAX were not installed, unless it is Keras's backend.

    Parts of TensorFlow and Keras load it wherever it is: 110 MB for nothing.
    """
    if "jax" in sys.modules or os.environ.get("KERAS_BACKEND") == "jax":
        yield
        return
    sys.modules["jax"] = None
    try:
        yield
    finally:
        del sys.modules["jax"]


@contextlib.contextmanager
def _quiet_stderr():
    """Keep native code off stderr, which TensorFlow writes to while it is imported,
    whatever its log level. What was written is shown if the body fails.
    """
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as written:
        os.dup2(written.fileno(), 2)
        try:
            yield
        except BaseException:
            written.seek(0)
            os.write(kept, written.read())
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)
