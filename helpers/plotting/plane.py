"""The mathematics behind the explorers: quadratics, paths and condition numbers."""

import itertools

import numpy as np
from scipy.optimize import brentq


def quadratic(hessian, minimum, point):
    """`½ (x − minimum)ᵀ H (x − minimum)`, for points along the last axis."""
    offset = np.asarray(point) - minimum
    return 0.5 * np.einsum("...i,ij,...j->...", offset, hessian, offset)


def ellipse(hessian, minimum, level, points=90):
    """Points of the contour where `quadratic` has this value, closed.

    Returns:
        Array of shape `(points, 2)`.
    """
    angle = np.linspace(0, 2 * np.pi, points)
    circle = np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    values, vectors = np.linalg.eigh(hessian)
    return minimum + (circle * np.sqrt(2 * level / values)) @ vectors.T


def path(hessian, minimum, start, steps, move):
    """Iterates of a method on the quadratic.

    Args:
        move: Function from a point and its gradient to the next point.

    Returns:
        Array of shape `(steps + 1, dimensions)`, the start first.
    """
    points = [np.asarray(start, float)]
    for _ in range(steps):
        points.append(move(points[-1], hessian @ (points[-1] - minimum)))
    return np.array(points)


def conditional_gradient(radius, step_size=None):
    """The move of Conditional Gradient in the ball around 0.

    Args:
        radius: Of the ball.
        step_size: γ; `None` for 2/(t + 2) in move t, counted from 0.
    """
    calls = itertools.count()

    def move(x, gradient):
        gamma = 2 / (next(calls) + 2) if step_size is None else step_size
        norm = np.linalg.norm(gradient)
        support = gradient / norm if norm > 0 else gradient
        return (1 - gamma) * x - gamma * radius * support

    return move


def descent(step_size, after=lambda x: x):
    """The move of gradient descent, with a map such as a projection after it."""
    return lambda x, gradient: after(x - step_size * gradient)


def centralized_descent(step_size):
    """The move of gradient descent with a centralized gradient."""
    return lambda x, gradient: x - step_size * centralized(gradient)


def centralized(gradient):
    """The gradient without its mean: its projection onto the sum-zero vectors."""
    return gradient - np.mean(gradient, axis=-1, keepdims=True)


def project_to_ball(point, radius):
    """The point of the ball around 0 that is nearest."""
    norm = np.linalg.norm(point)
    return point if norm <= radius else point * (radius / norm)


def minimum_in_ball(hessian, minimum, radius):
    """Where the quadratic is smallest within the ball around 0.

    On the boundary `(H + μI) x = H minimum` for a `μ ≥ 0`.
    """
    if np.linalg.norm(minimum) <= radius:
        return np.asarray(minimum, float)

    def point(multiplier):
        shifted = hessian + multiplier * np.eye(len(minimum))
        return np.linalg.solve(shifted, hessian @ minimum)

    largest = np.linalg.norm(hessian @ minimum) / radius
    multiplier = brentq(lambda m: np.linalg.norm(point(m)) - radius, 0, largest)
    return project_to_ball(point(multiplier), radius)


def lp_norm(points, p):
    """`‖w‖_p` of points along the last axis; `p` may be infinite."""
    return np.linalg.norm(points, ord=p, axis=-1)


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
    return np.sign(directions) * weight / lp_norm(weight, p)[..., None]


def hessian_of_inputs(covariance, mean):
    """`E[x xᵀ]` for inputs whose features all have this mean.

    It is the Hessian of linear regression without a bias, `½ E[(w·x − y)²]`.
    """
    return covariance + mean**2


def hyperplane_basis(dimensions):
    """Orthonormal columns that span the vectors whose entries sum to 0."""
    ones = np.ones((dimensions, 1))
    return np.linalg.qr(np.hstack([ones, np.eye(dimensions)[:, 1:]]))[0][:, 1:]


def condition_numbers(covariance, mean):
    """Condition numbers of the regression without and with centralization.

    With it the weights stay on a hyperplane, and only the curvature along that
    counts. It does not depend on the mean.
    """
    basis = hyperplane_basis(len(covariance))
    hessian = hessian_of_inputs(covariance, mean)
    both = (hessian, basis.T @ hessian @ basis)
    return tuple(float(np.linalg.cond(matrix)) for matrix in both)


def minimum_on_hyperplane(hessian, minimum, start):
    """Where the quadratic is smallest among points with the sum of `start`."""
    basis = hyperplane_basis(len(start))
    gradient = basis.T @ hessian @ (np.asarray(start) - minimum)
    return start - basis @ np.linalg.solve(basis.T @ hessian @ basis, gradient)
