"""Whether what is installed is new enough, and what the machine has."""

import os
from importlib import metadata

from helpers import presets
from helpers.i18n import _

PACKAGE = "optimizer-lessons"
# Packages under other names that are the same to a program that imports them.
SAME = {"tensorflow": ("tensorflow-cpu", "tf-nightly")}


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
    preset = presets.choose()
    chosen = os.environ.get(presets.VARIABLE, "").strip()
    if preset is presets.FULL and not chosen:
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
        if requirement.marker and not requirement.marker.evaluate({"extra": ""}):
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
