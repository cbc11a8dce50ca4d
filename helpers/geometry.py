"""Two-dimensional pictures of one optimizer step."""

import numpy as np
from matplotlib.patches import Circle

from helpers.i18n import _
from helpers.plotting import BLACK, BLUE, GREEN, GREY, VERMILION, Picture, new_figure


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
