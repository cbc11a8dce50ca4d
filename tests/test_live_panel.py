"""The live panel: training, ticks, sliders, messages, languages, and what it costs."""

import base64
import dataclasses
import gc
import gettext
import html
import io
import re
import weakref
from threading import Event, Thread

import keras
import numpy as np
import psutil
import pytest
import tensorflow as tf
from matplotlib.text import Text
from PIL import Image

from helpers._support import i18n
from helpers.live import LivePanel
from helpers.optimizers import (
    ConditionalGradient,
    FrankWolfe,
    GradientCentralization,
    Hyperball,
)

BATCH = 16
RNG = np.random.default_rng(0)
X = RNG.standard_normal((200, 8)).astype("float32") + 1.0
Y = (X @ RNG.standard_normal((8, 3))).argmax(-1)
OPTIMIZERS = {
    "fro": lambda: ConditionalGradient(0.98, 3.0),
    "nuclear": lambda: ConditionalGradient(0.98, 3.0, ord="nuclear"),
    "adam": lambda: keras.optimizers.Adam(0.01),
    "centralized": lambda: GradientCentralization(keras.optimizers.RMSprop(0.01)),
}


def make_model(optimizer=None, dropout=0.0, steps_per_execution=1, **compiled):
    keras.utils.set_random_seed(1)
    dense = keras.layers.Dense(10, "relu", kernel_regularizer="l2")
    layers = [dense, keras.layers.Dropout(dropout), keras.layers.Dense(3, "softmax")]
    model = keras.Sequential([keras.Input((8,)), *layers])
    model.compile(
        optimizer or ConditionalGradient(0.99, 5.0),
        **{"loss": "sparse_categorical_crossentropy", "metrics": ["accuracy"]}
        | compiled,
        steps_per_execution=steps_per_execution,
    )
    return model


def make_batches(x=X, y=Y):
    return tf.data.Dataset.from_tensor_slices((x, y)).batch(BATCH)


def make_panel(optimizer=None, held_out=(X[:50], Y[:50]), **kwargs):
    return LivePanel(make_model(optimizer, **kwargs), make_batches(), held_out)


def weights_of(model):
    return np.concatenate([np.ravel(w) for w in model.get_weights()])


@pytest.fixture(scope="module")
def shared():
    return make_panel()


@pytest.fixture
def panel(shared):
    shared.set(lambda_=5.0, learning_rate=0.99)
    shared.reset()
    return shared


def tick(panel):
    panel.play.value += 1


def text_of(widget):
    return html.unescape(re.sub("<[^>]*>", "", widget.value))


def all_widgets(widget):
    yield widget
    for child in getattr(widget, "children", ()):
        yield from all_widgets(child)


def visible_texts(panel):
    for widget in all_widgets(panel.widget):
        if hasattr(widget, "description") and widget.description:
            yield widget.description
        if type(widget).__name__ == "HTML" and text_of(widget):
            yield text_of(widget)
    yield panel.play.play
    yield panel.play.pause


# Training, against plain Keras and the theory.


@pytest.mark.parametrize(
    ("name", "steps_per_execution"),
    [*((name, 1) for name in OPTIMIZERS), ("centralized", 4)],
)
def test_it_trains_as_fit_does(name, steps_per_execution):
    panel = make_panel(OPTIMIZERS[name](), steps_per_execution=steps_per_execution)
    # 26 steps in two passes of 13 batches, the last of each smaller.
    for _ in range(2):
        panel.train(12)
    while panel.history[-1].step < 24 + 2 * (steps_per_execution == 1):
        panel.train(1)
    model = make_model(OPTIMIZERS[name]())
    steps = panel.history[-1].step
    model.fit(make_batches().repeat(), steps_per_epoch=steps, verbose=0)
    np.testing.assert_allclose(
        weights_of(panel.model), weights_of(model), rtol=1e-6, atol=1e-6
    )
    assert steps in (24, 26)


def test_steps_come_in_whole_executions():
    panel = make_panel(steps_per_execution=5)
    assert panel.train(12).step == 15
    assert panel.train(5).step == 20
    for bad in (0, -1, 2.5, "3"):
        with pytest.raises(ValueError, match="steps"):
            panel.train(bad)
    assert panel.history[-1].step == 20


