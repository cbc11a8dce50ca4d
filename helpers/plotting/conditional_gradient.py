"""The figures of the lesson on Conditional Gradient; `tables` prints its results."""

import numpy as np
from matplotlib import colormaps
from matplotlib.patches import Circle

from helpers._support.i18n import _, listing, sentences
from helpers.plotting import conditional_gradient_tables as tables
from helpers.plotting import style
from helpers.plotting.style import BLACK, BLUE, GREEN, GREY, VERMILION, Picture

accuracy_and_loss, image_grid = style.accuracy_and_loss, style.image_grid


def frank_wolfe_step(start=(0.55, 0.6), gradient=(1.0, -0.45), radius=1.0, gamma=0.4):
    """One step of Frank–Wolfe in the ball of the Frobenius norm.

    Args:
        start: The weights w, inside the ball.
        gradient: The gradient at w; only its direction matters.
        radius: λ.
        gamma: The step size γ, from 0 to 1.
    """
    w, g = np.array(start), np.array(gradient) / np.linalg.norm(gradient)
    support, down = -radius * g, w - 0.45 * radius * g
    new = w + gamma * (support - w)
    figure, ax = style.new_figure(6.4, 5.2)
    ax.add_patch(Circle((0, 0), radius, facecolor="#E8F1F8", edgecolor=BLUE))
    ax.plot(*np.transpose([w, support]), ":", color=GREY, linewidth=2)
    # Points at which the linearized loss is the same: it falls towards the last one.
    across = 1.25 * radius * np.array([-g[1], g[0]])
    for point in np.outer((-0.5, 0.0, 0.5, 1.0), support):
        line = np.transpose([point - across, point + across])
        ax.plot(*line, "-", color=GREY, linewidth=0.8, alpha=0.6)
    style.arrow(ax, w, down, VERMILION)
    style.arrow(ax, w, new, GREEN, linewidth=3)
    points = (
        (w, "$w$", "o", BLACK, (8, 6)),
        (support, r"$-\lambda s$", "s", BLUE, (-40, 4)),
        (new, r"$w + \gamma(-\lambda s - w)$", "D", GREEN, (6, -20)),
    )
    look = {"textcoords": "offset points"}
    for point, label, marker, color, offset in points:
        ax.plot(*point, marker, color=color, markersize=9)
        ax.annotate(label, point, xytext=offset, fontsize=13, **look)
    ax.annotate("$-g$", down, xytext=(-4, 9), color=VERMILION, **look)
    wide, high = 1.35 * radius, 1.15 * radius
    ax.set(aspect="equal", xlim=(-wide, wide), ylim=(-high, high))
    ax.set(xlabel=_("first weight"), ylabel=_("second weight"))
    text = _(
        "A disc, the ball of radius λ. From w inside it, the negative gradient "
        "points to the side. The point −λs lies on the edge, furthest in that "
        "direction. The new w lies on the straight line from the old w to −λs."
    )
    return Picture(figure, text)


def norms(runs, bounds=None, log=False):
    """Norms of weights over training, epoch by epoch.

    Args:
        runs: Dict from a name to a list of norms, the first before training. The
            name `"joint"`, as `WeightNorms` calls it, is shown translated.
        bounds: Dict from a label to a bound, drawn as a horizontal line.
        log: Whether the vertical axis is logarithmic.
    """
    figure, ax = style.new_figure(8, 4.2)
    runs = {_("joint") if name == "joint" else name: runs[name] for name in runs}
    _draw_norms(ax, runs, bounds or {})
    ax.set(xlabel=_("epoch"), ylabel=_("norm"))
    ax.xaxis.get_major_locator().set_params(integer=True)
    if log:  # the norm of a bias starts at 0, which has no place on such an axis
        ax.set_yscale("log", nonpositive="mask")
    else:
        ax.set_ylim(bottom=0)
    figure.legend(loc="outside right upper")
    text = _("Norms over training: {names}.").format(names=listing(runs))
    if bounds:
        lines = _("Horizontal lines: {names}.").format(names=listing(bounds))
        text = sentences(text, lines)
    return Picture(figure, text, style.ends(runs))


