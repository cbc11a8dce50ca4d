"""Pictures in two dimensions that answer a slider at once."""

import functools

import ipywidgets as widgets
import numpy as np
from matplotlib.patches import FancyArrowPatch

from helpers._support.i18n import _, sentences
from helpers.live import plane
from helpers.live.display import Board, Control, ends_of, slider
from helpers.live.raster import Raster, quiet
from helpers.plotting.style import BLACK, BLUE, GREEN, GREY, VERMILION


class Explorer(Board):
    """Sliders and a figure that is drawn anew whenever one of them moves.

    A subclass has `_make_sliders`, `_make_figure`, which also sets `text`, and `_draw`.

    Attributes:
        controls: Dict from name to slider.
        boxes: Dict from name to the text box beside it.
        values: Dict from name to the number in use.
        message: What was wrong with the last number typed, or "".
        summary: What the figure shows now, in words and numbers.
        widget: All of it.
        png: The figure as it is now.
        text: What the figure shows, in words.
    """

    complements = ()  # names of sliders beside which `lr`, 1 minus the number, stands

    def __init__(self):
        super().__init__()
        self.raster = Raster(9.2, 4.4)
        self._make_figure()
        self.alt, self.values, controls = self.text, {}, {}
        for name, handle in self._make_sliders().items():
            self.values[name] = handle.value
            use, lr = functools.partial(self._use, name), name in self.complements
            controls[name] = Control(handle, ends_of(handle), use, self._say, lr)
        self._assemble(controls, *self._make_choices())
        self._redraw()

    def _make_choices(self):
        """Further widgets above the sliders, whose choices are in `values`."""
        return []

    def _use(self, name, value):
        self.values[name] = value
        self._redraw()

    def _redraw(self):
        self.summary = self._draw(**self.values)
        self._show(self.raster.png(), self.summary)

    def _add_plane(self, half_width, title):
        """The graph on the left, with one unit as long upwards as sideways."""
        ax = self.raster.figure.add_axes((0.05, 0.11, 0.43, 0.81))
        half_height = half_width * (4.4 * 0.81) / (9.2 * 0.43)
        ax.set(xlim=(-half_width, half_width), ylim=(-half_height, half_height))
        quiet(ax, title)
        return ax

    def _add_beside(self, bottom, height, title, **limits):
        """A narrower graph on the right."""
        ax = self.raster.figure.add_axes((0.56, bottom, 0.42, height))
        quiet(ax, title)
        ax.set(**limits)
        return ax

    def _add_ball(self, ax, edge):
        look = {"facecolor": (BLUE, 0.12), "edgecolor": edge, "linewidth": 1.5}
        return self.raster.moving(ax.fill([0], [0], **look)[0])

    def _add_paths(self, ax, looks, markersize=4):
        return [
            self.raster.line(
                ax, *look, label=name, markersize=markersize, linewidth=1.5
            )
            for name, look in looks.items()
        ]

    def _add_legend(self, handles, top):
        corner = {"loc": "upper left", "bbox_to_anchor": (0.55, top)}
        self.raster.figure.legend(handles=handles, fontsize=10, frameon=False, **corner)


