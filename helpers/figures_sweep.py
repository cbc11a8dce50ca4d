"""The heat map of a sweep over two hyperparameters."""

import numpy as np
from matplotlib import colors
from matplotlib.patches import Rectangle

from helpers.i18n import _, listing, sentences
from helpers.plotting.style import BLACK, GREY, Found, new_figure

# Rises in lightness, and looks nearly the same to the colour-blind.
COLOURS = "cividis"
LUMINANCE = (0.2126, 0.7152, 0.0722)


def heat_map(sweep):
    """Mean over the seeds of each pair of hyperparameters, with the spread below it.

    Args:
        sweep: `helpers.experiments.Sweep`.
    """
    rows, columns = len(sweep.rows), len(sweep.columns)
    figure, ax = new_figure(max(5.0, 3.0 + 1.25 * columns), 1.9 + 0.8 * rows)
    ax.grid(False)
    mean = np.ma.masked_invalid(sweep.mean)
    image = ax.imshow(mean, COLOURS, norm=_norm(mean), aspect="auto", origin="lower")
    for row, column in np.ndindex(rows, columns):
        _write(ax, image, sweep, row, column)
    ax.set_xticks(np.arange(1, columns) - 0.5, minor=True)
    ax.set_yticks(np.arange(1, rows) - 0.5, minor=True)
    ax.grid(which="minor", color="white", linewidth=2)
    ax.tick_params(which="minor", length=0)
    ax.set_xticks(range(columns), [str(value) for value in sweep.columns])
    ax.set_yticks(range(rows), [str(value) for value in sweep.rows])
    ax.set_xlabel(axis_label(sweep.names[1]))
    ax.set_ylabel(axis_label(sweep.names[0]))
    figure.colorbar(image, label=sweep.metric)
    ax.set_title(_caption(sweep), fontsize=11)
    return Found(figure, _text(sweep), _finding(sweep))


def axis_label(name):
    """The name of a hyperparameter in the reader's language, or as it is."""
    known = {
        "lambda_": _("radius λ of the ball"),
        "learning_rate": _("learning rate"),
        "batch_size": _("batch size"),
        "epochs": _("epochs"),
    }
    return known.get(name, name)


def _norm(mean):
    """The scale of the colours; one that has a length if all means are equal."""
    if mean.count() == 0:
        return colors.Normalize(0, 1)
    low, high = mean.min(), mean.max()
    margin = max(abs(low), 1e-9) * 1e-3 if low == high else 0
    return colors.Normalize(low - margin, high + margin)


def _write(ax, image, sweep, row, column):
    mean, spread = sweep.mean[row, column], sweep.spread[row, column]
    if np.isnan(mean):
        box = Rectangle((column - 0.5, row - 0.5), 1, 1, fill=False)
        box.set(hatch="///", edgecolor=GREY, linewidth=0)
        ax.add_patch(box)
        text, colour = _failure(sweep.failed[row, column], len(sweep.seeds)), BLACK
        back = {"facecolor": "white", "edgecolor": "none", "pad": 2}
    else:
        decimals = _decimals(sweep.mean)
        text = f"{mean:.{decimals}f}"
        if not np.isnan(spread):
            text += f"\n± {spread:.{decimals}f}"
        light = np.dot(image.cmap(image.norm(mean))[:3], LUMINANCE) > 0.45
        colour, back = BLACK if light else "white", None
    ax.text(column, row, text, ha="center", va="center", color=colour, bbox=back)


def _decimals(means):
    """Decimals that show three digits of the largest mean."""
    largest = np.nanmax(np.abs(means))
    return int(np.clip(2 - np.floor(np.log10(largest or 1)), 0, 9))


def _failure(failed, seeds):
    if seeds == 1:
        return _("failed")
    return _("{failed} of {count}\nfailed").format(failed=failed, count=seeds)


def _caption(sweep):
    if len(sweep.seeds) == 1:
        return _("{metric}, seed {seed}").format(
            metric=sweep.metric, seed=sweep.seeds[0]
        )
    return _("{metric}: mean ± standard deviation over {count} seeds").format(
        metric=sweep.metric, count=len(sweep.seeds)
    )


def _text(sweep):
    return _(
        "Heat map of the {metric}. Rows: {row_name} {rows}. Columns: {column_name} "
        "{columns}. Seeds: {seeds}."
    ).format(
        metric=sweep.metric,
        row_name=axis_label(sweep.names[0]),
        rows=listing(sweep.rows),
        column_name=axis_label(sweep.names[1]),
        columns=listing(sweep.columns),
        seeds=listing(sweep.seeds),
    )


def _finding(sweep):
    if sweep.highest is None:
        return sweep.summary
    row, column = sweep.highest
    return sentences(
        sweep.summary,
        _("The highest mean is at {row_name} {row} and {column_name} {column}.").format(
            row_name=axis_label(sweep.names[0]),
            row=row,
            column_name=axis_label(sweep.names[1]),
            column=column,
        ),
    )
