"""The figures of the lesson on scaling out."""

import keras
import numpy as np
from matplotlib import colors
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch, Rectangle

from helpers import feasible_sets
from helpers.i18n import _, listing, sentences
from helpers.optimizers import centralize
from helpers.plotting.style import (
    BLACK,
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    STYLES,
    VERMILION,
    Found,
    Picture,
    new_figure,
)

# Rises in lightness, and looks nearly the same to the colour-blind.
COLOURS = "cividis"
LUMINANCE = (0.2126, 0.7152, 0.0722)


def one_step():
    """One step of data-parallel training on two workers, as boxes and arrows."""
    figure, ax = new_figure(10, 4.4)
    ax.axis("off")
    ax.set_xlim(0, 10.6)
    ax.set_ylim(0, 4)
    _box(ax, (0.1, 1.4), _("global\nbatch"), GREY, width=1.4)
    all_reduce = _("all-reduce:\nmean of the\ngradients")
    _box(ax, (4.9, 1.3), all_reduce, ORANGE, width=2.0, height=1.4)
    for number, sign in ((0, 1), (1, -1)):
        middle, inner = 2.0 + 1.2 * sign, 2.0 + 0.4 * sign
        rows = _("worker {number}:\nits half").format(number=number)
        _box(ax, (2.1, middle - 0.6), rows, BLUE)
        step = _("the optimizer's step,\nthe same on both")
        _box(ax, (7.9, middle - 0.6), step, GREEN, width=2.5)
        _arrow(ax, (1.5, 2.0), (2.1, middle))
        _arrow(ax, (3.6, middle), (4.9, inner))
        _arrow(ax, (6.9, inner), (7.9, middle))
        for x, name in ((4.35, f"$g_{number}$"), (7.15, "$g$")):
            ax.text(x, 2.0 + 1.05 * sign, name, fontsize=13, va="center")
    text = _(
        "A global batch is divided between two workers. Each computes the gradient of "
        "its half. The all-reduce gives both workers the mean of the gradients. Then "
        "each makes the same step."
    )
    return Picture(figure, text)


def _box(ax, corner, text, color, width=1.5, height=1.2):
    look = {"boxstyle": "round,pad=0.02,rounding_size=0.12", "linewidth": 2}
    ax.add_patch(FancyBboxPatch(corner, width, height, fc="white", ec=color, **look))
    center = corner[0] + width / 2, corner[1] + height / 2
    ax.text(*center, text, ha="center", va="center", fontsize=11)


def _arrow(ax, start, end, color=BLACK, width=1.8, **look):
    look |= {"arrowstyle": "-|>", "mutation_scale": 16, "shrinkA": 0, "shrinkB": 0}
    arrow = FancyArrowPatch(start, end, color=color, linewidth=width, **look)
    ax.add_patch(arrow)


def order(first, second):
    """What comes first, the mean or the optimizer: two gradients in the plane.

    Args:
        first: Gradient of worker 0, two numbers.
        second: Gradient of worker 1.
    """
    gradients = np.array([first, second], float)
    figure, axes = new_figure(10, 5, columns=2)
    panels = (
        (_("Conditional Gradient: the support point"), _support),
        (_("Gradient Centralization: the projection"), _centralized),
    )
    workers = [_("worker {number}").format(number=number) for number in (0, 1)]
    reach = 1.08 * max(1.0, np.abs(gradients).max())
    for ax, (title, transform) in zip(axes, panels, strict=True):
        ax.set_title(title, fontsize=12)
        ax.set_aspect("equal")
        ax.set_xlim(-reach, reach)
        ax.set_ylim(-reach, reach)
        parts = [transform(gradient) for gradient in gradients]
        colours = zip(gradients, parts, (BLUE, ORANGE), strict=True)
        for number, (gradient, part, colour) in enumerate(colours):
            _arrow(ax, (0, 0), gradient, GREY, alpha=0.6)
            look = {"textcoords": "offset points", "fontsize": 12}
            ax.annotate(f"$g_{number}$", gradient, (4, 4), **look)
            _arrow(ax, (0, 0), part, colour, width=3)
            ax.plot([], [], color=colour, linewidth=3, label=workers[number])
        ax.plot(*np.transpose(parts), color=GREY, linewidth=1, linestyle=":")
        before, after = transform(gradients.mean(axis=0)), np.mean(parts, axis=0)
        label = _("of the mean of the gradients")
        ax.plot(*before, "o", color=BLACK, markersize=6, label=label)
        look = {"color": VERMILION, "markersize": 13, "mfc": "none"}
        ax.plot(*after, "s", label=_("mean over the workers"), **look)
    angle = np.linspace(0, 2 * np.pi, 200)
    axes[0].plot(np.cos(angle), np.sin(angle), color=GREY, linewidth=1)
    axes[1].plot([-reach, reach], [reach, -reach], color=GREY, linewidth=1)
    keys = axes[0].get_legend_handles_labels()
    figure.legend(*keys, loc="outside lower center", ncols=4, fontsize=10)
    text = _(
        "Two gradients in the plane. On the left their support points lie on a circle, "
        "and the mean of these lies inside it, away from the support point of the mean "
        "gradient. On the right the mean of the two projections is the projection of "
        "the mean gradient."
    )
    return Picture(figure, text)


