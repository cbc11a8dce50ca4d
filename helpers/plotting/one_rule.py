"""The figures of the lesson on one rule and many optimizers."""

import itertools

import numpy as np
from matplotlib.patches import Circle
from matplotlib.ticker import NullFormatter

from helpers._support.i18n import _, listing
from helpers.plotting import one_rule_tables as tables
from helpers.plotting import style
from helpers.plotting.style import BLACK, BLUE, GREY, STYLES, VERMILION, Picture

name_of_norm = style.name_of_norm


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


def agreement(sizes, cosines, noise):
    """How well a batch's support point agrees with that of the gradient of all images.

    Args:
        sizes: Sequence of batch sizes.
        cosines: Dict from `"none"`, `"before"` or `"after"` (an average before or after
            the support point is taken) to as many lists of cosines, one a batch.
        noise: List of the cosines of random matrices.
    """
    figure, ax = style.new_figure(7.5, 4)
    for average, batches in cosines.items():
        mean, spread = np.mean(batches, axis=1), np.std(batches, axis=1)
        look = {"capsize": 4, "markersize": 8, "label": tables.averaged(average)}
        ax.errorbar(sizes, mean, spread, **look)
    low, high = np.percentile(noise, [2.5, 97.5])
    ax.axhspan(low, high, color=GREY, alpha=0.4, label=_("pure noise"))
    ax.axhline(1, color=BLACK, linestyle=":", linewidth=1)
    ax.set_xscale("log", base=2)
    ax.set_xticks(sizes, map(str, sizes))
    ax.set(xlabel=_("images in a batch"), ylabel=_("cosine"), ylim=(-0.1, 1.05))
    ax.legend(loc="lower right")
    text = _(
        "Cosine between the direction of a step and the support point of all images, "
        "against the size of the batch. The line without an average begins lowest. The "
        "two with one, before or after the support point, lie above it."
    )
    return Picture(figure, text)


def twins(pairs):
    """Training losses of pairs of optimizers, a graph for each pair.

    Args:
        pairs: List of dicts from an optimizer's name to its losses: the library's,
            ours, and the library's with its own settings.
    """
    figure, axes = style.new_figure(10, 3.8, columns=len(pairs), sharey=True)
    widths = {"linewidth": 6, "alpha": 0.35}, {"linewidth": 1.5}, {"linestyle": ":"}
    for ax, pair in zip(axes, pairs, strict=True):
        for (name, losses), look in zip(pair.items(), widths, strict=True):
            ax.plot(range(1, len(losses) + 1), losses, marker="", label=name, **look)
        ax.set(xlabel=_("training steps"), ylim=(0, None))
        ax.legend(loc="upper right", fontsize=10)
    axes[0].set_ylabel(_("loss of the batch"))
    text = _(
        "Loss by step: {names}. In each graph the thin line lies inside the wide one; "
        "the dotted one, with the usual momentum, stays near and leaves it."
    )
    return Picture(figure, text.format(names=listing(itertools.chain(*pairs))))


def trials(tried):
    """The trials of each optimizer: where they lie, and how well each did.

    Args:
        tried: Dict from a name to a list of `(held-out accuracy, rate, decay)`.
    """
    figure, axes = style.new_figure(10.5, 3.3, columns=len(tried))
    for ax, (name, points) in zip(axes, tried.items(), strict=True):
        scores, rates, decays = np.transpose(points)
        look = {"cmap": "viridis", "vmin": 0.5, "vmax": 1, "s": 60, "zorder": 2}
        dots = ax.scatter(rates, decays, c=scores, **look)
        best = np.argmax(scores)
        look = {"markersize": 14, "markerfacecolor": "none", "markeredgewidth": 2}
        ax.plot(rates[best], decays[best], "o", color=VERMILION, **look)
        ax.set(xscale="log", yscale="log", xlabel=_("rate η"))
        ax.set_title(name_of_norm(name), fontsize=10)
        ax.xaxis.set_minor_formatter(NullFormatter())
        ax.tick_params(labelsize=8)
    axes[0].set_ylabel(_("weight decay, 1/λ"))
    figure.colorbar(dots, ax=axes, label=_("held-out accuracy"), extend="min")
    text = _(
        "A graph for each of {names}: its trials as dots, the rate to the right, the "
        "weight decay upwards, coloured by the held-out accuracy. The best dot has a "
        "ring. Good dots stand above one another at one rate; the decay matters less."
    )
    return Picture(figure, text.format(names=listing(map(name_of_norm, tried))))


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


