"""The figures of the lesson on scaling out."""

import keras
import numpy as np
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from helpers.distributed import bytes_sent
from helpers.feasible_sets import frobenius_support
from helpers.i18n import _
from helpers.optimizers import centralize
from helpers.plotting.style import (
    BLACK,
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    SKY,
    STYLES,
    VERMILION,
    Picture,
    new_figure,
)


def one_step():
    """One step of data-parallel training on two workers, as boxes and arrows."""
    figure, ax = new_figure(10, 4.4)
    ax.axis("off")
    ax.set_xlim(0, 10.6)
    ax.set_ylim(0, 4)
    _box(ax, (0.1, 1.4), _("global\nbatch"), GREY, height=1.2, width=1.4)
    _box(ax, (4.9, 1.3), _("all-reduce:\nmean of the\ngradients"), ORANGE, 1.4, 2.0)
    for number, bottom in ((0, 2.6), (1, 0.2)):
        middle = bottom + 0.6
        rows = _("worker {number}:\nits half").format(number=number)
        _box(ax, (2.1, bottom), rows, BLUE, width=1.5)
        step = _("the optimizer's step,\nthe same on both")
        _box(ax, (7.9, bottom), step, GREEN, width=2.5)
        _arrow(ax, (1.5, 2.0), (2.1, middle))
        half_way = 2.0 + (-0.4 if number else 0.4)
        _arrow(ax, (3.6, middle), (4.9, half_way))
        label = f"$g_{number}$"
        ax.text(4.35, 2.0 + (-1.2 if number else 0.95), label, fontsize=13)
        _arrow(ax, (6.9, half_way), (7.9, middle))
        ax.text(7.15, 2.0 + (-1.2 if number else 0.95), "$g$", fontsize=13)
    text = _(
        "A global batch is divided between two workers. Each computes the gradient of "
        "its half. The all-reduce gives both workers the mean of the gradients. Then "
        "each makes the same step."
    )
    return Picture(figure, text)


def _box(ax, corner, text, color, height=1.2, width=1.5):
    look = {"boxstyle": "round,pad=0.02,rounding_size=0.12", "linewidth": 2}
    box = FancyBboxPatch(corner, width, height, fc="white", ec=color, **look)
    ax.add_patch(box)
    center = corner[0] + width / 2, corner[1] + height / 2
    ax.text(*center, text, ha="center", va="center", fontsize=11)


def _arrow(ax, start, end, color=BLACK, **kwargs):
    look = {"arrowstyle": "-|>", "mutation_scale": 16, "linewidth": 1.8}
    look |= {"shrinkA": 0, "shrinkB": 0}
    ax.add_patch(FancyArrowPatch(start, end, color=color, **look, **kwargs))


def order(first, second):
    """What comes first, the mean or the optimizer: two gradients in the plane.

    Args:
        first: Gradient of the first worker, two numbers.
        second: Gradient of the second worker.
    """
    first, second = np.asarray(first, float), np.asarray(second, float)
    figure, (left, right) = new_figure(10, 5, columns=2)
    panels = (
        (left, _("Conditional Gradient: the support point"), _support),
        (right, _("Gradient Centralization: the projection"), _centralized),
    )
    for ax, title, transform in panels:
        _axes_of_the_plane(ax, title, first, second)
        parts = [transform(first), transform(second)]
        for part, color, dash in zip(parts, (BLUE, SKY), ("-", "--"), strict=True):
            _arrow(ax, (0, 0), part, color, linestyle=dash)
        ax.plot(*np.transpose(parts), color=GREY, linewidth=1, linestyle=":")
        ax.plot(
            *np.mean(parts, axis=0), "s", color=VERMILION, markersize=13, mfc="none"
        )
        ax.plot(*transform((first + second) / 2), "o", color=BLACK, markersize=6)
    angle = np.linspace(0, 2 * np.pi, 200)
    left.plot(np.cos(angle), np.sin(angle), color=GREY, linewidth=1)
    reach = max(right.get_xlim()[1], right.get_ylim()[1])
    right.plot([-reach, reach], [reach, -reach], color=GREY, linewidth=1)
    handles = [
        _key(left, _("worker {number}").format(number=0), color=BLUE, linestyle="-"),
        _key(left, _("worker {number}").format(number=1), color=SKY, linestyle="--"),
        _key(left, _("of the mean of the gradients"), color=BLACK, marker="o"),
        _key(left, _("mean over the workers"), color=VERMILION, marker="s"),
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=4, fontsize=10)
    text = _(
        "Two gradients in the plane. On the left their support points lie on a circle, "
        "and the mean of these lies inside it, away from the support point of the mean "
        "gradient. On the right the mean of the two projections is the projection of "
        "the mean gradient."
    )
    return Picture(figure, text)


