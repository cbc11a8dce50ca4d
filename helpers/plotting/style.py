"""What the figures of all lessons share.

Every function of `helpers.plotting` returns a `Picture`: a PNG with a text that says
what it shows. None uses pyplot, so that no state is shared between figures. Colours
are the Okabe–Ito palette, and lines differ by dash and marker as well.
"""

import io

import numpy as np
from matplotlib import cycler
from matplotlib.figure import Figure

from helpers._support.i18n import _, listing, sentences

BLUE, VERMILION, GREEN, PURPLE = "#0072B2", "#D55E00", "#009E73", "#CC79A7"
ORANGE, SKY, BLACK, GREY = "#E69F00", "#56B4E9", "#000000", "#767676"
CYCLE = cycler(
    color=[BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY, BLACK],
    linestyle=["-", "--", "-.", ":", (0, (5, 1)), (0, (3, 1, 1, 1)), (0, (1, 1))],
    marker=["o", "s", "^", "D", "v", "P", "X"],
)
STYLES = list(CYCLE)


class Picture:
    """A figure as a PNG, with a text for those who cannot see it.

    Args:
        figure: `matplotlib.figure.Figure`.
        text: One or two sentences: what kind of figure it is, and what it shows.
        found: What was computed, in a sentence for screen readers. It may come out
            otherwise on another processor, and is no part of the plain text, which
            the tests of the notebooks compare.

    Attributes:
        text, found: As above.
        png: Bytes.
    """

    def __init__(self, figure, text, found=""):
        self.text, self.found = text, found
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", dpi=110)
        self.png = buffer.getvalue()

    def __repr__(self):
        return self.text

    def _repr_mimebundle_(self, include=None, exclude=None):
        data = {"image/png": self.png, "text/plain": self.text}
        return data, {"image/png": {"alt": sentences(self.text, self.found)}}


def ends(curves):
    """Where curves begin and end, a dict from names to numbers, in a sentence."""
    each = _("{name} from {first:.3g} to {last:.3g}")
    runs = listing(
        each.format(name=name, first=values[0], last=values[-1])
        for name, values in curves.items()
    )
    return _("The curves run: {curves}.").format(curves=runs)


def means(groups):
    """The means of groups of numbers, a dict from their names, in a sentence."""
    return _("Means: {values}.").format(values=with_numbers(groups))


def with_numbers(groups):
    """Names with a number each, or the mean of their numbers, in a list."""
    return listing(f"{name} {np.mean(group):.3g}" for name, group in groups.items())


def name_of_norm(ball):
    """What a ball's norm is called: `"fro"` is an argument and no word."""
    names = {
        "fro": _("Frobenius norm"),
        "l1": _("sum of absolute entries"),
        "max": _("maximum norm"),
        "nuclear": _("nuclear norm"),
        "outputs": _("norm of each output"),
        "spectral": _("spectral norm"),
    }
    return names.get(ball, ball)


def new_figure(width=8.0, height=4.0, rows=1, columns=1, **kwargs):
    """A figure, in inches, and its axes, in which each line has its own style."""
    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.subplots(rows, columns, **kwargs)
    for ax in np.ravel(axes):
        ax.spines[["top", "right"]].set_visible(False)
        ax.grid(alpha=0.25)
        ax.set_prop_cycle(CYCLE)
    return figure, axes


def arrow(ax, start, end, color=BLACK, **look):
    """Draws an arrow between two points."""
    look = {"arrowstyle": "-|>", "linewidth": 2, "mutation_scale": 16, **look}
    look = {"color": color, "shrinkA": 0, "shrinkB": 0, **look}
    ax.annotate("", end, start, arrowprops=look)


