"""The sets against NumPy and SciPy in float64."""

import hypothesis
import keras
import numpy as np
import pytest
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from keras import ops
from numpy_sets import DUALS, NORMS
from scipy.optimize import linprog

from helpers import feasible_sets
from helpers.feasible_sets import SETS, KSparse, Lp, Simplex, singular

SIZES = st.sampled_from([1e-8, 1e-3, 1.0, 1e3, 1e8])
# Entries as in a gradient: many of one size, some 0, some equal.
entries = st.floats(-1, 1, width=32).map(lambda x: np.float32(round(x, 3)))
tensors = st.builds(
    lambda array, size: array * np.float32(size),
    hnp.arrays(
        "float32",
        hnp.array_shapes(min_dims=0, max_dims=4, max_side=6),
        elements=entries,
    ),
    SIZES,
)
BALLS = {str(ball): feasible_sets.get(ball) for ball in SETS}
for ball in (Lp(1), Lp(1.5), Lp(2), Lp(4), Lp(float("inf")), KSparse(3)):
    BALLS[str(ball)] = ball
ALL = {**BALLS, "Simplex()": Simplex()}


def check_support(name, direction, support):
    """The point lies in the set and is furthest, to 1e-3."""
    support = np.float64(support)
    assert support.shape == direction.shape
    if name == "Simplex()":
        assert support.min() >= 0
        assert support.sum() == 1
    else:
        assert NORMS[name](support) <= 1 + 1e-3
    value = (support * np.float64(direction)).sum()
    assert value == pytest.approx(DUALS[name](direction), rel=1e-3)


@pytest.mark.parametrize("name", BALLS)
@hypothesis.given(array=tensors)
@hypothesis.settings(max_examples=20)
def test_norm_is_numpy_s(name, array):
    norm = float(BALLS[name].norm(array))
    assert norm == pytest.approx(NORMS[name](array), rel=1e-5, abs=1e-12)


@pytest.mark.parametrize("name", ALL)
@hypothesis.given(array=tensors)
@hypothesis.settings(max_examples=30)
def test_support_lies_in_the_set_and_is_furthest(name, array):
    check_support(name, array, ops.convert_to_numpy(ALL[name].support(array)))


@pytest.mark.parametrize("name", BALLS)
@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.parametrize("size", [1e-4, 300.0])
@pytest.mark.parametrize("shape", [(), (64,), (16, 32), (200, 200)])
def test_support_of_half_precision_gradients_lies_in_the_ball(name, dtype, size, shape):
    gradient = ops.cast(np.full(shape, size, "float32"), dtype)
    support = np.float64(BALLS[name].support(gradient))
    assert NORMS[name](support) == pytest.approx(1, abs=1e-2)


def polytopes():
    """Sets bounded by planes, as `A x ≤ b` in `n` unknowns after those given."""
    yield "l1", SETS["l1"], lambda n: ({"A_ub": np.ones((1, 2 * n)), "b_ub": [1]})
    yield "max", SETS["max"], lambda n: ({"bounds": (0, 1)})
    box = {"bounds": (0, 1)}
    for k in (1, 2, 3, 20):
        yield (
            f"KSparse({k})",
            KSparse(k),
            lambda n, k=k: {"A_ub": np.ones((1, 2 * n)), "b_ub": [k], **box},
        )


@pytest.mark.parametrize(
    ("ball", "problem"), [pytest.param(b, p, id=name) for name, b, p in polytopes()]
)
@hypothesis.given(array=tensors.filter(lambda array: np.abs(array).max() > 0))
@hypothesis.settings(max_examples=20)
def test_support_is_the_solution_of_a_linear_program(ball, problem, array):
    d = np.float64(array).ravel() / np.abs(array).max()
    # x = x₊ − x₋, both at least 0
    solution = linprog(np.concatenate([-d, d]), **problem(d.size))
    support = np.float64(ball.support(array)).ravel()
    assert support @ d == pytest.approx(-solution.fun, rel=1e-5)
    both = np.maximum(np.concatenate([support, -support]), 0)
    given = problem(d.size)
    assert (
        np.dot(given.get("A_ub", np.zeros((1, both.size))), both)
        <= 1e-5 + np.max(given.get("b_ub", [0]))
    ).all()
    assert np.abs(support).max() <= 1


