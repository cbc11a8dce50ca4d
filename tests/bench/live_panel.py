"""What the live panel costs: python tests/bench/live_panel.py [seconds]

Ticks of the play button and the same chunks without a panel, in alternation, so that
both meet the same state of the machine. Prints the ratio of their speeds, the redraws
a second, and the time from a slider's change to the end of the first chunk with it.
"""

import sys
import time

import helpers

helpers.setup("en")

import keras  # noqa: E402
import numpy as np  # noqa: E402

from helpers.datasets import load_mnist  # noqa: E402
from helpers.live import LivePanel, TrainingSession  # noqa: E402
from helpers.optimizers import ConditionalGradient  # noqa: E402

LEAST_SPEED, LEAST_REDRAWS = 0.85, 4.0
ROUNDS = 8


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


def main(seconds):
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
    for _ in range(ROUNDS):
        with_panel.append(measure(tick, session, seconds / ROUNDS / 2))
        without.append(measure(chunk, session, seconds / ROUNDS / 2))
    speeds = np.array([a[0] / b[0] for a, b in zip(with_panel, without, strict=True)])
    redraws = np.median([calls for _speed, calls in with_panel])
    print(f"steps a second without a panel: {np.median([s for s, _ in without]):.0f}")
    print(f"speed with the panel: {np.median(speeds):.0%} of that (median of rounds)")
    print(f"redraws a second: {redraws:.1f}")
    times = latencies(panel, session)
    print(
        "slider to end of its first chunk: "
        f"{np.median(times):.3f} s, at most {max(times):.3f} s"
    )
    good = np.median(speeds) >= LEAST_SPEED and redraws >= LEAST_REDRAWS
    print("as required" if good else "NOT as required")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]) if len(sys.argv) > 1 else 24.0))
