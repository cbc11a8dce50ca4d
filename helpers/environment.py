"""Whether what is installed is new enough, and how much a lesson computes here.

A preset holds the sizes: `quick` on a CPU, `full` where there is a GPU. The notebook's
code is the same for both; only these numbers differ.
"""

import dataclasses
import os
from importlib import metadata

from helpers.i18n import _

PACKAGE = "optimizer-lessons"
# Packages under other names that are the same to a program that imports them.
SAME = {"tensorflow": ("tensorflow-cpu", "tf-nightly")}
VARIABLE = "NOTEBOOK_PRESET"


class Unsuitable(ImportError):
    """Something is missing or too old. A notebook shows the sentences alone."""

    def _render_traceback_(self):
        return [str(self)]


def check(requirements=None):
    """Whether the lessons can run with what is installed.

    Args:
        requirements: List of requirements as strings, by default those of this
            package where it is installed.

    Raises:
        Unsuitable: If a package is missing or too old; it says, in the reader's
            language, which one and what to do.
    """
    if requirements is None:
        try:
            requirements = metadata.requires(PACKAGE) or []
        except metadata.PackageNotFoundError:
            requirements = []
    unmet = _unmet(requirements)
    if unmet:
        raise Unsuitable("\n".join([*map(_fault, unmet), _way_out(unmet)]))


def announce_preset():
    """Say so where a GPU, and no environment variable, chose the larger preset."""
    preset = choose_preset()
    chosen = os.environ.get(VARIABLE, "").strip()
    if preset is FULL and not chosen:
        print(
            _(
                "A GPU was found: where a lesson has presets, it runs “{preset}”, with "
                "the sizes of the original tutorial."
            ).format(preset=preset.name)
        )


def _unmet(requirements):
    """List of pairs: a requirement, and the version installed instead, or `None`."""
    from packaging.requirements import Requirement

    unmet = []
    for requirement in map(Requirement, requirements):
        if requirement.marker and not requirement.marker.evaluate({"extra": "lessons"}):
            continue
        version = _version(requirement.name)
        if version is None or not requirement.specifier.contains(version, True):
            unmet.append((requirement, version))
    return unmet


def _version(name):
    for candidate in (name, *SAME.get(name, ())):
        try:
            return metadata.version(candidate)
        except metadata.PackageNotFoundError:
            pass
    return None


def _fault(unmet):
    requirement, version = unmet
    if version is None:
        text = _("{package} is not installed; the lessons need {needed}.")
    else:
        text = _("{package} {version} is installed; the lessons need {needed}.")
    needed = f"{requirement.name}{requirement.specifier}"
    return text.format(package=requirement.name, version=version, needed=needed)


def _way_out(unmet):
    if "COLAB_RELEASE_TAG" in os.environ:
        return _(
            "In Colab, choose Runtime ▸ Change runtime type and the latest runtime "
            "version. Then run all cells again."
        )
    needed = " ".join(f'"{requirement}"' for requirement, _version in unmet)
    return _("Run this in a terminal, then restart the kernel: {command}").format(
        command=f"pip install --upgrade {needed}"
    )


@dataclasses.dataclass(frozen=True)
class Preset:
    """Sizes of the lesson on gradient centralization.

    Attributes:
        name: `"quick"` or `"full"`.
        source: `"drawn"` or `"tfds"`, as `datasets.load_horses_or_humans` takes it.
        image_size: Width and height of the images in pixels.
        batch_size: Images in a batch.
        learning_rate: Learning rate of RMSprop.
        epochs: Epochs of each training run.
        seeds: Tuple of the seeds of the comparison; the first is 0.
    """

    name: str
    source: str
    image_size: int
    batch_size: int
    learning_rate: float
    epochs: int
    seeds: tuple


# At most two minutes for the whole notebook on two CPU cores.
QUICK = Preset(
    name="quick",
    source="drawn",
    image_size=94,
    batch_size=16,
    learning_rate=1e-3,
    epochs=2,
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
    seeds=(0, 1, 2, 3, 4),
)
PRESETS = {preset.name: preset for preset in (QUICK, FULL)}


def choose_preset():
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
