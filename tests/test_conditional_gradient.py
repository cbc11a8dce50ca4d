"""ConditionalGradient against NumPy in float64, and as a Keras optimizer."""

import hypothesis
import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import strategies as st
from keras import ops

from helpers.feasible_sets import SETS
from helpers.optimizers import ConditionalGradient
from helpers.optimizers.frank_wolfe import Schedule

RNG = np.random.default_rng(0)
INPUTS = RNG.standard_normal((64, 8)).astype("float32")
LABELS = RNG.integers(0, 3, 64)


def small_model(**compile_arguments):
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [keras.Input((8,)), keras.layers.Dense(6, "relu"), keras.layers.Dense(3)]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(loss=loss, **compile_arguments)
    return model


def fit(model, epochs=3, **kwargs):
    kwargs = {"batch_size": 16, "shuffle": False, "verbose": 0, **kwargs}
    return model.fit(INPUTS, LABELS, epochs=epochs, **kwargs)


def assert_same_weights(a, b, tolerance=1e-6):
    for x, y in zip(a.get_weights(), b.get_weights(), strict=True):
        np.testing.assert_allclose(x, y, rtol=tolerance, atol=tolerance)


def numpy_step(w, g, learning_rate, lambda_, ord, epsilon=1e-7):
    """The rule in float64, with NumPy's SVD."""
    w, g = np.float64(w), np.float64(g)
    if ord == "fro" or g.ndim < 2:
        s = g / (np.linalg.norm(g) + epsilon)
    else:
        u, _, v = np.linalg.svd(g.reshape(-1, g.shape[-1]), full_matrices=False)
        s = np.outer(u[:, 0], v[0]).reshape(g.shape)
    return learning_rate * w - (1 - learning_rate) * lambda_ * s


@pytest.mark.parametrize("ord", ["fro", "nuclear"])
@pytest.mark.parametrize("shape", [(), (5,), (4, 6), (3, 3, 2, 4), (250, 220)])
def test_one_step_is_the_formula(ord, shape):
    rng = np.random.default_rng(1)
    w = rng.standard_normal(shape).astype("float32")
    g = rng.standard_normal(shape).astype("float32")
    variable = keras.Variable(w)
    ConditionalGradient(0.7, 2.5, ord=ord).apply([g], [variable])
    expected = numpy_step(w, g, 0.7, 2.5, ord)
    # The Lanczos vectors are less exact than their singular value: error² ~ 1e-4.
    tolerance = 2e-2 if shape == (250, 220) and ord == "nuclear" else 1e-5
    distance = np.linalg.norm(variable.numpy() - expected)
    assert distance <= tolerance * np.linalg.norm(expected)


@pytest.mark.parametrize("ord", ["fro", "nuclear"])
@hypothesis.given(
    steps=st.lists(
        st.tuples(st.floats(0, 1), st.integers(0, 2**32 - 1)), min_size=1, max_size=30
    ),
    lambda_=st.floats(1e-3, 1e3),
    shape=st.sampled_from([(), (1,), (9,), (4, 3), (2, 2, 3)]),
)
@hypothesis.settings(max_examples=40)
def test_feasible_variables_stay_feasible(ord, steps, lambda_, shape):
    optimizer = ConditionalGradient(0.5, lambda_, ord=ord)
    start = 3 * lambda_ * np.ones(shape, "float32")
    variable = keras.Variable(start)
    optimizer.make_feasible([variable])
    for learning_rate, seed in steps:
        optimizer.learning_rate = learning_rate
        gradient = np.random.default_rng(seed).standard_normal(shape)
        optimizer.apply([gradient.astype("float32")], [variable])
        assert exact_norm(variable, ord) <= np.float32(lambda_) * (1 + 1e-6)


def exact_norm(variable, ord):
    w = np.float64(variable.numpy())
    if ord == "fro" or w.ndim < 2:
        return np.linalg.norm(w)
    return np.linalg.svd(w.reshape(-1, w.shape[-1]), compute_uv=False).sum()


