"""The figures of the lesson on gradient centralization, and what it prints."""

import numpy as np
from matplotlib.figure import Figure
from mpl_toolkits.mplot3d.art3d import Poly3DCollection

from helpers.i18n import _, listing, sentences
from helpers.plotting.style import (  # noqa: F401
    BLACK,
    BLUE,
    GREY,
    STYLES,
    VERMILION,
    Found,
    Picture,
    ends,
    image_grid,
    means,
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
        (mean, r"$\mu\,(1, 1)$", BLACK, (-46, 14)),
        (g - mean, r"$\Phi(g)$", BLUE, (-48, -18)),
    )
    for point, label, color, offset in labels:
        look = {"color": color, "fontsize": 14, "textcoords": "offset points"}
        ax.annotate(label, point, xytext=offset, **look)
    ax.text(-0.7 * reach, 0.78 * reach, _("sum of entries = 0"), color=BLUE)
    ax.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal")
    ax.set(xlabel=_("first entry"), ylabel=_("second entry"))


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
        (mean + np.array([-0.3, 0.1, 0.55]), r"$\mu\,(1, 1, 1)$", BLACK, "center"),
        (inside + np.array([0.1, -0.2, -0.55]), r"$\Phi(g)$", BLUE, "center"),
    )
    for point, label, color, side in labels:
        ax.text(*point, label, color=color, fontsize=14, ha=side)
    ax.set(xlim=(-reach, reach), ylim=(-reach, reach), zlim=(-reach, reach))
    names = (_("first entry"), _("second entry"), _("third entry"))
    for axis, name in zip((ax.xaxis, ax.yaxis, ax.zaxis), names, strict=True):
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
    ax.set(xlabel=_("epoch"), ylabel=_("accuracy on the training set"))
    ax.xaxis.get_major_locator().set_params(integer=True)
    figure.legend(loc="outside lower center", ncols=2)
    text = _(
        "Training accuracy by epoch. From the initial weights: {fresh}. Going on with "
        "the trained model, to the right of the dashed line: {again}."
    )
    text = text.format(fresh=listing({**first, **fresh}), again=listing(again))
    return Found(figure, text, sentences(ends({**first, **fresh}), ends(again)))


def gradient_parts(gradients, shape):
    """Gradients of one unit as images: whole, their mean, and what centralizing leaves.

    Args:
        gradients: Dict from a name to the gradient of one unit's weights, `(n,)`.
        shape: Height and width of the images, with `n` pixels.
    """
    rows = len(gradients)
    figure, axes = new_figure(9, 2.5 * rows, rows, 3, squeeze=False)
    titles = (_("gradient"), _("its mean"), _("centralized gradient"))
    for row, (name, gradient) in zip(axes, gradients.items(), strict=True):
        mean = gradient.mean()
        parts = (gradient, np.full_like(gradient, mean), gradient - mean)
        # What the mean covers would be white on the scale of the whole.
        limits = [np.abs(gradient).max()] * 2 + [np.abs(parts[2]).max()]
        shown = zip(row, titles, parts, limits, strict=True)
        for ax, title, part, limit in shown:
            image = ax.imshow(part.reshape(shape), cmap="PuOr", vmin=-limit, vmax=limit)
            start = f"{name}: " if ax is row[0] else ""
            ax.set_title(start + title, fontsize=11)
            ax.set(xticks=[], yticks=[])
            ax.grid(False)
            ax.spines[:].set_visible(False)
            if ax is not row[0]:
                figure.colorbar(image, ax=ax, fraction=0.05)
        for ax, sign in zip(row[1:], ("=", "+"), strict=True):
            ax.text(-0.1, 0.5, sign, transform=ax.transAxes, fontsize=18, ha="center")
    text = _(
        "The gradient of one unit's weights as an image, one row for each of: {names}. "
        "On the left the gradient, in the middle its mean, an even surface in the same "
        "colours, on the right the centralized gradient in colours of its own scale: "
        "there strokes like those of digits are seen, in every row."
    )
    return Picture(figure, text.format(names=listing(gradients)))


def mean_share(offsets, shares, rates, runs):
    """How much of a gradient is its mean, by offset of the inputs, and what follows.

    Args:
        offsets: Sequence of numbers added to every input.
        shares: Sequence of the share, from 0 to 1, of the squared norm of the gradient
            that is in its mean.
        rates: Sequence of learning rates.
        runs: Dict from a run's name to its last losses, `(len(rates), seeds)`.
    """
    figure, (left, right) = new_figure(10, 4.4, columns=2, width_ratios=(2, 3))
    places = np.arange(len(offsets))
    shares = np.asarray(shares)
    left.bar(places, shares, color=VERMILION, label=_("in the mean"), hatch="//")
    left.bar(places, 1 - shares, bottom=shares, color=BLUE, label=_("in the rest"))
    left.set_xticks(places, [f"{offset:g}" for offset in offsets])
    left.set(xlabel=_("number added to all inputs"), ylim=(0, 1))
    left.set_ylabel(_("share of the squared gradient"))
    left.grid(False)
    figure.legend(*left.get_legend_handles_labels(), loc="outside lower left", ncols=2)
    for (name, losses), look in zip(runs.items(), STYLES, strict=False):
        low, middle, high = np.quantile(losses, (0, 0.5, 1), axis=1)
        right.plot(rates, middle, label=name, **look)
        right.fill_between(rates, low, high, color=look["color"], alpha=0.15)
    right.set(xscale="log", yscale="log")
    right.set_xticks(rates, [f"{rate:g}" for rate in rates], minor=False)
    right.set_xticks([], minor=True)
    right.set(xlabel=_("learning rate"), ylabel=_("loss after the last epoch"))
    right.legend(fontsize=9, loc="center right", bbox_to_anchor=(1, 0.7))
    text = _(
        "On the left, for {offsets} added to all inputs, the share of the squared "
        "gradient that is in its mean: it grows. On the right the last loss by "
        "learning rate, the middle one of the seeds, with a band over all of them, for "
        "{names}."
    ).format(offsets=listing(f"{o:g}" for o in offsets), names=listing(runs))
    return Picture(figure, text)


