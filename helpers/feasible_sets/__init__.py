"""The sets that Frank–Wolfe stays in. A set answers three questions about a tensor.

- `norm(w)`: by how much the unit set must grow to hold `w` (its gauge).
- `support(direction)`: the point of the unit set furthest along the direction.
- `project(w, radius)`: the point of `radius` times the set nearest to `w`.

The linear minimization oracle (LMO) of a gradient `g` is `-radius * support(g)` where
the set is symmetric about 0, as all but the simplex are.

| name | unit set | support of d |
|---|---|---|
| `"fro"` | ‖w‖_F ≤ 1 | d / ‖d‖ |
| `"l1"` | Σ|w| ≤ 1 | the sign at the largest entry |
| `"max"` | max |w| ≤ 1 | sign(d) |
| `"nuclear"` | Σσ ≤ 1 | u₁v₁ᵀ |
| `"spectral"` | σ₁ ≤ 1 | UVᵀ |
| `"outputs"` | ‖w[…, j]‖ ≤ 1 for each output j | each divided by its norm |
| `"inputs"` | ‖w[i, :]‖ ≤ 1 for each row i of the matrix | each divided by its norm |
| `Lp(p)` | ‖w‖_p ≤ 1 | by the dual exponent |
| `KSparse(k)` | Σ|w| ≤ k and max |w| ≤ 1 | the signs at the k largest |
| `Simplex()` | w ≥ 0 and Σw = 1 | 1 at the largest entry |

A tensor counts as the matrix `as_matrix` of it. What a set returns has the shape of
what it was given, in float32 or wider. The support of 0 is 0, and that of a direction
with an entry that is not finite has such an entry too.
"""

from typing import Any

import keras

from .base import FeasibleSet, as_matrix, frobenius_norm, in_float
from .entries import L1, Frobenius, KSparse, Lp, Max, Simplex
from .matrices import Inputs, Nuclear, Outputs, Spectral

__all__ = [
    "L1",
    "FeasibleSet",
    "Frobenius",
    "Inputs",
    "KSparse",
    "Lp",
    "Max",
    "Nuclear",
    "Outputs",
    "Simplex",
    "Spectral",
    "as_matrix",
    "frobenius_norm",
    "get",
    "in_float",
]

SETS = {
    "fro": Frobenius(),
    "l1": L1(),
    "max": Max(),
    "nuclear": Nuclear(),
    "spectral": Spectral(),
    "outputs": Outputs(),
    "inputs": Inputs(),
}


def get(identifier: str | FeasibleSet | dict[str, Any]) -> FeasibleSet:
    """The set of a name, of a saved configuration, or the set itself.

    Args:
        identifier: One of `SETS`, a `FeasibleSet`, or what
            `keras.saving.serialize_keras_object` makes of one.

    Raises:
        ValueError: If it is none of these.
    """
    if isinstance(identifier, dict):
        identifier = keras.saving.deserialize_keras_object(identifier)
    if isinstance(identifier, FeasibleSet):
        return identifier
    if isinstance(identifier, str) and identifier in SETS:
        return SETS[identifier]
    raise ValueError(
        f"A feasible set must be one of {list(SETS)} or a `FeasibleSet`, such as "
        f"`KSparse(5)`. Received: {identifier!r}"
    )
