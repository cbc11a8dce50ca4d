"""The figures of the lesson on gradient centralization."""

import numpy as np

from helpers.i18n import _, listing
from helpers.plotting import BLACK, BLUE, GREY, STYLES, VERMILION, Picture, new_figure


class Found(Picture):
    """A picture whose text for a screen reader is what was computed.

    The computed sentence may come out otherwise on another processor, so the plain
    text, which the tests of the notebooks compare, says only what kind of figure it is.
    """

    def __init__(self, figure, text, found):
        super().__init__(figure, text)
        self.found = found

    def _repr_mimebundle_(self, include=None, exclude=None):
        data, _metadata = super()._repr_mimebundle_(include, exclude)
        return data, {"image/png": {"alt": f"{self.text} {self.found}"}}


def paired_comparison(comparison):
    """The pairs of a comparison, and the interval of their mean difference.

    Args:
        comparison: `helpers.experiments.Comparison`.
    """
    figure, (left, right) = new_figure(9, 4.2, columns=2, width_ratios=(3, 2))
    positions = np.arange(len(comparison.seeds))
    for before, after, position in zip(*comparison.values, positions, strict=True):
        left.plot([position] * 2, [before, after], color=GREY, linewidth=1, zorder=1)
    for name, values, style in zip(
        comparison.names, comparison.values, STYLES, strict=False
    ):
        look = {**style, "linestyle": "", "markersize": 9}
        left.plot(positions, values, label=name, zorder=2, **look)
    left.set_xticks(positions, [str(seed) for seed in comparison.seeds])
    left.margins(x=0.1, y=0.15)
    left.set_xlabel(_("seed"))
    left.set_ylabel(comparison.metric)

    low, high = comparison.interval
    right.axhline(0, color=BLACK, linewidth=1, linestyle="--")
    across = np.linspace(-0.25, 0.25, len(comparison.seeds))
    right.plot(
        across, comparison.differences, "o", color=GREY, label=_("each pair of runs")
    )
    right.errorbar(
        [0.5],
        [comparison.mean],
        [[comparison.mean - low], [high - comparison.mean]],
        fmt="D",
        color=BLACK,
        markersize=8,
        capsize=8,
        linewidth=2,
        label=_("mean, {level:.0%} confidence interval").format(
            level=comparison.confidence
        ),
    )
    right.set_xlim(-0.5, 0.8)
    right.set_xticks([])
    right.set_ylabel(
        _("{other} minus {baseline}").format(
            baseline=comparison.names[0], other=comparison.names[1]
        )
    )
    keys = zip(
        left.get_legend_handles_labels(), right.get_legend_handles_labels(), strict=True
    )
    handles, labels = (a + b for a, b in keys)
    figure.legend(handles, labels, loc="outside lower center", ncols=4, fontsize=9)
    figure.suptitle(comparison.verdict, fontsize=11, wrap=True)
    text = _(
        "On the left the {metric} of {baseline} and {other} for each of {count} seeds. "
        "On the right the differences, and the confidence interval of their mean."
    ).format(
        metric=comparison.metric,
        baseline=comparison.names[0],
        other=comparison.names[1],
        count=len(comparison.seeds),
    )
    return Found(figure, text, comparison.verdict)


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
