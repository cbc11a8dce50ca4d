"""The optimizers of the lessons, for Keras 3 on any backend."""

from helpers.optimizers.conditional_gradient import ConditionalGradient
from helpers.optimizers.frank_wolfe import FrankWolfe, OpenLoop, frank_wolfe_step
from helpers.optimizers.gradient_centralization import (
    GradientCentralization,
    centralize,
)
from helpers.optimizers.gradients import gradients_of, loss_gradients

__all__ = [
    "ConditionalGradient",
    "FrankWolfe",
    "GradientCentralization",
    "OpenLoop",
    "centralize",
    "frank_wolfe_step",
    "gradients_of",
    "loss_gradients",
]
