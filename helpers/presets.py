"""How much a lesson computes: `quick` on a CPU, `full` where there is a GPU.

The notebook's code is the same for both; only these numbers differ.
"""

import dataclasses
import os

VARIABLE = "NOTEBOOK_PRESET"


@dataclasses.dataclass(frozen=True)
class Preset:
    """Sizes of the lesson on gradient centralization.

    Attributes:
        name: `"quick"` or `"full"`.
        source: `"drawn"` or `"tfds"`, as `datasets.load_horses_or_humans` takes it.
        image_size: Width and height of the images in pixels.
        batch_size: Images in a batch.
        learning_rate: Learning rate of RMSprop.
        epochs: Epochs of each training run of the tutorial.
        paired_epochs: Epochs of each run of the comparison over seeds.
        seeds: Tuple of the seeds of that comparison.
    """

    name: str
    source: str
    image_size: int
    batch_size: int
    learning_rate: float
    epochs: int
    paired_epochs: int
    seeds: tuple


# At most 150 seconds for the whole notebook on two CPU cores.
QUICK = Preset(
    name="quick",
    source="drawn",
    image_size=94,
    batch_size=16,
    learning_rate=1e-3,
    epochs=3,
    paired_epochs=2,
    seeds=(0, 1, 2, 3),
)
# The tutorial's own numbers.
FULL = Preset(
    name="full",
    source="tfds",
    image_size=300,
    batch_size=128,
    learning_rate=1e-4,
    epochs=10,
    paired_epochs=10,
    seeds=(0, 1, 2, 3, 4),
)
PRESETS = {preset.name: preset for preset in (QUICK, FULL)}


def choose():
    """The preset for this machine, or the one that `NOTEBOOK_PRESET` names.

    Returns:
        A `Preset`.

    Raises:
        ValueError: If the environment variable names no preset.
    """
    wanted = os.environ.get(VARIABLE, "").strip()
    if not wanted:
        return FULL if _has_gpu() else QUICK
    if wanted not in PRESETS:
        raise ValueError(
            f"The environment variable {VARIABLE} must be one of {list(PRESETS)}, or "
            f"empty to let the hardware decide. Received: {wanted!r}"
        )
    return PRESETS[wanted]


def _has_gpu():
    import tensorflow as tf

    return bool(tf.config.list_physical_devices("GPU"))
