"""A sweep over two hyperparameters and several seeds: `helpers.experiments.sweep`.

    api.py          the call, its checks, and the result
    engines.py      processes of this machine, or a cluster
    worker.py       what runs in each of them
    store.py        one file for each finished cell
    fingerprint.py  what makes two functions the same

This file is empty, so that a worker can set its number of threads before NumPy loads.
"""