@pytest.mark.parametrize("ord", ["fro", "nuclear"])
@pytest.mark.parametrize("shape", [(), (50,), (7, 5)])
@pytest.mark.parametrize("xla", [False, True])
def test_rounding_does_not_add_up_at_the_boundary(ord, shape, xla):
    """20,000 small steps towards nearly the same point, where it would."""
    optimizer = ConditionalGradient(0.9995, 0.7, ord=ord)
    variable = keras.Variable(np.ones(shape, "float32"))
    optimizer.make_feasible([variable])
    direction = -np.random.default_rng(0).standard_normal(shape)
    gradient = tf.constant(direction, "float32")

    @tf.function(jit_compile=xla)
    def many():
        for _ in tf.range(20_000):
            noise = 1e-3 * tf.random.normal(shape)
            optimizer.apply([gradient + noise], [variable])

    optimizer.build([variable])
    many()
    assert exact_norm(variable, ord) <= np.float32(0.7) * (1 + 1e-6)
    assert exact_norm(variable, ord) >= 0.69


def test_make_feasible_moves_only_what_is_outside():
    inside = keras.Variable(np.full((2, 2), 0.1, "float32"))
    outside = keras.Variable(np.full((2, 2), 5.0, "float32"))
    for ord in ("fro", "nuclear"):
        optimizer = ConditionalGradient(0.9, 1.0, ord=ord)
        optimizer.make_feasible([inside, outside])
        np.testing.assert_array_equal(inside.numpy(), np.full((2, 2), 0.1, "float32"))
        assert exact_norm(outside, ord) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("ord", ["fro", "nuclear"])
def test_zero_gradient_only_shrinks(ord):
    variable = keras.Variable(np.ones((3, 2), "float32"))
    optimizer = ConditionalGradient(0.9, 1.0, ord=ord, epsilon=0.0)
    optimizer.apply([np.zeros((3, 2), "float32")], [variable])
    np.testing.assert_allclose(variable.numpy(), 0.9, rtol=1e-6)


BAD = [
    ({"learning_rate": -0.1}, "`learning_rate` .* from 0 to 1.* -0.1"),
    ({"learning_rate": 1.5}, "`learning_rate` .* from 0 to 1.* 1.5"),
    ({"learning_rate": float("nan")}, "`learning_rate`"),
    ({"learning_rate": "0.9"}, "`learning_rate`"),
    ({"lambda_": 0}, "`lambda_` .* above 0.* 0"),
    ({"lambda_": -1.0}, "`lambda_`"),
    ({"lambda_": float("inf")}, "`lambda_`"),
    ({"lambda_": None}, "`lambda_`"),
    ({"epsilon": -1e-9}, "`epsilon` .* at least 0"),
    ({"ord": "max"}, r"`ord` .*'fro', 'nuclear'.*'max'"),
    ({"weight_decay": 0.01}, "`weight_decay` .*None.*0.01"),
]


@pytest.mark.parametrize(("arguments", "message"), BAD)
def test_bad_arguments_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        ConditionalGradient(**{"learning_rate": 0.9, **arguments})


@pytest.mark.parametrize("name", ["learning_rate", "lambda_"])
@pytest.mark.parametrize("value", [-1.0, float("nan"), float("inf"), "1", None, True])
def test_bad_assignment_changes_nothing(name, value):
    optimizer = ConditionalGradient(0.9, 2.0)
    with pytest.raises(ValueError, match=name):
        setattr(optimizer, name, value)
    assert float(optimizer.learning_rate) == pytest.approx(0.9)
    assert float(optimizer.lambda_) == 2.0


def test_scheduled_lambda_is_not_settable():
    optimizer = ConditionalGradient(
        0.9, keras.optimizers.schedules.ExponentialDecay(5.0, 10, 0.5)
    )
    with pytest.raises(TypeError, match="lambda_"):
        optimizer.lambda_ = 1.0


def test_assignment_acts_on_a_compiled_step_without_retracing():
    optimizer = ConditionalGradient(0.5, 1.0)
    variable = keras.Variable(np.zeros((2, 2), "float32"))
    optimizer.build([variable])
    traces = []

    @tf.function
    def step(gradient):
        traces.append(1)
        optimizer.apply([gradient], [variable])

    gradient = tf.ones((2, 2))
    step(gradient)
    optimizer.lambda_, optimizer.learning_rate = 8.0, 0.0
    step(gradient)
    np.testing.assert_allclose(variable.numpy(), -4.0, rtol=1e-6)
    assert len(traces) == 1


