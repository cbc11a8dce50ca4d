"""Two-dimensional pictures of one optimizer step."""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Circle
from mpl_toolkits.mplot3d.art3d import Poly3DCollection

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


def zero_mean_projection(flat=(2.0, 0.6), deep=(1.8, 1.0, -0.3)):
    """A gradient, its mean, and what gradient centralization leaves of it.

    Args:
        flat: Gradient of two weights, for the drawing on the left.
        deep: Gradient of three weights, for the drawing in three dimensions.
    """
    figure = Figure(figsize=(10, 4.8), layout="constrained")
    left = figure.add_subplot(1, 2, 1)
    _projection_of_two(left, np.array(flat, dtype="float64"))
    right = figure.add_subplot(1, 2, 2, projection="3d")
    _projection_of_three(right, np.array(deep, dtype="float64"))
    return Picture(
        figure,
        _(
            "On the left two weights, on the right three. The gradient is an arrow "
            "from zero. Taking its mean from every entry moves its end, at a right "
            "angle, onto the line or plane of all arrows whose entries add up to zero."
        ),
    )


def _projection_of_two(ax, g):
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(alpha=0.25)
    mean = np.full(2, g.mean())
    reach = 1.3 * np.abs(g).max()
    line = np.array([-reach, reach])
    ax.plot(line, -line, color=BLUE, linewidth=6, alpha=0.2)
    arrow = {"arrowstyle": "-|>", "linewidth": 2.5, "mutation_scale": 18}
    arrow |= {"shrinkA": 0, "shrinkB": 0}
    for end, color in ((g, VERMILION), (mean, GREY), (g - mean, BLUE)):
        ax.annotate("", end, (0, 0), arrowprops={**arrow, "color": color})
    for start in (mean, g - mean):
        ax.plot(*zip(start, g, strict=True), color=GREY, linestyle=":", linewidth=1.5)
    labels = (
        (g, "$g$", VERMILION, (8, 2)),
        (mean, r"$\mu\,(1, 1)$", BLACK, (-26, 12)),
        (g - mean, r"$\Phi(g)$", BLUE, (-12, -24)),
    )
    for point, label, color, offset in labels:
        ax.annotate(
            label,
            point,
            textcoords="offset points",
            xytext=offset,
            color=color,
            fontsize=14,
        )
    ax.annotate(
        _("sum of entries = 0"),
        (-0.75 * reach, 0.75 * reach),
        textcoords="offset points",
        xytext=(10, 6),
        color=BLUE,
    )
    ax.set_xlim(-reach, reach)
    ax.set_ylim(-reach, reach)
    ax.set_aspect("equal")
    ax.set_xlabel(_("gradient of the first weight"))
    ax.set_ylabel(_("gradient of the second weight"))


def _projection_of_three(ax, g):
    mean = np.full(3, g.mean())
    inside = g - mean
    reach = 1.1 * np.abs(g).max()
    across = np.array([[1.0, -1.0, 0.0], [1.0, 1.0, -2.0]])
    across /= np.linalg.norm(across, axis=1, keepdims=True)
    corners = [
        reach * (a * across[0] + b * across[1])
        for a, b in ((-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1))
    ]
    plane = Poly3DCollection([corners[:4]], color=BLUE, alpha=0.18)
    ax.add_collection3d(plane)
    ax.plot(*zip(*corners, strict=True), color=BLUE, linewidth=0.8)
    for end, color in ((g, VERMILION), (mean, GREY), (inside, BLUE)):
        ax.quiver(0, 0, 0, *end, color=color, linewidth=2.5, arrow_length_ratio=0.12)
    for start in (mean, inside):
        ax.plot(*zip(start, g, strict=True), color=GREY, linestyle=":", linewidth=1.5)
    labels = (
        (1.08 * g, "$g$", VERMILION, "left"),
        (1.25 * mean, r"$\mu\,(1, 1, 1)$", BLACK, "right"),
        (1.25 * inside, r"$\Phi(g)$", BLUE, "right"),
    )
    for point, label, color, side in labels:
        ax.text(*point, label, color=color, fontsize=14, ha=side)
    for setter in (ax.set_xlim, ax.set_ylim, ax.set_zlim):
        setter(-reach, reach)
    for axis, name in (
        (ax.xaxis, _("first weight")),
        (ax.yaxis, _("second weight")),
        (ax.zaxis, _("third weight")),
    ):
        axis.set_label_text(name)
        axis.set_ticks([-1, 0, 1])
        axis.set_pane_color((1, 1, 1, 0))
    ax.view_init(elev=30, azim=-40)
    ax.set_box_aspect((1, 1, 1), zoom=0.9)
