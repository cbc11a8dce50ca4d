"""The mathematics behind the explorers: quadratics, paths and condition numbers."""

import numpy as np


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


def conditional_gradient_path(hessian, minimum, radius, learning_rate, start, steps):
    """Iterates of the Conditional Gradient optimizer in the ball around 0.

    Returns:
        Array of shape `(steps + 1, dimensions)`, the start first.
    """
    path = [np.asarray(start, float)]
    for _ in range(steps):
        gradient = hessian @ (path[-1] - minimum)
        norm = np.linalg.norm(gradient)
        support = gradient / norm if norm > 0 else gradient
        step = (1 - learning_rate) * radius * support
        path.append(learning_rate * path[-1] - step)
    return np.array(path)


def descent_path(hessian, minimum, step_size, start, steps, after=lambda x: x):
    """Iterates of gradient descent, with a map such as a projection after each step.

    Returns:
        Array of shape `(steps + 1, dimensions)`, the start first.
    """
    path = [np.asarray(start, float)]
    for _ in range(steps):
        gradient = hessian @ (path[-1] - minimum)
        path.append(after(path[-1] - step_size * gradient))
    return np.array(path)


def project_to_ball(point, radius):
    """The point of the ball around 0 that is nearest."""
    norm = np.linalg.norm(point)
    return point if norm <= radius else point * (radius / norm)


def minimum_in_ball(hessian, minimum, radius):
    """Where the quadratic is smallest within the ball around 0.

    On the boundary `(H + μI) x = H minimum` for a `μ ≥ 0`, found by bisection.
    """
    minimum = np.asarray(minimum, float)
    if np.linalg.norm(minimum) <= radius:
        return minimum
    values, vectors = np.linalg.eigh(hessian)
    target = values * (vectors.T @ minimum)
    low, high = 0.0, np.linalg.norm(target) / radius
    for _ in range(100):
        middle = 0.5 * (low + high)
        outside = np.linalg.norm(target / (values + middle)) > radius
        low, high = (middle, high) if outside else (low, middle)
    return project_to_ball(vectors @ (target / (values + high)), radius)


def centralized(gradient):
    """The gradient without its mean: its projection onto the sum-zero vectors."""
    return gradient - np.mean(gradient, axis=-1, keepdims=True)


def centralized_descent_path(hessian, minimum, step_size, start, steps):
    """Iterates of gradient descent with centralized gradients.

    Returns:
        Array of shape `(steps + 1, dimensions)`, the start first.
    """
    project = np.eye(len(start)) - 1.0 / len(start)
    path = [np.asarray(start, float)]
    for _ in range(steps):
        gradient = hessian @ (path[-1] - minimum)
        path.append(path[-1] - step_size * project @ gradient)
    return np.array(path)


def hessian_of_inputs(covariance, mean):
    """`E[x xᵀ]` for inputs whose features all have this mean.

    It is the Hessian of linear regression without a bias, `½ E[(w·x − y)²]`.
    """
    return covariance + mean**2 * np.ones_like(covariance)


def hyperplane_basis(dimensions):
    """Orthonormal columns that span the vectors whose entries sum to 0."""
    ones = np.ones((dimensions, 1))
    return np.linalg.qr(np.hstack([ones, np.eye(dimensions)[:, 1:]]))[0][:, 1:]


def condition_numbers(covariance, mean):
    """Condition numbers of the regression without and with centralization.

    With it the weights stay on a hyperplane, and only the curvature along that
    counts. It does not depend on the mean.

    Returns:
        Pair of floats.
    """
    basis = hyperplane_basis(len(covariance))
    hessian = hessian_of_inputs(covariance, mean)
    return float(np.linalg.cond(hessian)), float(
        np.linalg.cond(basis.T @ hessian @ basis)
    )


def minimum_on_hyperplane(hessian, minimum, start):
    """Where the quadratic is smallest among points with the sum of `start`."""
    basis = hyperplane_basis(len(start))
    gradient = basis.T @ hessian @ (np.asarray(start) - minimum)
    return start - basis @ np.linalg.solve(basis.T @ hessian @ basis, gradient)