def test_loss_and_metrics_are_the_means_of_a_piece():
    panel = make_panel(keras.optimizers.SGD(0.1))
    start, record = panel.history[0], panel.train(13)
    model = make_model(keras.optimizers.SGD(0.1))
    expected = model.evaluate(X, Y, verbose=0, return_dict=True)
    assert {"loss": start.loss, **start.metrics} == pytest.approx(expected, rel=1e-5)
    history = model.fit(make_batches(), verbose=0).history
    trained = {"loss": record.loss, **record.metrics}
    assert trained == pytest.approx({n: v[0] for n, v in history.items()}, rel=1e-5)
    assert np.isnan(record.measured)


@pytest.mark.parametrize("kind", ["pair", "dataset"])
def test_held_out_is_what_evaluate_says(kind):
    pair = X[:50] + 1, Y[:50]
    panel = make_panel(held_out=pair if kind == "pair" else make_batches(*pair))
    record = panel.train(20)
    expected = panel.model.evaluate(*pair, verbose=0, return_dict=True)
    assert record.held_out == pytest.approx(expected, rel=1e-5)
    assert make_panel(held_out=None).train(1).held_out == {}


def test_of_many_held_out_examples_a_fixed_thousand_is_evaluated():
    x = np.tile(X, (8, 1)) + np.arange(1600)[:, None].astype("float32") / 1000
    panel = make_panel(held_out=(x, np.tile(Y, 8)))
    chosen = np.concatenate([batch for batch, _ in panel._training._held_out])
    assert len(np.unique(chosen, axis=0)) == 1000
    # Of all parts of the data, and the same when evaluated again.
    assert not {*chosen[:, 0]}.isdisjoint(x[:200, 0])
    assert not {*chosen[:, 0]}.isdisjoint(x[-200:, 0])
    first = panel.history[0].held_out
    panel.reset()
    assert panel.history[0].held_out == pytest.approx(first)


OTHERS = {
    "regression without metrics": dict(loss="mse", metrics=None),
    "many metrics": dict(
        metrics=["accuracy", keras.metrics.SparseTopKCategoricalAccuracy(2)]
    ),
    "weights of examples": dict(weighted_metrics=["accuracy"]),
    "eager": dict(run_eagerly=True),
    "xla": dict(jit_compile=True),
}


@pytest.mark.parametrize("name", OTHERS)
def test_any_compiled_model(name):
    compiled = OTHERS[name]
    y = RNG.standard_normal((200, 3)) if compiled.get("loss") == "mse" else Y
    data = (X, y) if "weighted_metrics" not in compiled else (X, y, np.ones(200))
    batches = tf.data.Dataset.from_tensor_slices(data).batch(BATCH)
    model = make_model(keras.optimizers.Adam(0.01), **compiled)
    panel = LivePanel(model, batches, (X[:20], y[:20]))
    record = panel.train(26)
    assert record.loss < panel.history[0].loss and record.held_out["loss"] > 0
    assert panel.message == "" and len(panel.png) > 1000


def test_several_inputs_and_outputs_and_a_model_not_built_yet():
    class Two(keras.Model):
        def __init__(self):
            super().__init__()
            self.one, self.other = keras.layers.Dense(3), keras.layers.Dense(1)

        def call(self, inputs):
            hidden = inputs["a"] + inputs["b"]
            return {"one": self.one(hidden), "other": self.other(hidden)}

    model, losses = Two(), {"one": "mse", "other": "mae"}
    model.compile(ConditionalGradient(0.9, 2.0), losses, metrics={"one": ["mae"]})
    x, y = {"a": X, "b": X}, {"one": X[:, :3], "other": X[:, :1]}
    panel = LivePanel(model, make_batches(x, y), (x, y))
    record = panel.train(30)
    assert record.loss < panel.history[0].loss
    assert len(record.norms) == 4 and np.isfinite(record.measured)
    assert "one_mae" in record.metrics and record.held_out["loss"] > 0