def _support(gradient):
    support = feasible_sets.get("fro").support(gradient)
    return keras.ops.convert_to_numpy(support)


def _centralized(gradient):
    return keras.ops.convert_to_numpy(centralize(gradient, axes=0))


def traffic(size, workers):
    """Megabytes that the busiest worker sends for each step, against their number.

    Args:
        size: Bytes of the gradient.
        workers: Sequence of numbers of workers.
    """
    workers, megabytes = np.array(workers), size / 1e6
    figure, ax = new_figure(8, 4)
    # The sum goes to each of the others.
    label = _("one worker collects all gradients")
    ax.plot(workers, (workers - 1) * megabytes, label=label, **STYLES[0])
    ring = 2 * (workers - 1) / workers * megabytes
    ax.plot(workers, ring, label=_("a ring of workers"), **STYLES[1])
    label = _("twice the gradient")
    ax.axhline(2 * megabytes, color=BLACK, linestyle=":", linewidth=1.5, label=label)
    ax.set_xscale("log", base=2)
    ax.set_xticks(workers, [str(count) for count in workers])
    ax.set_yscale("log")
    ax.set_xlabel(_("workers"))
    ax.set_ylabel(_("megabytes sent in a step"))
    ax.legend()
    text = _(
        "Megabytes that the busiest worker sends in a step, for {first} to {last} "
        "workers. In a ring they stay below twice the gradient. Where one worker "
        "collects all gradients, they grow with the number of workers."
    )
    return Picture(figure, text.format(first=workers.min(), last=workers.max()))


def weak_scaling(found, devices):
    """The efficiency of weak scaling, with the middle half of the rounds.

    Args:
        found: `helpers.distributed.Overhead` of a step on all devices over one on one.
        devices: Number of all devices.
    """
    figure, ax = new_figure(7, 4)
    counts, low_high = [1, devices], np.divide(1, found.spread)[::-1]
    ax.plot(counts, [1, 1], color=BLACK, linestyle="--", label=_("perfect: n devices"))
    label = _("n devices that share one processor")
    many = np.linspace(*counts)
    ax.plot(many, 1 / many, color=VERMILION, linestyle=":", linewidth=3, label=label)
    middle = 1 / found.ratio
    reach = np.abs(low_high - middle)[:, None]
    look = {"color": BLUE, "markersize": 9, "capsize": 8, "linewidth": 2}
    ax.errorbar([devices], [middle], reach, fmt="o", label=_("measured"), **look)
    ax.set_xticks(counts)
    ax.set_xlim(0.8, devices + 0.2)
    ax.set_ylim(bottom=0)
    ax.set_xlabel(_("devices n"))
    ax.set_ylabel(_("efficiency"))
    figure.legend(loc="outside lower center", ncols=3, fontsize=10)
    text = _(
        "Efficiency of weak scaling for 1 to {count} devices: the time of a step on "
        "one device, divided by the time of a step on all, each with a batch of its "
        "own."
    )
    seen = _("Measured on all devices: {value:.2f}.").format(value=middle)
    return Found(figure, text.format(count=devices), seen)


