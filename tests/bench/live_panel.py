"""What the live panel costs.

Ticks of the play button and the same chunks without a panel, in alternation, so that
both meet the same state of the machine.
"""

import time

import keras
import numpy as np
from rows import Row

from helpers.datasets import load_mnist
from helpers.live import LivePanel, TrainingSession
from helpers.optimizers import ConditionalGradient

# What a redraw a second means depends on what a chunk is; two seconds hold several.
SECONDS = 2.0


def make_session():
    (x, y), (x_test, y_test) = load_mnist()
    x, x_test = (a.reshape(-1, 784) / np.float32(255) for a in (x, x_test))
    keras.utils.set_random_seed(0)
    layers = [keras.layers.Dense(64, "relu"), keras.layers.Dense(64, "relu")]
    output = keras.layers.Dense(10, "softmax")
    model = keras.Sequential([keras.Input((784,)), *layers, output])
    optimizer = ConditionalGradient(0.99949, 203.0)
    return TrainingSession(model, optimizer, x, y, (x_test, y_test))


def measure(work, session, seconds):
    """Steps a second and calls a second of a function that trains a chunk."""
    step, calls, started = session.step, 0, time.perf_counter()
    while (elapsed := time.perf_counter() - started) < seconds:
        work()
        calls += 1
    return (session.step - step) / elapsed, calls / elapsed


def latencies(panel, session, count=20):
    """Seconds from a slider's change to the end of the first chunk that used it."""
    times = []
    for i in range(count):
        started = time.perf_counter()
        panel.controls["lambda_"].value = 10.0 + i
        panel.play.value += 1
        times.append(time.perf_counter() - started)
        assert session.history[-1].lambda_ == 10.0 + i
    return times


def rows(rounds):
    """Speed with and without the panel, redraws, and how soon a slider acts."""
    session = make_session()
    panel = LivePanel(session)

    def tick():
        panel.play.value += 1

    def chunk():
        session.advance(panel._training_time())

    # Past the first seconds, in which the axes grow often.
    for _ in range(30):
        tick()
    with_panel, without = [], []
    for _ in range(rounds):
        with_panel.append(measure(tick, session, SECONDS))
        without.append(measure(chunk, session, SECONDS))
    pairs = zip(with_panel, without, strict=True)
    speeds = tuple(one[0] / other[0] for one, other in pairs)
    redraws = tuple(calls for _speed, calls in with_panel)
    what, peer = "live panel", "the same chunks without it"
    yield Row(what, peer, "speed with / without", speeds, "≥ 0.85")
    yield Row(what, "", "redraws a second", redraws, "≥ 4")
    times = tuple(latencies(panel, session))
    yield Row(what, "", "seconds from a slider to its first chunk's end", times)
