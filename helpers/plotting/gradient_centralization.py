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
    _draw_parts(left, flat, reach, offsets, r"$\bar g\,(1, 1)$")

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
    _draw_parts(right, deep, reach, offsets, r"$\bar g\,(1, 1, 1)$")
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


def losses(runs):
    """The loss by epoch of several trainings, and that of guessing.

    Args:
        runs: Dict from a training's name to its losses by epoch.
    """
    figure, ax = style.new_figure(8, 3.8)
    for name, values in runs.items():
        ax.plot(range(1, len(values) + 1), values, label=name)
    label = _("guessing one digit in ten")
    ax.axhline(np.log(10), color=BLACK, linewidth=1, linestyle=":", label=label)
    # What leaps higher than this is off the scale of all others.
    ax.set(xlabel=_("epoch"), ylabel=_("loss on the training set"), ylim=(0, 4))
    ax.xaxis.get_major_locator().set_params(integer=True)
    ax.legend()
    text = _("The loss by epoch, for {names}, and that of guessing as a dotted line.")
    return Picture(figure, text.format(names=listing(runs)), style.ends(runs))


def by_rate(panels):
    """Accuracy on held-out images by learning rate, in panels side by side.

    Args:
        panels: Dict from a panel's title to a dict from the name of a way to train to
            a dict from learning rates to accuracies.
    """
    names = list(dict.fromkeys(name for ways in panels.values() for name in ways))
    shared = {"sharey": True, "squeeze": False}
    width = min(2.6 + 2.6 * len(panels), 13)
    figure, axes = style.new_figure(width, 3.9, columns=len(panels), **shared)
    for ax, (title, ways) in zip(axes[0], panels.items(), strict=True):
        for (name, found), look in zip(ways.items(), style.STYLES, strict=False):
            rates = sorted(found)
            accuracies = [found[rate] for rate in rates]
            ax.plot(rates, accuracies, markersize=4, label=name, **look)
            best = max(found, key=found.get)
            ring = {"marker": "o", "markersize": 12, "markerfacecolor": "none"}
            ax.plot([best], [found[best]], color=look["color"], **ring)
        ax.axhline(0.1, color=BLACK, linewidth=1, linestyle=":")
        ax.set(xscale="log", xlabel=_("learning rate"), title=title, ylim=(0, 1))
    axes[0, 0].set_ylabel(_("accuracy on held-out images"))
    lines = [line for ax in axes[0] for line in ax.get_lines()]
    keys = {line.get_label(): line for line in lines if line.get_label() in names}
    figure.legend(keys.values(), keys, loc="outside lower center", ncols=4)
    text = _(
        "Accuracy on held-out images by learning rate, one graph for each of: "
        "{panels}; a line for each of: {ways}. A ring marks the best rate of each, a "
        "dotted line guessing."
    )
    found = {
        f"{title}, {name}": [max(rates.values())]
        for title, ways in panels.items()
        for name, rates in ways.items()
    }
    best = _("Best of each: {values}.").format(values=style.with_numbers(found))
    return Picture(
        figure, text.format(panels=listing(panels), ways=listing(names)), best
    )


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
    names = [name.replace(" where=", "\n") for name in moves]
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
        timer: Callback of the same training, with a list `times`: seconds by epoch.
        centralized: Whether gradient centralization was used.
    """
    using = _("Using Gradient Centralization")
    print(using if centralized else _("Not using Gradient Centralization"))
    print(_("Loss: ≈ {loss:.4f}").format(loss=history["loss"][-1]))
    print(_("Accuracy: ≈ {accuracy:.4f}").format(accuracy=history["accuracy"][-1]))
    print(_("Training time: ≈ {seconds:.1f} s").format(seconds=sum(timer.times)))


def print_tested(results):
    """Prints the test accuracy of several ways to train, each at its own rate.

    Args:
        results: Dict from a way's name to its learning rate and its accuracies by seed.
    """
    count = len(next(iter(results.values()))[1])
    print(
        _("Test accuracy, mean of {count} seeds (lowest, highest)").format(count=count)
    )
    line = _(
        "{name}  rate ≈ {rate:.2g}  accuracy ≈ {mean:.3f} (≈ {low:.3f}, ≈ {high:.3f})"
    )
    width = max(map(len, results))
    for name, (rate, values) in results.items():
        ends = {"low": min(values), "high": max(values), "mean": np.mean(values)}
        print(line.format(name=f"{name:{width}}", rate=rate, **ends))


def print_losses(losses):
    """Prints the loss after the last epoch, a dict from names to numbers."""
    _print(_("Loss after the last epoch"), losses, ".2f")


def print_shares(shares):
    """Prints which share of squared gradients is mean, a dict from names to numbers."""
    _print(_("Share of the mean in the squared gradient"), shares, ".1%")


def print_difference(difference):
    """Prints how far two sides of an equation are apart, relative to their size."""
    line = _("Largest difference, as a part of the largest entry: ≈ {difference:.0e}")
    print(line.format(difference=difference))


def print_same(differences):
    """Prints how far losses on x and on x + 3 are apart, a dict from names."""
    _print(
        _("Largest difference between the losses on x and on x + 3"), differences, ".3f"
    )


def print_factors(factors):
    """Prints by what GC multiplies the largest learning rate, a dict from names."""
    _print(_("Largest learning rate with GC, divided by that without"), factors, ",.1f")


def print_divisor(factor):
    """Prints by what RMSprop divides too much, where the gradient has its mean."""
    line = _(
        "RMSprop's divisor with the mean, against without it: times ≈ {factor:.1f}"
    )
    print(line.format(factor=factor))


def print_data(metadata):
    """Prints the sizes of the tutorial's data, a `tfds.core.DatasetInfo`."""
    splits = metadata.splits
    print(
        _("Shape of an image: {shape}").format(shape=metadata.features["image"].shape)
    )
    print(_("Training images: {count}").format(count=splits["train"].num_examples))
    print(_("Test images: {count}").format(count=splits["test"].num_examples))


def print_calls(calls):
    """Prints how often methods were called, a dict from names to integers."""
    for name, count in calls.items():
        print(_("Calls of {method}: {count}").format(method=name, count=count))


def print_moves(moves):
    """Prints how far the mean of any unit's weights moved, a dict from names."""
    _print(_("Largest move of the mean of a unit's weights"), moves, ".0e")


def print_pairs(gains):
    """Prints GC minus none in test accuracy, a dict from seeds to differences."""
    line = _("Seed {seed}: test accuracy with GC minus without ≈ {gain:+.3f}")
    for seed, gain in gains.items():
        print(line.format(seed=seed, gain=gain))


def print_deviation(deviation):
    """Prints the standard deviation of differences."""
    print(_("Standard deviation of the differences: s ≈ {s:.3f}").format(s=deviation))


def _print(heading, numbers, form=".4f"):
    print(heading)
    width = max(map(len, numbers))
    for name, number in numbers.items():
        print(f"{name:{width}}  ≈ {number:{form}}")
