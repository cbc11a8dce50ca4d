"""The figure of a live panel."""

import itertools
import math

import matplotlib
import numpy as np
from matplotlib import ticker

from helpers._support.i18n import _, sentences
from helpers.callbacks import short_names
from helpers.live.raster import Raster, quiet
from helpers.plotting.style import (
    BLACK,
    BLUE,
    GREEN,
    GREY,
    PURPLE,
    STYLES,
    VERMILION,
    with_numbers,
)

MOST_POINTS = 500  # more cannot be told apart
DECADES = 3  # that a logarithmic axis shows at most, before it is rounded
CHANGED = {"color": GREY, "linestyle": ":", "linewidth": 1.2}


class LiveFigure:
    """Loss, a metric, norms, and what the optimizer is about.

    Args:
        names: Path of each variable, in the order of `Record.norms`.
        record: A first `Record`, which says what there is to draw.
        gauge: `helpers.live.gauges.Gauge` of the optimizer.
    """

    def __init__(self, names, record, gauge):
        self.gauge, self.raster = gauge, Raster(9.2, 5.4)
        metrics = ["loss", *record.metrics][:2]
        place = {"left": 0.07, "right": 0.975, "top": 0.94, "bottom": 0.1}
        place |= {"height_ratios": (1, 1.15), "hspace": 0.62, "wspace": 0.36}
        columns = len(metrics) + bool(gauge.title)
        grid = self.raster.figure.add_gridspec(2, columns, **place)
        add = self.raster.figure.add_subplot
        graphs = enumerate(metrics)
        self._lines = {n: self._add_metric(add(grid[0, i]), n) for i, n in graphs}
        if record.held_out:
            _legend_below(self.raster.figure.axes[0])
        self._gauge = self._add_gauge(add(grid[0, -1])) if gauge.title else []
        self._norms = self._add_norms(add(grid[1, :]), short_names(names))
        self._marks = [
            self.raster.line(ax, transform=ax.get_xaxis_transform(), **CHANGED)
            for ax in self.raster.figure.axes
        ]

    def _line(self, ax, color, linestyle="-", marker="o", linewidth=1.6, **look):
        """A moving line whose last point alone carries the marker."""
        look |= {"linewidth": linewidth, "markevery": [-1], "markersize": 5}
        return self.raster.line(ax, color, linestyle, marker, **look)

    def _add_metric(self, ax, name):
        quiet(ax, in_words(name).capitalize())
        ax.yaxis.set_major_formatter("{x:g}")
        return [
            self._line(ax, BLUE, label=_("training")),
            self._line(ax, VERMILION, "--", "s", label=_("held out")),
        ]

    def _add_gauge(self, ax):
        quiet(ax, self.gauge.title)
        lines = [self._line(ax, PURPLE, "-.", "D")]
        if self.gauge.limits:
            ax.set_ylim(self.gauge.limits)
        else:
            _use_log(ax)
            # A logarithmic axis has no place for it, and it would be a hole.
            below = self._line(ax, VERMILION, ":", "v", label=self.gauge.below)
            lines.append(below)
            _legend_below(ax)
        return lines

    def _add_norms(self, ax, names):
        quiet(ax, self.gauge.norm_title)
        ax.set_xlabel(_("training steps"), fontsize=10)
        _use_log(ax)
        looks = [{"label": name, **s} for name, s in zip(names, STYLES, strict=False)]
        if len(names) > len(STYLES):
            plain = {"color": GREEN, "marker": ""}
            label = _("all {count} variables").format(count=len(names))
            looks = [{"label": label, **plain}, *[plain] * (len(names) - 1)]
        lines = [self._line(ax, **look) for look in looks]
        if self.gauge.radius:
            look = {"linewidth": 2.2, "label": _("bound λ"), "drawstyle": "steps"}
            lines.append(self._line(ax, BLACK, (0, (6, 2)), "", **look))
        ax.plot([], [], label=_("a hyperparameter changed"), **CHANGED)
        # Beside the lines, where it can hide none of them.
        place = ax.get_position()
        ax.set_position([place.x0, place.y0, place.width - 0.235, place.height])
        corner = {"loc": "upper left", "bbox_to_anchor": (1.01, 1.04)}
        ax.legend(fontsize=9, frameon=False, **corner)
        return lines

    def png(self, history):
        """The figure of a history, at least one `Record`, as PNG bytes."""
        last, most = len(history) - 1, min(len(history), MOST_POINTS)
        records = [history[round(i)] for i in np.linspace(0, last, most)]
        steps = [record.step for record in records]
        for ax in self.raster.figure.axes:
            fit(ax.xaxis, [0, _ceiling(max(50, 1.02 * steps[-1]))])
        for name, lines in self._lines.items():
            columns = np.transpose([_values(record, name) for record in records])
            _draw(lines, steps, columns)
            _fit_recent(lines, columns, [0] if name == "loss" else [])
        measured = np.array([record.measured for record in records])
        _draw(self._gauge, steps, [measured, -measured][: len(self._gauge)])
        if not self.gauge.limits:
            _fit_recent(self._gauge, np.abs([measured]))
        columns = [[*record.norms, *self._bound(record)] for record in records]
        columns = np.transpose(columns)
        _draw(self._norms, steps, columns)
        fit(self._norms[0].axes.yaxis, [*columns[:, -1], columns.max()])
        changed = [
            before.step
            for before, after in itertools.pairwise(records)
            if before.hyperparameters != after.hyperparameters and before.step
        ]
        for line in self._marks:
            line.set_data(np.repeat(changed, 3), [0, 1, np.nan] * len(changed))
        return self.raster.png()

    def _bound(self, record):
        """The radius of the balls, in a list that is empty where there are none."""
        radius = self.gauge.radius
        return [record.hyperparameters[radius]] if radius else []