@pytest.mark.parametrize("name", BALLS)
@hypothesis.given(array=tensors, radius=st.sampled_from([0.01, 1.0, 30.0]))
@hypothesis.settings(max_examples=20)
def test_projection_lies_in_the_set_and_leaves_what_is_inside(name, array, radius):
    ball = BALLS[name]
    point = ops.convert_to_numpy(ball.project(array, radius))
    assert NORMS[name](point) <= radius * (1 + 1e-5)
    if NORMS[name](array) < radius * (1 - 1e-5):
        np.testing.assert_array_equal(point, array)
    else:
        assert NORMS[name](point) >= radius * (1 - 1e-3)


WITH_A_FORMULA = [name for name in ALL if name not in ("Lp(p=1.5)", "Lp(p=4.0)")]


@pytest.mark.parametrize("name", WITH_A_FORMULA)
@pytest.mark.parametrize("shape", [(), (5,), (4, 3), (2, 2, 3)])
@pytest.mark.parametrize("radius", [0.3, 2.0])
def test_projection_is_the_nearest_point(name, shape, radius):
    """⟨w − p, x − p⟩ ≤ 0 for all x of the set: at the furthest, the support point."""
    w = np.random.default_rng(1).standard_normal(shape).astype("float32")
    p = np.float64(ALL[name].project(w, radius))
    away = (np.float64(w) - p).astype("float32")
    furthest = radius * DUALS[name](away)
    assert furthest - (away * p).sum() <= 1e-4 * radius * (1 + np.abs(away).sum())


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("shape", [(), (5,), (4, 3), (2, 2, 3)])
def test_diameter_is_the_largest_distance(name, shape):
    """Between the support points of signs, or of one sign."""
    ball = ALL[name]
    size = int(np.prod(shape))
    rng = np.random.default_rng(0)
    distances = [0.0]
    for _ in range(16):
        d = rng.choice([-1.0, 1.0], shape) * (1 + 1e-3 * rng.standard_normal(shape))
        d = np.float32(d)
        if rng.integers(2):
            d.flat[1:] = 0
        a, b = (np.float64(ball.support(x)) for x in (d, -d))
        distances.append(np.linalg.norm(a - b))
    diameter = ball.diameter(shape)
    assert max(distances) <= diameter * (1 + 1e-3)
    if size > 1 or name != "Simplex()":
        assert max(distances) >= diameter * (1 - 1e-2)


@hypothesis.given(array=tensors)
@hypothesis.settings(max_examples=20)
def test_projection_onto_the_simplex_sums_to_the_radius(array):
    point = np.float64(Simplex().project(array, 2.0))
    assert point.min() >= 0
    assert point.sum() == pytest.approx(2, rel=1e-4)


def test_names_classes_and_saved_forms():
    for name, ball in SETS.items():
        assert feasible_sets.get(name) is ball
    for ball in (Lp(3), KSparse(5), Simplex(), *SETS.values()):
        assert feasible_sets.get(ball) is ball
        saved = keras.saving.serialize_keras_object(ball)
        again = feasible_sets.get(saved)
        assert type(again) is type(ball)
        assert again.get_config() == ball.get_config()
    assert repr(KSparse(5)) == "KSparse(k=5)"


@pytest.mark.parametrize("identifier", ["l2", "", None, 2, Simplex])
def test_what_is_no_set_is_named(identifier):
    with pytest.raises(ValueError, match=r"'fro', .*KSparse.*Received"):
        feasible_sets.get(identifier)


@pytest.mark.parametrize("p", [0, 0.5, -1, float("nan"), "2", None, True])
def test_a_bad_p_is_named(p):
    with pytest.raises(ValueError, match="`p` must be a number"):
        Lp(p)


@pytest.mark.parametrize("k", [0, -1, 2.0, "2", None, True])
def test_a_bad_k_is_named(k):
    with pytest.raises(ValueError, match="`k` must be an integer of at least 1"):
        KSparse(k)


@pytest.mark.parametrize("backend", ["tensorflow", "jax", "torch"])
def test_every_support_on_three_backends_eager_and_compiled(arrays_of, backend):
    from backend_fw import BALLS, directions

    found = arrays_of("backend_fw.py", backend)
    found = {key: array for key, array in found.items() if "|" in key}
    cases = dict(directions())
    assert len(found) == len(BALLS) * (len(cases) + 7 * 2)
    for key, support in found.items():
        name, case, _mode = key.split("|")
        direction = cases[case]
        if not np.isfinite(direction).all():
            assert not np.isfinite(support).all(), key
        elif not direction.any() and name != "Simplex()":
            assert not support.any(), key
        else:
            check_support(name, direction, support)


