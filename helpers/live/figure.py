"""The figure of a live panel."""

import itertools
import math

import numpy as np
from matplotlib import ticker

from helpers.callbacks import short_names
from helpers.i18n import _, listing, sentences
from helpers.plotting.raster import Raster, quiet
from helpers.plotting.style import BLACK, BLUE, GREEN, GREY, PURPLE, STYLES, VERMILION

MOST_POINTS = 500  # more cannot be told apart
CHANGED = {"color": GREY, "linestyle": ":", "linewidth": 1.2}


class LiveFigure:
    """Loss, a metric, norms, and what the optimizer is about.

    Args:
        names: Path of each variable, in the order of `Record.norms`.
        record: A first `Record`, which says what there is to draw.
        norm: `"fro"` or `"nuclear"`.
        kind: What the third graph shows: `"gap"`, `"removed_share"` or `None`.
    """

    def __init__(self, names, record, norm="fro", kind=None):
        self.kind, self.raster = kind, Raster(9.2, 5.4)
        metric = next(iter(record.metrics), None)
        shown = [name for name in ("loss", metric, kind) if name]
        grid = self.raster.figure.add_gridspec(
            *(2, len(shown)),
            height_ratios=(1, 1.15),
            **{"left": 0.06, "right": 0.975, "top": 0.94, "bottom": 0.1},
            **{"hspace": 0.62, "wspace": 0.3},
        )
        add = self.raster.figure.add_subplot
        axes = {name: add(grid[0, i]) for i, name in enumerate(shown)}
        self._pairs = {
            name: self._add_pair(ax, name) for name, ax in axes.items() if name != kind
        }
        if record.held_out:
            _legend_below(axes["loss"])
        if kind is not None:
            self._add_special(axes[kind])
        self._add_norms(add(grid[1, :]), short_names(names), norm)
        self._marks = [
            self.raster.line(ax, transform=ax.get_xaxis_transform(), **CHANGED)
            for ax in self.raster.figure.axes
        ]

    def _line(self, ax, color, linestyle="-", marker="o", linewidth=1.6, **look):
        """A moving line whose last point alone carries the marker."""
        last = {"markevery": [-1], "markersize": 5}
        return self.raster.line(
            ax, color, linestyle, marker, linewidth=linewidth, **last, **look
        )

    def _add_pair(self, ax, name):
        quiet(ax, in_words(name).capitalize())
        return (
            self._line(ax, BLUE, label=_("training")),
            self._line(ax, VERMILION, "--", "s", label=_("held out")),
        )

    def _add_special(self, ax):
        self._special = [self._line(ax, PURPLE, "-.", "D")]
        if self.kind == "removed_share":
            quiet(ax, _("Share that GC removes"))
            ax.set_ylim(0, 1)
            return
        quiet(ax, _("Frank–Wolfe gap"))
        _use_log(ax)
        # A logarithmic axis has no place for it, and without a line it would be a hole.
        label = _("below 0: outside the ball")
        self._special.append(self._line(ax, VERMILION, ":", "v", label=label))
        _legend_below(ax)

    def _add_norms(self, ax, names, norm):
        titles = {
            "fro": _("Frobenius norm of each variable"),
            "nuclear": _("Nuclear norm of each variable"),
        }
        quiet(ax, titles[norm])
        ax.set_xlabel(_("training steps"), fontsize=10)
        _use_log(ax)
        looks = [{"label": name, **s} for name, s in zip(names, STYLES, strict=False)]
        if len(names) > len(STYLES):
            plain = {"color": GREEN, "marker": ""}
            label = _("all {count} variables").format(count=len(names))
            looks = [{"label": label, **plain}, *[plain] * (len(names) - 1)]
        self._norms = [self._line(ax, **look) for look in looks]
        self._bound = None
        if self.kind == "gap":
            look = {"linewidth": 2.2, "label": _("bound λ"), "drawstyle": "steps"}
            self._bound = self._line(ax, BLACK, (0, (6, 2)), "", **look)
        ax.plot([], [], label=_("a hyperparameter changed"), **CHANGED)
        # Beside the lines, where it can hide none of them.
        place = ax.get_position()
        ax.set_position([place.x0, place.y0, place.width - 0.235, place.height])
        corner = {"loc": "upper left", "bbox_to_anchor": (1.01, 1.04)}
        ax.legend(fontsize=9, frameon=False, **corner)

    def png(self, history):
        """The figure of a history, at least one `Record`, as PNG bytes."""
        records = [history[i] for i in thinned(len(history), MOST_POINTS)]
        steps = np.array([record.step for record in records])
        for ax in self.raster.figure.axes:
            ax.set_xlim(0, max(50.0, ceiling(steps[-1] * 1.02)))
        for name, pair in self._pairs.items():
            values = np.array([_pair(record, name) for record in records]).T
            for line, column in zip(pair, values, strict=True):
                line.set_data(steps, column)
            _fit(pair[0].axes, linear_limits(values, share=name != "loss"))
        if self.kind is not None:
            values = np.array([getattr(record, self.kind) for record in records])
            for line, sign in zip(self._special, (1, -1), strict=False):
                log = self.kind == "gap"
                shown = np.where(sign * values > 0, sign * values, np.nan)
                line.set_data(steps, shown if log else values)
            if self.kind == "gap":
                _fit(self._special[0].axes, log_limits(np.abs(values)))
        self._draw_norms(steps, records)
        changed = [
            before.step
            for before, after in itertools.pairwise(records)
            if before.hyperparameters != after.hyperparameters and before.step
        ]
        for line in self._marks:
            line.set_data(np.repeat(changed, 3), [0, 1, np.nan] * len(changed))
        return self.raster.png()

    def _draw_norms(self, steps, records):
        norms = np.array([record.norms for record in records]).T
        for line, values in zip(self._norms, norms, strict=True):
            line.set_data(steps, values)
        shown = [*norms[:, -1], norms.max()]
        if self._bound is not None:
            radii = [record.hyperparameters["lambda_"] for record in records]
            self._bound.set_data(steps, radii)
            shown += [min(radii), max(radii)]
        _fit(self._norms[0].axes, log_limits(shown, decades=3))