def heat_map(sweep):
    """Mean over the seeds of each pair of hyperparameters, with the spread below it.

    Args:
        sweep: `helpers.experiments.Sweep`.
    """
    rows, columns = len(sweep.rows), len(sweep.columns)
    figure, ax = new_figure(max(5.0, 3.0 + 1.25 * columns), 1.9 + 0.8 * rows)
    ax.grid(False)
    mean = np.ma.masked_invalid(sweep.mean)
    low, high = (mean.min(), mean.max()) if mean.count() else (0, 1)
    # A scale of colours has a length, even if all means are equal.
    margin = max(abs(low), 1e-9) * 1e-3 if low == high else 0
    norm = colors.Normalize(low - margin, high + margin)
    image = ax.imshow(mean, COLOURS, norm=norm, aspect="auto", origin="lower")
    for row, column in np.ndindex(rows, columns):
        _write(ax, image, sweep, row, column)
    ax.set_xticks(np.arange(1, columns) - 0.5, minor=True)
    ax.set_yticks(np.arange(1, rows) - 0.5, minor=True)
    ax.grid(which="minor", color="white", linewidth=2)
    ax.tick_params(which="minor", length=0)
    ax.set_xticks(range(columns), [str(value) for value in sweep.columns])
    ax.set_yticks(range(rows), [str(value) for value in sweep.rows])
    names = [axis_label(name) for name in sweep.names]
    ax.set_ylabel(names[0])
    ax.set_xlabel(names[1])
    figure.colorbar(image, label=sweep.metric)
    caption = _("{metric}: mean ± standard deviation over {count} seeds")
    if len(sweep.seeds) == 1:
        caption = _("{metric}, seed {seed}")
    words = {"metric": sweep.metric, "row_name": names[0], "column_name": names[1]}
    words |= {"count": len(sweep.seeds), "seed": sweep.seeds[0]}
    ax.set_title(caption.format(**words), fontsize=11)
    text = _(
        "Heat map of the {metric}. Rows: {row_name} {rows}. Columns: {column_name} "
        "{columns}. Seeds: {seeds}."
    ).format(
        **words,
        rows=listing(sweep.rows),
        columns=listing(sweep.columns),
        seeds=listing(sweep.seeds),
    )
    finding = sweep.summary
    if sweep.highest is not None:
        row, column = sweep.highest
        best = _(
            "The highest mean is at {row_name} {row} and {column_name} {column}."
        ).format(**words, row=row, column=column)
        finding = sentences(finding, best)
    return Found(figure, text, finding)


def axis_label(name):
    """The name of a hyperparameter in the reader's language, or as it is."""
    known = {
        "lambda_": _("radius λ of the ball"),
        "learning_rate": _("learning rate"),
        "batch_size": _("batch size"),
        "epochs": _("epochs"),
    }
    return known.get(name, name)


def _write(ax, image, sweep, row, column):
    mean, spread = sweep.mean[row, column], sweep.spread[row, column]
    if np.isnan(mean):
        box = Rectangle((column - 0.5, row - 0.5), 1, 1, fill=False)
        box.set(hatch="///", edgecolor=GREY, linewidth=0)
        ax.add_patch(box)
        failed, seeds = np.isnan(sweep.values[row, column]).sum(), len(sweep.seeds)
        many = _("{failed} of {count}\nfailed").format(failed=failed, count=seeds)
        text, colour = _("failed") if seeds == 1 else many, BLACK
        back = {"facecolor": "white", "edgecolor": "none", "pad": 2}
    else:
        # Three digits of the largest mean.
        largest = np.nanmax(np.abs(sweep.mean)) or 1
        decimals = int(np.clip(2 - np.floor(np.log10(largest)), 0, 9))
        text = f"{mean:.{decimals}f}"
        text += "" if np.isnan(spread) else f"\n± {spread:.{decimals}f}"
        light = np.dot(image.cmap(image.norm(mean))[:3], LUMINANCE) > 0.45
        colour, back = BLACK if light else "white", None
    ax.text(column, row, text, ha="center", va="center", color=colour, bbox=back)
