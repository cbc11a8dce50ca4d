"""Optimizers, data, plots and callbacks shared by the lessons.

A notebook begins with `helpers.setup(language)`. Importing this package loads
neither TensorFlow nor Keras: each module loads what it needs.
"""

import os

from helpers import i18n


def setup(language="en"):
    """Prepare a notebook: language, quiet start-up, plot style.

    Call it in the first cell, before TensorFlow or Keras is imported.

    Args:
        language: Language of plot labels and messages, one of
            `helpers.i18n.LANGUAGES`.

    Raises:
        ValueError: If there is no such language.
    """
    i18n.set_language(language)
    # TensorFlow reads these once, when it is first imported.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")

    from helpers import plotting

    plotting.use_style()
