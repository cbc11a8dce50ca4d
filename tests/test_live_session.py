"""The training session behind the sliders, against plain Keras and the theory."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from helpers.live import TrainingSession
from helpers.live.session import epoch_order
from helpers.optimizers import ConditionalGradient
from helpers.optimizers.gradient_centralization import GradientCentralization

BATCH = 16
STEPS_PER_EPOCH = 12


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((200, 8)).astype("float32") + 1.0
    return x, (x @ rng.standard_normal((8, 3))).argmax(-1)


def make_model(outputs=3, dropout=0.0):
    keras.utils.set_random_seed(1)
    return keras.Sequential(
        [
            keras.Input((8,)),
            keras.layers.Dense(10, "relu"),
            keras.layers.Dropout(dropout),
            keras.layers.Dense(outputs, "softmax" if outputs > 1 else "sigmoid"),
        ]
    )


def make_session(data, optimizer=None, **kwargs):
    optimizer = optimizer or ConditionalGradient(0.98, 3.0)
    model = kwargs.pop("model", None) or make_model()
    return TrainingSession(model, optimizer, *data, batch_size=BATCH, **kwargs)


def weights_of(model):
    return np.concatenate([np.ravel(w) for w in model.get_weights()])


OPTIMIZERS = {
    "fro": lambda: ConditionalGradient(0.98, 3.0),
    "nuclear": lambda: ConditionalGradient(0.98, 3.0, ord="nuclear"),
    "adam": lambda: keras.optimizers.Adam(0.01),
    "centralized": lambda: GradientCentralization(keras.optimizers.RMSprop(0.01)),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_session_is_a_loop_of_train_on_batch(data, name):
    session = make_session(data, OPTIMIZERS[name](), seed=3)
    for steps in (1, 7, 20):  # the last one crosses two ends of an epoch
        session.train(steps)
    model = make_model()
    model.compile(OPTIMIZERS[name](), "sparse_categorical_crossentropy")
    for step in range(28):
        epoch, batch = divmod(step, STEPS_PER_EPOCH)
        rows = epoch_order(200, 3, epoch)[batch * BATCH :][:BATCH]
        model.train_on_batch(data[0][rows], data[1][rows])
    np.testing.assert_allclose(
        weights_of(session.model), weights_of(model), rtol=2e-5, atol=2e-6
    )
    assert session.step == 28 and session.epoch == 2


def test_binary_crossentropy_and_logits(data):
    labels = data[1] == 0
    model = keras.Sequential([keras.Input((8,)), keras.layers.Dense(1)])
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    session = TrainingSession(
        model, keras.optimizers.Adam(0.05), data[0], labels, loss=loss
    )
    record = session.train(200)
    predicted = model.predict(data[0], verbose=0)[:, 0] > 0
    assert session.train(1).accuracy > 0.85
    assert np.mean(predicted == labels) > 0.85
    assert np.isnan(record.held_out_accuracy) and np.isnan(record.gap)


def test_regularization_is_trained_as_in_keras(data):
    def model():
        keras.utils.set_random_seed(2)
        dense = keras.layers.Dense(3, "softmax", kernel_regularizer="l2")
        return keras.Sequential([keras.Input((8,)), dense])

    session = make_session(data, keras.optimizers.SGD(0.1), model=model())
    session.train(5)
    plain = model()
    plain.compile(keras.optimizers.SGD(0.1), "sparse_categorical_crossentropy")
    for batch in range(5):
        rows = epoch_order(200, 0, 0)[batch * BATCH :][:BATCH]
        plain.train_on_batch(data[0][rows], data[1][rows])
    np.testing.assert_allclose(weights_of(session.model), weights_of(plain), rtol=1e-5)


def test_nothing_is_traced_again(data):
    optimizer = GradientCentralization(ConditionalGradient(0.98, 3.0))
    session = make_session(data, optimizer)
    for i in range(10):
        session.set(lambda_=1.0 + i, learning_rate=0.9 + i / 100, centralize=i % 2 == 0)
        session.train(1 + i)
    session.reset(seed=9)
    session.train(3)
    assert session.traces == {"chunk": 1, "measure": 1}


@pytest.mark.parametrize("optimizer", ["fro", "nuclear"])
def test_norms_shrink_to_a_new_bound_as_theory_says(data, optimizer):
    session = make_session(data, OPTIMIZERS[optimizer]())
    start = np.array(session.train(30).norms)
    radius, rate = 0.2, 0.9
    session.set(lambda_=radius, learning_rate=rate)
    for steps in range(1, 40):
        record = session.train(1)
        bound = rate**steps * start + (1 - rate**steps) * radius
        assert record.lambda_ == radius
        assert np.all(np.array(record.norms) <= bound * (1 + 1e-4))
    assert max(record.norms) < 0.25 < max(start)


@pytest.mark.parametrize("ord", ["fro", "nuclear"])
def test_the_gap_is_the_frank_wolfe_gap(data, ord):
    session = make_session(data, ConditionalGradient(0.98, 3.0, ord=ord))
    record = session.train(20)
    model = session.model
    rows = np.random.default_rng(0).permutation(200)[:512]
    with tf.GradientTape() as tape:
        predicted = model(data[0][rows])
        loss = keras.losses.SparseCategoricalCrossentropy()(data[1][rows], predicted)
    gap = 0.0
    for gradient, variable in zip(
        tape.gradient(loss, [v.value for v in model.trainable_variables]),
        model.trainable_variables,
        strict=True,
    ):
        g, w = gradient.numpy(), variable.numpy()
        matrix = g if g.ndim == 2 else g[:, None]
        dual = np.linalg.norm(matrix, 2 if ord == "nuclear" else "fro")
        gap += np.sum(g * w) + 3.0 * dual
    assert record.gap == pytest.approx(gap, rel=2e-3) and gap > 0


BAD_VALUES = [
    {"lambda_": 0.0},
    {"lambda_": -1},
    {"lambda_": float("nan")},
    {"lambda_": float("inf")},
    {"lambda_": "5"},
    {"lambda_": None},
    {"lambda_": True},
    {"learning_rate": 1.5},
    {"learning_rate": -0.1},
    {"centralize": 1},
    {"momentum": 0.9},
]


@pytest.fixture(scope="module")
def steered(data):
    return make_session(data, GradientCentralization(ConditionalGradient(0.9, 3.0)))


@pytest.mark.parametrize("bad", BAD_VALUES, ids=str)
def test_a_bad_value_changes_nothing(steered, bad):
    session = steered
    session.set(lambda_=3.0, learning_rate=0.9, centralize=True)
    before = session.hyperparameters
    good = {"learning_rate": 0.5, "lambda_": 1.0, "centralize": False}
    good = {name: value for name, value in good.items() if name not in bad}
    with pytest.raises(ValueError, match=next(iter(bad))):
        session.set(**good, **bad)
    assert session.hyperparameters == before
    session.set(**good)
    assert session.hyperparameters == {**before, **good}


def test_only_what_the_optimizer_has_can_be_set(data):
    session = make_session(data, keras.optimizers.SGD(0.1))
    for values in ({"lambda_": 1.0}, {"centralize": True}, {"learning_rate": 0.0}):
        with pytest.raises(ValueError):
            session.set(**values)
    session.set(learning_rate=2.0)
    assert session.hyperparameters == {"learning_rate": 2.0}


def test_the_switch_turns_centralization_off_and_on(data):
    make = lambda: keras.optimizers.SGD(0.1, momentum=0.9)  # noqa: E731
    switched = make_session(data, GradientCentralization(make()))
    switched.set(centralize=False)
    plain = make_session(data, make())
    switched.train(20), plain.train(20)
    assert np.array_equal(weights_of(switched.model), weights_of(plain.model))

    switched.optimizer.inner_optimizer.momentum = 0.0
    switched.reset()
    before = switched.model.get_weights()[0].sum(axis=0)
    switched.set(centralize=True)
    record = switched.train(20)
    after = switched.model.get_weights()[0].sum(axis=0)
    # A centralized gradient cannot change the sum of an output's weights.
    np.testing.assert_allclose(after, before, atol=1e-5)
    assert 0 < record.removed_share < 1 and record.centralize


def test_reset_repeats_the_run_and_keeps_the_hyperparameters(data):
    session = make_session(data, keras.optimizers.Adam(0.02), seed=4)
    start = weights_of(session.model)
    session.train(30)
    first = weights_of(session.model)
    session.set(learning_rate=0.5)
    session.train(5)
    session.set(learning_rate=0.02)
    session.reset()
    assert np.array_equal(weights_of(session.model), start)
    assert [record.step for record in session.history] == [0]
    session.train(30)
    assert np.array_equal(weights_of(session.model), first)
    session.set(learning_rate=0.3)
    session.reset(seed=5)
    assert session.hyperparameters == {"learning_rate": pytest.approx(0.3)}
    session.set(learning_rate=0.02)
    session.train(30)
    assert not np.array_equal(weights_of(session.model), first)


def test_a_loaded_session_goes_on_as_if_never_stopped(data, tmp_path):
    path = tmp_path / "session.npz"

    def session(seed):
        optimizer = GradientCentralization(keras.optimizers.Adam(0.02))
        model = make_model(dropout=0.3)
        return make_session(data, optimizer, model=model, seed=seed)

    one = session(7)
    one.train(17)
    one.set(learning_rate=0.01, centralize=False)
    one.train(1)
    one.save(path)
    one.train(25)

    other = session(1)
    other.train(3)
    other.load(path)
    assert other.hyperparameters == {"learning_rate": 0.01, "centralize": False}
    other.train(25)
    assert np.array_equal(weights_of(one.model), weights_of(other.model))
    measured = [r._replace(seconds=0, gap=0, lambda_=0) for r in one.history]
    loaded = [r._replace(seconds=0, gap=0, lambda_=0) for r in other.history]
    drop_nan = [r._replace(held_out_accuracy=0) for r in measured]
    assert drop_nan == [r._replace(held_out_accuracy=0) for r in loaded]
    assert other.step == 43 and other.traces == {"chunk": 1, "measure": 1}


def test_saving_is_all_or_nothing(data, tmp_path, monkeypatch):
    path = tmp_path / "session.npz"
    session = make_session(data)
    session.save(path)
    kept = path.read_bytes()
    session.train(1)

    def full(*args):
        raise OSError("No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError):
        session.save(path)
    assert path.read_bytes() == kept and len(list(tmp_path.iterdir())) == 1


def test_a_strange_file_changes_nothing(data, tmp_path):
    session = make_session(data)
    session.train(2)
    before, history = weights_of(session.model), list(session.history)
    (tmp_path / "text.npz").write_text("nothing")
    np.savez(tmp_path / "arrays.npz", a=np.zeros(3))
    make_session((data[0] * 2, data[1])).save(tmp_path / "other_data.npz")
    for name in ("text", "arrays", "other_data"):
        with pytest.raises(ValueError, match=r"\.npz (is not|belongs)"):
            session.load(tmp_path / f"{name}.npz")
    with pytest.raises(FileNotFoundError):
        session.load(tmp_path / "none.npz")
    assert np.array_equal(weights_of(session.model), before)
    assert session.history == history


class Clock:
    """A clock that the training moves: a millisecond a step, ten a call."""

    now = 0.0

    def perf_counter(self):
        return self.now

    def chunk(self, first, steps):
        self.now += 0.01 + 0.001 * steps
        return 0.0, 0.0


def test_advance_learns_how_many_steps_fit(data, monkeypatch):
    session, clock = make_session(data), Clock()
    monkeypatch.setattr("helpers.live.session.time", clock)
    monkeypatch.setattr(session._graph, "chunk", clock.chunk)
    session.steps_per_second = None
    session.reset()
    assert session.advance(0.2).step == 1
    spent = []
    for _ in range(20):
        before = clock.now
        session.advance(0.2)
        spent.append(clock.now - before)
    assert max(spent) < 0.3
    assert all(0.15 < seconds <= 0.25 for seconds in spent[-10:])
    with pytest.raises(ValueError, match="seconds"):
        session.advance(0)


def test_the_held_out_accuracy_is_that_of_the_sample(data):
    session = make_session(data, held_out=(data[0][:50], data[1][:50]))
    record = session.train(40)
    predicted = session.model.predict(data[0][:50], verbose=0).argmax(-1)
    expected = np.mean(predicted == data[1][:50])
    assert record.held_out_accuracy == pytest.approx(expected)


def schedule():
    return keras.optimizers.schedules.ExponentialDecay(0.9, 10, 0.9)


BAD_ARGUMENTS = {
    "model": (TypeError, lambda x, y: (None, "sgd", x, y)),
    "optimizer": (TypeError, lambda x, y: (make_model(), "sgd", x, y)),
    "built": (ValueError, lambda x, y: (keras.Sequential([]), None, x, y)),
    "schedule": (
        ValueError,
        lambda x, y: (make_model(), ConditionalGradient(schedule(), 1.0), x, y),
    ),
    "lambda_": (
        ValueError,
        lambda x, y: (make_model(), ConditionalGradient(0.9, schedule()), x, y),
    ),
    "as many": (ValueError, lambda x, y: (make_model(), None, x, y[:5])),
    "from 0 to 2": (ValueError, lambda x, y: (make_model(), None, x, y + 1)),
    "finite": (ValueError, lambda x, y: (make_model(), None, x * np.nan, y)),
    "shape": (ValueError, lambda x, y: (make_model(), None, x[:, :5], y)),
    "at least one": (ValueError, lambda x, y: (make_model(), None, x[:0], y[:0])),
    "numbers": (ValueError, lambda x, y: (make_model(), None, x.astype(str), y)),
}


@pytest.mark.parametrize("word", BAD_ARGUMENTS)
def test_bad_arguments_are_named(data, word):
    error, arguments = BAD_ARGUMENTS[word]
    model, optimizer, x, y = arguments(*data)
    optimizer = optimizer or ConditionalGradient(0.9, 1.0)
    with pytest.raises(error, match=word):
        TrainingSession(model, optimizer, x, y)


@pytest.mark.parametrize(
    "bad",
    [
        {"batch_size": 0},
        {"batch_size": 201},
        {"batch_size": 2.5},
        {"seed": -1},
        {"held_out": 3},
        {"loss": "mse"},
        {"loss": "binary_crossentropy"},
        {"probe_size": 0},
    ],
    ids=str,
)
def test_bad_options_are_named(data, bad):
    with pytest.raises(ValueError, match=f"`{next(iter(bad))}`"):
        TrainingSession(make_model(), ConditionalGradient(0.9, 1.0), *data, **bad)
