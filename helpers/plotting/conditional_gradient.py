"""The figures of the lesson on Conditional Gradient."""

import numpy as np
from matplotlib.patches import Circle

from helpers._support.i18n import _, listing, sentences
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


def norms_side_by_side(histories, names, bounds):
    """Norms after every batch of several runs, a graph each, with the same axes.

    Args:
        histories: Dict from a run's name to the `history` of a `WeightNorms`.
        names: Sequence of the variables to show.
        bounds: Dict from a label to a bound, drawn as a horizontal line.
    """
    shared = {"squeeze": False, "sharex": True, "sharey": True}
    figure, axes = style.new_figure(9, 3.8, columns=len(histories), **shared)
    for ax, (run, history) in zip(axes[0], histories.items(), strict=True):
        shown = {name: history[name] for name in names}
        _draw_norms(ax, shown, bounds, markevery=len(history[names[0]]) // 8)
        ax.set(title=run, xlabel=_("batch"))
    axes[0, 0].set(ylabel=_("norm"), ylim=(0, None))
    keys = axes[0, 0].get_legend_handles_labels()
    figure.legend(*keys, loc="outside lower center", ncols=len(keys[1]))
    text = _(
        "Norms of {names} after every batch, a graph for each of {runs}. Horizontal "
        "lines: {bounds}."
    ).format(names=listing(names), runs=listing(histories), bounds=listing(bounds))
    last = {run: max(h[name][-1] for name in names) for run, h in histories.items()}
    seen = _("The largest norm at the end: {values}.")
    return Picture(figure, text, seen.format(values=style.with_numbers(last)))


def loss_and_accuracy(cases, references):
    """Networks as points: test loss to the right, test accuracy upwards.

    Args:
        cases: Dict from `(momentum, factor)` to a list of `(loss, accuracy)`, a pair
            for each seed. `factor` is what the logits were multiplied with.
        references: Pair of `(loss, accuracy)`: of a network trained in a large ball,
            and of the same network scaled into the small one.
    """
    figure, ax = style.new_figure(8, 4.4)
    name = _("momentum {momentum:g}, logits × {factor:g}")
    for (momentum, factor), points in cases.items():
        look = {"label": name.format(momentum=momentum, factor=factor)}
        ax.plot(*np.transpose(points), linestyle="", markersize=9, **look)
    look = {"label": _("one network, before and after scaling"), "color": BLACK}
    ax.plot(*np.transpose(references), "X:", markersize=9, **look)
    ax.set(xlabel=_("test loss"), ylabel=_("test accuracy"))
    ax.set(xlim=(0, 2.5), ylim=(0, 1))
    ax.legend(loc="lower left")
    text = _(
        "Networks as points, test loss to the right and test accuracy upwards. Scaling "
        "a network moves it far to the right and not downwards. Among the networks "
        "trained in the small ball, those of the highest accuracy have a high loss."
    )
    return Picture(figure, text)


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


def singular_values(runs):
    """Singular values, from the largest to the smallest, of several matrices.

    Args:
        runs: Dict from the name of a ball, such as `"fro"`, to a matrix.
    """
    figure, ax = style.new_figure(8, 4)
    spectra = {}
    for ball, matrix in runs.items():
        name, values = style.name_of_norm(ball), np.linalg.svd(matrix, compute_uv=False)
        ax.plot(range(1, len(values) + 1), values, markersize=4, label=name)
        spectra[name] = values
    ax.set(xlabel=_("number of the singular value"), ylabel=_("singular value"))
    ax.set_yscale("log")
    ax.legend()
    text = _("Singular values from the largest to the smallest: {names}.")
    return Picture(figure, text.format(names=listing(spectra)), style.ends(spectra))


def accuracy_by_rank(runs):
    """Test accuracy against the number of singular values that were kept.

    Args:
        runs: Dict from the name of a ball to a dict from a rank to an accuracy.
    """
    figure, ax = style.new_figure(8, 4)
    for name, accuracies in runs.items():
        points = zip(*accuracies.items(), strict=True)
        ax.plot(*points, label=style.name_of_norm(name))
    ax.set_ylim(0, 1)
    ax.xaxis.get_major_locator().set_params(integer=True)
    ax.set_xlabel(_("singular values kept in each hidden layer"))
    ax.set_ylabel(_("test accuracy"))
    ax.legend(loc="lower right")
    text = _(
        "Test accuracy against the number of singular values kept in each hidden "
        "layer: {names}. Both end at about the same accuracy; the nuclear norm gets "
        "there with fewer."
    )
    return Picture(figure, text.format(names=listing(map(style.name_of_norm, runs))))


def against_the_original(ours, original, epochs):
    """Both accuracies over training, or ours alone and why.

    Args:
        ours: List of running accuracies, as `addons.train_ours` returns them.
        original: The same from `addons.train_original`, or `None`.
        epochs: How many epochs they stand for.
    """
    figure, ax = style.new_figure(8, 4)
    runs = {_("ours"): ours}
    if original is None:
        ax.set_title(
            _("TensorFlow Addons needs Python 3.11; there is nothing to compare here.")
        )
    else:
        runs[_("TensorFlow Addons")] = original
    # The first line is wide, so that it shows under the second.
    sizes = ({"linewidth": 6, "markersize": 10, "alpha": 0.5}, {"markersize": 5})
    for (name, values), size in zip(runs.items(), sizes, strict=False):
        position = np.arange(1, len(values) + 1) * epochs / len(values)
        ax.plot(position, values, label=name, **size)
    for epoch in range(1, epochs):
        label = _("a new epoch, a new mean") if epoch == 1 else None
        ax.axvline(epoch, color=GREY, linestyle=":", label=label)
    ax.set(xlabel=_("epoch"), ylabel=_("running accuracy"))
    ax.legend(loc="lower right")
    text = _(
        "Accuracy during training: ours, and TensorFlow Addons where there is one."
    )
    return Picture(figure, text, style.ends(runs))