def in_words(name):
    """The name of a metric in the reader's language, as far as there is one."""
    return {"loss": _("loss"), "accuracy": _("accuracy")}.get(name, name)


def summary(record, kind):
    """What the figure shows at its right end."""
    text = _("After {step:,} steps: {values}.")
    values = {"loss": record.loss, **record.metrics}
    parts = [text.format(step=record.step, values=_values(values))]
    if record.held_out:
        text = _("On held-out examples: {values}.")
        parts.append(text.format(values=_values(record.held_out)))
    if kind == "gap":
        radius = record.hyperparameters["lambda_"]
        text = _("The largest norm is {norm:.3g}, the bound λ is {radius:.4g}.")
        parts.append(text.format(norm=max(record.norms), radius=radius))
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


def _values(values):
    return listing(f"{in_words(name)} {value:.3g}" for name, value in values.items())


def _pair(record, name):
    trained = record.loss if name == "loss" else record.metrics.get(name, math.nan)
    return trained, record.held_out.get(name, math.nan)


def _legend_below(ax):
    """Under the axis, where it can hide no line."""
    corner = {"loc": "upper left", "bbox_to_anchor": (-0.06, -0.12)}
    ax.legend(fontsize=9, ncols=2, columnspacing=1.2, frameon=False, **corner)


def _use_log(ax):
    ax.set_yscale("log")
    ax.yaxis.set_major_locator(ticker.LogLocator(subs=(1, 2, 5), numticks=6))
    ax.yaxis.set_major_formatter(ticker.FuncFormatter(lambda y, _: short_number(y)))
    ax.yaxis.set_minor_locator(ticker.NullLocator())


def short_number(value):
    """A tick label that fits between two graphs: 0.01, 2·10⁻⁴."""
    if 1e-3 < value < 1e5:
        return f"{value:g}"
    digit, exponent = f"{value:.0e}".split("e")
    raised = str(int(exponent)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return ("" if digit == "1" else f"{digit}·") + f"10{raised}"


def ceiling(value):
    """The smallest of …, 0.5, 1, 2, 5, 10, 20, … that is at least the value."""
    if not value > 0 or not math.isfinite(value):
        return 1.0
    decade = 10.0 ** math.floor(math.log10(value))
    return next(s * decade for s in (1, 2, 5, 10) if s * decade >= value * (1 - 1e-9))


def linear_limits(values, share=False):
    """Round limits around 0 and the later half of the values, or up to 1."""
    # The first steps would flatten the rest.
    values = np.asarray(values)[..., np.shape(values)[-1] // 2 :]
    values = values[np.isfinite(values)]
    low, high = values.min(initial=0.0), values.max(initial=0.0)
    if share and low >= 0 and high <= 1:
        lowest = values.min(initial=1.0) - 0.01
        return max(a for a in (0.0, 0.5, 0.8, 0.9, 0.95) if a <= max(lowest, 0)), 1.005
    return -ceiling(-1.05 * low) if low < 0 else 0.0, ceiling(1.05 * high)


def log_limits(values, decades=4):
    """Round limits around all positive values, over so many decades at most."""
    positive = [v for v in values if v > 0 and math.isfinite(v)]
    if not positive:
        return 0.1, 1.0
    top = ceiling(1.1 * max(positive))
    return max(1 / ceiling(1.1 / min(positive)), top / 10**decades), top


def held(old, new, least=0.35):
    """The old limits, as long as they hold the new ones and are not far too wide.

    To draw axes anew takes longer than all lines together.
    """
    inside = old[0] <= new[0] and new[1] <= old[1]
    wide_enough = new[1] - new[0] >= least * (old[1] - old[0])
    return old if inside and wide_enough else new


def _fit(ax, limits):
    """Sets the limits of the y axis where the present ones fit badly."""
    old = ax.get_ylim()
    if ax.get_yscale() == "log":
        logarithms = tuple(np.log10(old)), tuple(np.log10(limits))
        kept = held(*logarithms, 0.6) is logarithms[0]
    else:
        kept = held(old, limits) is old
    if not kept:
        ax.set_ylim(*limits)


def thinned(count, most):
    """Indices of at most `most` of `count` points, the first and last among them."""
    if count <= most:
        return np.arange(count)
    return np.linspace(0, count - 1, most).round().astype(int)
