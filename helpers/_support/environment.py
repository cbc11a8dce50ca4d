"""Whether what is installed is new enough for the lessons."""

import os
from importlib import metadata

from packaging.requirements import Requirement

from helpers._support.i18n import _

PACKAGE = "optimizer-lessons"
# Packages under other names that are the same to a program that imports them.
SAME = {"tensorflow": ("tensorflow-cpu", "tf-nightly")}


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