def image_grid(images, titles, columns=8):
    """Images in a grid, each with its title.

    Args:
        images: Array `(count, height, width)` or `(count, height, width, 3)`.
        titles: Sequence of `count` strings or labels.
        columns: Images in a row.
    """
    rows = -(-len(images) // columns)
    figure, axes = new_figure(columns, 1.25 * rows, rows, columns, squeeze=False)
    for ax in axes.flat:
        ax.axis("off")
    for ax, image, title in zip(axes.flat, images, titles, strict=False):
        ax.imshow(image, cmap="gray_r")
        ax.set_title(str(title), fontsize=10)
    text = _("Images with their labels: {labels}")
    return Picture(figure, text.format(labels=listing(titles)))


def accuracy_and_loss(runs):
    """Training and test accuracy, and loss, of several runs, epoch by epoch.

    Args:
        runs: Dict from a run's name to the `history` of a Keras `History`, with
            `accuracy`, `loss` and, where there are any, their `val_` twins.
    """
    figure, (left, right) = new_figure(10, 4, columns=2)
    faint = {"linestyle": ":", "alpha": 0.75, "markerfacecolor": "white"}
    panels = ((left, "accuracy", _("accuracy")), (right, "loss", _("loss")))
    for ax, key, label in panels:
        for (name, history), look in zip(runs.items(), STYLES, strict=False):
            epochs = range(1, len(history[key]) + 1)
            training = _("{name}, training set").format(name=name)
            ax.plot(epochs, history[key], label=training, **{**look, **faint})
            if f"val_{key}" in history:
                test = _("{name}, test set").format(name=name)
                look = {**look, "linestyle": "-", "label": test}
                ax.plot(epochs, history[f"val_{key}"], **look)
        ax.set(xlabel=_("epoch"), ylabel=label)
        ax.xaxis.get_major_locator().set_params(integer=True)
    keys = left.get_legend_handles_labels()
    figure.legend(*keys, loc="outside lower center", ncols=len(runs))
    text = _("Two graphs, accuracy and loss by epoch, for the runs {names}.")
    seen = {n: h.get("val_accuracy", h["accuracy"]) for n, h in runs.items()}
    return Picture(figure, text.format(names=listing(runs)), ends(seen))


def paired_comparison(comparison):
    """The pairs of a comparison, and the interval of their mean difference.

    Args:
        comparison: `helpers.experiments.comparison.Comparison`.
    """
    baseline, other = comparison.names
    count = len(comparison.seeds)
    figure, (left, right) = new_figure(9, 4.2, columns=2, width_ratios=(3, 2))
    places = range(count)
    left.vlines(places, *comparison.values, color=GREY, linewidth=1, zorder=1)
    for name, values in zip(comparison.names, comparison.values, strict=True):
        left.plot(places, values, linestyle="", markersize=9, label=name)
    left.set_xticks(places, map(str, comparison.seeds))
    left.margins(x=0.1, y=0.15)
    left.set(xlabel=_("seed"), ylabel=comparison.metric)

    right.axhline(0, color=BLACK, linewidth=1, linestyle="--")
    across, label = np.linspace(-0.25, 0.25, count), _("each pair of runs")
    right.plot(across, comparison.differences, "o", color=GREY, label=label)
    label = _("mean, {level:.0%} confidence interval")
    look = {"color": BLACK, "markersize": 8, "capsize": 8, "linewidth": 2}
    look["label"] = label.format(level=comparison.confidence)
    reach = np.abs(np.subtract(comparison.interval, comparison.mean))[:, None]
    right.errorbar([0.5], [comparison.mean], reach, fmt="D", **look)
    label = _("{other} minus {baseline}").format(baseline=baseline, other=other)
    right.set(xlim=(-0.5, 0.8), xticks=[], ylabel=label)
    figure.legend(loc="outside lower center", ncols=4, fontsize=9)
    figure.suptitle(comparison.verdict, fontsize=11, wrap=True)
    text = _(
        "On the left the {metric} of {baseline} and {other} for each of {count} seeds. "
        "On the right the differences, and the confidence interval of their mean."
    )
    words = {"metric": comparison.metric, "baseline": baseline, "other": other}
    return Picture(figure, text.format(count=count, **words), comparison.verdict)