@pytest.mark.parametrize("optimizer", ["fro", "nuclear"])
def test_norms_shrink_to_a_new_bound_as_theory_says(optimizer):
    panel = make_panel(OPTIMIZERS[optimizer]())
    start = np.array(panel.train(30).norms)
    radius, rate = 0.2, 0.9
    panel.set(lambda_=radius, learning_rate=rate)
    for steps in range(1, 40):
        record = panel.train(1)
        bound = rate**steps * start + (1 - rate**steps) * radius
        assert record.hyperparameters["lambda_"] == radius
        assert np.all(np.array(record.norms) <= bound * (1 + 1e-4))
    assert max(record.norms) < 0.25 < max(start)


def arrays_of_the_loss(model):
    """Weights and gradients on all examples, without dropout."""
    with tf.GradientTape() as tape:
        loss = keras.losses.SparseCategoricalCrossentropy()(Y, model(X, training=False))
        loss += sum(model.losses)
    variables = [v.value for v in model.trainable_variables]
    gradients = tape.gradient(loss, variables)
    return [[a.numpy() for a in arrays] for arrays in (variables, gradients)]


@pytest.mark.parametrize("ord", ["fro", "nuclear"])
def test_the_gap_is_the_frank_wolfe_gap(ord):
    panel = make_panel(ConditionalGradient(0.98, 3.0, ord=ord), dropout=0.5)
    record, gap = panel.train(20), 0.0
    for w, g in zip(*arrays_of_the_loss(panel.model), strict=True):
        matrix = g if g.ndim == 2 else g[:, None]
        dual = np.linalg.norm(matrix, 2 if ord == "nuclear" else "fro")
        gap += np.sum(g * w) + 3.0 * dual
    assert record.measured == pytest.approx(gap, rel=2e-3) and gap > 0


def test_the_share_that_centralization_removes():
    panel = make_panel(GradientCentralization(keras.optimizers.SGD(0.1)))
    record = panel.train(3)
    gradients = arrays_of_the_loss(panel.model)[1]
    removed = sum((g.mean(0) ** 2).sum() * len(g) for g in gradients if g.ndim == 2)
    share = removed / sum((g**2).sum() for g in gradients)
    assert record.measured == pytest.approx(share, rel=1e-4)
    assert f"removes {share:.0%}" in panel.alt
    panel.set(strength=0.0)
    assert 0 < panel.train(1).measured < 1 and "would remove" in panel.alt


def test_strength_takes_centralization_away():
    make = lambda: keras.optimizers.SGD(0.1, momentum=0.9)  # noqa: E731
    steered, plain = make_panel(GradientCentralization(make())), make_panel(make())
    assert list(steered.controls) == ["learning_rate", "strength"]
    steered.controls["strength"].value = 0.0
    steered.train(20), plain.train(20)
    weights = [weights_of(panel.model) for panel in (steered, plain)]
    np.testing.assert_allclose(*weights, atol=1e-6)
    steered.reset()
    assert steered.hyperparameters["strength"] == 0.0


def test_the_learning_rate_turns_a_matrix_on_its_sphere():
    inner = GradientCentralization(keras.optimizers.Adam(0.02), where="both")
    panel = make_panel(Hyperball(inner))
    assert list(panel.controls) == ["learning_rate", "strength"]
    start = panel.model.get_weights()[0]
    first = panel.train(5)
    panel.boxes["learning_rate"].value = "0.3"
    before = panel.model.get_weights()[0]
    assert panel.train(1).norms[0] == pytest.approx(first.norms[0], rel=1e-5)
    norm = np.linalg.norm
    assert norm(before) == pytest.approx(norm(start), rel=1e-5)
    angle = norm(panel.model.get_weights()[0] - before) / norm(before)
    assert 0.1 < angle < 0.35


def test_nothing_is_traced_again(monkeypatch):
    model = make_model(
        GradientCentralization(ConditionalGradient(0.98, 3.0)), steps_per_execution=2
    )
    traced = []
    for name in ("train_step", "test_step"):
        step = getattr(model, name)
        monkeypatch.setattr(
            model, name, lambda *a, _s=step, _n=name: [traced.append(_n), _s(*a)][1]
        )
    panel = LivePanel(model, make_batches(), (X[:50], Y[:50]))
    tick(panel), tick(panel)
    count, measure = len(traced), panel._training._measure
    assert set(traced) == {"train_step", "test_step"}
    for i in range(10):
        panel.set(lambda_=1.0 + i, learning_rate=0.9 + i / 100, strength=i / 10)
        panel.train(1 + i)
    panel.reset()
    panel.train(3)
    assert len(traced) == count
    assert panel._training._measure is measure and hasattr(measure, "graph")


