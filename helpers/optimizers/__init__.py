"""The optimizers of the lessons, for Keras 3 on any backend.

They import relatively, as `feasible_sets` does, so that both work in any package.
"""

from .conditional_gradient import ConditionalGradient
from .frank_wolfe import FrankWolfe, OpenLoop, frank_wolfe_step
from .gradient_centralization import (
    GradientCentralization,
    centralize,
)
from .gradients import gradients_of, loss_gradients
from .hyperball import Hyperball, hyperball_step

__all__ = [
    "ConditionalGradient",
    "FrankWolfe",
    "GradientCentralization",
    "Hyperball",
    "OpenLoop",
    "centralize",
    "frank_wolfe_step",
    "gradients_of",
    "hyperball_step",
    "loss_gradients",
]
