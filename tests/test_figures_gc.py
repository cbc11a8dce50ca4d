"""The figures and printed sentences of the lesson on gradient centralization."""

import warnings
from types import SimpleNamespace

import numpy as np
import pytest

from helpers import experiments
from helpers.plotting import gradient_centralization as plotting

RUNS = {"SGD: x": np.full((2, 3), 2.0), "GC: x + 3 − μ": np.full((2, 3), 0.5)}
WAYS = {"RMSprop": np.array([0.8, 0.9]), "GC": np.array([0.5, 0.4])}
PICTURES = {
    "projection": plotting.zero_mean_projection,
    "second training": lambda: plotting.second_training(
        {"A": [0.6, 0.7]}, {"A": [0.8, 0.9], "B": [0.8, 0.85]}, {"B": [0.6, 0.8]}
    ),
    "parts": lambda: plotting.gradient_parts(
        {"x": np.arange(6.0), "x + 3": np.ones(6)}, (2, 3)
    ),
    "one part": lambda: plotting.gradient_parts({"x": np.arange(6.0)}, (2, 3)),
    "share": lambda: plotting.mean_share([0, 0.5], [0.1, 0.9], [0.01, 0.1], RUNS),
    "before or after": lambda: plotting.before_or_after({0: WAYS, 0.5: WAYS}),
    "comes back": lambda: plotting.mean_comes_back([0.9, -1e-9, 0.1], {"A": 1, "B": 0}),
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
    alt = metadata["image/png"]["alt"]
    assert alt.startswith(data["text/plain"]) and "{" not in alt and "nan" not in alt


def test_a_figure_names_what_it_shows():
    text = PICTURES["share"]().text
    assert all(name in text for name in RUNS) and "0.5" in text


@pytest.fixture
def figures(monkeypatch):
    """The matplotlib figures of the pictures that a test draws."""
    kept = []

    def keep(figure, text, found=""):
        kept.append(figure)
        return SimpleNamespace(text=text, found=found)

    monkeypatch.setattr(plotting, "Picture", keep)
    return kept


def test_what_a_large_mean_covers_has_a_scale_of_its_own(figures):
    small = np.array([1.0, -1.0, 0.5, -0.5, 0.25, -0.25])
    plotting.gradient_parts({"x + 3": 100 + small}, (2, 3))
    whole, mean, rest = [ax.images[0] for ax in figures[0].axes if ax.images][:3]
    assert whole.get_clim() == mean.get_clim() == (-101, 101)
    assert rest.get_clim() == (-1, 1)


def test_the_loss_is_drawn_by_rate_with_all_seeds_in_its_band(figures):
    losses = np.array([[3.0, 1.0, 2.0], [0.3, 0.2, 0.1]])
    plotting.mean_share([0], [0.5], [0.01, 0.1], {"SGD": losses})
    right = figures[0].axes[1]
    np.testing.assert_allclose(right.lines[0].get_xydata(), [[0.01, 2], [0.1, 0.2]])
    (band,) = right.collections
    corners = {tuple(corner) for corner in band.get_paths()[0].vertices}
    assert {(0.01, 1), (0.01, 3), (0.1, 0.1), (0.1, 0.3)} <= corners


def test_a_line_joins_what_is_a_pair(figures):
    plotting.before_or_after({0.5: WAYS})
    joined = [line.get_ydata() for line in figures[0].axes[0].lines[:2]]
    np.testing.assert_array_equal(joined, [[0.8, 0.5], [0.9, 0.4]])


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
    heading, *lines = capsys.readouterr().out.splitlines()
    assert "first training" in heading
    for line, loss, accuracy in zip(
        lines,
        ("-0.250", "-0.125", "+0.125"),
        ("+0.200", "+0.100", "-0.100"),
        strict=True,
    ):
        assert line.endswith(f"loss ≈ {loss}, accuracy ≈ {accuracy}")


def test_a_bar_follows_the_steps():
    bar = experiments.Steps("GC")
    assert bar._bar is None, "nothing is shown before the first step"
    bar(0, 4)
    assert (bar._bar.value, bar._bar.max) == (0, 4)
    bar(2, 4)
    assert bar._bar.value == 2 and "2 of 4" in bar._text.value
    bar(4, 4)
    assert bar._bar.bar_style == "success"
