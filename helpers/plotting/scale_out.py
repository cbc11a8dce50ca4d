"""The figures of the lesson on scaling out."""

import functools

import numpy as np
from keras import ops
from matplotlib.patches import Circle, FancyBboxPatch

from helpers import feasible_sets
from helpers._support.i18n import _, listing, sentences
from helpers.optimizers import centralize
from helpers.plotting import scale_out_tables as tables  # noqa: F401
from helpers.plotting import style
from helpers.plotting.style import BLACK, BLUE, GREEN, GREY, ORANGE, VERMILION, Picture


def one_step():
    """One step of data-parallel training on two workers, as boxes and arrows."""
    figure, ax = style.new_figure(10, 4.4)
    ax.axis("off")
    ax.set(xlim=(0, 10.6), ylim=(0, 4))
    _box(ax, (0.1, 1.4), _("global\nbatch"), GREY, width=1.4)
    all_reduce = _("all-reduce:\nmean of the\ngradients")
    _box(ax, (4.9, 1.3), all_reduce, ORANGE, width=2.0, height=1.4)
    for number, sign in ((0, 1), (1, -1)):
        middle, inner = 2.0 + 1.2 * sign, 2.0 + 0.4 * sign
        rows = _("worker {number}:\nits half").format(number=number)
        _box(ax, (2.1, middle - 0.6), rows, BLUE)
        step = _("the optimizer's step,\nthe same on both")
        _box(ax, (7.9, middle - 0.6), step, GREEN, width=2.5)
        style.arrow(ax, (1.5, 2.0), (2.1, middle))
        style.arrow(ax, (3.6, middle), (4.9, inner))
        style.arrow(ax, (6.9, inner), (7.9, middle))
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


def order(first, second):
    """What comes first, the mean or the optimizer: two gradients in the plane.

    Args:
        first: Gradient of worker 0, two numbers.
        second: Gradient of worker 1.
    """
    gradients = np.array([first, second], float)
    figure, axes = style.new_figure(10, 5, columns=2)
    titles = (
        _("Conditional Gradient: the support point"),
        _("Gradient Centralization: the projection"),
    )
    transforms = feasible_sets.get("fro").support, functools.partial(centralize, axes=0)
    limits = np.array([-1.08, 1.08]) * max(1.0, np.abs(gradients).max())
    for ax, title, transform in zip(axes, titles, transforms, strict=True):
        ax.set(title=title, aspect="equal", xlim=limits, ylim=limits)
        points = map(transform, (*gradients, gradients.mean(axis=0)))
        *parts, before = map(ops.convert_to_numpy, points)
        for number, color in enumerate((BLUE, ORANGE)):
            style.arrow(ax, (0, 0), gradients[number], GREY, alpha=0.6)
            look = {"textcoords": "offset points", "fontsize": 12}
            ax.annotate(f"$g_{number}$", gradients[number], (4, 4), **look)
            style.arrow(ax, (0, 0), parts[number], color, linewidth=3)
            label = _("worker {number}").format(number=number)
            ax.plot([], [], "-", color=color, linewidth=3, label=label)
        ax.plot(*np.transpose(parts), ":", color=GREY, linewidth=1)
        label = _("of the mean of the gradients")
        ax.plot(*before, "o", color=BLACK, markersize=6, label=label)
        look = {"label": _("mean over the workers"), "markersize": 13, "mfc": "none"}
        ax.plot(*np.mean(parts, axis=0), "s", color=VERMILION, **look)
    axes[0].add_patch(Circle((0, 0), 1, fill=False, edgecolor=GREY))
    axes[1].axline((0, 0), slope=-1, color=GREY, linewidth=1)
    keys = axes[0].get_legend_handles_labels()
    figure.legend(*keys, loc="outside lower center", ncols=4, fontsize=10)
    text = _(
        "Two gradients in the plane. On the left their support points lie on a circle, "
        "and the mean of these lies inside it, away from the support point of the mean "
        "gradient. On the right the mean of the two projections is the projection of "
        "the mean gradient."
    )
    return Picture(figure, text)


