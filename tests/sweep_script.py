"""A sweep in a process of its own, for `test_sweep_processes.py` to kill.

Called with the folder of the results, the file in which each run leaves a line, and
the number of stored results from which on a run takes for ever.
"""

import pathlib
import signal
import sys
import time

import helpers

# A shell lets the jobs in its background ignore this, and so what they start.
signal.signal(signal.SIGINT, signal.default_int_handler)


def metric(lambda_, learning_rate, seed):
    folder, enough = pathlib.Path(sys.argv[1]), int(sys.argv[3])
    while len(list(folder.glob("*.json"))) >= enough:
        time.sleep(0.1)
    with open(sys.argv[2], "a") as log:
        log.write(f"{lambda_} {learning_rate} {seed}\n")
    return lambda_ * learning_rate + seed


if __name__ == "__main__":
    helpers.setup("en")
    from helpers import experiments

    grid = {"lambda_": [1, 2, 3], "learning_rate": [0.5, 0.75]}
    found = experiments.sweep(metric, grid, [0, 1], sys.argv[1], workers=2)
    print(found.reused, found.values.ravel().tolist())
