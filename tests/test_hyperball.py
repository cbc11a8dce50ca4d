"""The optimizer Hyperball: its rule, its spheres, its arguments.

`test_wrappers.py` has what it does in `fit` on three backends.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st
from keras import layers
from scipy.integrate import solve_ivp

from helpers.optimizers import (
    ConditionalGradient,
    FrankWolfe,
    GradientCentralization,
    Hyperball,
    hyperball_step,
)


def by_numpy(w, u, radius, eta):
    step = w - eta * radius * u / np.linalg.norm(u)
    return radius * step / np.linalg.norm(step)


def drawn(shape, seed=0, scale=1.0):
    return scale * np.random.default_rng(seed).normal(size=shape)


@given(st.integers(0, 2**32 - 1), st.floats(0.001, 2), st.sampled_from([1e-6, 1, 1e6]))
def test_the_rule_keeps_the_norm_and_turns_by_the_angle(seed, eta, length):
    w, u = drawn((5, 3), seed), drawn((5, 3), seed + 1)
    radius = np.linalg.norm(w)
    u -= w * np.sum(u * w) / radius**2
    new = np.asarray(hyperball_step(w, length * u, radius, eta))
    np.testing.assert_allclose(new, by_numpy(w, u, radius, eta), atol=1e-12)
    assert np.linalg.norm(new) == pytest.approx(radius)
    angle = np.arccos(np.sum(new * w) / radius**2)
    assert angle == pytest.approx(np.arctan(eta), rel=1e-6)


def test_each_slice_turns_on_its_own_sphere_and_stays_without_an_update():
    w, u = drawn((3, 4, 2)), drawn((3, 4, 2), 1)
    u[1] = 0
    radii = np.linalg.norm(w, axis=(1, 2), keepdims=True)
    new = np.asarray(hyperball_step(w, u, radii, 0.1, axes=(1, 2)))
    for i in (0, 2):
        expected = by_numpy(w[i], u[i], radii[i].item(), 0.1)
        np.testing.assert_allclose(new[i], expected, atol=1e-12)
    np.testing.assert_array_equal(new[1], w[1])
    np.testing.assert_array_equal(hyperball_step(w, 0 * u, 9.0, 0.1), w)
    assert np.isnan(hyperball_step(w, u * np.nan, 9.0, 0.1)).all()


def newton_schulz(g):
    g = g.T if g.shape[0] > g.shape[1] else g
    x = g / np.linalg.norm(g)
    for _ in range(5):
        a = x @ x.T
        x = 3.4445 * x + (-4.7750 * a + 2.0315 * a @ a) @ x
    return x


def walk(optimizer, start, gradients):
    variable = keras.Variable(start, dtype="float32", name="kernel")
    for gradient in gradients:
        optimizer.apply([tf.constant(gradient, "float32")], [variable])
    return keras.ops.convert_to_numpy(variable)


GRADIENTS = [drawn((3, 5), i) for i in range(1, 7)]


def test_around_muon_is_the_formula():
    w, momentum = drawn((3, 5)), np.zeros((3, 5))
    radius = np.linalg.norm(w)
    optimizer = Hyperball(keras.optimizers.Muon(0.05, weight_decay=0))
    ours = walk(optimizer, w, GRADIENTS)
    for g in GRADIENTS:
        momentum = 0.95 * momentum + g
        w = by_numpy(w, newton_schulz(g + 0.95 * momentum), radius, 0.05)
    np.testing.assert_allclose(ours, w, atol=1e-5)


def test_around_frank_wolfe_is_its_point_of_the_set():
    w = drawn((3, 5))
    radius = np.linalg.norm(w)
    ours = walk(Hyperball(FrankWolfe(0.05, 7.0, "spectral")), w, GRADIENTS)
    for g in GRADIENTS:
        left, _, right = np.linalg.svd(g, full_matrices=False)
        w = by_numpy(w, left @ right, radius, 0.05)
    np.testing.assert_allclose(ours, w, atol=1e-4)


def test_a_schedule_is_read_before_the_step():
    w = drawn((3, 5))
    radius = np.linalg.norm(w)
    rates = keras.optimizers.schedules.PiecewiseConstantDecay([1, 2], [0.1, 0.02, 0.3])
    ours = walk(Hyperball(keras.optimizers.SGD(rates)), w, GRADIENTS)
    for g, rate in zip(GRADIENTS, [0.1, 0.1, 0.02, 0.3, 0.3, 0.3], strict=True):
        w = by_numpy(w, g, radius, rate)
    np.testing.assert_allclose(ours, w, atol=1e-5)


@pytest.mark.parametrize("length", [1e-12, 1e12])
def test_the_length_of_the_update_does_not_matter(length):
    """Though beside the weights it would be rounded off, or round them off."""
    w = drawn((3, 5))
    expected = by_numpy(w, GRADIENTS[0], np.linalg.norm(w), 0.01)
    ours = walk(Hyperball(keras.optimizers.SGD(0.01)), w, [length * GRADIENTS[0]])
    np.testing.assert_allclose(ours, expected, atol=1e-6)


@pytest.mark.parametrize(("dtype", "bound"), [("float32", 1e-6), ("bfloat16", 4e-3)])
def test_20000_steps_stay_on_the_sphere(dtype, bound):
    start = tf.cast(drawn((20, 30), scale=0.1), dtype)
    variable = keras.Variable(start, dtype=dtype, name="kernel")
    # Not Adam: in bfloat16 Keras's makes no step, as 0.999 is rounded to 1.
    optimizer = Hyperball(keras.optimizers.SGD(0.02, momentum=0.9))
    optimizer.build([variable])
    radius = np.linalg.norm(tf.cast(start, "float64"))

    @tf.function
    def steps():
        furthest = tf.constant(0.0, "float64")
        for step in tf.range(20000):
            g = tf.random.stateless_normal((20, 30), tf.stack([step, 0]))
            optimizer.apply([tf.cast(g, dtype)], [variable])
            now = tf.norm(tf.cast(variable.value, "float64"))
            furthest = tf.maximum(furthest, tf.abs(now / radius - 1.0))
        return furthest

    assert steps() < bound
    moved = tf.cast(variable.value, "float64") - tf.cast(start, "float64")
    assert np.linalg.norm(moved) > 0.5 * radius


def test_small_steps_of_sgd_follow_the_gradient_flow_on_the_sphere():
    """Of ‖A w − b‖² / 2, at unit speed: the length of the gradient does not count."""
    a, b, start = drawn((6, 4)), drawn((6, 1), 1), drawn((4, 1), 2)
    radius = np.linalg.norm(start)

    def flow(_, w):
        g = a.T @ (a @ w - b[:, 0])
        g /= np.linalg.norm(g)
        return -radius * (g - w * (g @ w) / radius**2)

    exact = solve_ivp(flow, (0, 0.5), start[:, 0], rtol=1e-9, atol=1e-9).y[:, -1]
    errors = []
    for steps in (50, 100):
        variable = keras.Variable(start, dtype="float64", name="kernel")
        optimizer = Hyperball(keras.optimizers.SGD(0.5 / steps))
        for _ in range(steps):
            optimizer.apply([a.T @ (a @ variable.numpy() - b)], [variable])
        errors.append(np.linalg.norm(variable.numpy()[:, 0] - exact))
    assert errors[1] < 0.01 * radius
    assert errors[0] / errors[1] == pytest.approx(2, rel=0.1)


def test_vectors_biases_and_embeddings_are_left_to_the_inner_optimizer():
    gradients = {"gamma": (4,), "bias": (2, 4), "embeddings": (5, 4), "kernel": (5, 4)}
    starts = [drawn(shape, i) for i, shape in enumerate(gradients.values())]
    ours, theirs = (
        [
            keras.Variable(w, name=n, dtype="float32")
            for n, w in zip(gradients, starts, strict=True)
        ]
        for _ in range(2)
    )
    grads = [tf.constant(drawn(s, 9), "float32") for s in gradients.values()]
    rows = tf.IndexedSlices(tf.ones((2, 4)), tf.constant([1, 3]), (5, 4))
    grads[2] = rows
    Hyperball(keras.optimizers.Adam(0.1)).apply(grads, ours)
    keras.optimizers.Adam(0.1).apply(grads, theirs)
    for a, b in zip(ours[:3], theirs[:3], strict=True):
        np.testing.assert_array_equal(a, b)
    norm = np.linalg.norm
    assert norm(ours[3]) == pytest.approx(norm(starts[3]), rel=1e-6)
    assert norm(theirs[3]) != pytest.approx(norm(starts[3]), rel=1e-3)


def test_a_sparse_gradient_turns_the_rows_of_the_batch_alone():
    table = keras.Variable(drawn((5, 4)), dtype="float32", name="embeddings")
    start = table.numpy()
    optimizer = Hyperball(keras.optimizers.SGD(0.1), axes=[(1,)])
    rows = tf.IndexedSlices(tf.ones((2, 4)), tf.constant([1, 3]), (5, 4))
    optimizer.apply([rows], [table])
    norms = np.linalg.norm(table.numpy(), axis=1)
    np.testing.assert_allclose(norms, np.linalg.norm(start, axis=1), rtol=1e-6)
    moved = np.any(table.numpy() != start, axis=1)
    assert moved.tolist() == [False, True, False, True, False]


def test_experts_keep_a_norm_each_where_their_axes_say_so():
    start, gradient = drawn((3, 4, 2)), drawn((3, 4, 2), 1)
    before = np.linalg.norm(start, axis=(1, 2))
    for axes, same in ((None, False), ([(1, 2)], True)):
        optimizer = Hyperball(keras.optimizers.SGD(0.5), axes=axes)
        after = np.linalg.norm(walk(optimizer, start, [gradient]), axis=(1, 2))
        assert np.allclose(after, before, rtol=1e-5) == same
        assert np.linalg.norm(after) == pytest.approx(np.linalg.norm(before), rel=1e-6)


def test_a_radius_of_ones_own():
    variable = keras.Variable(drawn((3, 5)), dtype="float32", name="kernel")
    direction = variable.numpy() / np.linalg.norm(variable.numpy())
    optimizer = Hyperball(keras.optimizers.SGD(0.1), radius=7.0)
    optimizer.make_feasible([variable])
    np.testing.assert_allclose(variable, 7 * direction, atol=1e-5)
    optimizer.apply([tf.constant(GRADIENTS[0], "float32")], [variable])
    expected = by_numpy(7 * direction, GRADIENTS[0], 7.0, 0.1)
    np.testing.assert_allclose(variable, expected, atol=1e-5)


def test_a_matrix_that_cannot_turn_is_named_and_nothing_is_built():
    zero = layers.Dense(3, kernel_initializer="zeros", name="silent")
    held = layers.Dense(3, kernel_constraint="non_neg", name="held")
    for layer in (zero, held):
        model = keras.Sequential([keras.Input((4,)), layers.Dense(4), layer])
        optimizer = Hyperball("adam")
        model.compile(optimizer, "mse")
        count = len(optimizer.variables)
        with pytest.raises(ValueError, match=f"{layer.name}/kernel.*must not be zero"):
            model.fit(np.ones((2, 4)), np.ones((2, 3)), verbose=0)
        assert not optimizer.built and len(optimizer.variables) == count
        alone = Hyperball("adam", axes={layer.kernel.path: ()})
        alone.build(model.trainable_variables)


def test_a_failed_step_changes_nothing():
    variable = keras.Variable(drawn((3, 5)), dtype="float32", name="kernel")
    start = variable.numpy()
    optimizer = Hyperball(keras.optimizers.SGD(0.1))
    with pytest.raises((ValueError, tf.errors.InvalidArgumentError)):
        optimizer.apply([tf.ones((2, 2))], [variable])
    np.testing.assert_array_equal(variable, start)


def test_a_step_of_ones_own_in_a_graph():
    variable = keras.Variable(drawn((3, 5)), dtype="float32", name="kernel")
    start, optimizer = variable.numpy(), Hyperball(keras.optimizers.SGD(0.1))

    @tf.function
    def step(gradient):
        optimizer.apply([gradient], [variable])

    step(tf.constant(GRADIENTS[0], "float32"))
    expected = by_numpy(start, GRADIENTS[0], np.linalg.norm(start), 0.1)
    np.testing.assert_allclose(variable, expected, atol=1e-6)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (dict(inner_optimizer=3), TypeError, "`inner_optimizer`.*=3"),
        (dict(inner_optimizer=Hyperball("sgd")), ValueError, "Hyperball itself"),
        (dict(inner_optimizer="adamw"), ValueError, "weight_decay=0.004"),
        (
            dict(inner_optimizer=GradientCentralization("adamw")),
            ValueError,
            "weight_decay=0.004",
        ),
        (
            dict(inner_optimizer=keras.optimizers.Adam(use_ema=True)),
            ValueError,
            "use_ema",
        ),
        (
            dict(inner_optimizer=ConditionalGradient(0.9, 2.0)),
            ValueError,
            "ConditionalGradient",
        ),
        (dict(inner_optimizer="sgd", radius=0), ValueError, "`radius`.*above 0.*0"),
        (dict(inner_optimizer="sgd", radius=np.inf), ValueError, "`radius`"),
        (dict(inner_optimizer="sgd", axes=(0, 1)), TypeError, "`axes`"),
    ],
)
def test_bad_arguments_are_named(arguments, error, message):
    with pytest.raises(error, match=message):
        Hyperball(**arguments)


@pytest.mark.parametrize("axes", [None, {"a/kernel": (1, 2), "c": ()}, [(0, 1), None]])
@pytest.mark.parametrize("radius", [None, 3.0])
def test_config_round_trip(axes, radius):
    inner = GradientCentralization(keras.optimizers.Adam(0.3), where="both")
    optimizer = Hyperball(inner, radius=radius, axes=axes, name="h")
    again = keras.optimizers.deserialize(keras.optimizers.serialize(optimizer))
    assert (again.name, again.axes, again.radius) == ("h", axes, radius)
    assert again.inner_optimizer.get_config() == inner.get_config()


def test_vectors_get_a_rate_of_their_own_by_a_multi_optimizer():
    model = keras.Sequential([keras.Input((4,)), layers.Dense(3), layers.Dense(2)])
    sphere = Hyperball(keras.optimizers.SGD(0.1))
    rest = keras.optimizers.SGD(0.0)
    rules = keras.optimizers.OptimizerMap(sphere, {".*bias": rest})
    model.compile(keras.optimizers.MultiOptimizer(rules), "mse")
    before = model.get_weights()
    model.fit(drawn((8, 4)), drawn((8, 2), 1), verbose=0)
    for old, new in zip(before, model.get_weights(), strict=True):
        assert (old.ndim == 1) == np.array_equal(old, new)
        assert np.linalg.norm(new) == pytest.approx(np.linalg.norm(old), rel=1e-6)