def _draw_norms(ax, runs, bounds, **look):
    for name, values in runs.items():
        ax.plot(values, label=name, **look)
    for (label, bound), dash in zip(bounds.items(), ("--", ":"), strict=False):
        ax.axhline(bound, color=BLACK, linestyle=dash, linewidth=1.5, label=label)


def four_cases(results, references):
    """Test accuracy in the ball: four cases from left to right, a column a method.

    Args:
        results: Dict from `(method, momentum, factor)` to accuracies, one a seed.
            `method` is `"CG"` or `"projected SGD"`; `factor` multiplies the logits in
            the loss.
        references: Dict from an optimizer that was not held in the ball, `"SGD"` or
            `"CG"`, to accuracies. Drawn as horizontal lines.
    """
    figure, ax = style.new_figure(8.6, 4.8)
    cases = list(dict.fromkeys(case[1:] for case in results))
    methods = {"CG": ("CG", BLUE, "o")}
    methods["projected SGD"] = (_("projected SGD"), VERMILION, "s")
    labelled = set()
    for (method, *case), accuracies in results.items():
        name, color, marker = methods[method]
        place = cases.index(tuple(case)) + (-0.16 if method == "CG" else 0.16)
        label = None if method in labelled else name
        labelled.add(method)
        mean = np.mean(accuracies)
        ax.bar(place, mean, 0.28, color=color, alpha=0.25)
        look = {"color": color, "markersize": 6, "label": label}
        ax.plot([place] * len(accuracies), accuracies, marker, **look)
        ax.text(place, 0.03, f"{mean:.2f}", ha="center", color=BLACK)
    names = {"SGD": _("SGD without a ball"), "CG": _("CG, radius 203")}
    references = {names[name]: found for name, found in references.items()}
    lines = zip(references.items(), ("--", ":"), strict=False)
    for (name, accuracies), dash in lines:
        look = {"color": BLACK, "linestyle": dash, "linewidth": 1.2, "label": name}
        ax.axhline(np.mean(accuracies), **look)
    ax.set_xticks(range(len(cases)), [tables.case(*case) for case in cases])
    ax.set(ylim=(0, 1), ylabel=_("test accuracy"))
    ax.grid(axis="x", visible=False)
    figure.legend(loc="outside upper center", ncols=4, fontsize=9)
    text = _(
        "Test accuracy in the ball of radius 2: four cases, each with a bar for CG and "
        "one for projected SGD, and points for the seeds. Horizontal lines, without a "
        "ball that acts: {references}."
    ).format(references=listing(references))
    each = _("{method}, {case}")
    found = {
        each.format(method=methods[method][0], case=tables.on_a_line(*case)): accuracies
        for (method, *case), accuracies in results.items()
    }
    return Picture(figure, text, style.means(found))


def filled_digits(digits, known, fillings, count=10):
    """Rows of pictures: what is known of some digits, how it was filled in, the truth.

    Args:
        digits: Array `(number, 784)`, values from 0 to 1.
        known: Boolean array of that shape.
        fillings: Dict from a name of `filling` to an array of that shape.
        count: How many digits, from the first on.
    """
    rows = {_("known pixels"): np.where(known, digits, np.nan)}
    rows |= {tables.filling(name): filled for name, filled in fillings.items()}
    rows[_("true digits")] = digits
    figure, axes = style.new_figure(9, len(rows), len(rows), count)
    colours = colormaps["gray_r"].with_extremes(bad="#9CC9E8")
    for (name, images), line in zip(rows.items(), axes, strict=True):
        for ax, image in zip(line, images, strict=False):
            ax.imshow(image.reshape(28, 28), colours, vmin=0, vmax=1)
            ax.set(xticks=[], yticks=[])
            ax.spines[:].set_visible(False)
            ax.grid(False)
        look = {"rotation": 0, "ha": "right", "va": "center", "fontsize": 10}
        line[0].set_ylabel(name, **look)
    text = _("Rows of {count} digits: {rows}. Hidden pixels are blue in the first row.")
    return Picture(figure, text.format(count=count, rows=listing(rows)))