class ConditionalGradientExplorer(Explorer):
    """Paths of three methods to the smallest loss in a ball.

    The loss is a quadratic in two dimensions whose minimum lies outside small
    balls. Conditional Gradient stays inside by itself, projected gradient descent
    is put back after each step, and plain gradient descent leaves.

    Its `controls` are `lambda_` (the radius), `learning_rate` (as the step size
    `γ = 1 − lr`), `angle` (of the start, in degrees) and `steps`. At first its check
    box `open_loop` is on: γ is 2/(t + 2) in step t, until the slider of γ is moved.
    """

    HESSIAN, MINIMUM = np.array([[2.0, 0.9], [0.9, 1.0]]), np.array([2.0, 0.7])
    SMALLEST = 1e-6  # below this the logarithmic graph ends
    complements = ("learning_rate",)

    def _make_sliders(self):
        return {
            "lambda_": slider(_("Radius of the ball λ"), 1.5, 0.3, 3, 0.05),
            "learning_rate": slider(_("Step size γ = 1 − lr"), 0.1, -3, 0),
            "angle": slider(_("Angle of the start (°)"), 200, 0, 360, 5),
            "steps": slider(_("Number of steps"), 20, 1, 100, 1),
        }

    def _make_choices(self):
        self.values["open_loop"] = True
        label = _("γ = 2/(t + 2) in step t")
        self.open_loop = widgets.Checkbox(value=True, description=label, indent=False)
        self.open_loop.observe(self._choose, "value")
        return [self.open_loop]

    def _choose(self, change):
        self._use("open_loop", change["new"])

    def _use(self, name, value):
        super()._use(name, value)
        if name == "learning_rate":
            self.open_loop.value = False

    def _make_figure(self):
        self.text = _(
            "A picture with sliders: the contours of a loss, a ball of radius λ, and "
            "the paths of Conditional Gradient, projected gradient descent and plain "
            "gradient descent."
        )
        ax = self._add_plane(3.6, _("Paths to the smallest loss"))
        for level in (0.05, 0.3, 1, 2.5, 5, 9, 15, 23):
            contour = plane.ellipse(self.HESSIAN, self.MINIMUM, level)
            ax.plot(*contour.T, color=GREY, linewidth=0.7, alpha=0.55)
        ax.plot(*self.MINIMUM, "*", color=GREY, markersize=11)
        self._ball = self._add_ball(ax, BLACK)
        looks = {
            _("Conditional Gradient, step γ"): (BLUE, "-", "o"),
            _("projected gradient, step 1/L"): (VERMILION, "--", "s"),
            _("gradient descent, step 1/L"): (GREEN, ":", "^"),
        }
        self._paths = self._add_paths(ax, looks)
        best = {"markersize": 12, "label": _("best in the ball")}
        self._best = self.raster.line(ax, BLACK, "", "*", **best)
        title = _("Loss above the best in the ball")
        limits = {"yscale": "log", "ylim": (self.SMALLEST, 50)}
        self._gaps = self._add_beside(0.11, 0.47, title, **limits)
        self._gaps.set_xlabel(_("steps"), fontsize=10)
        self._gaps.xaxis.get_major_locator().set_params(integer=True)
        self._falls = self._add_paths(self._gaps, looks, 3)
        self._add_legend([*self._paths, self._best], 0.97)

    def _draw(self, lambda_, learning_rate, angle, steps, open_loop):
        loss, steps = (self.HESSIAN, self.MINIMUM), int(steps)
        turn = np.radians(angle)
        start = lambda_ * np.array([np.cos(turn), np.sin(turn)])
        safe = 1 / np.linalg.eigvalsh(self.HESSIAN)[-1]
        moves = [
            plane.conditional_gradient(lambda_, None if open_loop else learning_rate),
            plane.descent(safe, after=lambda x: plane.project_to_ball(x, lambda_)),
            plane.descent(safe),
        ]
        best = plane.minimum_in_ball(*loss, lambda_)
        self._ball.set_xy(plane.ellipse(np.eye(2), np.zeros(2), lambda_**2 / 2))
        self._best.set_data(best[:1], best[1:])
        self._gaps.set_xlim(0, max(steps, 10))
        ends, norms = [], []
        for line, fall, move in zip(self._paths, self._falls, moves, strict=True):
            path = plane.path(*loss, start, steps, move)
            gap = plane.quadratic(*loss, path) - plane.quadratic(*loss, best)
            line.set_data(*path.T)
            # Outside the ball a loss can be below the best one inside: no point.
            shown = np.where(gap > self.SMALLEST, gap, np.nan)
            fall.set_data(np.arange(steps + 1), shown)
            ends.append(max(gap[-1], 0))
            norms.append(np.linalg.norm(path, axis=-1).max())
        text = _(
            "After {steps} steps Conditional Gradient is {gap:.2g} above the smallest "
            "loss in the ball, projected gradient descent {projected:.2g}. The largest "
            "norm on the way: {norm:.3g} and {projected_norm:.3g}, with λ = "
            "{radius:g}; plain gradient descent, which knows no ball: {free_norm:.3g}."
        )
        numbers = {"steps": steps, "radius": lambda_}
        numbers |= {"gap": ends[0], "projected": ends[1], "norm": norms[0]}
        numbers |= {"projected_norm": norms[1], "free_norm": norms[2]}
        return text.format(**numbers)


