"""A lesson for a class: `python tools/handout.py NOTEBOOK [--to FOLDER]`.

Two copies of one lesson: NAME.handout.ipynb without outputs, solutions and answers, and
NAME.teacher.ipynb, which is the lesson as it is.
"""

import argparse
import pathlib
import re

import nbformat

# What opens on a click: solutions, answers, and what should have been seen.
FOLD = re.compile(r"\n*<details>.*?</details>\n*", re.DOTALL)


def handout(notebook):
    """A copy of a notebook without outputs and without what is folded away."""
    cells = []
    for cell in nbformat.from_dict(notebook).cells:
        cell = cell.copy()
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
        else:
            cell.source = FOLD.sub("\n\n", cell.source).strip()
        if cell.source:
            cells.append(cell)
    return nbformat.from_dict({**notebook, "cells": cells})


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("notebook", type=pathlib.Path)
    parser.add_argument("--to", type=pathlib.Path, default=pathlib.Path())
    arguments = parser.parse_args()
    notebook = nbformat.read(arguments.notebook, as_version=4)
    for kind, content in (("handout", handout(notebook)), ("teacher", notebook)):
        path = arguments.to / f"{arguments.notebook.stem}.{kind}.ipynb"
        nbformat.write(content, path)
        print(path)


if __name__ == "__main__":
    main()
