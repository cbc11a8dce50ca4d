"""Runs a notebook and prints the peak of its kernel's resident memory in bytes.

`python measure.py NOTEBOOK`: its outputs are not stored. Printed behind it is what the
kernel and the processes that it starts take together, pages that they share counted
once.
"""

import contextlib
import pathlib
import sys
import threading

import nbformat
import psutil
from nbclient import NotebookClient

PEAK = "VmHWM:"


def peak(pid):
    """The most memory in bytes that a process has ever had."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    (line,) = (line for line in status if line.startswith(PEAK))
    return int(line.split()[1]) * 1024


def watch(pid, seen, stop):
    """Keep in `seen` the most that a process and its children have taken together."""
    process = psutil.Process(pid)
    while not stop.wait(0.5):
        total = 0
        for member in [process, *process.children(recursive=True)]:
            with contextlib.suppress(psutil.Error):
                total += member.memory_full_info().pss
        seen[0] = max(seen[0], total)


def main(path):
    notebook = nbformat.read(path, as_version=4)
    resources = {"metadata": {"path": str(path.parent)}}
    client = NotebookClient(notebook, timeout=900, resources=resources)
    seen, stop = [0], threading.Event()
    with client.setup_kernel():
        pid = client.km.provisioner.process.pid
        watcher = threading.Thread(target=watch, args=(pid, seen, stop))
        watcher.start()
        for index, cell in enumerate(notebook.cells):
            client.execute_cell(cell, index)
        highest = peak(pid)
        stop.set()
        watcher.join()
    print(highest, seen[0])


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