def test_assignment_in_a_callback_acts_on_the_next_batch_of_fit():
    model = small_model(optimizer=ConditionalGradient(0.5, 1.0))
    norms = []

    class Shrink(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            kernel = model.layers[0].kernel
            norms.append(float(SETS["fro"].norm(kernel)))
            model.optimizer.lambda_ = 0.1
            model.optimizer.learning_rate = 0.0

    fit(model, epochs=1, callbacks=[Shrink()])
    assert norms[0] > 0.2
    assert norms[1:] == pytest.approx([0.1] * 3, rel=1e-5)


def test_schedules_of_both_hyperparameters():
    schedules = keras.optimizers.schedules
    learning_rate = schedules.PiecewiseConstantDecay([2, 4], [0.9, 0.5, 0.1])
    lambda_ = schedules.ExponentialDecay(4.0, 2, 0.5)
    optimizer = ConditionalGradient(learning_rate, lambda_)
    optimizer = ConditionalGradient.from_config(optimizer.get_config())
    w = np.ones((3, 2), "float32")
    variable = keras.Variable(w)
    for step in range(6):
        gradient = np.random.default_rng(step).standard_normal((3, 2))
        rate = float(learning_rate(step))
        w = numpy_step(w, gradient, rate, 4 * 0.5 ** (step / 2), "fro")
        optimizer.apply([gradient.astype("float32")], [variable])
        np.testing.assert_allclose(variable.numpy(), w, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("ord", ["fro", "nuclear"])
def test_sparse_gradients_equal_dense_ones(ord):
    rows = RNG.standard_normal((3, 4)).astype("float32")
    sparse = tf.IndexedSlices(
        tf.constant(rows), tf.constant([1, 4, 1]), tf.constant((6, 4))
    )
    dense = np.zeros((6, 4), "float32")
    np.add.at(dense, [1, 4, 1], rows)
    results = []
    for gradient in (sparse, dense):
        variable = keras.Variable(np.ones((6, 4), "float32"))
        ConditionalGradient(0.8, 2.0, ord=ord).apply([gradient], [variable])
        results.append(variable.numpy())
    np.testing.assert_allclose(*results, rtol=1e-6)


def test_embedding_trains():
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.layers.Embedding(20, 4), keras.layers.Flatten()])
    model.compile(ConditionalGradient(0.9, 1.0), "mse")
    tokens = RNG.integers(0, 20, (8, 5))
    history = model.fit(tokens, np.ones((8, 20)), epochs=20, verbose=0).history
    assert history["loss"][-1] < 0.9 * history["loss"][0]


def test_no_variable_has_the_size_of_the_weights():
    kernel = keras.Variable(np.zeros((400, 300), "float32"))
    for ord, sizes in (("fro", []), ("nuclear", [300])):
        optimizer = ConditionalGradient(0.9, 1.0, ord=ord)
        optimizer.build([kernel])
        own = [v.shape for v in optimizer.variables if len(v.shape)]
        assert [int(np.prod(shape)) for shape in own] == sizes


def test_clipnorm_leaves_the_direction():
    plain = small_model(optimizer=ConditionalGradient(0.9, 1.0, epsilon=0.0))
    clipped = small_model(
        optimizer=ConditionalGradient(0.9, 1.0, epsilon=0.0, clipnorm=1e-3)
    )
    fit(plain)
    fit(clipped)
    assert_same_weights(plain, clipped, 1e-4)


def test_gradient_accumulation_equals_the_large_batch():
    large = small_model(optimizer=ConditionalGradient(0.9, 1.0))
    fit(large, batch_size=32)
    accumulated = small_model(
        optimizer=ConditionalGradient(0.9, 1.0, gradient_accumulation_steps=2)
    )
    fit(accumulated, batch_size=16)
    assert_same_weights(large, accumulated, 1e-4)


