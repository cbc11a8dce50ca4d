"""Every figure: drawn without a warning, described, and what it shows is there."""

import io
import warnings

import numpy as np
import pytest
from matplotlib.image import imread

from helpers.plotting import conditional_gradient as plotting
from helpers.plotting import style

HISTORY = {
    "accuracy": [0.8, 0.9],
    "val_accuracy": [0.8, 0.85],
    "loss": [1.0, 0.5],
    "val_loss": [1.0, 0.6],
}
FIGURES = {
    "accuracy_and_loss": lambda: plotting.accuracy_and_loss({"CG": HISTORY}),
    "accuracy_by_rank": lambda: plotting.accuracy_by_rank({"fro": {1: 0.2, 4: 0.9}}),
    "frank_wolfe_step": plotting.frank_wolfe_step,
    "image_grid": lambda: plotting.image_grid(np.zeros((3, 28, 28)), [1, 2, 3]),
    "norms": lambda: plotting.norms({"CG": [0, 2, 3]}, {"λ": 4}, log=True),
    "against_the_original": lambda: plotting.against_the_original([0.5], None, 1),
    "beside_the_original": lambda: plotting.against_the_original(
        [0.5, 0.6], [0.5, 0.6], 2
    ),
    "loss_and_accuracy": lambda: plotting.loss_and_accuracy(
        {(0.9, 100): [(2.2, 0.9), (2.1, 0.9)]}, [(0.1, 0.9), (2.1, 0.9)]
    ),
    "norms_side_by_side": lambda: plotting.norms_side_by_side(
        {"CG": {"w": list(range(20))}, "SGD": {"w": [3] * 20}}, ["w"], {"λ": 2}
    ),
    "rate": lambda: plotting.rate([3.0, 1.0, 0.5], [4.0, 2.0, 0.6]),
    "singular_values": lambda: plotting.singular_values({"fro": np.eye(4)}),
}


@pytest.mark.parametrize("draw", FIGURES.values(), ids=FIGURES)
def test_figure_has_pixels_and_a_text(draw):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        picture = draw()
    data, metadata = picture._repr_mimebundle_()
    pixels = imread(io.BytesIO(data["image/png"]))
    assert pixels.std() > 0.01
    assert len(picture.text) > 20
    alt = metadata["image/png"]["alt"]
    assert data["text/plain"] == repr(picture) and alt.startswith(repr(picture))
    # What a computed figure shows is not compared by the tests of the notebooks.
    assert (len(alt) > len(picture.text)) == bool(picture.found)
    assert "nan" not in alt


def test_a_computed_figure_says_what_is_seen():
    picture = plotting.norms({"CG": [1, 4, 2.5], "SGD": [2, 3]})
    _data, metadata = picture._repr_mimebundle_()
    assert "CG from 1 to 2.5, SGD from 2 to 3" in metadata["image/png"]["alt"]
    assert style.means({"a": [1, 2], "b": [0.5]}) == "Means: a 1.5, b 0.5."


def test_the_text_names_the_runs_and_the_bounds():
    text = plotting.norms({"CG": [1], "SGD": [2]}, {"λ": 3}).text
    assert all(name in text for name in ("CG", "SGD", "λ"))


@pytest.mark.parametrize(
    ("draw", "run"),
    [(plotting.singular_values, np.eye(2)), (plotting.accuracy_by_rank, {1: 0.5})],
)
def test_balls_are_named_in_words(draw, run):
    text = draw({"fro": run, "nuclear": run}).text
    assert "Frobenius norm" in text and "nuclear norm" in text


def test_lines_differ_by_more_than_colour():
    dashes = {str(style["linestyle"]) for style in style.STYLES}
    markers = {style["marker"] for style in style.STYLES}
    assert len(dashes) == len(markers) == len(style.STYLES)


def test_a_step_ends_between_its_two_points():
    """γ = 0 stays, γ = 1 arrives: the pictures differ."""
    pictures = [plotting.frank_wolfe_step(gamma=gamma).png for gamma in (0.0, 0.5, 1.0)]
    assert len(set(pictures)) == 3
