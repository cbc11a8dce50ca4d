"""The figures of the lesson on gradient centralization, and what it prints."""

import numpy as np
from matplotlib.figure import Figure
from mpl_toolkits.mplot3d.art3d import Poly3DCollection

from helpers.i18n import _, listing
from helpers.plotting.style import (  # noqa: F401
    BLACK,
    BLUE,
    GREY,
    STYLES,
    VERMILION,
    Found,
    Picture,
    image_grid,
    new_figure,
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


def second_training(first, again, fresh):
    """Runs that go on with a trained model, beside runs from the initial weights.

    Args:
        first: Dict with one entry, from a run's name to its accuracies by epoch: the
            training that the other models start with.
        again: Dict from names to accuracies of runs that continue with that model.
        fresh: Dict from names to accuracies of runs from the same initial weights.
    """
    figure, ax = new_figure(8.5, 4.4)
    (first_values,) = first.values()
    count = len(first_values)
    styles = iter(STYLES)
    for name, values in {**first, **fresh}.items():
        label = _("{name}, from the initial weights").format(name=name)
        ax.plot(range(1, count + 1), values, label=label, **next(styles))
    for name, values in again.items():
        label = _("{name}, going on with the trained model").format(name=name)
        numbers = range(count, count + len(values) + 1)
        ax.plot(numbers, [first_values[-1], *values], label=label, **next(styles))
    ax.axvline(count, color=BLACK, linewidth=1, linestyle="--")
    ax.set_xlabel(_("epoch"))
    ax.set_ylabel(_("accuracy on the training set"))
    ax.xaxis.get_major_locator().set_params(integer=True)
    figure.legend(loc="outside lower center", ncols=2)
    text = _(
        "Training accuracy by epoch. From the initial weights: {fresh}. Going on with "
        "the trained model, to the right of the dashed line: {again}."
    )
    return Picture(
        figure, text.format(fresh=listing({**first, **fresh}), again=listing(again))
    )


def gradient_parts(gradients, shape):
    """Gradients of one unit as images: whole, their mean, and what centralizing leaves.

    Args:
        gradients: Dict from a name to the gradient of one unit's weights, `(n,)`.
        shape: Height and width of the images, with `n` pixels.
    """
    rows = len(gradients)
    figure, axes = new_figure(8.4, 2.5 * rows, rows, 3, squeeze=False)
    titles = (_("gradient"), _("its mean"), _("centralized gradient"))
    for row, (name, gradient) in zip(axes, gradients.items(), strict=True):
        mean = gradient.mean()
        parts = (gradient, np.full_like(gradient, mean), gradient - mean)
        # One scale for a row, or three images could not be added up by eye.
        limit = np.abs(gradient).max()
        for ax, title, part in zip(row, titles, parts, strict=True):
            image = ax.imshow(part.reshape(shape), cmap="PuOr", vmin=-limit, vmax=limit)
            ax.set_title(title, fontsize=11)
            ax.set_xticks([])
            ax.set_yticks([])
            ax.grid(False)
            ax.spines[:].set_visible(False)
        row[0].set_ylabel(name, fontsize=11)
        figure.colorbar(image, ax=row, fraction=0.05)
    for row in axes:
        for ax, sign in zip(row[1:], ("=", "+"), strict=True):
            ax.text(-0.1, 0.5, sign, transform=ax.transAxes, fontsize=18, ha="center")
    text = _(
        "The gradient of one unit's weights, drawn as an image, is the sum of its "
        "mean, an even surface, and the centralized gradient. One row for each of: "
        "{names}."
    )
    return Picture(figure, text.format(names=listing(gradients)))


def mean_share(offsets, shares, runs):
    """How much of a gradient is its mean, by offset of the inputs, and what follows.

    Args:
        offsets: Sequence of numbers added to every input.
        shares: Sequence of the share, from 0 to 1, of the squared norm of the gradient
            that is in its mean.
        runs: Dict from a run's name to its losses, epoch by epoch.
    """
    figure, (left, right) = new_figure(10, 4.4, columns=2, width_ratios=(2, 3))
    places = np.arange(len(offsets))
    shares = np.asarray(shares)
    left.bar(places, shares, color=VERMILION, label=_("in the mean"), hatch="//")
    left.bar(places, 1 - shares, bottom=shares, color=BLUE, label=_("in the rest"))
    left.set_xticks(places, [f"{offset:g}" for offset in offsets])
    left.set_xlabel(_("number added to all inputs"))
    left.set_ylabel(_("share of the squared gradient"))
    left.set_ylim(0, 1)
    left.grid(False)
    figure.legend(*left.get_legend_handles_labels(), loc="outside lower left", ncols=2)
    for (name, losses), style in zip(runs.items(), STYLES, strict=False):
        right.plot(np.arange(1, len(losses) + 1), losses, label=name, **style)
    right.set_yscale("log")
    right.set_xlabel(_("epoch"))
    right.set_ylabel(_("loss"))
    right.xaxis.get_major_locator().set_params(integer=True)
    right.legend(fontsize=9)
    text = _(
        "On the left, for {offsets} added to all inputs, the share of the squared "
        "gradient that is in its mean. On the right the loss by epoch of {names}."
    ).format(offsets=listing(f"{o:g}" for o in offsets), names=listing(runs))
    return Picture(figure, text)


def training_report(history, timer, centralized):
    """Prints the last loss and accuracy and the time, as the tutorial does.

    Args:
        history: Dict of lists, the `history` of a Keras `History`.
        timer: `helpers.callbacks.EpochTimer` of the same training.
        centralized: Whether gradient centralization was used.
    """
    if centralized:
        print(_("Using Gradient Centralization"))
    else:
        print(_("Not using Gradient Centralization"))
    print(_("Loss: ≈ {loss:.4f}").format(loss=history["loss"][-1]))
    print(_("Accuracy: ≈ {accuracy:.4f}").format(accuracy=history["accuracy"][-1]))
    print(_("Training time: ≈ {seconds:.1f} s").format(seconds=sum(timer.times)))


def gains(first, warm, control, fresh):
    """Prints what a second training gains, with and without centralization.

    Args:
        first: Dict of lists, the `history` of the first training, without
            centralization.
        warm: Of a second training of the same model, with it.
        control: Of a second training of the same model, without it.
        fresh: Of a first training, with it.
    """
    changes = (
        (_("Second training, with GC"), warm),
        (_("Second training, without GC"), control),
        (_("First training, with GC instead of without"), fresh),
    )
    for name, history in changes:
        print(
            _("{name}: loss ≈ {loss:+.3f}, accuracy ≈ {accuracy:+.3f}").format(
                name=name,
                loss=history["loss"][-1] - first["loss"][-1],
                accuracy=history["accuracy"][-1] - first["accuracy"][-1],
            )
        )
