"""Whether what is installed is new enough, and how much a lesson computes here.

A preset holds the sizes: `quick` on a CPU, `full` where there is a GPU. The notebook's
code is the same for both; only these numbers differ.
"""

import os
from importlib import metadata
from typing import NamedTuple

from packaging.requirements import Requirement

from helpers._support.i18n import _

PACKAGE = "optimizer-lessons"
# Packages under other names that are the same to a program that imports them.
SAME = {"tensorflow": ("tensorflow-cpu", "tf-nightly")}
VARIABLE = "NOTEBOOK_PRESET"


class Unsuitable(ImportError):
    """Something is missing or too old. A notebook shows the sentences alone."""

    def _render_traceback_(self):
        return [str(self)]


def check():
    """Whether the lessons can run with what is installed.

    Raises:
        Unsuitable: If a package is missing or too old; it says, in the reader's
            language, which one and what to do.
    """
    try:
        requirements = metadata.requires(PACKAGE)
    except metadata.PackageNotFoundError:
        return
    faults, unmet = [], []
    for requirement in map(Requirement, requirements):
        if requirement.marker and not requirement.marker.evaluate({"extra": "lessons"}):
            continue
        name, version = requirement.name, _version(requirement.name)
        if version is None:
            fault = _("{package} is not installed; the lessons need {needed}.")
        elif not requirement.specifier.contains(version, prereleases=True):
            fault = _("{package} {version} is installed; the lessons need {needed}.")
        else:
            continue
        needed = f"{name}{requirement.specifier}"
        faults.append(fault.format(package=name, version=version, needed=needed))
        unmet.append(f'"{requirement}"')
    if not faults:
        return
    way_out = _("Run this in a terminal, then restart the kernel: {command}")
    if "COLAB_RELEASE_TAG" in os.environ:
        way_out = _(
            "In Colab, choose Runtime ▸ Change runtime type and the latest runtime "
            "version. Then run all cells again."
        )
    command = f"pip install --upgrade {' '.join(unmet)}"
    raise Unsuitable("\n".join([*faults, way_out.format(command=command)]))


def _version(name):
    for candidate in (name, *SAME.get(name, ())):
        try:
            return metadata.version(candidate)
        except metadata.PackageNotFoundError:
            pass
    return None


class Preset(NamedTuple):
    """Sizes of the lesson on gradient centralization."""

    name: str
    source: str  # as `data.load_horses_or_humans` takes it
    image_size: int  # width and height in pixels
    batch_size: int
    learning_rate: float
    epochs: int  # of each training run
    seeds: tuple[int, ...]  # of the comparison; the first is 0


PRESETS = {
    # Two to five minutes for the whole notebook on two CPU cores.
    "quick": Preset("quick", "drawn", 94, 16, 1e-3, 2, seeds=(0, 1, 2, 3)),
    # The tutorial's own numbers.
    "full": Preset("full", "tfds", 300, 128, 1e-4, 10, seeds=(0, 1, 2, 3, 4)),
}


def choose_preset():
    """The `Preset` for this machine, or the one that `NOTEBOOK_PRESET` names.

    Raises:
        ValueError: If the environment variable names no preset.
    """
    name = _wanted() or ("full" if _has_gpu() else "quick")
    if name not in PRESETS:
        raise ValueError(
            f"The environment variable {VARIABLE} must be one of {list(PRESETS)}, or "
            f"empty to let the hardware decide. Received: {name!r}"
        )
    return PRESETS[name]


def announce_preset():
    """Say so where a GPU, and no environment variable, chose the larger preset."""
    preset = choose_preset()
    if preset.name == "full" and not _wanted():
        text = _(
            "A GPU was found: where a lesson has presets, it runs “{preset}”, with "
            "the sizes of the original tutorial."
        )
        print(text.format(preset=preset.name))


def _wanted():
    return os.environ.get(VARIABLE, "").strip()


def _has_gpu():
    import tensorflow as tf

    return bool(tf.config.list_physical_devices("GPU"))