def test_moving_average_of_the_weights():
    plain = small_model(optimizer=ConditionalGradient(0.9, 1.0))
    weights = [plain.get_weights()]
    fit(
        plain,
        epochs=1,
        callbacks=[
            keras.callbacks.LambdaCallback(
                on_train_batch_end=lambda batch, logs: weights.append(
                    plain.get_weights()
                )
            )
        ],
    )
    average = weights[1]
    for later in weights[2:]:
        average = [0.8 * a + 0.2 * w for a, w in zip(average, later, strict=True)]
    averaged = small_model(
        optimizer=ConditionalGradient(0.9, 1.0, use_ema=True, ema_momentum=0.8)
    )
    fit(averaged, epochs=1)
    for a, w in zip(average, averaged.get_weights(), strict=True):
        np.testing.assert_allclose(a, w, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16", "float16"])
def test_half_precision_trains_and_stays_feasible(policy):
    keras.config.set_dtype_policy(policy)
    try:
        model = small_model(optimizer=ConditionalGradient(0.9, 1.0))
    finally:
        keras.config.set_dtype_policy("float32")
    history = fit(model, epochs=10).history
    assert history["loss"][-1] < history["loss"][0]
    for variable in model.trainable_variables:
        assert exact_norm(variable, "fro") <= 2.1  # the start, shrinking to 1


@pytest.mark.parametrize("ord", ["fro", "nuclear"])
def test_saved_in_mid_training_continues_as_if_never_saved(ord, tmp_path):
    def fresh():
        model = small_model(optimizer=ConditionalGradient(0.9, 5.0, ord=ord))
        model.layers[0].kernel.assign(
            INPUTS[:8, :6] if ord == "fro" else INPUTS[8:16, :6]
        )
        return model

    unbroken = fresh()
    fit(unbroken, epochs=2)
    unbroken.optimizer.lambda_ = 3.0
    fit(unbroken, epochs=2)
    broken = fresh()
    fit(broken, epochs=2)
    broken.optimizer.lambda_ = 3.0
    broken.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert float(loaded.optimizer.lambda_) == 3.0
    fit(loaded, epochs=2)
    assert_same_weights(unbroken, loaded)


def test_config_round_trip():
    optimizer = ConditionalGradient(0.8, 3.0, 1e-6, "nuclear", name="cg", clipnorm=1.0)
    again = ConditionalGradient.from_config(optimizer.get_config())
    assert again.get_config() == optimizer.get_config()
    assert isinstance(ConditionalGradient(0.9, 1.0)._learning_rate, keras.Variable)
    assert not isinstance(again._radius, Schedule)


@pytest.mark.parametrize("shape", [(3, 2), (700, 600), (3, 3, 200, 200)])
def test_a_large_variable_is_updated_in_one_loop(shape):
    rng = np.random.default_rng(0)
    w, g = rng.standard_normal((2, *shape)).astype("float32")
    variable = keras.Variable(w)
    optimizer = ConditionalGradient(0.7, 2.5)
    optimizer.build([variable])

    @tf.function
    def step(gradient):
        optimizer.apply([gradient], [variable])

    graph = step.get_concrete_function(tf.constant(g)).graph
    compiled = [op.type for op in graph.get_operations() if op_is_compiled(op)]
    large = w.size > 2**18
    assert ("AssignVariableOp" in compiled and compiled.count("Mul") >= 3) == large
    assert "L2Loss" not in compiled
    step(tf.constant(g))
    expected = numpy_step(w, g, 0.7, 2.5, "fro")
    np.testing.assert_allclose(variable.numpy(), expected, rtol=1e-5, atol=1e-6)


def op_is_compiled(op):
    return "_XlaCompile" in op.node_def.attr and op.node_def.attr["_XlaCompile"].b


@pytest.mark.parametrize("ord", ["fro", "nuclear"])
@pytest.mark.parametrize("units", [5, 600])
def test_a_compiled_model_takes_the_same_path(ord, units):
    results = []
    for arguments in ({"run_eagerly": True}, {"jit_compile": True}):
        keras.utils.set_random_seed(0)
        model = keras.Sequential([keras.Input((500,)), keras.layers.Dense(units)])
        model.compile(ConditionalGradient(0.9, 1.0, ord=ord), "mse", **arguments)
        x = np.random.default_rng(1).standard_normal((64, 500))
        model.fit(x, np.ones((64, units)), batch_size=32, verbose=0)
        results.append(model.get_weights())
    for a, b in zip(*results, strict=True):
        assert np.linalg.norm(a - b) <= 1e-4 * np.linalg.norm(a)


def test_ops_of_the_schedule_value_reach_the_learner():
    optimizer = ConditionalGradient(
        0.9, keras.optimizers.schedules.ExponentialDecay(4.0, 1, 0.5)
    )
    variable = keras.Variable(0.0)
    assert float(ops.convert_to_numpy(optimizer.lambda_)) == 4.0
    optimizer.apply([np.float32(1.0)], [variable])
    assert float(ops.convert_to_numpy(optimizer.lambda_)) == 2.0
