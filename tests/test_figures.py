"""Every figure in every language, and what some of them show."""

import importlib
import inspect
import io
import pkgutil
from types import SimpleNamespace

import numpy as np
import pytest
from figures import FIGURES, RATES
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.image import imread

from helpers import experiments, feasible_sets, plotting
from helpers.optimizers import centralize
from helpers.plotting import (
    conditional_gradient,
    gradient_centralization,
    style,
)


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_has_its_letters_is_described_and_not_cut_off(
    name, language, strict, figures
):
    made = FIGURES[name]()
    if isinstance(made, style.Picture):
        (figure,) = figures
        assert_described(made)
    else:
        figure = made.raster.figure
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    box = figure.get_tightbbox(canvas.get_renderer())  # in inches
    width, height = figure.get_size_inches()
    assert box.x0 > -0.02 and box.x1 < width + 0.02, box
    assert box.y0 > -0.02 and box.y1 < height + 0.02, box


def assert_described(picture):
    data, metadata = picture._repr_mimebundle_()
    assert imread(io.BytesIO(data["image/png"])).std() > 0.01
    alt = metadata["image/png"]["alt"]
    assert data["text/plain"] == repr(picture) == picture.text
    assert len(picture.text) > 10 and alt.startswith(picture.text)
    # What a computed figure shows is not compared by the tests of the notebooks.
    assert (len(alt) > len(picture.text)) == bool(picture.found)
    assert "{" not in alt and "nan" not in alt


def test_every_function_that_draws_is_in_the_list():
    listed = {name.split()[0] for name in FIGURES}
    for module in pkgutil.iter_modules(plotting.__path__):
        drawing = importlib.import_module(f"helpers.plotting.{module.name}")
        for name, function in inspect.getmembers(drawing, inspect.isfunction):
            ours = function.__module__ == drawing.__name__
            if ours and "return Picture(" in inspect.getsource(function):
                assert f"{module.name}.{name}" in listed


def test_a_computed_figure_says_what_is_seen():
    picture = conditional_gradient.norms({"CG": [1, 4, 2.5], "SGD": [2, 3]}, {"λ": 3})
    _data, metadata = picture._repr_mimebundle_()
    assert "CG from 1 to 2.5, SGD from 2 to 3" in metadata["image/png"]["alt"]
    assert all(name in picture.text for name in ("CG", "SGD", "λ"))
    assert style.means({"a": [1, 2], "b": [0.5]}) == "Means: a 1.5, b 0.5."


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("conditional_gradient.four_cases", ["SGD without a ball", "radius 203"]),
        ("conditional_gradient.filled_digits", ["known pixels", "true digits"]),
        ("gradient_centralization.by_rate", ["SGD", "GC", "x + 3", "x − m"]),
        ("scale_out.traffic", ["for 2 to 8 workers"]),
        ("scale_out.larger_batch", ["each of SGD, CG", "marks 8 times"]),
        ("scale_out.weak_scaling", ["for 1 to 3 devices"]),
    ],
)
def test_a_figure_names_what_it_shows(name, words):
    assert all(word in FIGURES[name]().text for word in words)


def test_each_case_is_named_with_its_mean():
    found = FIGURES["conditional_gradient.four_cases"]().found
    assert "CG, loss as it is, no momentum 0.55" in found
    assert "projected SGD, logits × 100 in the loss, momentum 0.9 0.55" in found


def test_lines_differ_by_more_than_colour():
    dashes = {str(style["linestyle"]) for style in style.STYLES}
    markers = {style["marker"] for style in style.STYLES}
    assert len(dashes) == len(markers) == len(style.STYLES)


def test_a_step_ends_between_its_two_points():
    """γ = 0 stays, γ = 1 arrives: the pictures differ."""
    draw = conditional_gradient.frank_wolfe_step
    assert len({draw(gamma=gamma).png for gamma in (0.0, 0.5, 1.0)}) == 3


def test_what_a_large_mean_covers_has_a_scale_of_its_own(figures):
    small = np.array([1.0, -1.0, 0.5, -0.5, 0.25, -0.25])
    gradient_centralization.gradient_parts({"x + 3": 100 + small}, (2, 3))
    whole, mean, rest = [ax.images[0] for ax in figures[0].axes if ax.images][:3]
    assert whole.get_clim() == mean.get_clim() == (-101, 101)
    assert rest.get_clim() == (-1, 1)


def test_accuracies_are_in_the_order_of_their_rates_and_the_best_is_ringed(figures):
    gradient_centralization.by_rate({"x + 3": RATES})
    line, ring, *_others = figures[0].axes[0].lines
    points = [(0.001, 0.3), (0.01, 0.6), (0.1, 0.2)]
    np.testing.assert_array_equal(line.get_xydata(), points)
    np.testing.assert_array_equal(ring.get_xydata(), [(0.01, 0.6)])
    assert ring.get_color() == line.get_color()


