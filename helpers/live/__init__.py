"""Training that can be watched and steered, and pictures that answer at once."""

from helpers.live.explorers import (
    ConditionalGradientExplorer,
    GradientCentralizationExplorer,
)
from helpers.live.panel import LivePanel
from helpers.live.record import Record
from helpers.live.session import TrainingSession

__all__ = [
    "ConditionalGradientExplorer",
    "GradientCentralizationExplorer",
    "LivePanel",
    "Record",
    "TrainingSession",
]
