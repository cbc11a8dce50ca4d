"""The two optimizers of the lessons, for Keras 3 on any backend."""

from helpers.optimizers.conditional_gradient import ConditionalGradient
from helpers.optimizers.gradient_centralization import (
    GCRMSprop,
    GradientCentralization,
    centralize,
)

__all__ = ["ConditionalGradient", "GCRMSprop", "GradientCentralization", "centralize"]