def traffic(size, workers):
    """Megabytes that the busiest worker sends for each step, against their number.

    Args:
        size: Bytes of the gradient.
        workers: Sequence of numbers of workers.
    """
    figure, ax = style.new_figure(8, 4)
    workers, megabytes = np.array(workers), size / 1e6
    # The sum goes to each of the others.
    one, ring = (workers - 1) * megabytes, 2 * (workers - 1) / workers * megabytes
    ax.plot(workers, one, label=_("one worker collects all gradients"))
    ax.plot(workers, ring, label=_("a ring of workers"))
    label = _("twice the gradient")
    ax.axhline(2 * megabytes, color=BLACK, linestyle=":", linewidth=1.5, label=label)
    ax.set_xscale("log", base=2)
    ax.set_xticks(workers, map(str, workers))
    ax.set(yscale="log", xlabel=_("workers"), ylabel=_("megabytes sent in a step"))
    ax.legend()
    text = _(
        "Megabytes that the busiest worker sends in a step, for {first} to {last} "
        "workers. In a ring they stay below twice the gradient. Where one worker "
        "collects all gradients, they grow with the number of workers."
    )
    return Picture(figure, text.format(first=workers.min(), last=workers.max()))


def larger_batch(scores, factor):
    """Held-out accuracy against the rate, with a small and a large batch.

    Args:
        scores: Dict from `(optimizer, batch)`, or `(optimizer, batch, share)` with a
            warm-up over this share of the steps, to a dict from rates to the
            accuracies of several seeds.
        factor: Number, the large batch over the small one.
    """
    names = list(dict.fromkeys(key[0] for key in scores))
    figure, axes = style.new_figure(11, 4.2, columns=len(names), sharey=True)
    for ax, name in zip(axes, names, strict=True):
        curves = {key[1:]: by for key, by in scores.items() if key[0] == name}
        for (what, by_rate), look in zip(curves.items(), style.STYLES, strict=False):
            batch, *warm = what
            label = _("batch {batch}, warm-up") if warm else _("batch {batch}")
            rates, found = list(by_rate), np.array(list(by_rate.values()))
            mean = found.mean(axis=1)
            ax.plot(rates, mean, label=label.format(batch=batch), markersize=4, **look)
            ax.fill_between(
                rates, found.min(1), found.max(1), color=look["color"], alpha=0.15
            )
        small = next(iter(curves.values()))
        best = max(small, key=lambda rate: np.mean(small[rate]))
        label = _("{factor} times the best rate of the small batch")
        ax.axvline(best, color=BLUE, linewidth=1, linestyle=":")
        label = label.format(factor=factor)
        ax.axvline(best * factor, color=BLACK, linestyle=":", label=label)
        ax.set(title=name, xscale="log", xlabel=_("rate"))
    axes[0].set(ylabel=_("held-out accuracy"), ylim=(0.4, 0.95))
    keys = axes[0].get_legend_handles_labels()
    figure.legend(*keys, loc="outside lower center", ncols=2, fontsize=10)
    text = _(
        "A graph for each of {names}: held-out accuracy against the rate, with a small "
        "batch, a large one, and a large one with a warm-up; the bands reach over the "
        "seeds. A line marks {factor} times the best rate of the small batch."
    )
    return Picture(figure, text.format(names=listing(names), factor=factor))


