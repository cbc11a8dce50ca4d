"""The figures of the lesson on gradient centralization, and what it prints."""

import numpy as np

from helpers._support.i18n import _, listing, sentences
from helpers.plotting import style
from helpers.plotting.style import BLACK, BLUE, GREY, VERMILION, Picture

image_grid = style.image_grid


def zero_mean_projection(flat=(2.0, 0.6), deep=(1.8, 1.0, -0.3)):
    """A gradient, its mean, and what gradient centralization leaves of it.

    Args:
        flat: Gradient of two weights, for the drawing on the left.
        deep: Gradient of three weights, for the drawing in three dimensions.
    """
    figure, (left, right) = style.new_figure(10, 4.8, columns=2)
    flat, reach = np.array(flat), 1.3 * np.abs(flat).max()
    left.axline((0, 0), slope=-1, color=BLUE, linewidth=6, alpha=0.2)
    left.text(-0.7 * reach, 0.78 * reach, _("sum of entries = 0"), color=BLUE)
    left.set_aspect("equal")
    offsets = ((0.1, 0.02), (-0.1, 0.13), (-0.25, -0.17))
    _draw_parts(left, flat, reach, offsets, r"$\mu\,(1, 1)$")

    right.remove()
    right = figure.add_subplot(1, 2, 2, projection="3d")
    deep, reach = np.array(deep), 1.1 * np.abs(deep).max()
    across = np.array([[1.0, -1.0, 0.0], [1.0, 1.0, -2.0]]) / np.sqrt([[2], [6]])
    corners = reach * np.array([(-1, -1), (1, -1), (-1, 1), (1, 1)]) @ across
    look = {"facecolor": BLUE, "edgecolor": BLUE, "alpha": 0.18, "shade": False}
    right.plot_surface(*corners.T.reshape(3, 2, 2), **look)
    for axis in (right.xaxis, right.yaxis, right.zaxis):
        axis.set_ticks([-1, 0, 1])
        axis.set_pane_color((1, 1, 1, 0))
    right.set(zlim=(-reach, reach), zlabel=_("third entry"))
    right.view_init(elev=30, azim=-40)
    right.set_box_aspect((1, 1, 1), zoom=0.9)
    offsets = ((0.1, 0.05, 0), (-0.17, 0.05, 0.3), (0.05, -0.1, -0.3))
    _draw_parts(right, deep, reach, offsets, r"$\mu\,(1, 1, 1)$")
    text = _(
        "On the left two weights, on the right three. The gradient is an arrow "
        "from zero. Taking its mean from every entry moves its end, at a right "
        "angle, onto the line or plane of all arrows whose entries add up to zero."
    )
    return Picture(figure, text)


def _draw_parts(ax, g, reach, offsets, name_of_mean):
    mean = np.full(len(g), g.mean())
    parts = (
        (g, "$g$", VERMILION, VERMILION),
        (mean, name_of_mean, GREY, BLACK),
        (g - mean, r"$\Phi(g)$", BLUE, BLUE),
    )
    for (end, label, color, ink), offset in zip(parts, offsets, strict=True):
        if ax.name == "3d":
            look = {"linewidth": 2.5, "arrow_length_ratio": 0.12}
            ax.quiver(0, 0, 0, *end, color=color, **look)
        else:
            style.arrow(ax, (0, 0), end, color, linewidth=2.5, mutation_scale=18)
        ax.plot(*np.transpose([end, g]), ":", color=GREY, linewidth=1.5)
        place = end + np.multiply(offset, np.abs(g).max())
        ax.text(*place, label, color=ink, fontsize=14, ha="center")
    ax.set(xlabel=_("first entry"), ylabel=_("second entry"))
    ax.set(xlim=(-reach, reach), ylim=(-reach, reach))


def second_training(first, again, fresh):
    """Runs that go on with a trained model, beside runs from the initial weights.

    Args:
        first: Dict with one entry, from a run's name to its accuracies by epoch: the
            training that the other models start with.
        again: Dict from names to accuracies of runs that continue with that model.
        fresh: Dict from names to accuracies of runs from the same initial weights.
    """
    figure, ax = style.new_figure(8.5, 4.4)
    (start,) = first.values()
    count, fresh = len(start), {**first, **fresh}
    for name, values in fresh.items():
        label = _("{name}, from the initial weights").format(name=name)
        ax.plot(range(1, count + 1), values, label=label)
    for name, values in again.items():
        label = _("{name}, going on with the trained model").format(name=name)
        epochs = range(count, count + len(values) + 1)
        ax.plot(epochs, [start[-1], *values], label=label)
    ax.axvline(count, color=BLACK, linewidth=1, linestyle="--")
    ax.set(xlabel=_("epoch"), ylabel=_("accuracy on the training set"))
    ax.xaxis.get_major_locator().set_params(integer=True)
    figure.legend(loc="outside lower center", ncols=2)
    text = _(
        "Training accuracy by epoch. From the initial weights: {fresh}. Going on with "
        "the trained model, to the right of the dashed line: {again}."
    ).format(fresh=listing(fresh), again=listing(again))
    return Picture(figure, text, sentences(style.ends(fresh), style.ends(again)))


