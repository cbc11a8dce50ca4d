"""The optimizers against NumPy in float64, against their family, and within Keras."""

import hypothesis
import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import strategies as st
from keras import ops
from numpy_sets import NORMS, matrix_of

from helpers.feasible_sets import KSparse, Lp, Simplex, get
from helpers.optimizers import (
    ConditionalGradient,
    FrankWolfe,
    OpenLoop,
    frank_wolfe_step,
)

NAMES = ["fro", "l1", "max", "nuclear", "spectral", "outputs", "inputs"]
CG = [(ConditionalGradient, "fro"), (ConditionalGradient, "nuclear")]
schedules = keras.optimizers.schedules
both = pytest.mark.parametrize("kind", [FrankWolfe, ConditionalGradient])

RNG = np.random.default_rng(0)
INPUTS = RNG.standard_normal((64, 8)).astype("float32")
LABELS = RNG.integers(0, 3, 64)


def made(kind, gamma=0.1, radius=1.0, ball="fro", **options):
    """An optimizer of either kind, by its step size and radius."""
    if kind is FrankWolfe:
        return FrankWolfe(gamma, radius, ball, **options)
    return ConditionalGradient(1 - gamma, radius, ord=ball, **options)


def assign(optimizer, gamma, radius):
    upside_down = isinstance(optimizer, ConditionalGradient)
    optimizer.learning_rate = 1 - gamma if upside_down else gamma
    setattr(optimizer, "lambda_" if upside_down else "radius", radius)


def model_of(optimizer):
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [keras.Input((8,)), keras.layers.Dense(6, "relu"), keras.layers.Dense(3)]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer, loss)
    return model


def fit(model, epochs=3, **options):
    options = {"batch_size": 16, "shuffle": False, "verbose": 0, **options}
    return model.fit(INPUTS, LABELS, epochs=epochs, **options)


def assert_same_weights(a, b, tolerance=1e-6):
    for x, y in zip(a, b, strict=True):
        np.testing.assert_allclose(x, y, rtol=tolerance, atol=tolerance)


def gradients(seed, shape, steps):
    rng = np.random.default_rng(seed)
    return [rng.standard_normal(shape).astype("float32") for _ in range(steps)]


def numpy_support(ball, d):
    """The support points by NumPy's own means, in float64."""
    d = np.float64(d)
    if ball == "fro":
        return d / np.linalg.norm(d)
    if ball == "max":
        return np.sign(d)
    if ball == "l1":
        return np.sign(d) * (np.abs(d) == np.abs(d).max())
    matrix, axis = matrix_of(d), {"outputs": 0, "inputs": 1}.get(ball)
    if axis is not None:
        lengths = np.linalg.norm(matrix, axis=axis, keepdims=True)
        return (matrix / lengths).reshape(d.shape)
    u, _, v = np.linalg.svd(matrix, full_matrices=False)
    rank = 1 if ball == "nuclear" else None
    return (u[:, :rank] @ v[:rank]).reshape(d.shape)


@pytest.mark.parametrize(("kind", "ball"), [*((FrankWolfe, b) for b in NAMES), *CG])
@pytest.mark.parametrize("shape", [(), (5,), (4, 6), (3, 3, 2, 4)])
def test_steps_are_the_formula(kind, ball, shape):
    w = np.ones(shape, "float32")
    variable, d = keras.Variable(w), np.zeros(shape)
    beta = 0.8 if kind is FrankWolfe else 0.0
    optimizer = made(kind, 0.1, 3.0, ball, **({"momentum": beta} if beta else {}))
    for g in gradients(1, shape, 5):
        optimizer.apply([g], [variable])
        d = beta * d + (1 - beta) * g
        w = (1 - 0.1) * w - 0.1 * 3 * numpy_support(ball, d)
        assert np.linalg.norm(variable - w) <= 3e-4 * (1 + np.linalg.norm(w))


