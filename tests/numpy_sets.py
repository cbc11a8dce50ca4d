"""The norms of the sets and their dual norms by NumPy, in float64."""

import numpy as np


def matrix_of(array):
    """A tensor as the matrix that the sets take it for, in float64."""
    array = np.float64(array)
    return array.reshape(-1, array.shape[-1] if array.ndim else 1)


def p_norm(p):
    return lambda w: np.linalg.norm(np.float64(w).ravel(), p)


def singular_values(array):
    return np.linalg.svd(matrix_of(array), compute_uv=False)


NORMS = {
    "fro": p_norm(2),
    "l1": p_norm(1),
    "max": p_norm(np.inf),
    "nuclear": lambda w: singular_values(w).sum(),
    "spectral": lambda w: singular_values(w).max(),
    "outputs": lambda w: np.linalg.norm(matrix_of(w), axis=0).max(),
    "inputs": lambda w: np.linalg.norm(matrix_of(w), axis=1).max(),
    "Lp(p=1.0)": p_norm(1),
    "Lp(p=1.5)": p_norm(1.5),
    "Lp(p=2.0)": p_norm(2),
    "Lp(p=4.0)": p_norm(4),
    "Lp(p=inf)": p_norm(np.inf),
    "KSparse(k=3)": lambda w: max(p_norm(np.inf)(w), p_norm(1)(w) / 3),
}
# The support value ⟨d, s⟩ is the dual norm of d.
DUALS = {
    "fro": p_norm(2),
    "l1": p_norm(np.inf),
    "max": p_norm(1),
    "nuclear": NORMS["spectral"],
    "spectral": NORMS["nuclear"],
    "outputs": lambda d: np.linalg.norm(matrix_of(d), axis=0).sum(),
    "inputs": lambda d: np.linalg.norm(matrix_of(d), axis=1).sum(),
    "Lp(p=1.0)": p_norm(np.inf),
    "Lp(p=1.5)": p_norm(3),
    "Lp(p=2.0)": p_norm(2),
    "Lp(p=4.0)": p_norm(4 / 3),
    "Lp(p=inf)": p_norm(1),
    "KSparse(k=3)": lambda d: np.sort(np.abs(np.float64(d)).ravel())[::-1][:3].sum(),
    "Simplex()": lambda d: np.float64(d).max(),
}