def before_or_after(accuracies):
    """Test accuracy of the same pairs with GC in several ways, and not at all.

    Args:
        accuracies: Dict from the number added to all inputs to a dict from the name
            of a way to train to the accuracies by seed, the same names everywhere.
    """
    figure, axes = new_figure(11, 4.2, 1, len(accuracies), sharey=True, squeeze=False)
    for ax, (offset, ways) in zip(axes[0], accuracies.items(), strict=True):
        values = np.array(list(ways.values()))
        places = np.arange(len(ways))
        # A line for each seed: what it joins is a pair.
        ax.plot(places, values, color=GREY, linewidth=0.8, alpha=0.6, zorder=1)
        for place, row, look in zip(places, values, STYLES, strict=False):
            look = {**look, "linestyle": "", "markersize": 6}
            ax.plot(np.full_like(row, place), row, zorder=2, **look)
        names = [name.replace("=", "=\n") for name in ways]
        ax.set_xticks(places, names, fontsize=8)
        ax.set_xlim(-0.4, len(ways) - 0.6)
        ax.set_title(_("{offset:g} added to all inputs").format(offset=offset))
    axes[0, 0].set_ylabel(_("test accuracy"))
    text = _(
        "Test accuracy of {ways}, one point for each seed, and a line that joins the "
        "points of one seed; side by side for {offsets} added to all inputs."
    ).format(ways=listing(ways), offsets=listing(f"{o:g}" for o in accuracies))
    return Found(figure, text, sentences(*map(means, accuracies.values())))


def mean_comes_back(shares, moves):
    """The share of mean before GC, after it, after a division; and where sums go.

    Args:
        shares: Three numbers from 0 to 1: the share of the mean in the squared
            gradient, in the centralized one, in that divided entry by entry.
        moves: Dict from the name of a way to train to how far the sum of a unit's
            weights moved.
    """
    figure, (left, right) = new_figure(10, 3.8, columns=2)
    stages = (_("gradient"), _("after GC"), _("after GC and\nthe division"))
    colors = (VERMILION, BLUE, VERMILION)
    # Rounding can make a share of zero negative.
    shares = np.maximum(shares, 0)
    bars = left.bar(stages, shares, color=colors, hatch="//", width=0.6)
    left.bar_label(bars, [f"{share:.2f}" for share in shares])
    left.set(ylabel=_("share of the mean, squared"), ylim=(0, 1.08))
    names = [name.replace("=", "=\n") for name in moves]
    bars = right.bar(names, moves.values(), color=GREY, width=0.6)
    right.bar_label(bars, [f"{move:.1f}" for move in moves.values()])
    right.set_ylabel(_("how far the sum of a unit's weights moved"))
    for ax in (left, right):
        ax.grid(axis="x", visible=False)
    text = _(
        "On the left the share of the mean: large in the gradient, zero after GC, and "
        "above zero again after the division. On the right how far the sum of a unit's "
        "weights moved in training with {names}."
    ).format(names=listing(moves))
    return Picture(figure, text)


def training_report(history, timer, centralized):
    """Prints the last loss and accuracy and the time, as the tutorial does.

    Args:
        history: Dict of lists, the `history` of a Keras `History`.
        timer: `helpers.callbacks.EpochTimer` of the same training.
        centralized: Whether gradient centralization was used.
    """
    using = _("Using Gradient Centralization")
    print(using if centralized else _("Not using Gradient Centralization"))
    print(_("Loss: ≈ {loss:.4f}").format(loss=history["loss"][-1]))
    print(_("Accuracy: ≈ {accuracy:.4f}").format(accuracy=history["accuracy"][-1]))
    print(_("Training time: ≈ {seconds:.1f} s").format(seconds=sum(timer.times)))


def gains(first, warm, control, fresh):
    """Prints how trainings end, measured from the end of the first one.

    Args:
        first: Dict of lists, the `history` of the first training, without GC.
        warm: Of a second training of the same model, with GC.
        control: Of a second training of the same model, without GC.
        fresh: Of a first training, with GC.
    """
    changes = (
        (_("Second training, with GC"), warm),
        (_("Second training, without GC"), control),
        (_("First training, with GC instead of without"), fresh),
    )
    print(_("Measured from the end of the first training, without GC:"))
    line = _("{name}: loss ≈ {loss:+.3f}, accuracy ≈ {accuracy:+.3f}")
    for name, history in changes:
        change = {k: history[k][-1] - first[k][-1] for k in ("loss", "accuracy")}
        print(line.format(name=name, **change))