@pytest.mark.parametrize("ball", ["fro", "max", KSparse(2), Simplex()])
def test_the_optimizer_takes_the_step_of_the_plain_function(ball):
    (g,) = gradients(2, (4, 3), 1)
    w = np.full((4, 3), 1 / 12, "float32")
    variable = keras.Variable(w)
    FrankWolfe(0.25, 2.0, ball).apply([g], [variable])
    s = -ops.convert_to_numpy(get(ball).support(-g))  # towards radius * support(−g)
    np.testing.assert_allclose(variable, frank_wolfe_step(w, s, 2.0, 0.25), rtol=1e-6)
    np.testing.assert_allclose(variable, 0.75 * w - 0.25 * 2 * s, rtol=1e-5, atol=1e-7)


def test_epsilon_damps_the_step_of_conditional_gradient():
    (g,) = gradients(2, (4, 3), 1)
    variable = keras.Variable(np.zeros((4, 3), "float32"))
    ConditionalGradient(0.5, 2.0, epsilon=3.0).apply([g], [variable])
    expected = -0.5 * 2 * g / (np.linalg.norm(g) + 3)
    np.testing.assert_allclose(variable, expected, rtol=1e-5)


# The family.


def least_squares(seed, shape, noise=0.1):
    """Start, and a function of weights and step: a gradient with noise."""
    rng = np.random.default_rng(seed)
    target = rng.standard_normal(shape).astype("float32")
    noises = tf.constant(np.float32(noise) * np.stack(gradients(seed, shape, 200)))
    start = rng.standard_normal(shape).astype("float32")
    return start, lambda w, step: w - target + noises[step]


def walk(optimizer, start, gradient, steps=200):
    variable = keras.Variable(start)
    optimizer.build([variable])

    @tf.function
    def all_steps():
        for step in tf.range(steps):
            optimizer.apply([gradient(variable.value, step)], [variable])

    all_steps()
    return ops.convert_to_numpy(variable)


@pytest.mark.parametrize("shape", [(), (7,), (5, 3), (3, 3, 2, 4)])
@pytest.mark.parametrize(("lr", "wd", "beta"), [(1e-3, 0.1, 0.9), (0.01, 1.0, 0.99)])
def test_max_is_lion(shape, lr, wd, beta):
    start, gradient = least_squares(0, shape)
    lion = keras.optimizers.Lion(lr, beta, beta, weight_decay=wd)
    ours = FrankWolfe(lr * wd, 1 / wd, "max", momentum=beta)
    theirs = walk(lion, start, gradient)
    assert np.abs(theirs - start).max() > 20 * lr  # it went somewhere
    np.testing.assert_allclose(
        walk(ours, start, gradient), theirs, atol=1e-6, rtol=1e-6
    )


def exact_polar(self, x, steps):
    _, u, v = tf.linalg.svd(x)
    return tf.matmul(u, v, transpose_b=True)


@pytest.mark.parametrize("shape", [(6, 4), (4, 6), (5, 5)])
def test_spectral_is_muon_with_the_exact_polar_factor(shape, monkeypatch):
    lr, wd, beta = 0.02, 0.5, 0.9
    options = {"nesterov": False, "rms_rate": None, "exclude_embeddings": False}
    muon = keras.optimizers.Muon(lr, weight_decay=wd, momentum=beta, **options)
    ours = FrankWolfe(lr * wd, 1 / wd, "spectral", momentum=beta)
    monkeypatch.setattr(type(muon), "zeropower_via_newtonschulz5", exact_polar)
    monkeypatch.setattr(
        "helpers.feasible_sets.matrices.polar_factor", lambda x: exact_polar(None, x, 0)
    )
    start, gradient = least_squares(1, shape, noise=1.0)
    theirs = walk(muon, start, gradient)
    assert np.linalg.norm(theirs - start) > 1
    np.testing.assert_allclose(walk(ours, start, gradient), theirs, atol=1e-4)


# For ever inside.


INSIDE = [(FrankWolfe, ball) for ball in (*NAMES, KSparse(3), Lp(1.5), Lp(4))] + CG


def norm_of(ball, variable):
    return NORMS[str(ball)](ops.convert_to_numpy(variable))


