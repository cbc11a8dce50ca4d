"""The mathematics of the explorers, and the explorers themselves."""

import gettext
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers._support import i18n
from helpers.live import (
    BallExplorer,
    ConditionalGradientExplorer,
    GradientCentralizationExplorer,
    plane,
)

HESSIAN = np.array([[2.0, 0.9], [0.9, 1.0]])
MINIMUM = np.array([2.0, 0.7])
EXPLORERS = [
    BallExplorer,
    ConditionalGradientExplorer,
    GradientCentralizationExplorer,
]


def random_covariance(seed, count):
    root = np.random.default_rng(seed).standard_normal((count, count))
    return root @ root.T + 0.1 * np.eye(count)


@given(st.floats(0.05, 5), st.floats(0, 1), st.floats(0, 6.3))
def test_conditional_gradient_never_leaves_the_ball(radius, rate, angle):
    start = radius * np.array([np.cos(angle), np.sin(angle)])
    move = plane.conditional_gradient(radius, rate)
    path = plane.path(HESSIAN, MINIMUM, start, 50, move)
    assert np.linalg.norm(path, axis=-1).max() <= radius * (1 + 1e-9)


def test_conditional_gradient_is_the_optimizers_path():
    import keras

    from helpers.optimizers import ConditionalGradient

    variable = keras.Variable([-1.0, -0.5], dtype="float32")
    optimizer = ConditionalGradient(0.9, 1.5)
    move = plane.conditional_gradient(1.5, 0.1)
    path = plane.path(HESSIAN, MINIMUM, [-1, -0.5], 30, move)
    for point in path[1:]:
        gradient = HESSIAN @ (variable.numpy() - MINIMUM)
        optimizer.apply([keras.ops.cast(gradient, "float32")], [variable])
        np.testing.assert_allclose(variable.numpy(), point, atol=1e-5)


@given(st.floats(0.05, 5))
def test_the_best_point_in_the_ball_has_no_better_neighbour(radius):
    best = plane.minimum_in_ball(HESSIAN, MINIMUM, radius)
    assert np.linalg.norm(best) <= radius * (1 + 1e-9)
    angles = np.linspace(0, 2 * np.pi, 721)
    ring = radius * np.stack([np.cos(angles), np.sin(angles)], axis=-1)
    lowest = plane.quadratic(HESSIAN, MINIMUM, ring).min()
    assert plane.quadratic(HESSIAN, MINIMUM, best) <= lowest + 1e-9
    # Projected gradient descent, which is another way there.
    move = plane.descent(0.3, after=lambda x: plane.project_to_ball(x, radius))
    path = plane.path(HESSIAN, MINIMUM, np.zeros(2), 400, move)
    np.testing.assert_allclose(path[-1], best, atol=1e-4)


def test_gradient_descent_reaches_the_minimum():
    path = plane.path(HESSIAN, MINIMUM, np.zeros(2), 300, plane.descent(0.3))
    np.testing.assert_allclose(path[-1], MINIMUM, atol=1e-6)


@given(st.floats(0.01, 100))
def test_a_contour_has_its_level(level):
    points = plane.ellipse(HESSIAN, MINIMUM, level)
    values = plane.quadratic(HESSIAN, MINIMUM, points)
    np.testing.assert_allclose(values, level, rtol=1e-9)


@pytest.mark.parametrize("count", [2, 5, 12])
def test_centralization_is_a_projection(count):
    vector = np.random.default_rng(count).standard_normal(count)
    once = plane.centralized(vector)
    assert abs(once.sum()) < 1e-12
    np.testing.assert_allclose(plane.centralized(once), once, atol=1e-12)
    assert once @ (vector - once) == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("count", [2, 5, 12])
def test_only_the_plain_condition_number_grows_with_the_mean(count):
    covariance = random_covariance(count, count)
    plain, centralized = zip(
        *(plane.condition_numbers(covariance + mean**2) for mean in (3, 10, 30)),
        strict=True,
    )
    np.testing.assert_allclose(centralized, centralized[0], rtol=1e-6)
    assert plain[0] < plain[1] < plain[2]
    assert plain[2] > 50 * centralized[2]
    # P H P has the eigenvalue 0 along the ones, and otherwise those of the basis.
    project = np.eye(count) - 1 / count
    values = np.linalg.eigvalsh(project @ covariance @ project)
    assert abs(values[0]) < 1e-9
    if count > 2:
        assert values[-1] / values[1] == pytest.approx(centralized[0])


