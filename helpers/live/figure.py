"""The figure of a live panel."""

import itertools
import math

import matplotlib
import numpy as np
from matplotlib import ticker

from helpers._support.i18n import _, sentences
from helpers.live.raster import Raster, quiet
from helpers.optimizers.gradients import short_names
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
        kind: What the third graph shows: `"gap"`, `"removed_share"` or `None`.
        norm: Title of the graph of the norms.
    """

    def __init__(self, names, record, kind, norm):
        self.kind, self.raster = kind, Raster(9.2, 5.4)
        metric = next(iter(record.metrics), None)
        shown = [name for name in ("loss", metric, kind) if name]
        place = {"left": 0.07, "right": 0.975, "top": 0.94, "bottom": 0.1}
        grid = self.raster.figure.add_gridspec(
            2, len(shown), height_ratios=(1, 1.15), hspace=0.62, wspace=0.36, **place
        )
        add = self.raster.figure.add_subplot
        graphs = enumerate(shown)
        self._lines = {name: self._add(add(grid[0, i]), name) for i, name in graphs}
        if record.held_out:
            _legend_below(self.raster.figure.axes[0])
        self._norms = self._add_norms(add(grid[1, :]), short_names(names), norm)
        self._marks = [
            self.raster.line(ax, transform=ax.get_xaxis_transform(), **CHANGED)
            for ax in self.raster.figure.axes
        ]

    def _line(self, ax, color, linestyle="-", marker="o", linewidth=1.6, **look):
        """A moving line whose last point alone carries the marker."""
        look |= {"linewidth": linewidth, "markevery": [-1], "markersize": 5}
        return self.raster.line(ax, color, linestyle, marker, **look)

    def _add(self, ax, name):
        if name == "removed_share":
            quiet(ax, _("Share that GC removes"))
            ax.set_ylim(0, 1)
            return [self._line(ax, PURPLE, "-.", "D")]
        if name == "gap":
            quiet(ax, _("Frank–Wolfe gap"))
            _use_log(ax)
            # A logarithmic axis has no place for it, and it would be a hole.
            label = _("below 0: outside the ball")
            below = self._line(ax, VERMILION, ":", "v", label=label)
            _legend_below(ax)
            return [self._line(ax, PURPLE, "-.", "D"), below]
        quiet(ax, in_words(name).capitalize())
        ax.yaxis.set_major_formatter("{x:g}")
        return [
            self._line(ax, BLUE, label=_("training")),
            self._line(ax, VERMILION, "--", "s", label=_("held out")),
        ]

    def _add_norms(self, ax, names, title):
        quiet(ax, title)
        ax.set_xlabel(_("training steps"), fontsize=10)
        _use_log(ax)
        looks = [{"label": name, **s} for name, s in zip(names, STYLES, strict=False)]
        if len(names) > len(STYLES):
            plain = {"color": GREEN, "marker": ""}
            label = _("all {count} variables").format(count=len(names))
            looks = [{"label": label, **plain}, *[plain] * (len(names) - 1)]
        lines = [self._line(ax, **look) for look in looks]
        if self.kind == "gap":
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
            # The first steps would flatten the rest.
            recent = columns[:, len(steps) // 2 :].ravel()
            if name != "removed_share":
                from_0 = [0] if name == "loss" else []
                fit(lines[0].axes.yaxis, [*recent, *from_0])
        columns = [record.norms for record in records]
        if self.kind == "gap":
            columns = [[*record.norms, bound(record)] for record in records]
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


def bound(record):
    """The radius of the balls."""
    return record.hyperparameters.get("lambda_", record.hyperparameters.get("radius"))


def in_words(name):
    """The name of a metric in the reader's language, as far as there is one."""
    return {"loss": _("loss"), "accuracy": _("accuracy")}.get(name, name)


def summary(record, kind):
    """What the figure shows at its right end."""
    text = _("After {step:,} steps: {values}.")
    values = _listing({"loss": record.loss, **record.metrics})
    parts = [text.format(step=record.step, values=values)]
    if record.held_out:
        text = _("On held-out examples: {values}.")
        parts.append(text.format(values=_listing(record.held_out)))
    if kind == "gap":
        text = _("The largest norm is {norm:.3g}, the bound λ is {radius:.4g}.")
        parts.append(text.format(norm=max(record.norms), radius=bound(record)))
        if record.gap < 0:
            text = _("The Frank–Wolfe gap is below 0: a variable is outside its ball.")
            parts.append(text)
    if kind == "removed_share":
        text = _("Centralization removes {share:.0%} of the gradient's squared norm.")
        if record.hyperparameters["strength"] < 1:
            text = _(
                "At full strength, centralization would remove {share:.0%} of the "
                "gradient's squared norm."
            )
        parts.append(text.format(share=record.removed_share))
    return sentences(*parts)


def _listing(values):
    return with_numbers({in_words(name): value for name, value in values.items()})


def _values(record, name):
    """What the lines of a graph show of a record."""
    if name == "gap":
        return [x if x > 0 else math.nan for x in (record.gap, -record.gap)]
    if name == "removed_share":
        return [record.removed_share]
    trained = record.loss if name == "loss" else record.metrics.get(name, math.nan)
    return [trained, record.held_out.get(name, math.nan)]


def _draw(lines, steps, columns):
    for line, column in zip(lines, columns, strict=True):
        line.set_data(steps, column)


def _ceiling(value):
    """The next of …, 100, 200, 500, 1000, …, which lasts longer than the next notch."""
    decade = 10 ** math.floor(math.log10(value))
    return next(s * decade for s in (1, 2, 5, 10) if s * decade >= value)


def _legend_below(ax):
    """Under the axis, where it can hide no line."""
    corner = {"loc": "upper left", "bbox_to_anchor": (-0.06, -0.12)}
    ax.legend(fontsize=9, ncols=2, columnspacing=1.2, frameon=False, **corner)


def _use_log(ax):
    ax.set_yscale("log")
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
