"""The figures of the lesson on Conditional Gradient."""

import numpy as np
from matplotlib.patches import Circle

from helpers.i18n import _, listing, sentences
from helpers.plotting.style import (  # noqa: F401
    BLACK,
    BLUE,
    GREEN,
    GREY,
    STYLES,
    VERMILION,
    Found,
    Picture,
    accuracy_and_loss,
    ends,
    image_grid,
    name_of_norm,
    new_figure,
    with_numbers,
)


def frank_wolfe_step(start=(0.55, 0.6), gradient=(1.0, -0.45), radius=1.0, gamma=0.4):
    """One step of Frank–Wolfe in the ball of the Frobenius norm.

    Args:
        start: The weights w, inside the ball.
        gradient: The gradient at w; only its direction matters.
        radius: λ.
        gamma: The step size γ, from 0 to 1.
    """
    w, g = np.array(start), np.array(gradient)
    support = -radius * g / np.linalg.norm(g)
    new = w + gamma * (support - w)
    figure, ax = new_figure(6.4, 5.2)
    ax.add_patch(Circle((0, 0), radius, facecolor="#E8F1F8", edgecolor=BLUE))
    ax.plot(*zip(w, support, strict=True), color=GREY, linestyle=":", linewidth=2)
    # Points at which the linearized loss is the same: it falls towards the last one.
    across = np.array([-g[1], g[0]]) / np.linalg.norm(g)
    for share in (-0.5, 0.0, 0.5, 1.0):
        ends = [share * support + side * 1.25 * radius * across for side in (-1, 1)]
        ax.plot(*zip(*ends, strict=True), color=GREY, linewidth=0.8, alpha=0.6)
    arrow = {"arrowstyle": "-|>", "linewidth": 2, "mutation_scale": 16}
    down = w - 0.45 * radius * g / np.linalg.norm(g)
    ax.annotate("", down, w, arrowprops={**arrow, "color": VERMILION})
    ax.annotate("", new, w, arrowprops={**arrow, "color": GREEN, "linewidth": 3})
    points = (
        (w, "$w$", "o", BLACK, (8, 6)),
        (support, r"$-\lambda s$", "s", BLUE, (-40, 4)),
        (new, r"$w + \gamma(-\lambda s - w)$", "D", GREEN, (6, -20)),
    )
    for point, label, marker, color, offset in points:
        ax.plot(*point, marker=marker, color=color, markersize=9)
        ax.annotate(
            label, point, textcoords="offset points", xytext=offset, fontsize=13
        )
    ax.annotate(
        "$-g$", down, textcoords="offset points", xytext=(-4, 9), color=VERMILION
    )
    ax.set_aspect("equal")
    ax.set_xlim(-1.35 * radius, 1.35 * radius)
    ax.set_ylim(-1.15 * radius, 1.15 * radius)
    ax.set_xlabel(_("first weight"))
    ax.set_ylabel(_("second weight"))
    return Picture(
        figure,
        _(
            "A disc, the ball of radius λ. From w inside it, the negative gradient "
            "points to the side. The point −λs lies on the edge, furthest in that "
            "direction. The new w lies on the straight line from the old w to −λs."
        ),
    )


def norms(runs, bounds=None, log=False):
    """Norms of weights over training, epoch by epoch.

    Args:
        runs: Dict from a name to a list of norms, the first before training. The
            name `"joint"`, as `WeightNorms` calls it, is shown translated.
        bounds: Dict from a label to a bound, drawn as a horizontal line.
        log: Whether the vertical axis is logarithmic.
    """
    figure, ax = new_figure(8, 4.2)
    names = [_("joint") if name == "joint" else name for name in runs]
    for name, values, style in zip(names, runs.values(), STYLES, strict=False):
        values = np.array(values, dtype=float)
        if log:  # the norm of a bias starts at 0, which has no place on such an axis
            values[values == 0] = np.nan
        ax.plot(values, label=name, **style)
    _draw_bounds(ax, bounds)
    ax.set_xlabel(_("epoch"))
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
    return Found(figure, text, ends(dict(zip(names, runs.values(), strict=True))))


def _draw_bounds(ax, bounds):
    for (label, bound), dash in zip((bounds or {}).items(), ("--", ":"), strict=False):
        ax.axhline(bound, color=BLACK, linestyle=dash, linewidth=1.5, label=label)