def in_words(name):
    """The name of a metric in the reader's language, as far as there is one."""
    return {"loss": _("loss"), "accuracy": _("accuracy")}.get(name, name)


def summary(record, gauge):
    """What the figure shows at its right end."""
    text = _("After {step:,} steps: {values}.")
    values = _listing({"loss": record.loss, **record.metrics})
    parts = [text.format(step=record.step, values=values)]
    if record.held_out:
        text = _("On held-out examples: {values}.")
        parts.append(text.format(values=_listing(record.held_out)))
    return sentences(*parts, *gauge.sentences(record))


def _listing(values):
    return with_numbers({in_words(name): value for name, value in values.items()})


def _values(record, name):
    """The training's value of a metric, and the held-out one."""
    trained = record.loss if name == "loss" else record.metrics.get(name, math.nan)
    return [trained, record.held_out.get(name, math.nan)]


def _draw(lines, steps, columns):
    for line, column in zip(lines, columns, strict=True):
        line.set_data(steps, column)


def _fit_recent(lines, columns, always=()):
    """Fits an axis to the later half: the first steps would flatten the rest."""
    if lines:
        recent = np.asarray(columns)[:, len(columns[0]) // 2 :]
        fit(lines[0].axes.yaxis, [*recent.ravel(), *always])


def _ceiling(value):
    """The next of …, 100, 200, 500, 1000, …, which lasts longer than the next notch."""
    decade = 10 ** math.floor(math.log10(value))
    return next(s * decade for s in (1, 2, 5, 10) if s * decade >= value)


def _legend_below(ax):
    """Under the axis, where it can hide no line."""
    corner = {"loc": "upper left", "bbox_to_anchor": (-0.06, -0.12)}
    ax.legend(fontsize=9, ncols=2, columnspacing=1.2, frameon=False, **corner)


def _use_log(ax):
    ax.set_yscale("log", nonpositive="mask")
    ax.yaxis.set_major_locator(ticker.LogLocator(subs=(1, 2, 5), numticks=6))
    ax.yaxis.set_major_formatter("{x:g}")
    ax.yaxis.set_minor_locator(ticker.NullLocator())


def fit(axis, values):
    """Round limits around the finite values, where the present ones fit badly.

    To draw axes anew takes longer than all lines together.
    """
    values = np.asarray(values)[np.isfinite(values)]
    if axis.get_scale() == "log":
        least = values.max(initial=0) / 10**DECADES
        values = values[values > 0].clip(least)
    if not values.size:
        return
    ends = values.min(), values.max()
    scale = axis.get_transform().transform
    low, high = scale(np.array(ends))
    bottom, top = scale(np.array(axis.get_view_interval()))
    if bottom <= low and high <= top and high - low >= 0.35 * (top - bottom):
        return
    with matplotlib.rc_context({"axes.autolimit_mode": "round_numbers"}):
        limits = axis.get_major_locator().view_limits(*ends)
    axis.axes.set(**{f"{axis.axis_name}lim": limits})
