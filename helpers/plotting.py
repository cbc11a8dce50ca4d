"""Figures from results, with labels in the reader's language.

Every function returns a `Picture`: a PNG with a text that says what it shows. None
uses pyplot, so that no state is shared between figures. Colours are the Okabe–Ito
palette, and lines differ by dash and marker as well.
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
    return Picture(figure, text.format(names=listing(runs)))


def norms(runs, bounds=None, every="epoch", log=False):
    """Norms of weights over training.

    Args:
        runs: Dict from a name to a list of norms, the first before training. The
            name `"joint"`, as `WeightNorms` calls it, is shown translated.
        bounds: Dict from a label to a bound, drawn as a horizontal line.
        every: `"epoch"` or `"batch"`: what lies between two norms.
        log: Whether the vertical axis is logarithmic.
    """
    figure, ax = new_figure(8, 4.2)
    names = [_("joint") if name == "joint" else name for name in runs]
    for name, values, style in zip(names, runs.values(), STYLES * 2, strict=False):
        values = np.array(values, dtype=float)
        if log:  # the norm of a bias starts at 0, which has no place on such an axis
            values[values == 0] = np.nan
        marked = max(1, len(values) // 10)
        ax.plot(values, label=name, markevery=marked, **style)
    for (label, bound), dash in zip((bounds or {}).items(), ("--", ":"), strict=False):
        ax.axhline(bound, color=BLACK, linestyle=dash, linewidth=1.5, label=label)
    ax.set_xlabel(_("epoch") if every == "epoch" else _("batch"))
    ax.set_ylabel(_("norm"))
    ax.xaxis.get_major_locator().set_params(integer=True)
    if log:
        ax.set_yscale("log")
    else:
        ax.set_ylim(bottom=0)
    figure.legend(loc="outside right upper")
    text = _("Norms over training: {names}.").format(names=listing(names))
    if bounds:
        lines = _("Horizontal lines: {names}.").format(names=listing(bounds))
        text = sentences(text, lines)
    return Picture(figure, text)


def singular_values(runs):
    """Singular values, from the largest to the smallest, of several matrices.

    Args:
        runs: Dict from a name to a matrix.
    """
    figure, ax = new_figure(8, 4)
    for (name, matrix), style in zip(runs.items(), STYLES, strict=False):
        values = np.linalg.svd(np.asarray(matrix), compute_uv=False)
        numbers = np.arange(1, len(values) + 1)
        ax.plot(numbers, values, label=name, markersize=4, **style)
    ax.set_xlabel(_("number of the singular value"))
    ax.set_ylabel(_("singular value"))
    ax.set_yscale("log")
    ax.legend()
    text = _("Singular values from the largest to the smallest: {names}.")
    return Picture(figure, text.format(names=listing(runs)))


def cost_of_constraint(radii, accuracies, reference=None):
    """Test accuracy against the radius of the ball.

    Args:
        radii: Sequence of λ.
        accuracies: Sequence of as many test accuracies.
        reference: Accuracy without a constraint, as a horizontal line.
    """
    figure, ax = new_figure(7, 4)
    ax.plot(radii, accuracies, label=_("Conditional Gradient"), **STYLES[0])
    if reference is not None:
        ax.axhline(
            reference,
            color=BLACK,
            linestyle="--",
            label=_("SGD without a constraint"),
        )
    ax.set_xscale("log")
    ax.set_xticks(radii, [f"{radius:g}" for radius in radii])
    ax.minorticks_off()
    ax.set_xlabel(_("radius λ of the ball"))
    ax.set_ylabel(_("test accuracy"))
    ax.legend(loc="lower right")
    return Picture(figure, _("Test accuracy against the radius λ of the ball."))
