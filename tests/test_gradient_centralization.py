"""The optimizer GradientCentralization: arguments, options, configuration, files."""

import inspect
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from helpers.optimizers import ConditionalGradient, GradientCentralization


def small_model():
    return keras.Sequential([keras.Input((4,)), layers.Dense(3, name="d")])


def minus_mean(gradient, axes):
    axes = tuple(range(gradient.ndim - 1)) if axes is None else axes
    return gradient - gradient.mean(axis=axes, keepdims=True) if axes else gradient


def changes(optimizer, gradients):
    """What one step of SGD(1) does to zeros: minus the gradients it was given."""
    variables = [
        keras.Variable(np.zeros(np.shape(g)), dtype="float32", name=f"v{i}")
        for i, g in enumerate(gradients)
    ]
    optimizer.apply([tf.constant(g, "float32") for g in gradients], variables)
    return [-keras.ops.convert_to_numpy(v) for v in variables]


def test_axes_by_path_and_by_position():
    rng = np.random.default_rng(0)
    gradients = [rng.normal(1, 1, s) for s in ((3, 4), (2, 3, 4), (5,), (3, 2))]
    expected = [(1,), None, None, ()]
    for axes in ({"v0": 1, "v3": ()}, [(-1,), None, None, []]):
        optimizer = GradientCentralization(keras.optimizers.SGD(1.0), axes=axes)
        got = changes(optimizer, gradients)
        for gradient, change, wanted in zip(gradients, got, expected, strict=True):
            np.testing.assert_allclose(change, minus_mean(gradient, wanted), atol=1e-6)
        known = optimizer.axes_of(optimizer._trainable_variables)
        assert known == [(1,), (0, 1), (), ()]


def test_conv_only_without_a_model_goes_by_rank():
    rng = np.random.default_rng(0)
    gradients = [rng.normal(1, 1, s) for s in ((3, 4), (2, 2, 3, 4))]
    optimizer = GradientCentralization(keras.optimizers.SGD(1.0), conv_only=True)
    dense, conv = changes(optimizer, gradients)
    np.testing.assert_allclose(dense, gradients[0], atol=1e-6)
    np.testing.assert_allclose(conv, minus_mean(gradients[1], None), atol=1e-6)


def test_missing_gradients_are_passed_on():
    optimizer = GradientCentralization(keras.optimizers.SGD(1.0))
    first, second = keras.Variable(np.ones((2, 2))), keras.Variable(np.ones((2, 2)))
    with pytest.warns(UserWarning, match="Gradients do not exist"):
        optimizer.apply([None, tf.constant([[1.0, 0.0], [0.0, 0.0]])], [first, second])
    np.testing.assert_array_equal(first, np.ones((2, 2)))
    np.testing.assert_allclose(second, [[0.5, 1.0], [1.5, 1.0]])


def test_sparse_gradients_stay_sparse(monkeypatch):
    model = keras.Sequential(
        [keras.Input((3,), dtype="int32"), layers.Embedding(9, 4), layers.Flatten()]
    )
    sgd = keras.optimizers.SGD(0.5)
    seen = []
    step = sgd.update_step
    monkeypatch.setattr(
        sgd, "update_step", lambda g, v, lr: (seen.append(type(g)), step(g, v, lr))
    )
    before = model.get_weights()[0]
    model.compile(GradientCentralization.for_model(model, sgd), loss="mse")
    model.fit(np.array([[1, 2, 2]]), np.ones((1, 12)), verbose=0)
    assert seen and set(seen) == {tf.IndexedSlices}
    moved = np.any(model.get_weights()[0] != before, axis=1)
    assert moved.tolist() == [row in (1, 2) for row in range(9)]


def test_options_reach_the_inner_optimizer():
    inner = keras.optimizers.AdamW(0.1)
    optimizer = GradientCentralization(inner)
    optimizer.learning_rate = 0.25
    assert float(inner.learning_rate) == 0.25 == float(optimizer.learning_rate)
    optimizer.loss_scale_factor = 8.0
    assert inner.loss_scale_factor == 8.0 and optimizer.scale_loss(2.0) == 16.0
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    bias = keras.Variable(np.ones(2), name="bias")
    assert not inner._use_weight_decay(bias)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (dict(inner_optimizer=3), TypeError, "`inner_optimizer`.*=3"),
        (dict(inner_optimizer=keras.optimizers.SGD), TypeError, "`inner_optimizer`"),
        (dict(inner_optimizer="no_such"), ValueError, "no_such"),
        (dict(inner_optimizer="sgd", weight_decay=0.1), TypeError, "weight_decay"),
        (dict(inner_optimizer="sgd", axes=(0, 1)), TypeError, "`axes`"),
        (dict(inner_optimizer="sgd", axes=lambda v: (0,)), TypeError, "`axes`"),
        (dict(inner_optimizer="sgd", where="weights"), ValueError, "`where`.*weights"),
        (dict(inner_optimizer="sgd", strength=1.1), ValueError, "`strength`.*1.1"),
        (dict(inner_optimizer="sgd", axes={3: 0}), TypeError, "paths"),
        (dict(inner_optimizer="sgd", axes={"d": 0.5}), TypeError, "integers"),
        (dict(inner_optimizer="sgd", axes=[(0.5,)]), TypeError, "integers"),
    ],
)
def test_bad_arguments_are_named(arguments, error, message):
    with pytest.raises(error, match=message):
        GradientCentralization(**arguments)


