"""A sweep in a process of its own, for `test_sweep.py` to kill.

Called with the file of the results, and the number of lines from which on a run takes
for ever.
"""

import pathlib
import sys
import time

import helpers


def metric(lambda_, learning_rate, seed):
    path, enough = pathlib.Path(sys.argv[1]), int(sys.argv[2])
    while len(path.read_text().splitlines()) > enough:
        time.sleep(0.1)
    return lambda_ * learning_rate + seed


if __name__ == "__main__":
    helpers.setup("en")
    from helpers import experiments

    grid = {"lambda_": [1, 2, 3], "learning_rate": [0.5, 0.75]}
    found = experiments.sweep(metric, grid, [0, 1], sys.argv[1], backend="jax")
    print(found.reused, found.values.ravel().tolist())