def _axes_of_the_plane(ax, title, first, second):
    ax.set_title(title, fontsize=12)
    ax.set_aspect("equal")
    reach = 1.08 * max(1.0, np.abs([first, second]).max())
    ax.set_xlim(-reach, reach)
    ax.set_ylim(-reach, reach)
    for name, gradient in (("$g_0$", first), ("$g_1$", second)):
        _arrow(ax, (0, 0), gradient, GREY, alpha=0.6)
        ax.annotate(name, gradient, (4, 4), textcoords="offset points", fontsize=12)


def _key(ax, label, marker="", linestyle="", **look):
    hollow = {"mfc": "none", "markersize": 10} if marker == "s" else {}
    (line,) = ax.plot(
        [], [], label=label, marker=marker, linestyle=linestyle, **look, **hollow
    )
    return line


def _support(gradient):
    support, _start = frobenius_support(keras.ops.convert_to_tensor(gradient))
    return keras.ops.convert_to_numpy(support)


def _centralized(gradient):
    return keras.ops.convert_to_numpy(centralize(gradient, axes=0))


def traffic(size, workers):
    """Megabytes that the busiest worker sends for each step, against their number.

    Args:
        size: Bytes of the gradient.
        workers: Sequence of numbers of workers.
    """
    figure, ax = new_figure(8, 4)
    ways = (
        ("one collects", _("one worker collects all gradients")),
        ("ring", _("a ring of workers")),
    )
    for (way, label), style in zip(ways, STYLES, strict=False):
        sent = [bytes_sent(size, count, way) / 1e6 for count in workers]
        ax.plot(workers, sent, label=label, **style)
    limit = _("twice the gradient")
    ax.axhline(2 * size / 1e6, color=BLACK, linestyle=":", linewidth=1.5, label=limit)
    ax.set_xscale("log", base=2)
    ax.set_xticks(workers, [str(count) for count in workers])
    ax.set_yscale("log")
    ax.set_xlabel(_("workers"))
    ax.set_ylabel(_("megabytes sent in a step"))
    ax.legend()
    text = _(
        "Megabytes that the busiest worker sends in a step, for {first} to {last} "
        "workers. In a ring they stay below twice the gradient. Where one worker "
        "collects all gradients, they grow with the number of workers."
    )
    return Picture(figure, text.format(first=min(workers), last=max(workers)))


def weak_scaling(measured):
    """The efficiency of weak scaling, with the middle half of the rounds.

    Args:
        measured: Dict from the number of devices to `helpers.timing.Overhead`, as
            `helpers.distributed.weak_scaling` returns it.
    """
    figure, ax = new_figure(7, 4)
    counts = [1, *measured]
    middle = [1.0, *(1 / found.ratio for found in measured.values())]
    spreads = [(1.0, 1.0), *(found.spread for found in measured.values())]
    below = [m - 1 / high for m, (_low, high) in zip(middle, spreads, strict=True)]
    above = [1 / low - m for m, (low, _high) in zip(middle, spreads, strict=True)]
    ax.errorbar(
        counts, middle, [below, above], capsize=6, label=_("measured"), **STYLES[0]
    )
    ax.axhline(1, color=BLACK, linestyle="--", label=_("perfect: n devices"))
    shared = [1 / count for count in counts]
    label = _("n devices that share one processor")
    ax.plot(counts, shared, label=label, **STYLES[1])
    ax.set_xticks(counts)
    ax.set_xlim(counts[0] - 0.2, counts[-1] + 0.2)
    ax.set_ylim(bottom=0)
    ax.set_xlabel(_("devices n"))
    ax.set_ylabel(_("efficiency"))
    figure.legend(loc="outside lower center", ncols=3, fontsize=10)
    text = _(
        "Efficiency of weak scaling for 1 to {count} devices: the time of a step on "
        "one device, divided by the time of a step on all, each with a batch of its "
        "own."
    )
    return Picture(figure, text.format(count=counts[-1]))