@pytest.mark.parametrize(("kind", "ball"), INSIDE, ids=str)
@hypothesis.given(
    steps=st.lists(
        st.tuples(st.floats(0, 1), st.integers(0, 2**32 - 1)), min_size=1, max_size=15
    ),
    radius=st.floats(1e-3, 1e3),
    shape=st.sampled_from([(), (1,), (9,), (4, 3), (2, 2, 3)]),
)
@hypothesis.settings(max_examples=8)
def test_feasible_variables_stay_feasible(kind, ball, steps, radius, shape):
    optimizer = made(kind, 0.5, radius, ball)
    variable = keras.Variable(3 * radius * np.ones(shape, "float32"))
    optimizer.make_feasible([variable])
    # A support point may lie outside by 1e-5 for the polar factor.
    for learning_rate, seed in steps:
        optimizer.learning_rate = learning_rate
        gradient = np.random.default_rng(seed).standard_normal(shape)
        optimizer.apply([gradient.astype("float32")], [variable])
        assert norm_of(ball, variable) <= np.float32(radius) * (1 + 1e-5)


SUMS = ["l1", "nuclear", "spectral", KSparse(3), Lp(1.5), Simplex()]
LONG = [(ball, 1e-3, False) for ball in ("max", "outputs", "l1", "spectral")]
LONG += [(ball, 0.0, False) for ball in SUMS]
LONG += [(ball, 1e-3, True) for ball in ("fro", "max", "l1")]


@pytest.mark.parametrize(
    ("kind", "ball", "noise", "xla"),
    [*((FrankWolfe, *case) for case in LONG), *((*cg, 1e-3, False) for cg in CG)],
    ids=str,
)
def test_rounding_does_not_add_up_at_the_boundary(kind, ball, noise, xla):
    """20,000 small steps towards nearly the same point, where it would."""
    optimizer = made(kind, 5e-4, 0.7, ball)
    variable = keras.Variable(np.ones((7, 5), "float32"))
    optimizer.make_feasible([variable])
    gradient = tf.constant(-gradients(0, (7, 5), 1)[0])

    @tf.function(jit_compile=xla)
    def many():
        for _ in tf.range(20_000):
            optimizer.apply([gradient + noise * tf.random.normal((7, 5))], [variable])

    optimizer.build([variable])
    many()
    if isinstance(ball, Simplex):  # it has no inside: the sum stays what it is
        assert variable.numpy().min() >= 0
        assert variable.numpy().sum() == pytest.approx(0.7, rel=1e-4)
    else:
        assert 0.69 <= norm_of(ball, variable) <= np.float32(0.7) * (1 + 1e-5)


@pytest.mark.parametrize(("kind", "ball"), INSIDE, ids=str)
def test_make_feasible_moves_only_what_is_outside(kind, ball):
    inside = np.full((2, 2), 0.01, "float32")
    variables = [keras.Variable(inside), keras.Variable(500 * inside)]
    made(kind, ball=ball).make_feasible(variables)
    np.testing.assert_array_equal(variables[0], inside)
    assert norm_of(ball, variables[1]) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize(("kind", "ball"), [*INSIDE, (FrankWolfe, Simplex())], ids=str)
@pytest.mark.parametrize("shape", [(0,), (3, 0), (0, 3)])
def test_an_empty_variable_is_left_alone(kind, ball, shape):
    empty = np.zeros(shape, "float32")
    full = np.full((2, 2), 0.25, "float32")
    variables, slopes = [keras.Variable(empty), keras.Variable(full)], [empty, full]
    optimizer = made(kind, ball=ball)
    optimizer.make_feasible(variables)
    alone = optimizer.gap(slopes[1:], variables[1:])
    assert float(optimizer.gap(slopes, variables)) == float(alone)
    optimizer.apply(slopes, variables)
    assert variables[0].shape == shape
    assert not np.array_equal(variables[1], full)


@pytest.mark.parametrize(("kind", "ball"), [*CG, (FrankWolfe, "spectral")])
def test_zero_gradient_only_shrinks(kind, ball):
    variable = keras.Variable(np.ones((3, 2), "float32"))
    options = {"epsilon": 0.0} if kind is ConditionalGradient else {}
    optimizer = made(kind, ball=ball, **options)
    optimizer.apply([np.zeros((3, 2), "float32")], [variable])
    np.testing.assert_allclose(variable, 0.9, rtol=1e-6)