def spectra():
    """Spectra that are hard for an iteration, above the limit of the Gram matrix."""
    fall = np.linspace(0.9, 0.01, 298)
    yield "top two within 1 %", np.r_[1, 0.99, fall]
    yield "top two equal", np.r_[1, 1, fall]
    yield "rank one", np.array([1.0])
    yield "rank 64, as a batch of 64 gives", np.linspace(1, 0.5, 64)
    yield "slow fall", np.linspace(1, 0.5, 300)
    yield "one above a crowd", np.r_[1, np.full(149, 0.99), fall[:150]]
    yield "tiny", 1e-30 * np.r_[1, 0.5, 0.2]
    yield "huge", 1e30 * np.r_[1, 0.5, 0.2]


def with_singular_values(shape, values, seed=0):
    """A random matrix with the given singular values."""
    rng = np.random.default_rng(seed)
    left, _ = np.linalg.qr(rng.standard_normal((shape[0], len(values))))
    right, _ = np.linalg.qr(rng.standard_normal((shape[1], len(values))))
    return ((left * values) @ right.T).astype("float32")


HARD = [pytest.param(v, id=k) for k, v in spectra()]
LARGE = [(300, 300), (1024, 300), (300, 700)]


def first_value(matrix):
    """What the first pair makes of the largest singular value."""
    left, right = singular.first_singular_pair(ops.convert_to_tensor(matrix))
    return float(ops.sum(left[:, None] * right * matrix))


@pytest.mark.parametrize("values", HARD)
@pytest.mark.parametrize("shape", LARGE)
def test_lanczos_finds_the_first_singular_value(values, shape):
    matrix = with_singular_values(shape, values)
    exact = np.linalg.svd(matrix.astype("float64"), compute_uv=False)[0]
    assert first_value(matrix) == pytest.approx(exact, rel=1e-3)


@pytest.mark.parametrize("seed", range(50))
def test_lanczos_misses_the_first_of_two_within_one_percent_in_no_matrix(seed):
    values = np.r_[1, 0.99, np.linspace(0.98, 0.01, 198)]
    matrix = with_singular_values((200, 200), values, seed)
    assert first_value(matrix) == pytest.approx(1, rel=1e-3)


TAILS = {
    "one above a tail": np.r_[1, np.full(299, 1e-4)],
    "ten decades": np.geomspace(1, 1e-10, 300),
    "four decades": np.geomspace(1, 1e-4, 300),
}


@pytest.mark.parametrize(
    "values", [*HARD, *(pytest.param(v, id=k) for k, v in TAILS.items())]
)
@pytest.mark.parametrize("shape", LARGE)
def test_polar_factor_of_hard_spectra(values, shape):
    matrix = with_singular_values(shape, values)
    exact = np.linalg.svd(matrix.astype("float64"), compute_uv=False)
    factor = np.float64(singular.polar_factor(ops.convert_to_tensor(matrix)))
    assert np.linalg.norm(factor, 2) <= 1 + 1e-3
    assert (factor * matrix).sum() == pytest.approx(exact.sum(), rel=1e-3)


def test_kernel_of_a_convolution_is_the_matrix_of_its_output_channels():
    kernel = np.random.default_rng(0).standard_normal((3, 3, 4, 5)).astype("float32")
    matrix = ops.convert_to_numpy(feasible_sets.as_matrix(kernel))
    np.testing.assert_array_equal(matrix, kernel.reshape(36, 5))
    assert feasible_sets.as_matrix(np.ones(5)).shape == (1, 5)
    assert feasible_sets.as_matrix(np.float32(5)).shape == (1, 1)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_computed_in_float32_at_least(dtype):
    direction = np.random.default_rng(0).standard_normal((4, 3)).astype(dtype)
    wide = "float64" if dtype == "float64" else "float32"
    for ball in SETS.values():
        support = ball.support(keras.ops.convert_to_tensor(direction))
        assert keras.backend.standardize_dtype(support.dtype) == wide