def weak_scaling(found, devices):
    """The efficiency of weak scaling, with the middle half of the rounds.

    Args:
        found: `distributed.Overhead` of a step on all devices over one on one.
        devices: Number of all devices.
    """
    figure, ax = style.new_figure(7, 4)
    label = _("perfect: n devices")
    ax.plot([1, devices], [1, 1], "--", color=BLACK, label=label)
    label = _("n devices that share one processor")
    many = np.linspace(1, devices)
    ax.plot(many, 1 / many, ":", color=VERMILION, linewidth=3, label=label)
    middle, (high, low) = 1 / found.ratio, np.divide(1, found.spread)
    reach = [[middle - low], [high - middle]]
    look = {"color": BLUE, "markersize": 9, "capsize": 8, "linewidth": 2}
    ax.errorbar([devices], [middle], reach, fmt="o", label=_("measured"), **look)
    ax.set(xticks=[1, devices], xlim=(0.8, devices + 0.2), ylim=(0, None))
    ax.set(xlabel=_("devices n"), ylabel=_("efficiency"))
    figure.legend(loc="outside lower center", ncols=3, fontsize=10)
    text = _(
        "Efficiency of weak scaling for 1 to {count} devices: the time of a step on "
        "one device, divided by the time of a step on all, each with a batch of its "
        "own."
    )
    seen = _("Measured on all devices: {value:.2f}.").format(value=middle)
    return Picture(figure, text.format(count=devices), seen)


def heat_map(sweep):
    """Mean over the seeds of each pair of hyperparameters, with the spread below it.

    Args:
        sweep: `helpers.experiments.sweeps.Sweep`.
    """
    rows, columns = sweep.mean.shape
    figure, ax = style.new_figure(max(5.0, 3.0 + 1.25 * columns), 1.9 + 0.8 * rows)
    ax.grid(False)
    # Seen where there is no mean, since a run has failed.
    ax.patch.set(hatch="///", edgecolor=GREY, linewidth=0)
    # Its colours rise in lightness, and look nearly the same to the colour-blind.
    look = {"cmap": "cividis", "edgecolor": "white", "linewidth": 1}
    cells = ax.pcolormesh(np.ma.masked_invalid(sweep.mean), **look)
    figure.colorbar(cells, label=sweep.metric)
    for row, column in np.ndindex(rows, columns):
        text, mean = _cell(sweep, row, column), sweep.mean[row, column]
        look = {"color": "white" if cells.norm(mean) < 0.45 else BLACK}
        if np.isnan(mean):
            look["bbox"] = {"facecolor": "white", "edgecolor": "none", "pad": 2}
        ax.text(column + 0.5, row + 0.5, text, ha="center", va="center", **look)
    ax.set_xticks(np.arange(columns) + 0.5, map(str, sweep.columns))
    ax.set_yticks(np.arange(rows) + 0.5, map(str, sweep.rows))
    words = {"metric": sweep.metric, "count": len(sweep.seeds), "seed": sweep.seeds[0]}
    words["row_name"], words["column_name"] = map(axis_label, sweep.names)
    ax.set(xlabel=words["column_name"], ylabel=words["row_name"])
    caption = _("{metric}: mean ± standard deviation over {count} seeds")
    if len(sweep.seeds) == 1:
        caption = _("{metric}, seed {seed}")
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
    best = ""
    if sweep.highest is not None:
        words["row"], words["column"] = sweep.highest
        best = _("The highest mean is at {row_name} {row} and {column_name} {column}.")
    return Picture(figure, text, sentences(sweep.summary, best.format(**words)))


def _cell(sweep, row, column):
    mean, spread = sweep.mean[row, column], sweep.spread[row, column]
    if np.isnan(mean):
        failed, count = np.isnan(sweep.values[row, column]).sum(), len(sweep.seeds)
        many = _("{failed} of {count}\nfailed").format(failed=failed, count=count)
        return _("failed") if count == 1 else many
    # Three digits of the largest mean.
    largest = np.nanmax(np.abs(sweep.mean)) or 1
    decimals = int(np.clip(2 - np.floor(np.log10(largest)), 0, 9))
    text = f"{mean:.{decimals}f}"
    return text if np.isnan(spread) else f"{text}\n± {spread:.{decimals}f}"


def axis_label(name):
    """The name of a hyperparameter in the reader's language, or as it is."""
    known = {
        "lambda_": _("radius λ of the ball"),
        "learning_rate": _("learning rate"),
        "batch_size": _("batch size"),
        "epochs": _("epochs"),
        "momentum": _("momentum"),
    }
    return known.get(name, name)