def test_the_simplex_holds_weights_that_sum_to_the_radius():
    optimizer = FrankWolfe(OpenLoop(), 2.0, Simplex())
    variable = keras.Variable(np.float32([[1.0, -1.0, 3.0], [0.0, 0.5, 2.0]]))
    optimizer.make_feasible([variable])
    for g in gradients(5, (2, 3), 200):
        optimizer.apply([g], [variable])
        assert variable.numpy().min() >= 0
        assert variable.numpy().sum() == pytest.approx(2, rel=1e-5)
    # A first step of size 1 goes all the way: to where the gradient is smallest.
    (g,) = gradients(6, (2, 3), 1)
    optimizer = FrankWolfe(1.0, 2.0, Simplex())
    optimizer.apply([g], [variable])
    assert variable.numpy().flat[g.argmin()] == 2


def test_open_loop_solves_a_quadratic_on_the_simplex_and_the_gap_bounds_the_error():
    """Least squares on the simplex; the optimum is the projection of the target."""
    target = np.float32([0.6, 0.5, -0.3, 0.1])
    best = ops.convert_to_numpy(Simplex().project(target, 1.0))
    loss = lambda w: 0.5 * ((w - target) ** 2).sum()  # noqa: E731
    variable = keras.Variable(np.float32([0, 0, 1, 0]))
    optimizer = FrankWolfe(OpenLoop(), 1.0, Simplex())
    for step in range(100):
        w = variable.numpy()
        gap = float(optimizer.gap([w - target], [variable]))
        error = loss(w) - loss(best)
        assert gap >= error - 1e-6
        if step:
            assert error <= 2 * 2.0 / (step + 2)  # Jaggi's theorem 1: C = diameter²
        optimizer.apply([w - target], [variable])
    assert error < 5e-3


def test_gap_is_the_sum_over_the_variables():
    rng = np.random.default_rng(0)
    w, b, g, h = (rng.standard_normal(s) for s in ((4, 3), (3,), (4, 3), (3,)))
    optimizer = FrankWolfe(0.1, 2.0, "fro")
    gap = optimizer.gap([np.float32(g), np.float32(h)], [np.float32(w), np.float32(b)])
    expected = (g * w).sum() + (h * b).sum()
    expected += 2 * (np.linalg.norm(g) + np.linalg.norm(h))
    assert float(gap) == pytest.approx(expected, rel=1e-5)


def test_rescaled_step_sizes_are_zib_s():
    (g,) = gradients(7, (4, 3), 1)
    w = np.full((4, 3), 0.05, "float32")
    v = -2.0 * np.sign(g)
    distance = np.linalg.norm(w - v)
    for rescale, momentum, gamma in (
        (None, 0.0, 0.3),
        ("gradient", 0.0, 0.3 * np.linalg.norm(g) / distance),
        ("gradient", 0.8, 0.3 * np.linalg.norm(0.2 * g) / distance),
        ("diameter", 0.0, 0.3 / (2 * 2 * np.sqrt(12))),
    ):
        variable = keras.Variable(w)
        FrankWolfe(0.3, 2.0, "max", momentum, rescale).apply([g], [variable])
        expected = (1 - gamma) * w + gamma * v
        np.testing.assert_allclose(variable, expected, rtol=1e-5, atol=1e-6)
    # A long gradient, and a ball smaller than the step size: at most all the way.
    for rescale, radius, size in (("gradient", 2.0, 1e4), ("diameter", 1e-3, 1.0)):
        variable = keras.Variable(w)
        step = FrankWolfe(1.0, radius, "max", rescale=rescale)
        step.apply([np.float32(size) * g], [variable])
        np.testing.assert_allclose(variable, -radius * np.sign(g), rtol=1e-4, atol=1e-8)


# As a Keras optimizer.