class GradientCentralizationExplorer(Explorer):
    """Gradient descent with and without centralization on inputs with a mean.

    Linear regression without a bias, with two features of equal mean: the larger
    the mean, the longer the valley of its loss. Centralized gradients have no part
    along the steep direction (1, 1), so that the steps stay well conditioned; and
    for the same reason the sum of the weights can never change.

    Its `controls` are `mean` and `learning_rate`.
    """

    COVARIANCE = np.array([[1.0, 0.3], [0.3, 0.6]])
    TARGET, START, STEPS = np.array([1.2, -0.5]), np.array([-1.3, 1.6]), 40

    def _make_sliders(self):
        return {
            "mean": slider(_("Mean of the inputs"), 3.0, 0, 5, 0.05),
            "learning_rate": slider(_("Learning rate"), 0.3, -3, 0),
        }

    def _make_figure(self):
        self.text = _(
            "A picture with sliders: the contours of a regression's loss as the mean "
            "of its inputs grows, a gradient and its centralized twin, both paths, and "
            "the condition numbers with and without centralization."
        )
        ax = self._add_plane(2.6, _("Two weights, and the contours of the loss"))
        reach = np.array([-4, 4])
        x, y = self.START
        kept = _("the sum of the start")
        ax.plot(x + reach, y - reach, color=BLUE, lw=6, alpha=0.12, label=kept)
        lowest = _("lowest point")
        ax.plot(*self.TARGET, "*", color=BLACK, ls="", markersize=12, label=lowest)
        ax.legend(fontsize=9, loc="lower left", framealpha=0.85)
        self._contours = self.raster.line(ax, GREY, linewidth=0.8)
        looks = {
            _("gradient descent"): (VERMILION, "--", "s"),
            _("with centralization"): (BLUE, "-", "o"),
        }
        self._paths = self._add_paths(ax, looks)
        self._arrows = [self._add_arrow(ax, color) for color, *_look in looks.values()]
        # What centralization takes away: the gradient's mean.
        self._removed = self.raster.line(ax, GREY, ":", linewidth=1.5)
        arrows = _("Arrows: down the gradient, with and without its mean.")
        ax.set_xlabel(arrows, fontsize=10)
        self._add_condition_numbers(looks)
        limits = {"xlim": (0, self.STEPS), "yscale": "log", "ylim": (1e-4, 1e3)}
        ax = self._add_beside(0.22, 0.3, _("Loss by step"), **limits)
        self._falls = self._add_paths(ax, looks, 3)
        floor = _("floor with the sum kept")
        self._floor = self.raster.line(ax, BLACK, ":", label=floor)
        # Below the graph, where it can hide no line.
        corner = {"loc": "upper left", "bbox_to_anchor": (-0.1, -0.16)}
        ax.legend(fontsize=9, ncols=2, frameon=False, **corner)

    def _add_arrow(self, ax, color):
        look = {"arrowstyle": "-|>", "mutation_scale": 18, "linewidth": 3}
        look |= {"shrinkA": 0, "shrinkB": 0, "color": color, "alpha": 0.8, "zorder": 3}
        return self.raster.moving(ax.add_patch(FancyArrowPatch((0, 0), (1, 1), **look)))

    def _add_condition_numbers(self, looks):
        title = _("Condition number, ten features, by mean")
        limits = {"xlim": (0, 5), "yscale": "log", "ylim": (1, 1e3)}
        ax = self._add_beside(0.665, 0.26, title, **limits)
        random = np.random.default_rng(0).standard_normal((10, 10))
        rotation = np.linalg.qr(random)[0]
        self._features = rotation @ np.diag(np.geomspace(0.5, 2.0, 10)) @ rotation.T
        means = np.linspace(0, 5, 60)
        columns = [plane.condition_numbers(self._features + m**2) for m in means]
        self._numbers = []
        for column, look in zip(np.transpose(columns), looks.values(), strict=True):
            color, linestyle, marker = look
            ax.plot(means, column, color=color, linestyle=linestyle)
            self._numbers.append(self.raster.line(ax, color, "", marker, markersize=7))

    def _draw(self, mean, learning_rate):
        target, start, steps = self.TARGET, self.START, self.STEPS
        # The mean of x xᵀ, which is the Hessian of ½ (w·x − y)².
        hessian = self.COVARIANCE + mean**2
        shares = np.array([0.02, 0.1, 0.3, 0.6, 1.0, 1.8, 3.0])
        levels = plane.quadratic(hessian, target, start) * shares
        gap = np.full((1, 2), np.nan)
        rings = [np.vstack([plane.ellipse(hessian, target, v), gap]) for v in levels]
        self._contours.set_data(*np.vstack(rings).T)
        gradient = hessian @ (start - target)
        arrows = [gradient, plane.centralized(gradient)]
        # Drawn at one length, whatever the mean.
        tips = [start - 1.2 * a / np.linalg.norm(gradient) for a in arrows]
        for arrow, tip in zip(self._arrows, tips, strict=True):
            arrow.set_positions(start, tip)
        self._removed.set_data(*np.transpose(tips))
        moves = [
            plane.descent(learning_rate),
            plane.descent(learning_rate, before=plane.centralized),
        ]
        ends = []
        for line, fall, move in zip(self._paths, self._falls, moves, strict=True):
            path = plane.path(hessian, target, start, steps, move)
            loss = plane.quadratic(hessian, target, path)
            shown = loss < 1e9
            line.set_data(*path[shown].T)
            fall.set_data(np.arange(steps + 1)[shown], loss[shown])
            ends.append((loss[-1], not loss[-1] <= loss[0]))
        lowest = plane.minimum_on_hyperplane(hessian, target, start)
        floor = plane.quadratic(hessian, target, lowest)
        self._floor.set_data([0, steps], [floor, floor])
        numbers = plane.condition_numbers(self._features + mean**2)
        for mark, number in zip(self._numbers, numbers, strict=True):
            mark.set_data([mean], [number])
        return self._in_words(numbers, *ends, floor)

    def _in_words(self, numbers, plain, centralized, floor):
        first = _(
            "With ten features the condition number is {plain:.3g} without and "
            "{centralized:.3g} with centralization."
        ).format(plain=numbers[0], centralized=numbers[1])
        second = _("Gradient descent ends at a loss of {loss:.2g}.")
        if plain[1]:
            second = _("Gradient descent diverges at this learning rate.")
        third = _(
            "With centralization it ends at {loss:.2g}: the sum of the weights cannot "
            "change, and with this sum no weights do better than {floor:.2g}."
        )
        if centralized[1]:
            third = _("With centralization it diverges as well.")
        third = third.format(loss=centralized[0], floor=floor)
        return sentences(first, second.format(loss=plain[0]), third)