def three_ways(paths, target):
    """The way of a point in the plane under three rules.

    Args:
        paths: Dict from `"inside"`, `"surface"` and `"free"` to an array `(steps, 2)`.
        target: The point at which the loss is lowest, outside the ball.
    """
    names = {
        "inside": _("inside the ball"),
        "surface": _("on its surface"),
        "free": _("free"),
    }
    figure, axes = style.new_figure(10, 3.6, columns=3, sharex=True, sharey=True)
    for ax, (way, path) in zip(axes, paths.items(), strict=True):
        radius = 1.0 if way == "inside" else np.linalg.norm(path[0])
        if way != "free":
            face = "#E8F1F8" if way == "inside" else "none"
            ax.add_patch(Circle((0, 0), radius, facecolor=face, edgecolor=BLUE))
        for distance in (0.4, 0.8, 1.2, 1.6):
            look = {"facecolor": "none", "edgecolor": GREY, "alpha": 0.5}
            ax.add_patch(Circle(target, distance, **look))
        ax.plot(*np.transpose(path), "-", color=VERMILION, markersize=4, marker="o")
        ax.plot(*path[0], "s", color=BLACK, markersize=8)
        ax.plot(*target, "*", color=BLACK, markersize=12)
        ax.set(title=names[way], aspect="equal", xlim=(-1.3, 1.9), ylim=(-1.2, 1.4))
        ax.set_xlabel(_("first weight"))
    axes[0].set_ylabel(_("second weight"))
    text = _(
        "Three graphs of the plane, from the same start, towards a star outside the "
        "ball. Inside the ball the path ends at the point of the edge nearest to the "
        "star. On the surface it turns along the circle of the start. Free, it reaches "
        "the star."
    )
    return Picture(figure, text)


def widths(scores, rates, best):
    """Held-out accuracy against the rate, for networks of several widths.

    Args:
        scores: Dict from the name of a case to a dict from a width to an array
            `(seeds, rates)` of accuracies.
        rates: Dict from the name of a case to its rates.
        best: Dict from a case to a dict from a width to the best rates, one a seed.
    """
    figure, axes = style.new_figure(13, 3.6, columns=len(scores), sharey=True)
    for ax, (name, by_width) in zip(axes, scores.items(), strict=True):
        for (width, values), look in zip(by_width.items(), STYLES, strict=False):
            label = _("width {width}").format(width=width)
            mean, low, high = (f(values, axis=0) for f in (np.mean, np.min, np.max))
            ax.plot(rates[name], mean, label=label, **look)
            ax.fill_between(rates[name], low, high, color=look["color"], alpha=0.15)
            line = {"color": look["color"], "linestyle": look["linestyle"]}
            middle = np.exp(np.mean(np.log(best[name][width])))
            ax.axvline(middle, linewidth=1.5, alpha=0.7, **line)
        ax.set(xscale="log", ylim=(0.5, 1), xlabel=_("rate η"))
        ax.set_title(tables.case(name), fontsize=10)
        ax.set_xticks(rates[name], [f"{rate:.1g}" for rate in rates[name]], fontsize=8)
        ax.xaxis.set_minor_formatter(NullFormatter())
    axes[0].set_ylabel(_("held-out accuracy"))
    axes[0].legend(loc="lower left", fontsize=10)
    text = _(
        "Held-out accuracy against the rate, a line for each width, in a graph for "
        "each of {names}. Vertical lines mark the best rates: in the first two graphs "
        "they lie far apart, in the third and fourth close together."
    )
    return Picture(figure, text.format(names=listing(map(tables.case, scores))))