BAD_VALUES = [
    *({"lambda_": bad} for bad in (0.0, -1, np.nan, np.inf, "5", None, True)),
    *({"learning_rate": 1.5}, {"learning_rate": -0.1}, {"strength": 1.1}),
    {"momentum": 0.9},
]


@pytest.fixture(scope="module")
def steered():
    return make_panel(GradientCentralization(ConditionalGradient(0.9, 3.0)))


@pytest.mark.parametrize("bad", BAD_VALUES, ids=str)
def test_a_bad_value_changes_nothing(steered, bad):
    steered.set(lambda_=3.0, learning_rate=0.9, strength=1.0)
    before = steered.hyperparameters
    good = {"learning_rate": 0.5, "lambda_": 1.0, "strength": 0.5}
    good = {name: value for name, value in good.items() if name not in bad}
    with pytest.raises(ValueError, match=next(iter(bad))):
        steered.set(**good, **bad)
    assert steered.hyperparameters == before
    steered.set(**good)
    assert steered.hyperparameters == {**before, **good}


def test_the_sliders_of_frank_wolfe():
    panel = make_panel(FrankWolfe(0.1, 2.0, "spectral"))
    assert list(panel.controls) == ["radius", "learning_rate"]
    assert np.isfinite(panel.train(3).measured)
    panel = make_panel(FrankWolfe(0.1, 2.0, "max", momentum=0.9))
    assert list(panel.controls) == ["radius", "learning_rate", "momentum"]
    panel.controls["momentum"].value = 0.5
    panel.boxes["learning_rate"].value = "0.2"
    panel.boxes["momentum"].value = "1"
    assert panel.message
    values = {"radius": 2.0, "learning_rate": 0.2, "momentum": 0.5}
    assert panel.train(5).hyperparameters == values
    largest = [np.abs(w.numpy()).max() for w in panel.model.trainable_variables]
    assert panel.history[-1].norms == pytest.approx(largest)


@pytest.mark.parametrize("scaled", [False, True])
def test_only_what_the_optimizer_has_can_be_set(scaled):
    optimizer = keras.optimizers.SGD(0.1)
    wrapped = keras.optimizers.LossScaleOptimizer(optimizer) if scaled else optimizer
    panel = make_panel(wrapped)
    assert set(panel.controls) == {"learning_rate"}
    for values in ({"lambda_": 1.0}, {"strength": 1.0}, {"learning_rate": 0.0}):
        with pytest.raises(ValueError):
            panel.set(**values)
    panel.set(learning_rate=2.0)
    assert panel.train(1).hyperparameters == {"learning_rate": 2.0}
    assert float(optimizer.learning_rate) == 2.0


def test_reset_repeats_the_run_and_keeps_the_hyperparameters():
    panel = make_panel(keras.optimizers.Adam(0.02), dropout=0.3)
    start = weights_of(panel.model)
    panel.train(30)
    first = weights_of(panel.model)
    panel.set(learning_rate=0.5)
    panel.train(5)
    panel.set(learning_rate=0.02)
    panel.reset()
    assert np.array_equal(weights_of(panel.model), start)
    assert int(panel.model.optimizer.iterations) == 0
    assert [record.step for record in panel.history] == [0]
    panel.train(30)
    assert np.array_equal(weights_of(panel.model), first)
    panel.set(learning_rate=0.3)
    panel.reset()
    assert panel.hyperparameters == {"learning_rate": pytest.approx(0.3)}


def schedule():
    return keras.optimizers.schedules.ExponentialDecay(0.9, 10, 0.9)


def not_compiled():
    return keras.Sequential([keras.Input((8,)), keras.layers.Dense(3)])


def panel_of(model=make_model, batches=make_batches, held_out=None):
    return LivePanel(model(), batches(), held_out)