@given(st.floats(0, 5))
def test_centralized_descent_keeps_the_sum_and_ends_at_its_floor(mean):
    hessian = random_covariance(3, 2) + mean**2
    start = np.array([-1.3, 1.6])
    move = plane.descent(0.3, before=plane.centralized)
    path = plane.path(hessian, MINIMUM, start, 2000, move)
    np.testing.assert_allclose(path.sum(axis=-1), start.sum(), atol=1e-9)
    floor = plane.minimum_on_hyperplane(hessian, MINIMUM, start)
    np.testing.assert_allclose(path[-1], floor, atol=1e-4)
    lowest = plane.quadratic(hessian, MINIMUM, floor)
    along = start + np.linspace(-5, 5, 201)[:, None] * np.array([1, -1])
    assert lowest <= plane.quadratic(hessian, MINIMUM, along).min() + 1e-9


@given(st.floats(0, 6.3), st.sampled_from([1, 1.01, 1.5, 2, 3, 10, 30, np.inf]))
def test_the_support_point_is_the_furthest_on_the_edge(angle, p):
    g = np.array([np.cos(angle), np.sin(angle)])
    s = plane.lp_support(g, p)
    np.testing.assert_allclose(np.linalg.norm(s, p), 1)
    turns = np.linspace(0, 2 * np.pi, 2001)
    edge = np.stack([np.cos(turns), np.sin(turns)], axis=-1)
    edge /= np.linalg.norm(edge, p, axis=-1, keepdims=True)
    assert s @ g >= np.max(edge @ g) - 1e-9
    dual = {1: np.inf, np.inf: 1}.get(p) or p / (p - 1)
    np.testing.assert_allclose(s @ g, np.linalg.norm(g, dual), rtol=1e-6)


def test_the_named_balls_and_their_exponent_go_together():
    explorer = BallExplorer()
    for name, p in explorer.ball.options:
        explorer.ball.value = p
        assert explorer.values["p"] == p and explorer.boxes["p"].value == f"{p:g}", name
    assert "p = ∞" in explorer.summary and "(1.00, 1.00)" in explorer.summary
    explorer.boxes["p"].value = "3"
    assert explorer.ball.value is None and "p = 3 " in explorer.summary
    explorer.boxes["p"].value = "1"
    assert explorer.ball.value == 1.0 and "(1.00, 0.00)" in explorer.summary
    explorer.close()


@pytest.mark.parametrize("explorer_class", EXPLORERS)
def test_a_slider_redraws_at_once(explorer_class):
    explorer, times = explorer_class(), []
    for name, slider in explorer.controls.items():
        last = len(slider.options) - 1
        for share in (0.25, 0.45, 0.65):
            before, started = explorer.png, time.process_time()
            slider.index = round(share * last)
            times.append(time.process_time() - started)
            assert explorer.png != before, name
    assert explorer.message == ""
    print(f"{explorer_class.__name__}: {1000 * np.median(times):.0f} ms a redraw")
    assert np.median(times) < 0.05
    explorer.close()


@pytest.mark.parametrize("explorer_class", EXPLORERS)
def test_a_bad_value_is_explained_and_changes_nothing(explorer_class):
    explorer = explorer_class()
    for name, box in explorer.boxes.items():
        for typed in ("x", "-7", "1e9", ""):
            before, png = dict(explorer.values), explorer.png
            shown = box.value
            box.value = typed if typed else " "
            assert explorer.message and explorer.values == before
            assert explorer.png == png and box.value == shown
        box.value = "9" if name in ("steps", "p") else "0.9"
        assert explorer.message == "" and box.value != shown
    explorer.close()


def test_the_explorers_numbers_are_those_of_the_mathematics():
    explorer = GradientCentralizationExplorer()
    explorer.boxes["mean"].value = "4"
    assert "diverges" in explorer.summary
    explorer.boxes["learning_rate"].value = "0.01"
    assert "diverges" not in explorer.summary


@pytest.mark.parametrize("explorer_class", EXPLORERS)
def test_display_and_language(explorer_class, monkeypatch):
    class Marked(gettext.NullTranslations):
        def gettext(self, message):
            return f"⟦{message}⟧"

    monkeypatch.setattr(i18n, "_catalog", Marked())
    explorer = explorer_class()
    data, _metadata = explorer._repr_mimebundle_()
    assert data["text/plain"].startswith("⟦") and data["image/png"]
    for slider in explorer.controls.values():
        assert slider.description.startswith("⟦")
    assert explorer.summary.startswith("⟦")
    figure = explorer.raster.figure
    words = [ax.get_title(loc="left") for ax in figure.axes]
    words += [ax.get_xlabel() for ax in figure.axes]
    for legend in [*figure.legends, *(ax.get_legend() for ax in figure.axes)]:
        words += [text.get_text() for text in legend.texts] if legend else []
    words = [word for word in words if word]
    assert len(words) > 4 and all(word.startswith("⟦") for word in words)
