"""The lessons in other languages: `python tools/translate.py COMMAND`.

extract  bring the PO catalogs up to date with the English texts
build    write the localized notebooks and READMEs from the catalogs
check    list everything that is missing, out of date or different; what only waits
         for its translation is a fault with --release

The English notebooks, README.md and the strings in `helpers` are the source. The
catalogs are in notebooks/locale and helpers/_support/locale.
"""

import argparse
import pathlib
import sys

from translation import catalogs, checks, localize
from translation.project import Project

ROOT = pathlib.Path(__file__).resolve().parents[1]


def extract(project, prune=False):
    """Update all catalogs.

    Args:
        project: `Project`.
        prune: Whether messages that are gone are dropped, with their translations.
    """
    for language in project.languages:
        for path, messages in project.catalogs(language).items():
            catalog = catalogs.read(path, language)
            catalogs.update(catalog, messages)
            if prune:
                catalog.obsolete.clear()
            catalogs.write(path, catalog)


def build(project):
    """Write all localized files."""
    localize.stamp_language_switch(project)
    for language in project.languages:
        localize.build(project, language)


def check(project, release=False):
    """Print all faults, and what waits for its translation.

    Args:
        project: `Project`.
        release: Whether a missing translation is a fault.

    Returns:
        Number of faults.
    """
    faults, waiting = [], []
    for fault in checks.check(project):
        pending = fault.kind in checks.PENDING and not release
        (waiting if pending else faults).append(fault)
    for fault in faults:
        print(fault)
    for fault in waiting:
        print(f"to be translated: {fault}")
    return len(faults)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("command", choices=("extract", "build", "check"))
    parser.add_argument(
        "--prune", action="store_true", help="extract: drop obsolete messages"
    )
    parser.add_argument(
        "--release", action="store_true", help="check: nothing waits for translation"
    )
    arguments = parser.parse_args()
    project = Project(ROOT)
    if arguments.command == "extract":
        extract(project, arguments.prune)
    elif arguments.command == "build":
        build(project)
    else:
        sys.exit(bool(check(project, arguments.release)))


if __name__ == "__main__":
    main()