BAD_ARGUMENTS = {
    "`model` must be.*None": dict(model=lambda: None),
    "`model` must be a compiled": dict(model=not_compiled),
    "`batches`": dict(batches=lambda: (X, Y)),
    "empty": dict(batches=lambda: make_batches().take(0)),
    "`learning_rate`: a schedule": dict(
        model=lambda: make_model(ConditionalGradient(schedule(), 1.0))
    ),
    "`lambda_`: a schedule": dict(
        model=lambda: make_model(ConditionalGradient(0.9, schedule()))
    ),
    "`held_out` must be": dict(held_out=3),
    "`held_out` must be a pair": dict(held_out=(X, Y[:9])),
    "as many examples as labels": dict(held_out=(X[:9], Y)),
}


@pytest.mark.parametrize("words", BAD_ARGUMENTS)
def test_bad_arguments_are_named(words):
    errors = (ValueError, TypeError, tf.errors.InvalidArgumentError)
    with pytest.raises(errors, match=words):
        panel_of(**BAD_ARGUMENTS[words])


# The panel.


def test_a_tick_trains_and_redraws(panel):
    first = panel.png
    tick(panel), tick(panel)
    assert len(panel.history) == 3 and panel.history[-1].step >= 2
    assert panel.png != first and panel.message == ""


class SlowTraining:
    """A clock that the training moves: seven milliseconds a call."""

    now = 0.0

    def perf_counter(self):
        return self.now

    def train_function(self, _iterator):
        self.now += 0.007
        return {"loss": 1.0}


# At least half of the interval, and one call in any case.
@pytest.mark.parametrize(
    ("interval", "least", "most"), [(250, 0.118, 0.2376), (5, 0.007, 0.007)]
)
def test_a_tick_takes_about_its_interval(panel, monkeypatch, interval, least, most):
    slow, usual = SlowTraining(), panel.play.interval
    monkeypatch.setattr("helpers.live.training.time", slow)
    monkeypatch.setattr(panel.model, "train_function", slow.train_function)
    panel.play.interval = interval
    tick(panel)
    panel.play.interval = usual
    assert least - 1e-9 <= slow.now <= most + 1e-9
    assert panel.history[-1].seconds == pytest.approx(slow.now)


def from_page(widget, **state):
    """A message of the page, as the kernel gets it."""
    widget.set_state(state)


def test_a_tick_of_the_page_is_answered_once(panel):
    value = panel.play.value + 1
    for _ in range(2):  # a second page sends the same tick
        from_page(panel.play, value=value)
        assert panel.play.answered == value and len(panel.history) == 2


def test_a_tick_that_comes_after_a_reset_is_none(panel):
    for _ in range(3):
        tick(panel)
    late = panel.play.value + 1  # sent by the page before it knew
    panel.reset()
    from_page(panel.play, value=late)
    assert [record.step for record in panel.history] == [0]
    assert panel.play.answered == panel.play.value
    for _ in range(2):
        tick(panel)
        assert len(panel.history) == 2
        panel.reset()


TRAINED_BY = {
    "clock": lambda panel: from_page(panel.play, value=panel.play.value + 1),
    "button": lambda panel: panel.step_button.click(),
    "cell": lambda panel: panel.train(3),
}


@pytest.mark.parametrize("by", TRAINED_BY)
def test_start_again_waits_for_the_end_of_a_tick(panel, monkeypatch, by):
    """JupyterLab's kernel answers a button in another thread than the clock."""
    tick(panel)
    begun, go, function = Event(), Event(), panel.model.train_function
    late = panel.play.value + 1 + (by == "clock")  # the page's next tick

    def held_back(iterator):
        begun.set()
        assert go.wait(20)
        return function(iterator)

    from_page(panel.play, playing=True)
    monkeypatch.setattr(panel.model, "train_function", held_back)
    threads = [
        Thread(target=TRAINED_BY[by], args=[panel]),
        Thread(target=panel.reset_button.click),
    ]
    threads[0].start()
    assert begun.wait(20)
    threads[1].start()
    threads[1].join(1)  # long enough for one that does not wait
    go.set()
    for thread in threads:
        thread.join(20)
    from_page(panel.play, value=late)
    assert [record.step for record in panel.history] == [0]
    assert not panel.play.playing and panel.play.answered == panel.play.value
    assert int(panel.model.optimizer.iterations) == 0 and panel.message == ""
    from_page(panel.play, value=panel.play.value + 1)
    assert len(panel.history) == 2


