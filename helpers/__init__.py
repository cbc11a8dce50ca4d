"""Optimizers, data, plots and callbacks shared by the lessons.

A notebook begins with `helpers.setup(language)`. Importing this package loads
neither TensorFlow nor Keras: each module loads what it needs.
"""

import contextlib
import os
import sys
import tempfile

from helpers import environment, i18n


def setup(language="en"):
    """Prepare a notebook: language, and TensorFlow without its start-up messages.

    Call it in the first cell, before TensorFlow or Keras is imported. It prints
    something only where there is something to say: a GPU was found.

    Args:
        language: Language of plot labels and messages, one of
            `helpers.i18n.LANGUAGES`.

    Raises:
        ValueError: If there is no such language.
        ImportError: If a package is missing or too old; it says what to do.
    """
    i18n.set_language(language)
    environment.check()
    # TensorFlow and Keras read these once, when they are first imported.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    # TensorFlow Addons, where the lesson compares with it, needs Keras 2 as tf.keras.
    os.environ.setdefault("TF_USE_LEGACY_KERAS", "1")
    with _quiet_stderr():
        with _without_jax():
            import keras  # noqa: F401
            import tensorflow  # noqa: F401
        environment.announce_preset()


@contextlib.contextmanager
def _without_jax():
    """Import packages as if JAX were not installed, unless it is Keras's backend.

    TensorFlow Lite's converter and a callback of Keras load it wherever it is: 110 MB
    of memory that no lesson needs. It can be imported afterwards.
    """
    if "jax" in sys.modules or os.environ["KERAS_BACKEND"] == "jax":
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
