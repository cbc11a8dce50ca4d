"""Experiments: comparisons over seeds, sweeps, and training in several processes.

Importing this package loads no Keras: the processes of a sweep choose its backend.
"""

from helpers._support.progress import Steps
from helpers.experiments.comparison import (
    Comparison,
    compare,
    paired_interval,
    restart,
)
from helpers.experiments.sweeps import Sweep, sweep

__all__ = [
    "Comparison",
    "Steps",
    "Sweep",
    "compare",
    "paired_interval",
    "restart",
    "sweep",
]
