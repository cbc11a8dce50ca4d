"""The figure of the Gradient Centralization explorer."""

import numpy as np

from helpers.i18n import _, sentences
from helpers.live import plane
from helpers.live.plane_figure import PlaneFigure
from helpers.live.raster import quiet
from helpers.plotting.style import BLACK, BLUE, GREY, VERMILION

COVARIANCE = np.array([[1.0, 0.3], [0.3, 0.6]])
TARGET = np.array([1.2, -0.5])
START = np.array([-1.3, 1.6])
STEPS = 40


def _features(count=10):
    """A covariance matrix of several features, always the same."""
    rotation = np.linalg.qr(np.random.default_rng(0).standard_normal((count, count)))[0]
    return rotation @ np.diag(np.geomspace(0.5, 2.0, count)) @ rotation.T


class CentralizationFigure(PlaneFigure):
    """Contours that the inputs' mean stretches, and paths with and without GC."""

    def __init__(self):
        super().__init__(2.6)
        ax = self.plane
        quiet(ax, _("Two weights, and the contours of the loss"))
        reach = np.array([-4, 4])
        ax.plot(START[0] + reach, START[1] - reach, color=BLUE, lw=6, alpha=0.12)
        ax.plot(*TARGET, "*", color=BLACK, markersize=12)
        self._contours = self.moving_line(ax, color=GREY, linewidth=0.8)
        looks = {
            _("gradient descent"): (VERMILION, "--", "s"),
            _("with centralization"): (BLUE, "-", "o"),
        }
        self._paths = [self.path(ax, *look, label=n) for n, look in looks.items()]
        self._arrows = [self.arrow(ax, look[0]) for look in looks.values()]
        # What centralization takes away: the gradient's mean.
        self._removed = self.moving_line(ax, color=GREY, linestyle=":", linewidth=1.5)
        arrows = _("Arrows: down the gradient, with and without its mean.")
        ax.set_xlabel(arrows, fontsize=10)
        self._conditions = self.beside(
            0.66, 0.265, _("Condition number, ten features, by mean")
        )
        self._add_condition_numbers(looks)
        self._falls_ax = self.beside(0.11, 0.36, _("Loss by step"))
        self._falls_ax.set_yscale("log")
        self._falls_ax.set(xlim=(0, STEPS), ylim=(1e-4, 1e3))
        self._falls = [
            self.path(self._falls_ax, *look, label=n, size=3)
            for n, look in looks.items()
        ]
        self._floor = self.moving_line(
            self._falls_ax,
            color=BLACK,
            linestyle=":",
            label=_("floor with the sum kept"),
        )
        self._falls_ax.legend(fontsize=9, loc="upper right", framealpha=0.85)

    def _add_condition_numbers(self, looks):
        ax, features = self._conditions, _features()
        means = np.linspace(0, 5, 60)
        numbers = np.array([plane.condition_numbers(features, m) for m in means])
        for column, (color, linestyle, _marker) in zip(
            numbers.T, looks.values(), strict=True
        ):
            ax.plot(means, column, color=color, linestyle=linestyle)
        ax.set_yscale("log")
        ax.set(xlim=(0, 5), ylim=(1, 1e3))
        self._numbers = [
            self.path(ax, look[0], "", look[2], size=7) for look in looks.values()
        ]

    def draw(self, mean, learning_rate):
        """Draws contours and paths.

        Args:
            mean: Mean of both features.
            learning_rate: Step size of both paths.

        Returns:
            PNG bytes, and the figure in words.
        """
        hessian = plane.hessian_of_inputs(COVARIANCE, mean)
        start_loss = plane.quadratic(hessian, TARGET, START)
        levels = start_loss * np.array([0.02, 0.1, 0.3, 0.6, 1.0, 1.8, 3.0])
        gap = np.full((1, 2), np.nan)
        rings = [np.vstack([plane.ellipse(hessian, TARGET, v), gap]) for v in levels]
        self._contours.set_data(*np.vstack(rings).T)
        paths = [
            plane.descent_path(hessian, TARGET, learning_rate, START, STEPS),
            plane.centralized_descent_path(
                hessian, TARGET, learning_rate, START, STEPS
            ),
        ]
        gradient = hessian @ (START - TARGET)
        arrows = [gradient, plane.centralized(gradient)]
        # Drawn at one length, whatever the mean.
        tips = [START - 1.2 * a / np.linalg.norm(gradient) for a in arrows]
        for arrow, tip in zip(self._arrows, tips, strict=True):
            arrow.set_positions(START, tip)
        self._removed.set_data(*np.transpose(tips))
        losses = [plane.quadratic(hessian, TARGET, path) for path in paths]
        for line, fall, path, loss in zip(
            self._paths, self._falls, paths, losses, strict=True
        ):
            shown = loss < 1e9
            line.set_data(*path[shown].T)
            fall.set_data(np.arange(STEPS + 1)[shown], loss[shown])
        floor = plane.quadratic(
            hessian, TARGET, plane.minimum_on_hyperplane(hessian, TARGET, START)
        )
        self._floor.set_data([0, STEPS], [floor, floor])
        numbers = plane.condition_numbers(_features(), mean)
        for mark, number in zip(self._numbers, numbers, strict=True):
            mark.set_data([mean], [number])
        self.summary = self._in_words(numbers, losses, floor)
        return self.raster.png(), self.summary

    def _in_words(self, numbers, losses, floor):
        first = _(
            "With ten features the condition number is {plain:.3g} without and "
            "{centralized:.3g} with centralization."
        ).format(plain=numbers[0], centralized=numbers[1])
        second = _("Gradient descent ends at a loss of {loss:.2g}.")
        if not losses[0][-1] <= losses[0][0]:
            second = _("Gradient descent diverges at this learning rate.")
        third = _(
            "With centralization it ends at {loss:.2g}: the sum of the weights cannot "
            "change, and with this sum no weights do better than {floor:.2g}."
        )
        if not losses[1][-1] <= losses[1][0]:
            third = _("With centralization it diverges as well.")
        return sentences(
            first,
            second.format(loss=losses[0][-1]),
            third.format(loss=losses[1][-1], floor=floor),
        )
