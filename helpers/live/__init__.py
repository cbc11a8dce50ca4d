"""Training that can be watched and steered, and pictures that answer at once."""

from helpers.live.explorers import (
    BallExplorer,
    ConditionalGradientExplorer,
    GradientCentralizationExplorer,
)
from helpers.live.panel import Choice, LivePanel

__all__ = [
    "BallExplorer",
    "Choice",
    "ConditionalGradientExplorer",
    "GradientCentralizationExplorer",
    "LivePanel",
]