BAD = [
    ({"learning_rate": -0.1}, "`learning_rate` .* from 0 to 1.* -0.1"),
    ({"learning_rate": 1.5}, "`learning_rate` .* from 0 to 1.* 1.5"),
    ({"learning_rate": "0.9"}, "`learning_rate`"),
    ({"weight_decay": 0.01}, "`weight_decay` .*None.*0.01"),
]
BAD_FW = [
    ({"radius": 0}, "`radius` .* above 0.* 0"),
    ({"radius": float("inf")}, "`radius`"),
    ({"radius": True}, "`radius`"),
    ({"momentum": 1.0}, "`momentum` .*at least 0 and below 1.* 1.0"),
    ({"momentum": -0.1}, "`momentum`"),
    ({"momentum": None}, "`momentum`"),
    ({"ball": "frobenius"}, "'fro'.*'inputs'.*'frobenius'"),
    ({"ball": KSparse}, "'fro'.*'inputs'"),
    ({"rescale": "norm"}, "`rescale` .*'gradient', 'diameter'.*'norm'"),
]
BAD_CG = [
    ({"lambda_": 0}, "`lambda_` .* above 0.* 0"),
    ({"lambda_": None}, "`lambda_`"),
    ({"epsilon": -1e-9}, "`epsilon` .* at least 0"),
    ({"ord": "max"}, r"`ord` .*'fro', 'nuclear'.*'max'"),
]


@pytest.mark.parametrize(
    ("kind", "arguments", "message"),
    [
        *((FrankWolfe, *bad) for bad in BAD + BAD_FW),
        *((ConditionalGradient, *bad) for bad in BAD + BAD_CG),
    ],
)
def test_bad_arguments_are_named(kind, arguments, message):
    with pytest.raises(ValueError, match=message):
        kind(**{"learning_rate": 0.9, **arguments})


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        (FrankWolfe, ("learning_rate", "radius", "momentum")),
        (ConditionalGradient, ("learning_rate", "lambda_")),
    ],
)
@pytest.mark.parametrize("value", [-1.0, float("nan"), float("inf"), "1", None, True])
def test_bad_assignment_changes_nothing(kind, names, value):
    before = dict(zip(names, (0.25, 2.0, 0.5), strict=False))
    optimizer = kind(**before)
    for name in names:
        with pytest.raises(ValueError, match=f"`{name}`"):
            setattr(optimizer, name, value)
    assert {name: float(getattr(optimizer, name)) for name in names} == before


@pytest.mark.parametrize(("kind", "ball"), [*CG, (FrankWolfe, "spectral")])
def test_without_momentum_there_is_no_slot(kind, ball):
    optimizer = made(kind, ball=ball)
    variable = keras.Variable(np.zeros((400, 300), "float32"))
    optimizer.build([variable])
    assert [v.shape for v in optimizer.variables] == [(), (), ()]
    optimizer.momentum = 0.0
    with pytest.raises(ValueError, match=r"`momentum` was 0 at construction.* 0\.9"):
        optimizer.momentum = 0.9
    assert optimizer.momentum == 0
    kept = FrankWolfe(0.1, momentum=0.9)
    kept.build([variable])
    assert sum(v.shape == (400, 300) for v in kept.variables) == 1


@both
def test_assignment_acts_on_a_compiled_step_without_retracing(kind):
    optimizer = made(kind, 0.5, **({"momentum": 0.5} if kind is FrankWolfe else {}))
    variable = keras.Variable(np.zeros((2, 2), "float32"))
    optimizer.build([variable])
    traces = []

    @tf.function
    def step(gradient):
        traces.append(1)
        optimizer.apply([gradient], [variable])

    step(tf.ones((2, 2)))
    np.testing.assert_allclose(variable, -0.25, rtol=1e-6)
    assign(optimizer, 1.0, 8.0)
    step(tf.ones((2, 2)))
    np.testing.assert_allclose(variable, -4.0, rtol=1e-6)
    if kind is FrankWolfe:
        optimizer.momentum = 0.0
    step(-tf.ones((2, 2)))  # the average would still point the other way
    np.testing.assert_allclose(variable, 4.0, rtol=1e-6)
    assert len(traces) == 1


@both
def test_schedules_of_step_size_and_radius(kind):
    radius = schedules.ExponentialDecay(4.0, 2, 0.5)
    falling = schedules.PiecewiseConstantDecay([2, 4], [0.9, 0.5, 0.1])
    optimizer = kind(OpenLoop() if kind is FrankWolfe else falling, radius)
    optimizer = kind.from_config(optimizer.get_config())
    w = np.ones((3, 2))
    variable = keras.Variable(np.float32(w))
    for step, g in enumerate(gradients(0, (3, 2), 6)):
        gamma = 2 / (step + 2) if kind is FrankWolfe else 1 - float(falling(step))
        now = 4 * 0.5 ** (step / 2)
        assert float(ops.convert_to_numpy(optimizer.radius)) == pytest.approx(now)
        w = (1 - gamma) * w - gamma * now * g / np.linalg.norm(g)
        optimizer.apply([g], [variable])
        np.testing.assert_allclose(variable, w, rtol=1e-5, atol=1e-6)
    name = "radius" if kind is FrankWolfe else "lambda_"
    with pytest.raises(TypeError, match=f"`{name}`"):
        setattr(optimizer, name, 1.0)


