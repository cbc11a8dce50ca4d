"""The figures of the lesson on scaling out."""

import warnings

import numpy as np
import pytest

from helpers import feasible_sets
from helpers.experiments.distributed import Overhead
from helpers.optimizers import centralize
from helpers.plotting import scale_out as figures_scale_out

MEASURED = Overhead(("1", "3"), np.array([np.ones(8), np.linspace(1, 3, 8)]))
PICTURES = {
    "one step": figures_scale_out.one_step,
    "order": lambda: figures_scale_out.order((0.4, 1.9), (1.6, -0.5)),
    "traffic": lambda: figures_scale_out.traffic(4000, [2, 4, 8]),
    "weak scaling": lambda: figures_scale_out.weak_scaling(MEASURED, 3),
}


@pytest.mark.parametrize("name", PICTURES)
def test_every_figure_is_drawn_without_a_warning_and_described(name):
    with warnings.catch_warnings():
        # A missing glyph would be a warning, on the reader's screen. The one of
        # TensorFlow's arrays about NumPy is not of the figure's making.
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", message=".*__array__.*")
        picture = PICTURES[name]()
    assert picture.png.startswith(b"\x89PNG")
    data, metadata = picture._repr_mimebundle_()
    assert len(data["text/plain"]) > 40
    alt = metadata["image/png"]["alt"]
    assert alt.startswith(data["text/plain"]) and "{" not in alt and "nan" not in alt


def test_a_figure_names_what_it_shows():
    assert "for 2 to 8 workers" in PICTURES["traffic"]().text
    assert "for 1 to 3 devices" in PICTURES["weak scaling"]().text


def test_what_the_figure_of_the_order_says_is_so():
    first, second = np.array([0.4, 1.9]), np.array([1.6, -0.5])
    support = feasible_sets.get("fro").support
    inside = np.linalg.norm((support(first) + support(second)) / 2)
    assert inside < 0.9 and np.isclose(np.linalg.norm(support(first + second)), 1)
    np.testing.assert_allclose(
        centralize(first, axes=0) + centralize(second, axes=0),
        centralize(first + second, axes=0),
    )