def gradient_parts(gradients, shape):
    """Gradients of one unit as images: whole, their mean, and what centralizing leaves.

    Args:
        gradients: Dict from a name to the gradient of one unit's weights, `(n,)`.
        shape: Height and width of the images, with `n` pixels.
    """
    rows = len(gradients)
    figure, axes = style.new_figure(9, 2.5 * rows, rows, 3, squeeze=False)
    for row, (name, gradient) in zip(axes, gradients.items(), strict=True):
        mean = np.full_like(gradient, gradient.mean())
        parts = (gradient, mean, gradient - mean)
        # What the mean covers would be white on the scale of the whole.
        tops = [np.abs(part).max() for part in (gradient, gradient, parts[2])]
        titles = (f"{name}: " + _("gradient"), _("its mean"), _("centralized gradient"))
        panels = zip(row, ("", "=", "+"), titles, parts, tops, strict=True)
        for ax, sign, title, part, top in panels:
            image = ax.imshow(part.reshape(shape), cmap="PuOr", vmin=-top, vmax=top)
            ax.text(-0.1, 0.5, sign, transform=ax.transAxes, fontsize=18, ha="center")
            ax.set_title(title, fontsize=11)
            ax.axis("off")
            if part is not gradient:
                figure.colorbar(image, ax=ax, fraction=0.05)
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
    figure, (left, right) = style.new_figure(10, 4.4, columns=2, width_ratios=(2, 3))
    names, rest = [f"{offset:g}" for offset in offsets], np.subtract(1, shares)
    left.bar(names, shares, color=VERMILION, label=_("in the mean"), hatch="//")
    left.bar(names, rest, bottom=shares, color=BLUE, label=_("in the rest"))
    left.set(xlabel=_("number added to all inputs"), ylim=(0, 1))
    left.set_ylabel(_("share of the squared gradient"))
    left.grid(False)
    figure.legend(*left.get_legend_handles_labels(), loc="outside lower left", ncols=2)
    for name, losses in runs.items():
        low, middle, high = np.quantile(losses, (0, 0.5, 1), axis=1)
        (line,) = right.plot(rates, middle, label=name)
        right.fill_between(rates, low, high, color=line.get_color(), alpha=0.15)
    right.set(xscale="log", yscale="log")
    right.set_xticks(rates, [f"{rate:g}" for rate in rates])
    right.set_xticks([], minor=True)
    right.set(xlabel=_("learning rate"), ylabel=_("loss after the last epoch"))
    right.legend(fontsize=9, loc="center right", bbox_to_anchor=(1, 0.7))
    text = _(
        "On the left, for {offsets} added to all inputs, the share of the squared "
        "gradient that is in its mean: it grows. On the right the last loss by "
        "learning rate, the middle one of the seeds, with a band over all of them, for "
        "{names}."
    ).format(offsets=listing(names), names=listing(runs))
    return Picture(figure, text)


def before_or_after(accuracies):
    """Test accuracy of the same pairs with GC in several ways, and not at all.

    Args:
        accuracies: Dict from the number added to all inputs to a dict from the name
            of a way to train to the accuracies by seed, the same names everywhere.
    """
    shared = {"sharey": True, "squeeze": False}
    figure, axes = style.new_figure(11, 4.2, columns=len(accuracies), **shared)
    for ax, (offset, ways) in zip(axes[0], accuracies.items(), strict=True):
        # A line for each seed: what it joins is a pair.
        lines = np.array(list(ways.values()))
        ax.plot(lines, "-", color=GREY, linewidth=0.8, alpha=0.6, zorder=1)
        for place, values in enumerate(ways.values()):
            places = [place] * len(values)
            ax.plot(places, values, linestyle="", markersize=6, zorder=2)
        names = [name.replace("=", "=\n") for name in ways]
        ax.set_xticks(range(len(ways)), names, fontsize=8)
        ax.set_xlim(-0.4, len(ways) - 0.6)
        ax.set_title(_("{offset:g} added to all inputs").format(offset=offset))
    axes[0, 0].set_ylabel(_("test accuracy"))
    text = _(
        "Test accuracy of {ways}, one point for each seed, and a line that joins the "
        "points of one seed; side by side for {offsets} added to all inputs."
    ).format(ways=listing(ways), offsets=listing(f"{o:g}" for o in accuracies))
    return Picture(figure, text, sentences(*map(style.means, accuracies.values())))


def mean_comes_back(shares, moves):
    """The share of mean before GC, after it, after a division; and where sums go.

    Args:
        shares: Three numbers from 0 to 1: the share of the mean in the squared
            gradient, in the centralized one, in that divided entry by entry.
        moves: Dict from the name of a way to train to how far the sum of a unit's
            weights moved.
    """
    figure, (left, right) = style.new_figure(10, 3.8, columns=2)
    stages = (_("gradient"), _("after GC"), _("after GC and\nthe division"))
    colors = (VERMILION, BLUE, VERMILION)
    # Rounding can make a share of zero negative.
    shares = np.maximum(shares, 0)
    bars = left.bar(stages, shares, color=colors, hatch="//", width=0.6)
    left.bar_label(bars, fmt="%.2f")
    left.set(ylabel=_("share of the mean, squared"), ylim=(0, 1.08))
    names = [name.replace("=", "=\n") for name in moves]
    bars = right.bar(names, moves.values(), color=GREY, width=0.6)
    right.bar_label(bars, fmt="%.1f")
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
