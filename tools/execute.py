"""Run notebooks and store their outputs: `python tools/execute.py NOTEBOOK…`.

What changes from run to run without meaning anything (times, the state of widgets,
the version of Python) is not stored.
"""

import argparse
import pathlib
import time

import nbformat
from nbclient import NotebookClient


def execute(path):
    """Run one notebook from top to bottom, in its own folder, and store it."""
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(
        notebook,
        timeout=600,
        record_timing=False,
        store_widget_state=False,
        resources={"metadata": {"path": str(path.parent)}},
    ).execute()
    notebook.metadata.pop("widgets", None)
    notebook.metadata["language_info"] = {"name": "python"}
    nbformat.write(notebook, path)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("notebooks", nargs="+", type=pathlib.Path)
    for path in parser.parse_args().notebooks:
        start = time.perf_counter()
        execute(path)
        print(f"{path}: {time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main()
