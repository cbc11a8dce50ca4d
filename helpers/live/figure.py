"""The figure of a live panel."""

import itertools

import numpy as np
from matplotlib import ticker

from helpers.callbacks import short_names
from helpers.i18n import _
from helpers.live import scales
from helpers.live.raster import Raster, quiet
from helpers.plotting.style import BLACK, BLUE, GREEN, GREY, PURPLE, STYLES, VERMILION

# More points than these cannot be told apart.
MOST_POINTS = 500
# More variables than these are drawn in one grey, without a name.
MOST_NAMES = len(STYLES)


class LiveFigure:
    """Accuracy, loss and norms of a session, and what its optimizer is about.

    Args:
        names: Path of each variable, in the order of `Record.norms`.
        norm: `"fro"` or `"nuclear"`.
        kind: What the third graph shows: `"gap"`, `"removed_share"` or `None`.
        held_out: Whether there is a held-out accuracy.
    """

    def __init__(self, names, norm, kind, held_out=True):
        self._has_held_out = held_out
        self.names, self.norm, self.kind = short_names(names), norm, kind
        self._raster = Raster(9.2, 5.4)
        columns = 2 if kind is None else 3
        grid = self._raster.figure.add_gridspec(
            2,
            columns,
            height_ratios=(1, 1.15),
            left=0.055,
            right=0.975,
            top=0.94,
            bottom=0.1,
            hspace=0.62,
            wspace=0.24,
        )
        add = self._raster.figure.add_subplot
        self._add_accuracy(add(grid[0, 0]))
        self._add_loss(add(grid[0, 1]))
        self._special = None
        if kind is not None:
            self._add_special(add(grid[0, 2]))
        self._add_norms(add(grid[1, :]))
        self._marks = [self._mark_line(ax) for ax in self._raster.figure.axes]

    def _line(self, ax, color, linestyle="-", marker="o", width=1.6, **kwargs):
        """A moving line whose last point alone carries the marker."""
        (line,) = ax.plot(
            [],
            [],
            color=color,
            linestyle=linestyle,
            marker=marker,
            markevery=[-1],
            markersize=5,
            linewidth=width,
            **kwargs,
        )
        return self._raster.moving(line)

    def _mark_line(self, ax):
        across = ax.get_xaxis_transform()
        (line,) = ax.plot([], [], color=GREY, linestyle=":", lw=1.2, transform=across)
        return self._raster.moving(line)

    def _add_accuracy(self, ax):
        quiet(ax, _("Accuracy"))
        self._accuracy = [
            self._line(ax, BLUE, label=_("training")),
            self._line(ax, VERMILION, "--", "s", label=_("held out")),
        ]
        if self._has_held_out:
            # Under the axis, where it can hide no line.
            ax.legend(
                fontsize=9,
                loc="upper left",
                bbox_to_anchor=(-0.06, -0.12),
                ncols=2,
                columnspacing=1.2,
                frameon=False,
            )

    def _add_loss(self, ax):
        quiet(ax, _("Loss in training"))
        self._loss = self._line(ax, BLUE)

    def _add_special(self, ax):
        if self.kind == "gap":
            quiet(ax, _("Frank–Wolfe gap"))
            _use_log(ax)
        else:
            quiet(ax, _("Share that GC removes"))
            ax.set_ylim(0, 1)
        self._special = self._line(ax, PURPLE, "-.", "D")

    def _add_norms(self, ax):
        title = {
            "fro": _("Frobenius norm of each variable"),
            "nuclear": _("Nuclear norm of each variable"),
        }[self.norm]
        quiet(ax, title)
        ax.set_xlabel(_("training steps"), fontsize=10)
        _use_log(ax)
        self._norms = []
        for i, name in enumerate(self.names):
            style = STYLES[i] if len(self.names) <= MOST_NAMES else _plain(i)
            label = name if len(self.names) <= MOST_NAMES or i == 0 else None
            if label and len(self.names) > MOST_NAMES:
                label = _("all {count} variables").format(count=len(self.names))
            self._norms.append(self._line(ax, **style, label=label))
        self._bound = None
        if self.kind == "gap":
            self._bound = self._line(
                ax, BLACK, (0, (6, 2)), "", 2.2, label=_("bound λ"), drawstyle="steps"
            )
        changed = _("a hyperparameter changed")
        ax.plot([], [], color=GREY, linestyle=":", lw=1.2, label=changed)
        # Beside the lines, where it can hide none of them.
        place = ax.get_position()
        ax.set_position([place.x0, place.y0, place.width - 0.235, place.height])
        ax.legend(
            fontsize=9, loc="upper left", bbox_to_anchor=(1.01, 1.04), frameon=False
        )

    def png(self, history):
        """The figure of a history, as PNG bytes.

        Args:
            history: List of `Record`, at least one.
        """
        records = [history[i] for i in scales.thinned(len(history), MOST_POINTS)]
        steps = np.array([record.step for record in records])
        column = {
            name: np.array([getattr(record, name) for record in records])
            for name in ("accuracy", "held_out_accuracy", "loss", "lambda_")
        }
        self._set_x(steps)
        pair = np.stack([column["accuracy"], column["held_out_accuracy"]])
        for line, values in zip(self._accuracy, pair, strict=True):
            line.set_data(steps, values)
        _fit(self._accuracy[0].axes, scales.accuracy_limits(pair))
        self._loss.set_data(steps, column["loss"])
        _fit(self._loss.axes, scales.loss_limits(column["loss"]))
        self._update_special(steps, records)
        self._update_norms(steps, records, column["lambda_"])
        self._update_marks(records)
        return self._raster.png()

    def _set_x(self, steps):
        for ax in self._raster.figure.axes:
            ax.set_xlim(0, scales.step_limit(steps[-1]))

    def _update_special(self, steps, records):
        if self._special is None:
            return
        values = np.array([getattr(record, self.kind) for record in records])
        self._special.set_data(steps, values)
        if self.kind == "gap":
            _fit(self._special.axes, scales.log_limits(values))

    def _update_norms(self, steps, records, radii):
        norms = np.array([record.norms for record in records]).T
        for line, values in zip(self._norms, norms, strict=True):
            line.set_data(steps, values)
        shown = [*norms[:, -1], norms.max()]
        if self._bound is not None:
            self._bound.set_data(steps, radii)
            shown += [radii.min(), radii.max()]
        _fit(self._norms[0].axes, scales.log_limits(shown, decades=3))

    def _update_marks(self, records):
        x, y = [], []
        for before, after in itertools.pairwise(records):
            if before.settings != after.settings and before.step:
                x += [before.step, before.step, np.nan]
                y += [0, 1, np.nan]
        for line in self._marks:
            line.set_data(x, y)


def _plain(index):
    return {"color": GREEN, "linestyle": "-", "marker": ""}


def _fit(ax, limits):
    """Sets the limits of the y axis where the present ones fit badly."""
    hold = scales.held_log if ax.get_yscale() == "log" else scales.held
    ax.set_ylim(*hold(ax.get_ylim(), limits))


def _use_log(ax):
    ax.set_yscale("log")
    ax.yaxis.set_major_locator(ticker.LogLocator(subs=(1, 2, 5), numticks=6))
    ax.yaxis.set_major_formatter(ticker.FuncFormatter(lambda y, _: f"{y:g}"))
    ax.yaxis.set_minor_locator(ticker.NullLocator())