def test_a_wrapper_in_a_wrapper_is_refused():
    for inner in (
        GradientCentralization("sgd"),
        keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD()),
    ):
        with pytest.raises(ValueError, match="`inner_optimizer` must not be"):
            GradientCentralization(inner)


@pytest.mark.parametrize(
    ("axes", "error", "message"),
    [
        ({"d/kernel": (0, 1)}, ValueError, "outputs apart"),
        ({"d/kernel": 2}, ValueError, "within"),
        ({"e/kernel": 0}, ValueError, "not among the weights"),
        (lambda v: (0,), TypeError, "mapping"),
        ([(0,), ()], TypeError, "mapping"),
    ],
)
def test_for_model_refuses_wrong_axes(axes, error, message):
    model = small_model()
    if isinstance(axes, dict):
        prefix = model.layers[0].kernel.path.removesuffix("d/kernel")
        axes = {prefix + path: value for path, value in axes.items()}
    with pytest.raises(error, match=message):
        GradientCentralization.for_model(model, "sgd", axes=axes)


def test_for_model_refuses_what_is_no_built_model():
    with pytest.raises(TypeError, match="`model`"):
        GradientCentralization.for_model("model", "sgd")
    with pytest.raises(ValueError, match="built"):
        GradientCentralization.for_model(keras.Sequential([layers.Dense(2)]), "sgd")


def test_axes_of_other_variables_are_refused_at_the_first_step():
    kernel = keras.Variable(np.zeros((2, 2)), name="kernel")
    for axes in ({"kernle": (0,)}, [[0], [0]], {"kernel": (2,)}):
        optimizer = GradientCentralization("sgd", axes=axes)
        with pytest.raises(ValueError, match="`axes`"):
            optimizer.build([kernel])


def round_trip(optimizer):
    config = keras.optimizers.serialize(optimizer)
    return keras.optimizers.deserialize(config)


@pytest.mark.parametrize("where", ["gradient", "update"])
@pytest.mark.parametrize(
    "axes", [None, {"a/kernel": (0, 1), "b": None, "c": ()}, [(0, 1), None, ()]]
)
def test_config_round_trip(axes, where):
    inner = keras.optimizers.Adam(0.3, clipnorm=2.0, use_ema=where == "gradient")
    options = dict(conv_only=True, strength=0.25, where=where, name="gc")
    again = round_trip(GradientCentralization(inner, axes=axes, **options))
    assert (again.name, again.axes, again.conv_only) == ("gc", axes, True)
    assert (float(again.strength), again.where) == (0.25, where)
    assert again.inner_optimizer.get_config() == inner.get_config()


def test_round_trip_around_conditional_gradient():
    again = round_trip(GradientCentralization(ConditionalGradient(0.9, 3.0)))
    assert again.inner_optimizer.get_config()["lambda_"] == 3.0


@pytest.mark.parametrize("value", [-0.1, 1.01, np.nan, np.inf, True, "1", None, [1, 0]])
def test_a_bad_strength_changes_nothing(value):
    optimizer = GradientCentralization("sgd", strength=0.5)
    with pytest.raises(
        ValueError, match="`strength` must be a finite number, from 0 to 1"
    ):
        optimizer.strength = value
    assert float(optimizer.strength) == 0.5


def test_strength_1_is_to_the_bit_without_it_and_0_is_the_inner_optimizer():
    rng = np.random.default_rng(0)
    gradients = [rng.normal(3, 1, s).astype("float32") for s in ((70, 40), (3, 3, 5))]
    for strength in (1.0, 0.0):
        adam = GradientCentralization(keras.optimizers.Adam(0.1), strength=strength)
        if strength == 1.0:
            given = [
                g - tf.reduce_mean(g, tuple(range(g.ndim - 1)), keepdims=True)
                for g in gradients
            ]
        else:
            given = gradients
        expected = changes(keras.optimizers.Adam(0.1), given)
        for a, b in zip(changes(adam, gradients), expected, strict=True):
            np.testing.assert_array_equal(a, b)