def test_guessing_is_in_the_figure_of_losses(figures):
    gradient_centralization.losses({"SGD": [2.3, 2.2]})
    run, guess = figures[0].axes[0].lines
    np.testing.assert_array_equal(run.get_xydata(), [(1, 2.3), (2, 2.2)])
    np.testing.assert_allclose(guess.get_ydata(), np.log(10))


def test_what_the_figure_of_the_order_says_is_so():
    first, second = np.array([0.4, 1.9]), np.array([1.6, -0.5])
    support = feasible_sets.get("fro").support
    inside = np.linalg.norm((support(first) + support(second)) / 2)
    assert inside < 0.9 and np.isclose(np.linalg.norm(support(first + second)), 1)
    np.testing.assert_allclose(
        centralize(first, axes=0) + centralize(second, axes=0),
        centralize(first + second, axes=0),
    )


def test_the_tutorials_report(capsys):
    history = {"loss": [0.7, 0.25], "accuracy": [0.5, 0.875]}
    timer = SimpleNamespace(times=[1.0, 2.5])
    for centralized, title in ((False, "Not using"), (True, "Using")):
        gradient_centralization.training_report(history, timer, centralized)
        out = capsys.readouterr().out.splitlines()
        assert out[0].startswith(title)
        assert out[1:] == [
            "Loss: ≈ 0.2500",
            "Accuracy: ≈ 0.8750",
            "Training time: ≈ 3.5 s",
        ]


def test_results_have_rate_mean_and_spread_beside_their_name(capsys):
    gradient_centralization.print_tested(
        {"x  GC": (0.1, [0.5, 0.75]), "x  SGD": (0.0316, [0.25, 0.25])}
    )
    heading, *lines = capsys.readouterr().out.splitlines()
    assert "2 seeds" in heading
    assert lines == [
        "x  GC   rate ≈ 0.1  accuracy ≈ 0.625 (≈ 0.500, ≈ 0.750)",
        "x  SGD  rate ≈ 0.032  accuracy ≈ 0.250 (≈ 0.250, ≈ 0.250)",
    ]


@pytest.mark.parametrize(
    ("show", "line"),
    [
        (gradient_centralization.print_losses, "GC   ≈ 0.25"),
        (gradient_centralization.print_shares, "GC   ≈ 25.0%"),
        (gradient_centralization.print_same, "GC   ≈ 0.250"),
        (gradient_centralization.print_factors, "GC   ≈ 0.2"),
        (gradient_centralization.print_moves, "GC   ≈ 2e-01"),
    ],
)
def test_numbers_stand_beside_their_names_below_what_they_are(capsys, show, line):
    show({"GC": 0.25, "SGD": 1})
    heading, first, second = capsys.readouterr().out.splitlines()
    assert first == line and second.startswith("SGD  ≈ 1")
    assert len(heading) > 20 and "≈" not in heading


@pytest.mark.parametrize(
    ("show", "value", "said"),
    [
        (gradient_centralization.print_difference, 2.5e-7, "≈ 2e-07"),
        (gradient_centralization.print_divisor, 3.16, "≈ 3.2"),
        (gradient_centralization.print_deviation, 0.0504, "≈ 0.050"),
        (gradient_centralization.print_calls, {"apply": 4}, "apply: 4"),
        (gradient_centralization.print_pairs, {"7": -0.0123}, "Seed 7: test accuracy"),
        (gradient_centralization.print_pairs, {"7": -0.0123}, "≈ -0.012"),
    ],
)
def test_a_number_is_in_a_sentence(capsys, show, value, said):
    show(value)
    assert said in capsys.readouterr().out


def test_the_sizes_of_the_data(capsys):
    sizes = {"train": 1027, "test": 256}
    splits = {name: SimpleNamespace(num_examples=n) for name, n in sizes.items()}
    features = {"image": SimpleNamespace(shape=(300, 300, 3))}
    gradient_centralization.print_data(
        SimpleNamespace(features=features, splits=splits)
    )
    assert capsys.readouterr().out.splitlines() == [
        "Shape of an image: (300, 300, 3)",
        "Training images: 1027",
        "Test images: 256",
    ]


def test_a_bar_follows_the_steps():
    bar = experiments.Steps("GC")
    assert bar._bar is None, "nothing is shown before the first step"
    bar(0, 4)
    assert (bar._bar.value, bar._bar.max) == (0, 4)
    bar(2, 4)
    assert bar._bar.value == 2 and "2 of 4" in bar._text.value
    bar(4, 4)
    assert bar._bar.bar_style == "success"
