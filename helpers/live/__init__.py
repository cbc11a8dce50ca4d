"""Training that can be watched and steered, and pictures that answer at once."""

from helpers.live.explorers import (
    ConditionalGradientExplorer,
    GradientCentralizationExplorer,
)
from helpers.live.panel import LivePanel

__all__ = [
    "ConditionalGradientExplorer",
    "GradientCentralizationExplorer",
    "LivePanel",
]