def norms_side_by_side(histories, names, bounds):
    """Norms after every batch of several runs, a graph each, with the same axes.

    Args:
        histories: Dict from a run's name to the `history` of a `WeightNorms`.
        names: Sequence of the variables to show.
        bounds: Dict from a label to a bound, drawn as a horizontal line.
    """
    count = len(histories)
    figure, axes = new_figure(
        9, 3.8, columns=count, squeeze=False, sharex=True, sharey=True
    )
    for ax, (run, history) in zip(axes.flat, histories.items(), strict=True):
        for name, style in zip(names, STYLES, strict=False):
            ax.plot(
                history[name], label=name, markevery=len(history[name]) // 8, **style
            )
        _draw_bounds(ax, bounds)
        ax.set_title(run)
        ax.set_xlabel(_("batch"))
    axes.flat[0].set_ylabel(_("norm"))
    axes.flat[0].set_ylim(bottom=0)
    lines, labels = axes.flat[0].get_legend_handles_labels()
    figure.legend(lines, labels, loc="outside lower center", ncols=len(labels))
    text = _(
        "Norms of {names} after every batch, a graph for each of {runs}. Horizontal "
        "lines: {bounds}."
    ).format(
        names=listing(names), runs=listing(histories), bounds=listing(list(bounds))
    )
    last = {run: max(h[name][-1] for name in names) for run, h in histories.items()}
    seen = _("The largest norm at the end: {values}.").format(values=with_numbers(last))
    return Found(figure, text, seen)


def loss_and_accuracy(cases, references):
    """Networks as points: test loss to the right, test accuracy upwards.

    Args:
        cases: Dict from `(momentum, factor)` to a list of `(loss, accuracy)`, a pair
            for each seed. `factor` is what the logits were multiplied with.
        references: Pair of `(loss, accuracy)`: of a network trained in a large ball,
            and of the same network scaled into the small one.
    """
    figure, ax = new_figure(8, 4.4)
    for ((momentum, factor), points), style in zip(cases.items(), STYLES, strict=False):
        label = _("momentum {momentum:g}, logits × {factor:g}").format(
            momentum=momentum, factor=factor
        )
        look = {**style, "linestyle": "", "markersize": 9}
        ax.plot(*zip(*points, strict=True), label=label, **look)
    ax.plot(
        *zip(*references, strict=True),
        color=BLACK,
        linestyle=":",
        marker="X",
        markersize=9,
        label=_("one network, before and after scaling"),
    )
    ax.set_xlim(0, 2.5)
    ax.set_ylim(0, 1)
    ax.set_xlabel(_("test loss"))
    ax.set_ylabel(_("test accuracy"))
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
    figure, ax = new_figure(7, 4)
    steps = np.arange(1, len(errors))
    ax.plot(steps, gaps[1:], color=VERMILION, linestyle="--", label=_("gap"))
    ax.plot(steps, errors[1:], color=BLUE, label=_("error"))
    peak = np.max(np.multiply(errors[1:], steps + 2))
    ax.plot(
        steps, peak / (steps + 2), color=GREY, linestyle=":", label=_("falls like 1/t")
    )
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.set_xlabel(_("step t"))
    ax.set_ylabel(_("loss above the lowest"))
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
    figure, ax = new_figure(8, 4)
    spectra = {
        name_of_norm(name): np.linalg.svd(np.asarray(matrix), compute_uv=False)
        for name, matrix in runs.items()
    }
    for (name, values), style in zip(spectra.items(), STYLES, strict=False):
        numbers = np.arange(1, len(values) + 1)
        ax.plot(numbers, values, label=name, markersize=4, **style)
    ax.set_xlabel(_("number of the singular value"))
    ax.set_ylabel(_("singular value"))
    ax.set_yscale("log")
    ax.legend()
    text = _("Singular values from the largest to the smallest: {names}.")
    return Found(figure, text.format(names=listing(spectra)), ends(spectra))


def accuracy_by_rank(runs):
    """Test accuracy against the number of singular values that were kept.

    Args:
        runs: Dict from the name of a ball to a dict from a rank to an accuracy.
    """
    figure, ax = new_figure(8, 4)
    for (name, accuracies), style in zip(runs.items(), STYLES, strict=False):
        ax.plot(
            list(accuracies), accuracies.values(), label=name_of_norm(name), **style
        )
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
    return Picture(
        figure, text.format(names=listing([name_of_norm(name) for name in runs]))
    )


def against_the_original(ours, original, epochs):
    """Both accuracies over training, or ours alone and why.

    Args:
        ours: List of running accuracies, as `addons.train_ours` returns them.
        original: The same from `addons.train_original`, or `None`.
        epochs: How many epochs they stand for.
    """
    runs = {_("ours"): ours}
    if original is not None:
        runs[_("TensorFlow Addons")] = original
    figure, ax = new_figure(8, 4)
    # The first line is wide, so that it shows under the second.
    looks = ({"linewidth": 6, "markersize": 10, "alpha": 0.5}, {"markersize": 5})
    for (name, values), style, look in zip(runs.items(), STYLES, looks, strict=False):
        position = np.arange(1, len(values) + 1) * epochs / len(values)
        ax.plot(position, values, label=name, **style, **look)
    for epoch in range(1, epochs):
        label = _("a new epoch, a new mean") if epoch == 1 else None
        ax.axvline(epoch, color=GREY, linestyle=":", label=label)
    if original is None:
        ax.set_title(
            _("TensorFlow Addons needs Python 3.11; there is nothing to compare here.")
        )
    ax.set_xlabel(_("epoch"))
    ax.set_ylabel(_("running accuracy"))
    ax.legend(loc="lower right")
    text = _(
        "Accuracy during training: ours, and TensorFlow Addons where there is one."
    )
    return Found(figure, text, ends(runs))
