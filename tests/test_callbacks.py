"""The callbacks, on a small model."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from helpers import callbacks
from helpers.optimizers import FrankWolfe


def fit(*callback, epochs=2, layers=None, optimizer="sgd"):
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [keras.Input((4,)), *(layers or [keras.layers.Dense(3, name="dense_1")])]
    )
    model.compile(optimizer, "mse", metrics=["accuracy"])
    x = np.ones((12, 4), "float32")
    model.fit(x, x[:, :3], batch_size=4, epochs=epochs, verbose=0, callbacks=callback)
    return model


def test_norms_are_numpy_s_and_start_before_training():
    norms = callbacks.WeightNorms()
    model = fit(norms)
    assert {name: len(values) for name, values in norms.history.items()} == {
        "dense_1/kernel": 3,
        "dense_1/bias": 3,
        "joint": 3,
    }
    kernel, bias = model.get_weights()
    last = {name: values[-1] for name, values in norms.history.items()}
    assert last["dense_1/kernel"] == pytest.approx(np.linalg.norm(kernel))
    assert last["dense_1/bias"] == pytest.approx(np.linalg.norm(bias))
    everything = np.concatenate([kernel.ravel(), bias])
    assert last["joint"] == pytest.approx(np.linalg.norm(everything))
    assert norms.history["dense_1/bias"][0] == 0


def test_norms_of_every_batch_and_the_nuclear_norm():
    norms = callbacks.WeightNorms(ord="nuclear", every="batch")
    model = fit(norms)
    values = norms.history["dense_1/kernel"]
    assert len(values) == 1 + 2 * 3
    assert values[-1] == pytest.approx(
        np.linalg.norm(model.layers[0].get_weights()[0], "nuc"), rel=1e-5
    )


def test_a_second_fit_continues_the_norms():
    norms = callbacks.WeightNorms()
    model = fit(norms, epochs=1)
    model.fit(np.ones((4, 4)), np.ones((4, 3)), verbose=0, callbacks=[norms])
    assert len(norms.history["joint"]) == 3


def test_equal_names_in_nested_models_are_told_apart():
    def block(name):
        return keras.Sequential([keras.layers.Dense(4, name="inner")], name=name)

    norms = callbacks.WeightNorms()
    fit(norms, layers=[block("one"), block("two"), keras.layers.Dense(3)])
    assert len(norms.history) == 2 * 3 + 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"ord": "largest"}, "'largest'"),
        ({"every": 3}, "`every` must be 'epoch' or 'batch'.* 3"),
        ({"examples": np.ones((2, 4))}, r"`examples` must be a pair \(x, y\)"),
        ({"examples": (1, 2, 3)}, r"`examples` .*\(1, 2, 3\)"),
    ],
)
def test_bad_arguments_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        callbacks.WeightNorms(**arguments)


def test_the_gap_of_the_examples_is_recorded_beside_the_norms():
    """Against the gradients of the mean squared error in NumPy, layer by hand."""
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((5, 4)), rng.standard_normal((5, 3))
    norms = callbacks.WeightNorms("max", "batch", examples=(x, y))
    model = fit(norms, optimizer=FrankWolfe(0.1, 2.0, "max"))
    assert {len(values) for values in norms.history.values()} == {1 + 2 * 3}
    w, b = model.get_weights()
    slope = 2 * (x @ w + b - y) / y.size
    g, h = x.T @ slope, slope.sum(axis=0)
    expected = (g * w).sum() + (h * b).sum() + 2 * (abs(g).sum() + abs(h).sum())
    assert norms.history["gap"][-1] == pytest.approx(expected, rel=1e-4)


def test_examples_need_an_optimizer_that_has_a_gap():
    x = np.ones((4, 4), "float32")
    with pytest.raises(ValueError, match=r"method `gap`, such as `FrankWolfe`.*SGD"):
        fit(callbacks.WeightNorms(examples=(x, x[:, :3])))


def test_epoch_timer_measures_every_epoch():
    timer = callbacks.EpochTimer()
    fit(timer, epochs=3)
    assert len(timer.times) == 3
    assert all(0 < seconds < 60 for seconds in timer.times)


def test_progress_bar_arrives_at_its_end(capsys):
    bar = callbacks.ProgressBar("SGD")
    fit(bar, epochs=2)
    assert bar._steps._bar.value == bar._steps._bar.max == 2
    assert bar._steps._bar.bar_style == "success"
    assert bar._steps._text.value.startswith("epoch 2 of 2 · loss ")
    assert capsys.readouterr().out == ""


def test_progress_bar_counts_epochs_where_the_batches_are_not_known():
    x = np.ones((12, 4), "float32")
    unknown = tf.data.Dataset.from_tensor_slices((x, x[:, :3])).batch(4)
    unknown = unknown.filter(lambda x, y: True)
    bar = callbacks.ProgressBar()
    model = fit(epochs=1)
    model.fit(unknown, epochs=3, verbose=0, shuffle=False, callbacks=[bar])
    assert bar._steps._bar.value == bar._steps._bar.max == 3


def test_progress_bar_of_a_failed_training_is_not_a_success():
    class Stop(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            raise RuntimeError("stop")

    bar = callbacks.ProgressBar()
    with pytest.raises(RuntimeError, match="stop"):
        fit(bar, Stop())
    assert bar._steps._bar.bar_style != "success"
