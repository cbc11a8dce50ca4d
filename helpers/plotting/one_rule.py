"""The figures of the lesson on one rule and many optimizers."""

import numpy as np

from helpers.i18n import _, listing
from helpers.plotting.conditional_gradient import rate  # noqa: F401
from helpers.plotting.style import (
    BLACK,
    GREY,
    STYLES,
    Found,
    Picture,
    means,
    name_of_norm,
    new_figure,
)


def singular_values(gradient, supports):
    """Singular values of a gradient, and of its support points in several balls.

    Args:
        gradient: Matrix.
        supports: Dict from the name of a ball to a matrix of the same shape.
    """
    figure, axes = new_figure(10, 3.2, columns=1 + len(supports))
    titles = [_("gradient"), *map(name_of_norm, supports)]
    for ax, title, matrix in zip(
        axes, titles, [gradient, *supports.values()], strict=True
    ):
        values = np.linalg.svd(np.asarray(matrix), compute_uv=False)
        ax.vlines(np.arange(1, len(values) + 1), 0, values, color=STYLES[0]["color"])
        ax.set_title(title, fontsize=11)
        ax.set_ylim(0, 1.08 * values[0])
        ax.set_xlabel(_("number"))
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
    figure, ax = new_figure(7, 3.8)
    runs = {_("without momentum"): plain, _("with momentum 0.9"): averaged}
    for (name, lengths), look in zip(runs.items(), STYLES, strict=False):
        ax.plot(sizes, lengths, label=name, **look)
    ax.axhline(1, color=GREY, linestyle=":", label=_("all in one direction"))
    ax.set_xscale("log", base=2)
    ax.set_xticks(sizes, [str(size) for size in sizes])
    ax.set_ylim(0, 1.08)
    ax.set_xlabel(_("images in a batch"))
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
    figure, axes = new_figure(10, 3.8, columns=len(pairs), sharey=True)
    looks = (
        {**STYLES[0], "linewidth": 6, "alpha": 0.35, "marker": ""},
        {**STYLES[1], "linewidth": 1.5, "marker": ""},
    )
    for ax, pair in zip(axes, pairs, strict=True):
        for (name, losses), look in zip(pair.items(), looks, strict=True):
            ax.plot(np.arange(1, len(losses) + 1), losses, label=name, **look)
        ax.set_ylim(bottom=0)
        ax.set_xlabel(_("training steps"))
        ax.legend(loc="upper right", fontsize=10)
    axes[0].set_ylabel(_("loss of the batch"))
    names = [name for pair in pairs for name in pair]
    text = _(
        "Loss by step, two optimizers in each graph: {names}. In each graph the thin "
        "line lies inside the wide one."
    )
    return Picture(figure, text.format(names=listing(names)))


def race(accuracies, intervals):
    """Test accuracy of each optimizer, seed by seed, and its difference to the first.

    Args:
        accuracies: Dict from a name to the accuracies, one for each seed. Names of
            balls are shown in words.
        intervals: Dict from all names but the first to the mean difference and the
            two ends of its interval.
    """
    figure, (left, right) = new_figure(10, 3.8, columns=2, sharey=True)
    names = [name_of_norm(name) for name in accuracies]
    rows = np.arange(len(names))[::-1]
    for row, values, look in zip(rows, accuracies.values(), STYLES, strict=False):
        look = {**look, "linestyle": "", "markersize": 8}
        left.plot(values, [row] * len(values), **look)
    for row, (mean, low, high), look in zip(
        rows[1:], intervals.values(), STYLES[1:], strict=False
    ):
        bar = [[mean - low], [high - mean]]
        look = {"fmt": look["marker"], "color": look["color"], "capsize": 6}
        right.errorbar([mean], [row], xerr=bar, markersize=8, linewidth=2, **look)
    right.axvline(0, color=BLACK, linewidth=1, linestyle="--")
    left.set_yticks(rows, names)
    left.set_xlabel(_("test accuracy"))
    right.set_xlabel(_("minus that of {name}, with interval").format(name=names[0]))
    text = _(
        "On the left the test accuracy of {names}, a mark for each seed. On the right "
        "the mean difference to {first}, with a 95 % confidence interval."
    )
    text = text.format(names=listing(names), first=names[0])
    seen = means(dict(zip(names, accuracies.values(), strict=True)))
    return Found(figure, text, seen)


def weights(zeros, largest, spectra, lengths):
    """What balls do to the weights, in four small graphs.

    Args:
        zeros: Dict from a name to the share of weights that are 0.
        largest: Array of weights, as shares of the radius of the maximum norm.
        spectra: Dict from the name of a ball to the singular values of a matrix, as
            shares of the largest.
        lengths: Array of the norms of each output's weights, as shares of the radius.
    """
    figure, axes = new_figure(10, 6.4, rows=2, columns=2)
    bars, histogram, values, outputs = axes.flat
    names = [name_of_norm(name) for name in zeros]
    bars.bar(names, list(zeros.values()), color=STYLES[0]["color"], width=0.55)
    bars.set_ylim(0, 1)
    bars.set_title(_("Share of weights that are 0"), fontsize=11)
    histogram.hist(largest, bins=41, color=STYLES[1]["color"])
    histogram.set_title(_("Maximum norm: the weights, in radii"), fontsize=11)
    histogram.set_xlim(-1.05, 1.05)
    for (name, shares), look in zip(spectra.items(), STYLES, strict=False):
        numbers = np.arange(1, len(shares) + 1)
        look = {**look, "markersize": 4, "markevery": 3}
        values.plot(numbers, shares, label=name_of_norm(name), **look)
    values.set_ylim(0, 1.05)
    values.set_title(_("Singular values, as shares of the largest"), fontsize=11)
    values.legend(fontsize=9)
    outputs.hist(lengths, bins=20, color=STYLES[2]["color"])
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
    figure, ax = new_figure(8, 4.4)
    for (key, values), look in zip(certificates.items(), STYLES, strict=False):
        known, name, found = {"color": look["color"]}, name_of_norm(key), attacked[key]
        label = _("{name}, certain").format(name=name)
        ax.plot(changes, values, linestyle=look["linestyle"], label=label, **known)
        look = {"marker": look["marker"], "linestyle": "", "markersize": 8, **known}
        label = _("{name}, attacked").format(name=name)
        ax.plot(list(found), list(found.values()), label=label, **look)
    ax.set_ylim(0, 1)
    ax.set_xlabel(_("length of the change of the image"))
    ax.set_ylabel(_("test accuracy"))
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
    figure, axes = new_figure(10, 4.3, rows=2, columns=5)
    top = np.abs(weights).max()
    for digit, (ax, image) in enumerate(zip(axes.flat, weights.T, strict=True)):
        ax.imshow(image.reshape(28, 28), cmap="RdBu", vmin=-top, vmax=top)
        ax.set_title(str(digit), fontsize=11)
        ax.set(xticks=[], yticks=[])
        ax.grid(False)
        ax.spines[:].set_visible(True)
    text = _(
        "Ten images of weights, one for each digit. Most pixels are white, where the "
        "weight is exactly 0. Blue pixels speak for the digit and red ones against it."
    )
    return Picture(figure, text)
