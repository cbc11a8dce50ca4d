"""The figures of the lesson on one rule and many optimizers."""

import itertools

import numpy as np

from helpers._support.i18n import _, listing
from helpers.plotting import style
from helpers.plotting.style import BLACK, BLUE, GREEN, GREY, STYLES, VERMILION, Picture

name_of_norm = style.name_of_norm


def rate(errors, gaps):
    """Error and Frank–Wolfe gap by step, on logarithmic axes, beside a line of 1/t.

    Args:
        errors: Sequence of losses minus the lowest loss in the ball.
        gaps: Sequence of as many Frank–Wolfe gaps.
    """
    figure, ax = style.new_figure(7, 4)
    steps = np.arange(1, len(errors))
    line = np.max(errors[1:] * (steps + 2)) / (steps + 2)
    ax.plot(steps, gaps[1:], "--", color=VERMILION, label=_("gap"))
    ax.plot(steps, errors[1:], "-", color=BLUE, label=_("error"))
    ax.plot(steps, line, ":", color=GREY, label=_("falls like 1/t"))
    ax.set(xscale="log", yscale="log")
    ax.set(xlabel=_("step t"), ylabel=_("loss above the lowest"))
    ax.legend(loc="lower left")
    text = _(
        "Error and Frank–Wolfe gap by step. The gap lies above the error at every "
        "step. A dotted line falls like 1/t, and the error in the end falls faster."
    )
    return Picture(figure, text)


def singular_values(gradient, supports):
    """Singular values of a gradient, and of its support points in several balls.

    Args:
        gradient: Matrix.
        supports: Dict from the name of a ball to a matrix of the same shape.
    """
    figure, axes = style.new_figure(10, 3.2, columns=1 + len(supports))
    matrices = {_("gradient"): gradient, **supports}
    for ax, (name, matrix) in zip(axes, matrices.items(), strict=True):
        values = np.linalg.svd(matrix, compute_uv=False)
        ax.vlines(range(1, len(values) + 1), 0, values, color=BLUE)
        ax.set_title(name_of_norm(name), fontsize=11)
        ax.set(ylim=(0, 1.08 * values[0]), xlabel=_("number"))
    axes[0].set_ylabel(_("singular value"))
    text = _(
        "Singular values, the largest first, in four graphs. The gradient's fall in a "
        "slope. Those of its support point: the same slope, shorter, in the ball of "
        "the Frobenius norm; one spike for the nuclear norm; a flat line at 1 for the "
        "spectral norm."
    )
    return Picture(figure, text)


def length_of_mean(sizes, plain, averaged):
    """Length of the mean of support points, against the size of the batch.

    Args:
        sizes: Sequence of batch sizes.
        plain: Sequence of as many lengths, without momentum.
        averaged: The same with momentum.
    """
    figure, ax = style.new_figure(7, 3.8)
    runs = {_("without momentum"): plain, _("with momentum 0.9"): averaged}
    for name, lengths in runs.items():
        ax.plot(sizes, lengths, label=name)
    ax.axhline(1, color=GREY, linestyle=":", label=_("all in one direction"))
    ax.set_xscale("log", base=2)
    ax.set_xticks(sizes, map(str, sizes))
    ax.set(xlabel=_("images in a batch"), ylim=(0, 1.08))
    ax.set_ylabel(_("length of the mean support point"))
    ax.legend(loc="lower right")
    text = _(
        "The length of the mean support point rises with the size of the batch towards "
        "1, and with momentum it is longer, most of all for small batches."
    )
    return Picture(figure, text)


def twins(pairs):
    """Training losses of pairs of optimizers, a graph for each pair.

    Args:
        pairs: List of dicts with two entries, from an optimizer's name to its losses.
    """
    figure, axes = style.new_figure(10, 3.8, columns=len(pairs), sharey=True)
    widths = ({"linewidth": 6, "alpha": 0.35}, {"linewidth": 1.5})
    for ax, pair in zip(axes, pairs, strict=True):
        for (name, losses), look in zip(pair.items(), widths, strict=True):
            ax.plot(range(1, len(losses) + 1), losses, marker="", label=name, **look)
        ax.set(xlabel=_("training steps"), ylim=(0, None))
        ax.legend(loc="upper right", fontsize=10)
    axes[0].set_ylabel(_("loss of the batch"))
    text = _(
        "Loss by step, two optimizers in each graph: {names}. In each graph the thin "
        "line lies inside the wide one."
    )
    return Picture(figure, text.format(names=listing(itertools.chain(*pairs))))