def certified(changes, certain, attacked):
    """Accuracy that is certain against a change of the image, and under an attack.

    Args:
        changes: Sequence of Euclidean lengths.
        certain: Dict from a pair, a network's name and whether the bound was promised
            before training, to the certified accuracies.
        attacked: Dict from a network's name to a dict from a length to the accuracy
            that the attack left.
    """
    figure, ax = style.new_figure(8.5, 4.8)
    looks = dict(zip(attacked, STYLES, strict=False))
    for (name, promised), values in certain.items():
        words = _("{name}, promised") if promised else _("{name}, measured")
        dash = {"linestyle": "-" if promised else "--", "marker": ""}
        look = {**looks[name], **dash, "label": words.format(name=tables.network(name))}
        ax.plot(changes, values, linewidth=3 if promised else 1.5, **look)
    for name, marks in attacked.items():
        look = {**looks[name], "linestyle": "", "markersize": 8}
        look["label"] = _("{name}, attacked").format(name=tables.network(name))
        ax.plot(*zip(*marks.items(), strict=True), **look)
    ax.set(xlabel=_("length of the change of the image"), ylabel=_("test accuracy"))
    ax.set_ylim(0, 1)
    figure.legend(loc="outside lower center", ncols=3, fontsize=9)
    text = _(
        "Test accuracy against the length of a change of the image: lines for what is "
        "certain, by the bound promised before training and by the one measured after, "
        "and marks for what an attack leaves. Every mark lies above the lines of its "
        "colour. AdamW's line falls fastest."
    )
    return Picture(figure, text)


def gap(distances, gaps):
    """Distance to the lowest loss and the gap by step, on logarithmic axes.

    Args:
        distances: Sequence of losses minus the lowest loss in the ball.
        gaps: Sequence of as many Frank–Wolfe gaps.
    """
    figure, ax = style.new_figure(7, 4)
    steps = np.arange(1, len(distances))
    line = np.max(distances[1:] * (steps + 2)) / (steps + 2)
    lowest = np.minimum.accumulate(gaps)[1:]
    ax.plot(steps, gaps[1:], "-", color=VERMILION, alpha=0.35, label=_("gap"))
    ax.plot(steps, lowest, "--", color=VERMILION, label=_("smallest gap so far"))
    ax.plot(steps, distances[1:], "-", color=BLUE, label=_("distance to the lowest"))
    ax.plot(steps, line, ":", color=GREY, label=_("falls like 1/t"))
    for drawn in ax.lines:
        drawn.set_marker("")
    ax.set(xscale="log", yscale="log")
    ax.set(xlabel=_("step t"), ylabel=_("loss above the lowest"))
    ax.legend(loc="lower left")
    text = _(
        "The distance to the lowest loss and the Frank–Wolfe gap by step. The gap lies "
        "above the distance at every step. A dotted line falls like 1/t."
    )
    return Picture(figure, text)


def pixels(weights):
    """The weights of each digit as an image: blue above 0, red below, white at 0.

    Args:
        weights: Array `(196, 10)`.
    """
    figure, axes = style.new_figure(10, 4.3, rows=2, columns=5)
    top = np.abs(weights).max()
    for digit, ax in enumerate(axes.flat):
        image = weights[:, digit].reshape(14, 14)
        ax.imshow(image, cmap="RdBu", vmin=-top, vmax=top)
        ax.set_title(str(digit), fontsize=11)
        ax.set(xticks=[], yticks=[])
        ax.spines[:].set_visible(True)
    text = _(
        "Ten images of weights, one for each digit. Most pixels are white, where the "
        "weight is exactly 0. Blue pixels speak for the digit and red ones against it."
    )
    return Picture(figure, text)