def test_buttons_and_sliders_act_on_the_next_tick(panel):
    panel.step_button.click()
    panel.controls["lambda_"].value = 0.1
    panel.controls["learning_rate"].value = 0.1  # the step size
    steered = {"lambda_": 0.1, "learning_rate": 0.9}
    assert panel.hyperparameters == steered and len(panel.history) == 2
    tick(panel)
    before, after = panel.history[-2:]
    assert after.hyperparameters == steered
    assert before.hyperparameters["lambda_"] == 5.0
    panel.reset_button.click()
    assert [record.step for record in panel.history] == [0]
    assert panel.hyperparameters == steered


@pytest.mark.parametrize("typed", ["abc", "-3", "0", "nan", "inf", "", "1e999", "<b>"])
def test_a_bad_value_in_a_box_is_explained_and_changes_nothing(panel, typed):
    before = panel.hyperparameters
    panel.boxes["lambda_"].value = typed
    assert "λ" in panel.message and f"“{typed}”" in panel.message
    assert panel.message in visible_texts(panel)
    assert panel.hyperparameters == before
    assert panel.boxes["lambda_"].value == "5"
    assert panel.controls["lambda_"].value == pytest.approx(5.0)
    panel.boxes["lambda_"].value = "2.5"
    assert panel.message == "" and panel.hyperparameters["lambda_"] == 2.5
    assert panel.controls["lambda_"].value == pytest.approx(2.5, rel=0.02)


def test_the_step_size_box(panel):
    panel.boxes["learning_rate"].value = "0.25"
    assert panel.hyperparameters["learning_rate"] == 0.75
    assert "lr = 0.75" in list(visible_texts(panel))
    panel.boxes["learning_rate"].value = "1.5"
    assert "γ" in panel.message and panel.boxes["learning_rate"].value == "0.25"
    panel.boxes["learning_rate"].value = "0"  # beyond the slider, yet allowed
    assert panel.hyperparameters["learning_rate"] == 1.0


def test_a_value_beyond_the_slider_is_used(panel):
    panel.boxes["lambda_"].value = "20000"
    assert panel.hyperparameters["lambda_"] == 20000.0
    assert panel.controls["lambda_"].value == pytest.approx(1000.0)
    tick(panel)
    assert panel.boxes["lambda_"].value == "2e+04"
    assert panel.hyperparameters["lambda_"] == 20000.0


def test_what_a_slider_says_late_is_the_readers_move(panel):
    """To a value that the program had set before, too."""
    slider = panel.controls["lambda_"]
    earlier = slider.options.index(2.0)
    for radius in (5.0, 2.0, 203.0):  # the last one lies between two notches
        panel.set(lambda_=radius)
        assert panel.hyperparameters["lambda_"] == radius
        assert slider.value == pytest.approx(radius, rel=0.013)
    from_page(slider, index=slider.index)  # where the program has put it: no move
    assert panel.hyperparameters["lambda_"] == 203.0
    for index in (earlier, earlier + 1, earlier):
        from_page(slider, index=index)
        assert panel.hyperparameters["lambda_"] == slider.options[index]
        assert slider.index == index
        assert panel.boxes["lambda_"].value == f"{slider.value:.4g}"


def test_the_panel_follows_what_a_cell_sets(panel):
    panel.set(lambda_=7.0)
    assert panel.controls["lambda_"].value == pytest.approx(7.0, rel=0.02)
    panel.model.optimizer.learning_rate = 0.5
    tick(panel)
    assert panel.controls["learning_rate"].value == pytest.approx(0.5, rel=0.02)


