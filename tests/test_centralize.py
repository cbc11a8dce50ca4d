"""The pure function `centralize` against NumPy and optax."""

import importlib.util
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from helpers import source
from helpers.optimizers import centralize


def numpy_centralize(gradient, axes=None):
    axes = tuple(range(gradient.ndim - 1)) if axes is None else axes
    gradient = np.asarray(gradient, "float64")
    return gradient - gradient.mean(axis=axes, keepdims=True) if axes else gradient


# Largest mean left, in units of the gradient's largest entry: what float32 promises,
# and the rounding of the result in the narrow types.
LEFT = {"float64": 1e-14, "float32": 1e-6, "float16": 2**-10, "bfloat16": 2**-7}


@st.composite
def gradients(draw, min_rank=2, max_rank=5):
    shape = draw(hnp.array_shapes(min_dims=min_rank, max_dims=max_rank, max_side=7))
    seed = draw(st.integers(0, 2**32 - 1))
    offset = draw(st.sampled_from([0.0, 1.0, -30.0]))
    scale = draw(st.sampled_from([1e-4, 1.0, 50.0]))
    rng = np.random.default_rng(seed)
    return scale * (rng.normal(size=shape) + offset)


@pytest.mark.parametrize("dtype", LEFT)
@settings(max_examples=40, deadline=None, derandomize=True)
@given(gradient=gradients(), data=st.data())
def test_mean_is_zero(dtype, gradient, data):
    rank = gradient.ndim
    axes = data.draw(
        st.none()
        | st.lists(st.integers(0, rank - 1), min_size=1, unique=True).map(tuple)
    )
    tensor = tf.cast(gradient, dtype)
    out = centralize(tensor, axes)
    assert (out.dtype, out.shape) == (tensor.dtype, tensor.shape)
    given_ = tf.cast(tensor, tf.float64).numpy()
    got = tf.cast(out, tf.float64).numpy()
    scale = np.abs(given_).max()
    mean = got.mean(axis=axes or tuple(range(rank - 1)))
    assert np.abs(mean).max() <= LEFT[dtype] * scale
    np.testing.assert_allclose(
        got, numpy_centralize(given_, axes), rtol=0, atol=LEFT[dtype] * 2 * scale
    )


@pytest.mark.parametrize("shape", [(3136, 512), (3, 3, 256, 256)])
def test_mean_is_zero_for_large_kernels(shape):
    gradient = np.random.default_rng(0).normal(100.0, 1.0, shape).astype("float32")
    mean = centralize(gradient).numpy().astype("float64").reshape(-1, shape[-1]).mean(0)
    assert np.abs(mean).max() <= 1e-6 * np.abs(gradient).max()


@settings(max_examples=25, deadline=None, derandomize=True)
@given(tree=st.lists(gradients(min_rank=1), min_size=1, max_size=4))
def test_equals_optax(tree):
    if importlib.util.find_spec("optax") is None:
        message = "optax is not installed"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    import optax

    # optax has the outputs first, as PyTorch, and Keras has them last.
    outputs_first = [np.moveaxis(g, -1, 0).astype("float32") for g in tree]
    theirs, _ = optax.centralize().update(outputs_first, optax.EmptyState())
    for gradient, expected in zip(tree, theirs, strict=True):
        ours = np.asarray(centralize(gradient.astype("float32")))
        np.testing.assert_allclose(
            np.moveaxis(ours, -1, 0), expected, atol=1e-5 * np.abs(gradient).max()
        )


def test_vectors_scalars_and_empty_axes_are_untouched():
    for value, axes in (
        (3.0, None),
        ([1.0, 2.0], None),
        ([[1.0], [2.0]], ()),
        ([[1.0]], []),
    ):
        value = np.array(value, "float32")
        np.testing.assert_array_equal(centralize(value, axes), value)


def test_negative_axes_and_a_single_axis():
    gradient = np.random.default_rng(0).normal(size=(3, 4, 5)).astype("float32")
    for axes, same in ((-1, (2,)), (0, (0,)), ((-2, 0), (0, 1))):
        np.testing.assert_allclose(
            centralize(gradient, axes), numpy_centralize(gradient, same), atol=1e-6
        )


def test_the_rule_that_a_lesson_prints_is_the_one_that_works():
    """What `source` shows, run as it stands, is what `centralize` computes."""
    printed = {"ops": keras.ops}
    exec(source(centralize), printed)
    gradient = np.array([[3.0, 1.0], [1.0, 6.0], [2.0, 2.0]])
    for options in ({}, {"axes": 1}, {"axes": ()}, {"strength": 0.25}):
        np.testing.assert_array_equal(
            printed["centralize"](gradient, **options), centralize(gradient, **options)
        )
    np.testing.assert_array_equal(centralize(gradient), gradient - [2.0, 3.0])


@pytest.mark.parametrize("axes", [(2,), -3, (0, -2), (0.5,)])
def test_wrong_axes_are_refused(axes):
    with pytest.raises((ValueError, TypeError, tf.errors.InvalidArgumentError)):
        centralize(np.ones((2, 3), "float32"), axes)
