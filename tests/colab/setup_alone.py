"""Runs the setup cell of a notebook alone, in a kernel, and prints its outputs."""

import json
import sys

import nbformat
from nbclient import NotebookClient

notebook = nbformat.read(sys.argv[1], as_version=4)
notebook.cells = [cell for cell in notebook.cells if cell["id"] == "setup"]
NotebookClient(notebook, allow_errors=True).execute()
print(json.dumps(notebook.cells[0].outputs))