@pytest.mark.parametrize("options", [{"momentum": 0.9}, {}])
@both
def test_sparse_gradients_move_the_whole_table(kind, options):
    """Else rows of norm 0.7 that stay, and others that go, leave a ball of radius 1."""
    rows = np.float32([[1.0, 3.0], [2.0, 1.0]])  # of one token, which comes twice
    sparse = tf.IndexedSlices(rows, tf.constant([2, 2]), tf.constant((3, 2)))
    table = np.float32([[0.7, 0.0], [0.0, 0.7], [0.0, 0.0]])
    variable = keras.Variable(table)
    options = options if kind is FrankWolfe else {}
    made(kind, 1.0, **options).apply([sparse], [variable])
    np.testing.assert_allclose(variable, [[0, 0], [0, 0], [-0.6, -0.8]], atol=1e-6)


@pytest.mark.parametrize(
    ("policy", "kind", "ball"),
    [
        ("mixed_float16", FrankWolfe, "spectral"),
        ("mixed_bfloat16", FrankWolfe, KSparse(3)),
        ("float16", FrankWolfe, "spectral"),
        ("float16", ConditionalGradient, "fro"),
    ],
)
def test_half_precision_trains_and_stays_feasible(policy, kind, ball):
    keras.config.set_dtype_policy(policy)
    try:
        model = model_of(made(kind, 0.1, 1.5, ball))
    finally:
        keras.config.set_dtype_policy("float32")
    optimizer = getattr(model.optimizer, "inner_optimizer", model.optimizer)
    optimizer.make_feasible(model.trainable_variables)
    history = fit(model, epochs=6).history
    assert history["loss"][-1] < history["loss"][0]
    for variable in model.trainable_variables:
        assert norm_of(ball, variable) <= 1.5 * (1 + 2e-3)


@both
def test_gradient_accumulation_equals_the_large_batch(kind):
    large, accumulated = (
        model_of(made(kind, gradient_accumulation_steps=steps)) for steps in (None, 2)
    )
    fit(large, batch_size=32)
    fit(accumulated, batch_size=16)
    assert_same_weights(large.get_weights(), accumulated.get_weights(), 1e-4)


@both
def test_moving_average_of_the_weights(kind):
    model = model_of(made(kind, use_ema=True, ema_momentum=0.5))
    fit(model, epochs=1)
    twin, average = model_of(made(kind)), None
    for start in range(0, 64, 16):
        twin.train_on_batch(INPUTS[start : start + 16], LABELS[start : start + 16])
        w = twin.get_weights()
        average = [0.5 * a + 0.5 * b for a, b in zip(average or w, w, strict=True)]
    assert_same_weights(model.get_weights(), average, 1e-4)


@pytest.mark.parametrize(
    ("kind", "ball", "options"),
    [
        (FrankWolfe, "nuclear", {"momentum": 0.5, "rescale": "gradient"}),
        (FrankWolfe, KSparse(5), {"momentum": 0.5}),
        (ConditionalGradient, "nuclear", {"epsilon": 1e-6, "clipnorm": 0.5}),
    ],
    ids=str,
)
def test_saved_in_mid_training_continues_as_if_never_saved(
    kind, ball, options, tmp_path
):
    unbroken, broken = (model_of(made(kind, 0.05, 5.0, ball, **options)) for _ in "ab")
    for model in (unbroken, broken):
        fit(model, epochs=2)
        assign(model.optimizer, 0.1, 3.0)
    fit(unbroken, epochs=2)
    broken.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    config = loaded.optimizer.get_config()
    assert config == broken.optimizer.get_config()
    assert config.items() >= options.items()
    assert str(loaded.optimizer.ball) == str(get(ball))
    fit(loaded, epochs=2)
    assert_same_weights(unbroken.get_weights(), loaded.get_weights())


