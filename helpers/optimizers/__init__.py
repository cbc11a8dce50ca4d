"""The two optimizers of the lessons, for Keras 3 on any backend."""

from helpers.optimizers.conditional_gradient import ConditionalGradient

__all__ = ["ConditionalGradient"]
