"""The figure of the Conditional Gradient explorer."""

import numpy as np

from helpers.i18n import _
from helpers.live import plane
from helpers.live.plane_figure import PlaneFigure
from helpers.live.raster import quiet
from helpers.plotting.style import BLACK, BLUE, GREEN, GREY, VERMILION

HESSIAN = np.array([[2.0, 0.9], [0.9, 1.0]])
MINIMUM = np.array([2.0, 0.7])
SMALLEST = 1e-6  # below this a logarithmic graph ends


class ConditionalGradientFigure(PlaneFigure):
    """A ball, the contours of a quadratic, and three paths."""

    def __init__(self):
        super().__init__(3.6)
        ax = self.plane
        quiet(ax, _("Paths to the smallest loss"))
        for level in (0.05, 0.3, 1, 2.5, 5, 9, 15, 23):
            contour = plane.ellipse(HESSIAN, MINIMUM, level)
            ax.plot(*contour.T, color=GREY, linewidth=0.7, alpha=0.55)
        ax.plot(*MINIMUM, "*", color=GREY, markersize=11)
        (self._ball,) = ax.fill([0], [0], facecolor=BLUE, alpha=0.10)
        self.raster.moving(self._ball)
        self._edge = self.moving_line(ax, color=BLACK, linewidth=1.4)
        self._gaps = self.beside(0.11, 0.47, _("Loss above the best in the ball"))
        self._gaps.set_yscale("log")
        self._gaps.set_ylim(SMALLEST, 50)
        self._gaps.set_xlabel(_("steps"), fontsize=10)
        self._gaps.xaxis.get_major_locator().set_params(integer=True)
        looks = {
            _("Conditional Gradient, step γ"): (BLUE, "-", "o"),
            _("projected gradient, step 1/L"): (VERMILION, "--", "s"),
            _("gradient descent, step 1/L"): (GREEN, ":", "^"),
        }
        self._paths = [self.path(ax, *look, label=n) for n, look in looks.items()]
        self._falls = [self.path(self._gaps, *look, size=3) for look in looks.values()]
        star = self.moving_line(
            ax,
            color=BLACK,
            marker="*",
            markersize=12,
            linestyle="",
            label=_("best in the ball"),
        )
        self._best = star
        self.raster.figure.legend(
            handles=[*self._paths, star],
            loc="upper left",
            bbox_to_anchor=(0.55, 0.97),
            fontsize=10,
            frameon=False,
        )

    def draw(self, lambda_, learning_rate, angle, steps):
        """Draws the paths.

        Args:
            lambda_: Radius of the ball.
            learning_rate: The step size `γ = 1 − lr`.
            angle: Where on the sphere the paths start, in degrees.
            steps: Number of steps.

        Returns:
            PNG bytes, and the figure in words.
        """
        steps = int(steps)
        direction = np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle))])
        start = lambda_ * direction
        safe = 1 / np.linalg.eigvalsh(HESSIAN)[-1]
        paths = [
            plane.conditional_gradient_path(
                HESSIAN, MINIMUM, lambda_, 1 - learning_rate, start, steps
            ),
            plane.descent_path(
                HESSIAN,
                MINIMUM,
                safe,
                start,
                steps,
                after=lambda x: plane.project_to_ball(x, lambda_),
            ),
            plane.descent_path(HESSIAN, MINIMUM, safe, start, steps),
        ]
        best = plane.minimum_in_ball(HESSIAN, MINIMUM, lambda_)
        lowest = plane.quadratic(HESSIAN, MINIMUM, best)
        circle = plane.ellipse(np.eye(2), np.zeros(2), lambda_**2 / 2)
        self._ball.set_xy(circle)
        self._edge.set_data(*circle.T)
        self._best.set_data([best[0]], [best[1]])
        self._gaps.set_xlim(0, max(steps, 10))
        gaps = [plane.quadratic(HESSIAN, MINIMUM, path) - lowest for path in paths]
        for line, fall, path, gap in zip(
            self._paths, self._falls, paths, gaps, strict=True
        ):
            line.set_data(*path.T)
            # Outside the ball a loss can be below the best one inside: no point.
            fall.set_data(np.arange(steps + 1), np.where(gap > SMALLEST, gap, np.nan))
        self.summary = _(
            "After {steps} steps Conditional Gradient is {gap:.2g} above the smallest "
            "loss in the ball, projected gradient descent {projected:.2g}. The largest "
            "norm on the way: {norm:.3g} and {projected_norm:.3g}, with λ = "
            "{radius:g}; plain gradient descent, which knows no ball: {free_norm:.3g}."
        ).format(
            steps=steps,
            gap=max(gaps[0][-1], 0),
            projected=max(gaps[1][-1], 0),
            norm=_largest_norm(paths[0]),
            projected_norm=_largest_norm(paths[1]),
            free_norm=_largest_norm(paths[2]),
            radius=lambda_,
        )
        return self.raster.png(), self.summary


def _largest_norm(path):
    return float(np.linalg.norm(path, axis=-1).max())
