"""What the figures of all lessons share.

Every function of `helpers.plotting` returns a `Picture`: a PNG with a text that says
what it shows. None uses pyplot, so that no state is shared between figures. Colours
are the Okabe–Ito palette, and lines differ by dash and marker as well.
"""

import io

import numpy as np
from matplotlib.figure import Figure

from helpers.i18n import _, listing, sentences

BLUE, VERMILION, GREEN, PURPLE = "#0072B2", "#D55E00", "#009E73", "#CC79A7"
ORANGE, SKY, BLACK, GREY = "#E69F00", "#56B4E9", "#000000", "#767676"
STYLES = [
    {"color": BLUE, "linestyle": "-", "marker": "o"},
    {"color": VERMILION, "linestyle": "--", "marker": "s"},
    {"color": GREEN, "linestyle": "-.", "marker": "^"},
    {"color": PURPLE, "linestyle": ":", "marker": "D"},
    {"color": ORANGE, "linestyle": (0, (5, 1)), "marker": "v"},
    {"color": SKY, "linestyle": (0, (3, 1, 1, 1)), "marker": "P"},
    {"color": BLACK, "linestyle": (0, (1, 1)), "marker": "X"},
]


class Picture:
    """A figure as a PNG, with a text for those who cannot see it.

    Args:
        figure: `matplotlib.figure.Figure`.
        text: One or two sentences: what the figure shows.

    Attributes:
        text: As above.
        png: Bytes.
    """

    def __init__(self, figure, text):
        self.text = text
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", dpi=110)
        self.png = buffer.getvalue()

    def __repr__(self):
        return self.text

    def _repr_mimebundle_(self, include=None, exclude=None):
        data = {"image/png": self.png, "text/plain": self.text}
        return data, {"image/png": {"alt": self.text}}


class Found(Picture):
    """A picture whose text for a screen reader is what was computed.

    The computed sentence may come out otherwise on another processor, so the plain
    text, which the tests of the notebooks compare, says only what kind of figure it is.
    """

    def __init__(self, figure, text, found):
        super().__init__(figure, text)
        self.found = found

    def _repr_mimebundle_(self, include=None, exclude=None):
        data, _metadata = super()._repr_mimebundle_(include, exclude)
        return data, {"image/png": {"alt": sentences(self.text, self.found)}}


def ends(curves):
    """Where curves begin and end, in a sentence.

    Args:
        curves: Dict from a name to a sequence of numbers.
    """
    each = _("{name} from {first:.3g} to {last:.3g}")
    return _("The curves run: {curves}.").format(
        curves=listing(
            each.format(name=name, first=values[0], last=values[-1])
            for name, values in curves.items()
        )
    )


def means(groups):
    """The means of groups of numbers, in a sentence."""
    return _("Means: {values}.").format(values=with_numbers(groups, np.mean))


def with_numbers(groups, number=float):
    """Names with a number each, in a list."""
    return listing(f"{name} {number(value):.3g}" for name, value in groups.items())


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
    """A figure with tight layout, and its axes; width and height in inches."""
    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.subplots(rows, columns, **kwargs)
    for ax in np.ravel(axes):
        ax.spines[["top", "right"]].set_visible(False)
        ax.grid(alpha=0.25)
    return figure, axes


def image_grid(images, titles, columns=8):
    """Images in a grid, each with its title.

    Args:
        images: Array of shape `(count, height, width)` or
            `(count, height, width, 3)`.
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
    panels = ((left, "accuracy", _("accuracy")), (right, "loss", _("loss")))
    for ax, key, label in panels:
        for (name, history), style in zip(runs.items(), STYLES, strict=False):
            epochs = np.arange(1, len(history[key]) + 1)
            known = {"color": style["color"], "marker": style["marker"]}
            ax.plot(
                epochs,
                history[key],
                linestyle=":",
                alpha=0.75,
                markerfacecolor="white",
                label=_("{name}, training set").format(name=name),
                **known,
            )
            if f"val_{key}" in history:
                ax.plot(
                    epochs,
                    history[f"val_{key}"],
                    label=_("{name}, test set").format(name=name),
                    **known,
                )
        ax.set_xlabel(_("epoch"))
        ax.set_ylabel(label)
        ax.xaxis.get_major_locator().set_params(integer=True)
    handles, labels = left.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(runs))
    text = _("Two graphs, accuracy and loss by epoch, for the runs {names}.")
    seen = {n: h.get("val_accuracy", h["accuracy"]) for n, h in runs.items()}
    return Found(figure, text.format(names=listing(runs)), ends(seen))


def paired_comparison(comparison):
    """The pairs of a comparison, and the interval of their mean difference.

    Args:
        comparison: `helpers.experiments.Comparison`.
    """
    figure, (left, right) = new_figure(9, 4.2, columns=2, width_ratios=(3, 2))
    positions = np.arange(len(comparison.seeds))
    for before, after, position in zip(*comparison.values, positions, strict=True):
        left.plot([position] * 2, [before, after], color=GREY, linewidth=1, zorder=1)
    for name, values, style in zip(
        comparison.names, comparison.values, STYLES, strict=False
    ):
        look = {**style, "linestyle": "", "markersize": 9}
        left.plot(positions, values, label=name, zorder=2, **look)
    left.set_xticks(positions, [str(seed) for seed in comparison.seeds])
    left.margins(x=0.1, y=0.15)
    left.set_xlabel(_("seed"))
    left.set_ylabel(comparison.metric)

    low, high = comparison.interval
    right.axhline(0, color=BLACK, linewidth=1, linestyle="--")
    across = np.linspace(-0.25, 0.25, len(comparison.seeds))
    right.plot(
        across, comparison.differences, "o", color=GREY, label=_("each pair of runs")
    )
    right.errorbar(
        [0.5],
        [comparison.mean],
        [[comparison.mean - low], [high - comparison.mean]],
        fmt="D",
        color=BLACK,
        markersize=8,
        capsize=8,
        linewidth=2,
        label=_("mean, {level:.0%} confidence interval").format(
            level=comparison.confidence
        ),
    )
    right.set_xlim(-0.5, 0.8)
    right.set_xticks([])
    right.set_ylabel(
        _("{other} minus {baseline}").format(
            baseline=comparison.names[0], other=comparison.names[1]
        )
    )
    keys = zip(
        left.get_legend_handles_labels(), right.get_legend_handles_labels(), strict=True
    )
    handles, labels = (a + b for a, b in keys)
    figure.legend(handles, labels, loc="outside lower center", ncols=4, fontsize=9)
    figure.suptitle(comparison.verdict, fontsize=11, wrap=True)
    text = _(
        "On the left the {metric} of {baseline} and {other} for each of {count} seeds. "
        "On the right the differences, and the confidence interval of their mean."
    ).format(
        metric=comparison.metric,
        baseline=comparison.names[0],
        other=comparison.names[1],
        count=len(comparison.seeds),
    )
    return Found(figure, text, comparison.verdict)