def test_what_cannot_have_its_update_centralized_is_refused():
    for inner, reason in (
        (keras.optimizers.Adam(use_ema=True), "use_ema"),
        (ConditionalGradient(0.9, 2.0), "inside a set"),
    ):
        GradientCentralization(inner)
        with pytest.raises(ValueError, match=f"`inner_optimizer`.*{reason}"):
            GradientCentralization(inner, where="update")


def test_centralized_updates_respect_axes_constraints_and_missing_gradients():
    rng = np.random.default_rng(0)
    starts = [rng.uniform(0, 1, s).astype("float32") for s in ((3, 4), (3, 4), (3, 4))]
    variables = [keras.Variable(w, name=f"v{i}") for i, w in enumerate(starts)]
    variables[1].constraint = keras.constraints.NonNeg()
    axes = {"v0": (1,), "v1": (0,), "v2": (0,)}
    sgd = keras.optimizers.SGD(1.0)
    optimizer = GradientCentralization(sgd, axes=axes, where="update")
    gradients = [rng.normal(1, 1, (3, 4)).astype("float32"), np.zeros((3, 4), "f4")]
    # One row grows a lot, so that without the mean the others fall below zero.
    gradients[1][0] = -5
    with pytest.warns(UserWarning, match="Gradients do not exist"):
        optimizer.apply([*(tf.constant(g) for g in gradients), None], variables)
    first, second, third = (keras.ops.convert_to_numpy(v) for v in variables)
    np.testing.assert_allclose(
        first, starts[0] - minus_mean(gradients[0], (1,)), atol=1e-6
    )
    change = np.maximum(starts[1] - gradients[1], 0) - starts[1]
    np.testing.assert_allclose(
        second, np.maximum(starts[1] + minus_mean(change, (0,)), 0), atol=1e-6
    )
    assert (second == 0).any()
    np.testing.assert_array_equal(third, starts[2])


def test_options_have_one_order_and_names():
    constructor = inspect.signature(GradientCentralization).parameters.values()
    from_model = inspect.signature(GradientCentralization.for_model).parameters
    options = [p.name for p in constructor if p.kind is p.KEYWORD_ONLY]
    assert options == ["axes", "conv_only", "strength", "where", "name"]
    assert list(from_model) == ["model", "inner_optimizer", *options]
    assert len(constructor) == 1 + len(options)


def test_axes_are_resolved_once():
    model = small_model()
    variables, path = model.trainable_variables, model.layers[0].kernel.path
    axes = {path: ()}
    by_path = GradientCentralization("sgd", axes=axes)
    assert by_path.get_config()["axes"] == {path: []}
    by_path.build(variables)
    axes[path] = (0,)
    derived = GradientCentralization.for_model(model, "sgd")
    for optimizer, expected in ((by_path, [(), ()]), (derived, [(0,), ()])):
        optimizer.build(variables)
        assert optimizer.axes_of(variables) == expected
        assert optimizer.get_config()["axes"] == [list(a) for a in expected]


@keras.saving.register_keras_serializable(package="test_gradient_centralization")
class Block(layers.Layer):
    """Sublayers without names: their paths change on loading."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.up, self.mix = layers.Conv1DTranspose(4, 3), layers.Dense(4)

    def build(self, shape):
        self.up.build(shape)
        self.mix.build(shape)

    def call(self, x):
        return self.mix(self.up(x))


@pytest.mark.parametrize("steps_before_saving", [0, 2])
def test_axes_survive_a_file_that_renames_the_layers(tmp_path, steps_before_saving):
    model = keras.Sequential([keras.Input((5, 4)), Block()])
    optimizer = GradientCentralization.for_model(model, keras.optimizers.Adam(0.01))
    model.compile(optimizer, loss="mse")
    rng = np.random.default_rng(0)
    x, y = rng.normal(2, 1, (8, 5, 4)), rng.normal(0, 1, (8, 7, 4))
    for _ in range(steps_before_saving):
        model.train_on_batch(x, y)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    paths = [v.path for v in model.trainable_variables]
    assert [v.path for v in loaded.trainable_variables] != paths
    assert loaded.optimizer.get_config()["axes"] == [[0, 2], [], [0], []]
    for _ in range(2):
        model.train_on_batch(x, y)
        loaded.train_on_batch(x, y)
    for ours, theirs in zip(model.get_weights(), loaded.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-6)


@pytest.mark.parametrize("where", ["gradient", "update"])
def test_variables_may_come_from_an_iterator(where):
    variables = [keras.Variable(np.ones((3, 2), "float32")) for _ in range(2)]
    gradients = [np.arange(6, dtype="float32").reshape(3, 2)] * 2
    optimizer = GradientCentralization(keras.optimizers.SGD(1.0), where=where)
    optimizer.apply(iter(gradients), iter(variables))
    expected = 1 - (gradients[0] - gradients[0].mean(axis=0))
    for variable in variables:
        np.testing.assert_allclose(variable, expected, atol=1e-6)
