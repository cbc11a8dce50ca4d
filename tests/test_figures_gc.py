"""The figures and printed sentences of the lesson on gradient centralization."""

import warnings
from types import SimpleNamespace

import numpy as np
import pytest

from helpers import callbacks
from helpers.plotting import gradient_centralization as plotting

RUNS = {"SGD: x": [2.0, 1.0], "GC: x + 3 − μ": [1.5, 0.5]}
PICTURES = {
    "projection": plotting.zero_mean_projection,
    "second training": lambda: plotting.second_training(
        {"A": [0.6, 0.7]}, {"A": [0.8, 0.9], "B": [0.8, 0.85]}, {"B": [0.6, 0.8]}
    ),
    "parts": lambda: plotting.gradient_parts(
        {"x": np.arange(6.0), "x + 3": np.ones(6)}, (2, 3)
    ),
    "one part": lambda: plotting.gradient_parts({"x": np.arange(6.0)}, (2, 3)),
    "share": lambda: plotting.mean_share([0, 0.5], [0.1, 0.9], RUNS),
}


@pytest.mark.parametrize("name", PICTURES)
def test_every_figure_is_drawn_without_a_warning_and_described(name):
    with warnings.catch_warnings():
        # A missing glyph would be a warning, on the reader's screen.
        warnings.simplefilter("error")
        picture = PICTURES[name]()
    assert picture.png.startswith(b"\x89PNG")
    data, metadata = picture._repr_mimebundle_()
    assert len(data["text/plain"]) > 40
    assert metadata["image/png"]["alt"] == data["text/plain"]
    assert "{" not in picture.text


def test_a_figure_names_what_it_shows():
    text = PICTURES["share"]().text
    assert all(name in text for name in RUNS) and "0.5" in text


def test_the_tutorials_report(capsys):
    history = {"loss": [0.7, 0.25], "accuracy": [0.5, 0.875]}
    timer = SimpleNamespace(times=[1.0, 2.5])
    for centralized, title in ((False, "Not using"), (True, "Using")):
        plotting.training_report(history, timer, centralized)
        out = capsys.readouterr().out.splitlines()
        assert out[0].startswith(title)
        assert out[1:] == [
            "Loss: ≈ 0.2500",
            "Accuracy: ≈ 0.8750",
            "Training time: ≈ 3.5 s",
        ]


def test_gains_are_differences_to_the_first_training(capsys):
    def history(loss, accuracy):
        return {"loss": [9.0, loss], "accuracy": [0.0, accuracy]}

    plotting.gains(
        history(0.5, 0.7), history(0.25, 0.9), history(0.375, 0.8), history(0.625, 0.6)
    )
    lines = capsys.readouterr().out.splitlines()
    for line, loss, accuracy in zip(
        lines,
        ("-0.250", "-0.125", "+0.125"),
        ("+0.200", "+0.100", "-0.100"),
        strict=True,
    ):
        assert line.endswith(f"loss ≈ {loss}, accuracy ≈ {accuracy}")


def test_a_bar_follows_the_steps():
    bar = callbacks.Steps("GC")
    assert bar._bar is None, "nothing is shown before the first step"
    bar(0, 4)
    assert (bar._bar.value, bar._bar.max) == (0, 4)
    bar(2, 4)
    assert bar._bar.value == 2 and "2 of 4" in bar._text.value
    bar(4, 4)
    assert bar._bar.bar_style == "success"
