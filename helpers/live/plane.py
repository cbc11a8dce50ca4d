"""The mathematics behind the explorers: quadratics, paths and condition numbers."""

import numpy as np
from scipy.linalg import null_space
from scipy.optimize import brentq


def quadratic(hessian, minimum, point):
    """`½ (x − minimum)ᵀ H (x − minimum)`, for points along the last axis."""
    offset = np.asarray(point) - minimum
    return 0.5 * np.einsum("...i,ij,...j->...", offset, hessian, offset)


def ellipse(hessian, minimum, level):
    """Points of the closed contour where `quadratic` has this value, `(90, 2)`."""
    angle = np.linspace(0, 2 * np.pi, 90)
    circle = np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    values, vectors = np.linalg.eigh(hessian)
    return minimum + (circle * np.sqrt(2 * level / values)) @ vectors.T


def path(hessian, minimum, start, steps, move):
    """Iterates of a method on the quadratic.

    Args:
        move: Function from a point, its gradient and the step's number, counted from
            0, to the next point.

    Returns:
        Array of shape `(steps + 1, dimensions)`, the start first.
    """
    points = [np.asarray(start, float)]
    for step in range(steps):
        points.append(move(points[-1], hessian @ (points[-1] - minimum), step))
    return np.array(points)


def conditional_gradient(radius, step_size=None):
    """The move of Conditional Gradient in the ball around 0.

    Args:
        radius: Of the ball.
        step_size: γ; `None` for 2/(t + 2) in step t.
    """

    def move(x, gradient, step):
        gamma = 2 / (step + 2) if step_size is None else step_size
        support = -radius * gradient / (np.linalg.norm(gradient) or 1)
        return (1 - gamma) * x + gamma * support

    return move


def descent(step_size, before=lambda gradient: gradient, after=lambda x: x):
    """The move of gradient descent, with a map of the gradient and one of the point."""
    return lambda x, gradient, _step: after(x - step_size * before(gradient))


def centralized(gradient):
    """The gradient without its mean: its projection onto the sum-zero vectors."""
    return gradient - np.mean(gradient)


def project_to_ball(point, radius):
    """The point of the ball around 0 that is nearest."""
    return point * min(1, radius / (np.linalg.norm(point) or 1))


def minimum_in_ball(hessian, minimum, radius):
    """Where the quadratic is smallest within the ball around 0.

    On the boundary `(H + μI) x = H minimum` for a `μ ≥ 0`.
    """
    if np.linalg.norm(minimum) <= radius:
        return minimum

    def point(multiplier):
        shifted = hessian + multiplier * np.eye(len(minimum))
        return np.linalg.solve(shifted, hessian @ minimum)

    largest = np.linalg.norm(hessian @ minimum) / radius
    return point(brentq(lambda m: np.linalg.norm(point(m)) - radius, 0, largest))


def lp_support(directions, p):
    """The points of the unit ball of `‖w‖_p` furthest along directions.

    Args:
        directions: Array, a direction along the last axis, none of them 0.
        p: Number from 1 on; `np.inf` for the largest absolute entry.
    """
    size = np.abs(directions) / np.abs(directions).max(axis=-1, keepdims=True)
    if p == 1:  # the first of the largest entries
        best = np.argmax(size.round(12), axis=-1)[..., None]
        weight = (np.arange(directions.shape[-1]) == best) * 1.0
    else:
        weight = np.where(size > 1e-12, size ** (1 / (p - 1)), 0.0)
    norm = np.linalg.norm(weight, p, axis=-1, keepdims=True)
    return np.sign(directions) * weight / norm


def condition_numbers(hessian):
    """Condition numbers of a regression without and with centralization.

    With it the weights stay on a hyperplane, and only the curvature along that counts.
    """
    basis = null_space(np.ones((1, len(hessian))))
    return np.linalg.cond(hessian), np.linalg.cond(basis.T @ hessian @ basis)


def minimum_on_hyperplane(hessian, minimum, start):
    """Where the quadratic is smallest among points with the sum of `start`."""
    basis = null_space(np.ones((1, len(start))))
    gradient = basis.T @ hessian @ (start - minimum)
    return start - basis @ np.linalg.solve(basis.T @ hessian @ basis, gradient)