@pytest.mark.parametrize(
    ("ball", "value"),
    [*((name, np.nan) for name in NAMES), (KSparse(3), np.inf), (Simplex(), np.inf)],
    ids=str,
)
def test_a_broken_gradient_reaches_the_loss_and_the_callback_that_ends_training(
    ball, value
):
    model = model_of(FrankWolfe(0.1, ball=ball, momentum=0.9))
    broken = np.full((3,), value, "float32")
    zeros = [np.zeros(v.shape, "float32") for v in model.trainable_variables]
    model.optimizer.apply([*zeros[:-1], broken], model.trainable_variables)
    ended = keras.callbacks.TerminateOnNaN()
    fit(model, callbacks=[ended])
    assert model.stop_training


def test_different_balls_for_different_layers():
    """Scion's choice, as the docstring has it."""
    if not hasattr(keras.optimizers, "MultiOptimizer"):
        pytest.skip("MultiOptimizer came with Keras 3.15")
    keras.utils.set_random_seed(0)
    layers = [
        keras.layers.Dense(6, "relu", name="hidden"),
        keras.layers.Dense(3, name="logits"),
    ]
    model = keras.Sequential([keras.Input((8,)), *layers])
    inside = FrankWolfe(0.1, radius=2.0, ball="spectral", momentum=0.9)
    last = FrankWolfe(0.1, radius=0.5, ball="max", momentum=0.9)
    for optimizer, layer in ((inside, layers[0]), (last, layers[1])):
        optimizer.make_feasible(layer.trainable_variables)
    model.compile(
        keras.optimizers.MultiOptimizer(
            keras.optimizers.OptimizerMap(inside, {".*logits/.*": last})
        ),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    history = fit(model, epochs=20).history["loss"]
    assert history[-1] < 0.8 * history[0]
    hidden, logits = (layer.kernel.numpy() for layer in layers)
    assert np.linalg.norm(hidden, 2) <= 2 * (1 + 1e-5)
    assert np.abs(logits).max() <= 0.5 * (1 + 1e-5)
    assert np.linalg.norm(logits, 2) > 0.5  # no ball of the other kind


@both
@pytest.mark.parametrize("shape", [(3, 2), (700, 600), (3, 3, 200, 200)])
def test_a_large_variable_is_updated_in_one_loop(kind, shape):
    rng = np.random.default_rng(0)
    w, g = rng.standard_normal((2, *shape)).astype("float32")
    variable = keras.Variable(w)
    optimizer = made(kind, 0.3, 2.5)
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
    expected = 0.7 * w - 0.3 * 2.5 * g / np.linalg.norm(g)
    np.testing.assert_allclose(variable.numpy(), expected, rtol=1e-5, atol=1e-6)


def op_is_compiled(op):
    return "_XlaCompile" in op.node_def.attr and op.node_def.attr["_XlaCompile"].b


@pytest.mark.parametrize(("kind", "ball"), [*CG, (FrankWolfe, "spectral")])
@pytest.mark.parametrize("units", [5, 600])
def test_a_compiled_model_takes_the_same_path(kind, ball, units):
    results = []
    for arguments in ({"run_eagerly": True}, {"jit_compile": True}):
        keras.utils.set_random_seed(0)
        model = keras.Sequential([keras.Input((500,)), keras.layers.Dense(units)])
        model.compile(made(kind, ball=ball), "mse", **arguments)
        x = np.random.default_rng(1).standard_normal((64, 500))
        model.fit(x, np.ones((64, units)), batch_size=32, verbose=0)
        results.append(model.get_weights())
    for a, b in zip(*results, strict=True):
        assert np.linalg.norm(a - b) <= 1e-4 * np.linalg.norm(a)


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_every_backend_takes_the_same_path(arrays_of, backend):
    first, other = (
        arrays_of("backend_fw.py", name) for name in ("tensorflow", backend)
    )
    assert other.keys() == first.keys()
    paths = [name for name in first if name.startswith("trained")]
    assert len(paths) > 20
    for name in paths:
        distance = np.linalg.norm(other[name] - first[name])
        assert distance <= 2e-4 * np.linalg.norm(first[name]), name