def race(accuracies, intervals):
    """Test accuracy of each optimizer, seed by seed, and its difference to the first.

    Args:
        accuracies: Dict from a name to the accuracies, one for each seed. Names of
            balls are shown in words.
        intervals: Dict from all names but the first to the mean difference and the
            two ends of its interval.
    """
    figure, (left, right) = style.new_figure(10, 3.8, columns=2, sharey=True)
    runs = {name_of_norm(name): values for name, values in accuracies.items()}
    names, rows = list(runs), np.arange(len(runs))[::-1]
    for row, values in zip(rows, runs.values(), strict=True):
        left.plot(values, [row] * len(values), linestyle="", markersize=8)
    right.plot([], [])  # the style of the first, which has no difference to itself
    look = {"linestyle": "", "markersize": 8, "elinewidth": 2, "capsize": 6}
    for row, (mean, low, high) in zip(rows[1:], intervals.values(), strict=True):
        right.errorbar([mean], [row], xerr=[[mean - low], [high - mean]], **look)
    right.axvline(0, color=BLACK, linewidth=1, linestyle="--")
    left.set_yticks(rows, names)
    left.set_xlabel(_("test accuracy"))
    right.set_xlabel(_("minus that of {name}, with interval").format(name=names[0]))
    text = _(
        "On the left the test accuracy of {names}, a mark for each seed. On the right "
        "the mean difference to {first}, with a 95 % confidence interval."
    )
    text = text.format(names=listing(names), first=names[0])
    return Picture(figure, text, style.means(runs))


def weights(zeros, largest, spectra, lengths):
    """What balls do to the weights, in four small graphs.

    Args:
        zeros: Dict from a name to the share of weights that are 0.
        largest: Array of weights, as shares of the radius of the maximum norm.
        spectra: Dict from the name of a ball to the singular values of a matrix, as
            shares of the largest.
        lengths: Array of the norms of each output's weights, as shares of the radius.
    """
    figure, axes = style.new_figure(10, 6.4, rows=2, columns=2)
    bars, histogram, values, outputs = axes.flat
    bars.bar([name_of_norm(name) for name in zeros], zeros.values(), 0.55, color=BLUE)
    bars.set_title(_("Share of weights that are 0"), fontsize=11)
    bars.set_ylim(0, 1)
    histogram.hist(largest, bins=41, color=VERMILION)
    histogram.set_title(_("Maximum norm: the weights, in radii"), fontsize=11)
    histogram.set_xlim(-1.05, 1.05)
    for name, shares in spectra.items():
        look = {"markersize": 4, "markevery": 3, "label": name_of_norm(name)}
        values.plot(range(1, len(shares) + 1), shares, **look)
    values.set_title(_("Singular values, as shares of the largest"), fontsize=11)
    values.set_ylim(0, 1.05)
    values.legend(fontsize=9)
    outputs.hist(lengths, bins=20, color=GREEN)
    outputs.set_title(_("Norm of each output: the norms, in radii"), fontsize=11)
    outputs.set_xlim(0, 1.05)
    text = _(
        "Four graphs. Most weights are exactly 0 with KSparse and with the sum of "
        "absolute entries. Under the maximum norm the weights end at two straight "
        "edges. Under the nuclear norm a few singular values stand above the others, "
        "under the spectral norm none. The norms of the outputs lie below λ."
    )
    return Picture(figure, text)


def certified(changes, certificates, attacked):
    """Accuracy that is certain against a change of the image, and under an attack.

    Args:
        changes: Sequence of Euclidean lengths.
        certificates: Dict from a network's name to the certified accuracies.
        attacked: Dict from the same names to a dict from a length to the accuracy
            that the attack left.
    """
    figure, ax = style.new_figure(8, 4.4)
    for (name, values), look in zip(certificates.items(), STYLES, strict=False):
        words, marks = name_of_norm(name), attacked[name].items()
        label = _("{name}, certain").format(name=words)
        ax.plot(changes, values, label=label, **{**look, "marker": ""})
        label = _("{name}, attacked").format(name=words)
        look = {**look, "linestyle": "", "markersize": 8}
        ax.plot(*zip(*marks, strict=True), label=label, **look)
    ax.set(xlabel=_("length of the change of the image"), ylabel=_("test accuracy"))
    ax.set_ylim(0, 1)
    figure.legend(loc="outside lower center", ncols=3, fontsize=9)
    text = _(
        "Test accuracy against the length of a change of the image: lines for what is "
        "certain, marks for what an attack leaves. Every mark lies above the line of "
        "its colour. The line of the network in the spectral ball falls slowly, the "
        "other two fall to zero."
    )
    return Picture(figure, text)


def pixels(weights):
    """The weights of each digit as an image: blue above 0, red below, white at 0.

    Args:
        weights: Array `(784, 10)`.
    """
    figure, axes = style.new_figure(10, 4.3, rows=2, columns=5)
    top = np.abs(weights).max()
    for digit, ax in enumerate(axes.flat):
        image = weights[:, digit].reshape(28, 28)
        ax.imshow(image, cmap="RdBu", vmin=-top, vmax=top)
        ax.set_title(str(digit), fontsize=11)
        ax.set(xticks=[], yticks=[])
        ax.spines[:].set_visible(True)
    text = _(
        "Ten images of weights, one for each digit. Most pixels are white, where the "
        "weight is exactly 0. Blue pixels speak for the digit and red ones against it."
    )
    return Picture(figure, text)
