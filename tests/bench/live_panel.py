"""What the live panel costs.

Ticks of the panel's clock and plain `fit` of the same model on the same batches with
the same steps an execution, in alternation, so that both meet the same state of the
machine.
"""

import time

import keras
import numpy as np
from rows import Row

from helpers import data
from helpers.live import LivePanel
from helpers.optimizers import ConditionalGradient

# What a redraw a second means depends on what a tick is; two seconds hold several.
SECONDS = 2.0


def digits():
    """MNIST as rows of numbers from 0 to 1."""
    (x, y), (x_test, y_test) = data.load_mnist()
    x, x_test = (a.reshape(-1, 784) / np.float32(255) for a in (x, x_test))
    return (x, y), (x_test, y_test)


def make_model():
    keras.utils.set_random_seed(0)
    layers = [keras.layers.Dense(64, "relu"), keras.layers.Dense(64, "relu")]
    output = keras.layers.Dense(10, "softmax")
    model = keras.Sequential([keras.Input((784,)), *layers, output])
    model.compile(
        ConditionalGradient(0.99949, 203.0),
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
        steps_per_execution=20,
    )
    return model


def ticks(panel, seconds):
    """Steps a second and redraws a second."""
    step, calls, started = panel.history[-1].step, 0, time.perf_counter()
    while (elapsed := time.perf_counter() - started) < seconds:
        panel.play.value += 1
        calls += 1
    return (panel.history[-1].step - step) / elapsed, calls / elapsed


def fit(model, batches):
    """Steps a second of an epoch."""
    started = time.perf_counter()
    model.fit(batches, verbose=0, shuffle=False)
    return int(batches.cardinality()) / (time.perf_counter() - started)


def latencies(panel, count=20):
    """Seconds from a slider's change to the end of the first tick that used it."""
    times, slider = [], panel.controls["lambda_"]
    for _ in range(count):
        started = time.perf_counter()
        slider.index -= 1
        panel.play.value += 1
        times.append(time.perf_counter() - started)
        assert panel.history[-1].hyperparameters["lambda_"] == slider.value
    return times


def rows(rounds):
    """Speed with the panel and in `fit`, redraws, and how soon a slider acts."""
    (x, y), held_out = digits()
    batches = data.batches(x, y, 64, seed=0)
    panel, model = LivePanel(make_model(), batches, held_out), make_model()
    # Past the first seconds, in which the axes grow often.
    for _ in range(30):
        panel.play.value += 1
    fit(model, batches)
    with_panel, without = [], []
    for _ in range(rounds):
        with_panel.append(ticks(panel, SECONDS))
        without.append(fit(model, batches))
    pairs = zip(with_panel, without, strict=True)
    speeds = tuple(one[0] / other for one, other in pairs)
    redraws = tuple(calls for _speed, calls in with_panel)
    what = "live panel"
    yield Row(what, "plain `fit`", "speed with the panel / `fit`", speeds, "≥ 0.9")
    yield Row(what, "", "redraws a second", redraws, "≥ 4")
    times = tuple(latencies(panel))
    yield Row(what, "", "seconds from a slider to its first tick's end", times)
