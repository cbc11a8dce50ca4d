"""The geometry against NumPy in float64."""

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from keras import ops

from helpers import feasible_sets

finite = st.floats(-1e3, 1e3, width=32)
tensors = hnp.arrays(
    "float32", hnp.array_shapes(max_dims=4, max_side=6), elements=finite
)


def with_singular_values(shape, values, seed=0):
    """A random matrix with the given singular values."""
    rng = np.random.default_rng(seed)
    left, _ = np.linalg.qr(rng.standard_normal((shape[0], len(values))))
    right, _ = np.linalg.qr(rng.standard_normal((shape[1], len(values))))
    return ((left * values) @ right.T).astype("float32")


def numpy_matrix(array):
    columns = array.shape[-1] if array.ndim > 1 else 1
    return array.astype("float64").reshape(-1, columns)


NORMS = {
    "fro": lambda matrix: np.sqrt((matrix**2).sum()),
    "nuclear": lambda matrix: np.linalg.svd(matrix, compute_uv=False).sum(),
}
# The support value ⟨g, s⟩ is the dual norm of g.
DUAL_NORMS = {
    "fro": NORMS["fro"],
    "nuclear": lambda matrix: np.linalg.svd(matrix, compute_uv=False)[0],
}


@pytest.mark.parametrize("ord", feasible_sets.BALLS)
@hypothesis.given(array=tensors)
def test_norm_is_numpy_s(ord, array):
    norm = float(feasible_sets.BALLS[ord].norm(array))
    assert norm == pytest.approx(NORMS[ord](numpy_matrix(array)), rel=1e-5, abs=1e-6)


@pytest.mark.parametrize("ord", feasible_sets.BALLS)
@hypothesis.given(array=tensors)
def test_support_lies_in_the_ball_and_is_furthest(ord, array):
    support, _ = feasible_sets.BALLS[ord].support(array)
    support = ops.convert_to_numpy(support).astype("float64")
    assert support.shape == array.shape
    assert NORMS[ord](numpy_matrix(support)) <= 1 + 1e-5
    value = (support * array).sum()
    assert value == pytest.approx(DUAL_NORMS[ord](numpy_matrix(array)), rel=1e-3)


@pytest.mark.parametrize("ord", feasible_sets.BALLS)
@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (300, 300), (2, 2, 3, 4)])
def test_support_of_zero_is_zero(ord, shape):
    support, _ = feasible_sets.BALLS[ord].support(np.zeros(shape, "float32"))
    np.testing.assert_array_equal(support, np.zeros(shape))


@pytest.mark.parametrize("ord", feasible_sets.BALLS)
@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.parametrize("size", [1e-4, 300.0])
@pytest.mark.parametrize("shape", [(), (64,), (16, 32), (200, 200)])
def test_support_of_half_precision_gradients_has_norm_one(ord, dtype, size, shape):
    gradient = ops.cast(np.full(shape, size, "float32"), dtype)
    support, _ = feasible_sets.BALLS[ord].support(gradient, epsilon=1e-7)
    assert np.linalg.norm(np.ravel(support)) == pytest.approx(1, abs=1e-2)


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


@pytest.mark.parametrize("values", [pytest.param(v, id=k) for k, v in spectra()])
@pytest.mark.parametrize("shape", [(300, 300), (1024, 300), (300, 700)])
def test_lanczos_finds_the_first_singular_value(values, shape):
    matrix = with_singular_values(shape, values)
    exact = np.linalg.svd(matrix.astype("float64"), compute_uv=False)[0]
    support, right = feasible_sets.nuclear_support(matrix)
    assert float(ops.sum(support * matrix)) == pytest.approx(exact, rel=1e-3)
    again, _ = feasible_sets.nuclear_support(matrix, start=right)
    assert float(ops.sum(again * matrix)) == pytest.approx(exact, rel=1e-3)


@pytest.mark.parametrize("value", [0.9, 0.99])
def test_lanczos_leaves_a_start_at_the_second_singular_vector(value):
    values = np.r_[1, value, np.linspace(0.5, 0.1, 98)]
    matrix = with_singular_values((400, 400), values)
    second = np.linalg.svd(matrix)[2][1]
    support, _ = feasible_sets.nuclear_support(matrix, start=second)
    assert float(ops.sum(support * matrix)) == pytest.approx(1, rel=1e-3)


@pytest.mark.parametrize("seed", range(50))
def test_lanczos_misses_the_first_of_two_within_one_percent_in_no_start(seed):
    values = np.r_[1, 0.99, np.linspace(0.98, 0.01, 198)]
    matrix = with_singular_values((200, 200), values, seed)
    start = np.random.default_rng(seed).standard_normal(200) / np.sqrt(200)
    support, _ = feasible_sets.nuclear_support(matrix, start=start)
    assert float(ops.sum(support * matrix)) == pytest.approx(1, rel=1e-3)


def test_kernel_of_a_convolution_is_the_matrix_of_its_output_channels():
    kernel = np.random.default_rng(0).standard_normal((3, 3, 4, 5)).astype("float32")
    matrix = ops.convert_to_numpy(feasible_sets.as_matrix(kernel))
    np.testing.assert_array_equal(matrix, kernel.reshape(36, 5))
