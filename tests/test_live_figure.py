"""The figure of the live panel, drawn from records made by hand."""

import dataclasses

import numpy as np
import pytest
from matplotlib.figure import Figure

from helpers.live import figure
from helpers.live.figure import LiveFigure, summary
from helpers.live.gauges import gauge_of
from helpers.live.training import Record
from helpers.optimizers import ConditionalGradient

STEERED = {"lambda_": 2.0, "learning_rate": 0.9}
METRICS = {"accuracy": 0.5}
RECORD = Record(0, 0.0, STEERED, 1.0, METRICS, {"loss": 1.1}, 0.3, (1.0, 0.5))
NAMES = ["dense/kernel", "dense/bias"]


@pytest.fixture
def drawn():
    return LiveFigure(NAMES, RECORD, gauge_of(ConditionalGradient(0.9, 2.0)))


def after(step, **values):
    return dataclasses.replace(RECORD, step=step, **values)


def test_a_long_history_is_thinned_and_keeps_its_ends(drawn):
    drawn.png([after(step) for step in range(10_000)])
    steps = drawn._lines["loss"][0].get_xdata()
    assert len(steps) == 500 and steps[0] == 0 and steps[-1] == 9_999
    drawn.png([after(step) for step in range(3)])
    assert list(drawn._lines["loss"][0].get_xdata()) == [0, 1, 2]


def test_its_lines_are_the_records(drawn):
    drawn.png([RECORD, after(7, loss=0.2, held_out={"loss": 0.4}, norms=(3.0, 2.5))])
    ends = [line.get_ydata()[-1] for line in drawn._lines["loss"]]
    assert ends == [0.2, 0.4]
    assert [line.get_ydata()[-1] for line in drawn._norms] == [3.0, 2.5, 2.0]


def test_a_change_is_marked(drawn):
    drawn.png([RECORD, after(5)])
    assert len(drawn._marks[0].get_xdata()) == 0
    steered = {**STEERED, "lambda_": 1.0}
    drawn.png([RECORD, after(5), after(10, hyperparameters=steered)])
    assert list(drawn._marks[0].get_xdata()[:2]) == [5, 5]
    assert list(drawn._norms[-1].get_ydata()) == [2.0, 2.0, 1.0]


def test_a_negative_gap_is_drawn_and_said(drawn):
    last = after(9, measured=-0.02)
    drawn.png([RECORD, last])
    above, below = drawn._gauge
    # Each is masked by its axis where it is not above 0.
    assert list(above.get_ydata()) == [0.3, -0.02]
    assert list(below.get_ydata()) == [-0.3, 0.02]
    low, high = above.axes.get_ylim()
    assert 0 < low <= 0.02 and high >= 0.3
    shown = above.axes.transData.transform([[9, -0.02], [9, 0.02]])
    assert np.isnan(shown[0, 1]) and np.isfinite(shown[1, 1])
    assert "below 0" in summary(last, drawn.gauge)
    assert "below 0" not in summary(RECORD, drawn.gauge)


def test_tick_labels_touch_no_other_graph(drawn):
    small = dict(loss=2e-4, metrics={"accuracy": 2e-4}, measured=2e-5)
    small |= dict(norms=(1e-4, 1e-5), held_out={"loss": 1e-4})
    drawn.png([after(0, **small), after(90_000, **{**small, "measured": 3e-4})])
    axes = drawn.raster.figure.axes
    for ax in axes:
        low, high = ax.get_ylim()
        ticks = zip(ax.get_yticks(), ax.get_yticklabels(), strict=True)
        # Matplotlib has more of them than it draws.
        boxes = [t.get_window_extent() for y, t in ticks if low <= y <= high]
        assert min(box.x0 for box in boxes) >= 0
        frames = [other.get_window_extent() for other in axes if other is not ax]
        assert not any(box.overlaps(frame) for box in boxes for frame in frames)


@pytest.fixture
def axes():
    linear, logarithmic = Figure().subplots(1, 2)
    logarithmic.set_yscale("log")
    linear.yaxis.get_major_locator().set_params(nbins=5)
    return linear, logarithmic


def limits(ax, *values):
    figure.fit(ax.yaxis, np.array(values))
    return ax.get_ylim()


def test_limits_are_round_and_hold_the_values(axes):
    linear, logarithmic = axes
    assert limits(linear, 0, 4.3) == pytest.approx((0, 5))
    assert limits(linear, -3, 0.4) == pytest.approx((-3, 1))
    assert limits(logarithmic, 0.3, 40) == pytest.approx((0.1, 100))
    assert limits(logarithmic, 1e-9, 40) == pytest.approx((0.01, 100))


@pytest.mark.parametrize("value", [0, -1, np.nan, np.inf])
def test_limits_of_nothing_are_finite(axes, value):
    for ax in axes:
        low, high = limits(ax, value, value)
        assert np.isfinite([low, high]).all() and low < high


def test_limits_stay_where_they_still_fit(axes):
    for ax in axes:
        wide = limits(ax, 1, 50)
        assert limits(ax, 3, 40) == wide
        narrow = limits(ax, 3, 3.1)
        assert narrow[1] / narrow[0] < wide[1] / max(wide[0], 0.1)
        assert limits(ax, 3, 300)[1] >= 300
