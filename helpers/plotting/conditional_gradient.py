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
    Picture,
    accuracy_and_loss,
    image_grid,
    new_figure,
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
        (support, r"$-\lambda s$", "s", BLUE, (-34, 8)),
        (new, r"$w + \gamma(-\lambda s - w)$", "D", GREEN, (-6, -20)),
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


def against_the_original(ours, original):
    """Both accuracies over training, or ours alone and why.

    Args:
        ours: What `addons.train_ours` returned.
        original: What `addons.train_original` returned.
    """
    runs = {_("ours"): ours}
    if original is not None:
        runs[_("TensorFlow Addons")] = original
    figure, ax = new_figure(8, 4)
    # The first line is wide, so that it shows under the second.
    looks = ({"linewidth": 6, "markersize": 10, "alpha": 0.5}, {"markersize": 5})
    for (name, accuracies), style, look in zip(
        runs.items(), STYLES, looks, strict=False
    ):
        ax.plot(accuracies, label=name, **style, **look)
    if original is None:
        ax.set_title(
            _("TensorFlow Addons needs Python 3.11; there is nothing to compare here.")
        )
    ax.set_xlabel(_("training, 14 points an epoch"))
    ax.set_ylabel(_("running accuracy"))
    ax.legend(loc="lower right")
    text = _(
        "Accuracy during training: ours, and TensorFlow Addons where there is one."
    )
    return Picture(figure, text)
