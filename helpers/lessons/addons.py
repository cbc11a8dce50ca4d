"""The original optimizer, from TensorFlow Addons, to compare ours with.

TensorFlow Addons ended in May 2024. Its last release has wheels for Python 3.11 and
no later one, and runs on Keras 2 only, which `tf-keras` still provides.
"""

import importlib.util
import os
import sys
import warnings


def available():
    """Whether the original can be loaded in this environment."""
    return all(map(importlib.util.find_spec, ("tensorflow_addons", "tf_keras")))


def original_conditional_gradient():
    """The class `tfa.optimizers.ConditionalGradient`.

    It trains models of `tf_keras` (Keras 2). Keras 3 stays as it is beside it.
    """
    # Read when `tf.keras` is first used, which Addons does.
    os.environ["TF_USE_LEGACY_KERAS"] = "1"
    import tf_keras.src.engine.keras_tensor as keras_tensor

    # Addons looks for this module where Keras 2 had it.
    sys.modules.setdefault("keras.src.engine", sys.modules["tf_keras.src.engine"])
    sys.modules.setdefault("keras.src.engine.keras_tensor", keras_tensor)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from tensorflow_addons.optimizers import ConditionalGradient
    return ConditionalGradient