@pytest.mark.parametrize("error", [ZeroDivisionError("by zero"), KeyboardInterrupt()])
def test_an_error_pauses_and_the_panel_stays_usable(panel, error, monkeypatch):
    def fail(iterator):
        raise error

    tick(panel)
    panel.play.playing = True
    with monkeypatch.context() as patch:
        patch.setattr(panel.model, "train_function", fail)
        tick(panel)
    assert not panel.play.playing and panel.play.answered == panel.play.value
    assert (str(error) or "KeyboardInterrupt") in panel.message
    steps = panel.history[-1].step
    tick(panel)
    assert panel.history[-1].step > steps


def test_a_loss_that_is_not_finite_pauses(panel):
    panel.play.playing = True
    panel.model.layers[0].kernel.assign(np.full((8, 10), np.inf))
    tick(panel)
    assert not panel.play.playing and panel.message
    panel.reset()
    tick(panel)
    assert panel.message == "" and np.isfinite(panel.history[-1].loss)


def test_two_panels_do_not_disturb_each_other(panel):
    other = make_panel(keras.optimizers.SGD(0.1), held_out=None)
    assert set(other.controls) == {"learning_rate"}
    tick(other)
    assert len(panel.history) == 1 and len(other.history) == 2
    tick(panel)
    panel.controls["learning_rate"].value = 0.2
    assert other.hyperparameters["learning_rate"] == pytest.approx(0.1)
    panel.boxes["lambda_"].value = "x"
    assert other.message == ""
    other.close()
    tick(panel)
    assert len(panel.history) == 3


def test_closing_frees_the_model():
    panel = make_panel()
    panel.play.playing = True
    tick(panel)
    model = weakref.ref(panel.model)
    panel.close()
    panel.close()
    assert not panel.play.playing
    tick(panel)  # a late message from the page
    gc.collect()
    assert model() is None


def test_it_is_stored_as_a_picture_and_a_text(panel):
    data, metadata = panel._repr_mimebundle_()
    view = data["application/vnd.jupyter.widget-view+json"]
    assert view["model_id"] == panel.widget.model_id and view["version_major"] == 2
    png = base64.b64decode(data["image/png"])
    image = Image.open(io.BytesIO(png))
    assert image.size[0] > 600 and len(image.convert("RGB").getcolors(9999)) > 10
    assert "lambda_=5" in data["text/plain"] and "0x" not in data["text/plain"]
    assert metadata["image/png"]["alt"].startswith(data["text/plain"])
    assert "0 steps" in metadata["image/png"]["alt"] and repr(panel) == panel.text
    before = data["text/plain"]
    tick(panel)
    assert panel._repr_mimebundle_()[0]["text/plain"] == before


class Marked(gettext.NullTranslations):
    """A translation in which every message is put between marks."""

    def gettext(self, message):
        return f"⟦{message}⟧"


def drawn_texts(panel):
    for text in panel._figure.raster.figure.findobj(Text):
        if re.search("[A-Za-z]{3}", text.get_text()):
            yield text.get_text()


@pytest.mark.parametrize("kind", ["cg", "gc"])
def test_every_visible_word_is_translated(monkeypatch, kind):
    monkeypatch.setattr(i18n, "_catalog", Marked())
    optimizer = GradientCentralization(keras.optimizers.SGD(0.1))
    panel = make_panel(None if kind == "cg" else optimizer)
    tick(panel)
    panel.boxes["learning_rate"].value = "x"
    texts = [*visible_texts(panel), *drawn_texts(panel), panel.text]
    paths = {v.path for v in panel.model.trainable_variables}
    names = {path.split("/", 1)[1] for path in paths} | paths
    missing = [t for t in texts if not t.startswith("⟦") and t not in names]
    assert not missing and len(texts) > 10


def test_half_an_hour_of_ticks_needs_little_memory(panel):
    process = psutil.Process()
    for _ in range(10):
        tick(panel)
    gc.collect()
    before = process.memory_info().rss
    # 7200 ticks, of which one in 160 is a real one.
    for _ in range(45):
        for _ in range(159):
            last = panel.history[-1]
            panel.history.append(dataclasses.replace(last, step=last.step + 150))
        panel._training.train(1)
        panel._refresh()
    gc.collect()
    grown = (process.memory_info().rss - before) / 2**20
    print(f"7200 ticks: {grown:.1f} MB")
    assert len(panel.history) > 7200 and grown < 50
