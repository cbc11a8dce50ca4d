"""Pictures in two dimensions that answer a slider at once."""

import threading

from helpers import i18n
from helpers.i18n import _
from helpers.live import display
from helpers.live.centralization_figure import CentralizationFigure
from helpers.live.constraint_figure import ConditionalGradientFigure
from helpers.live.controls import Control, ends_of, linear_slider, log_slider
from helpers.plotting.style import VERMILION


class Explorer(display.Displayed):
    """Sliders and a figure that is drawn anew whenever one of them moves.

    Args:
        language: Language of this explorer, `None` for the one of the notebook.

    Attributes:
        controls: Dict from name to slider.
        boxes: Dict from name to the text box beside it.
        values: Dict from name to the number in use.
        message: What was wrong with the last number typed, or "".
        widget: All of it.
        png: The figure as it is now.
        text: What the figure shows, in words.
    """

    def __init__(self, language=None):
        self.language = i18n.language() if language is None else language
        self.message = ""
        self._lock = threading.RLock()
        with display.speaking(self.language):
            self.text = self._description()
            self._figure = self._make_figure()
            self._problem, self._summary = (
                display.line_of_text(),
                display.line_of_text(),
            )
            self._settings = {
                name: self._control(name, slider, note)
                for name, (slider, note) in self._make_sliders().items()
            }
            self.controls = {n: c.slider for n, c in self._settings.items()}
            self.boxes = {n: c.box for n, c in self._settings.items()}
            self.values = {n: c.value for n, c in self._settings.items()}
            self._image = display.picture(b"")
            rows = [control.row for control in self._settings.values()]
            self.widget = display.column(
                *rows, self._problem, self._image, self._summary
            )
            self._redraw()

    def _control(self, name, slider, note):
        low, high = ends_of(slider)
        refusal = _("“{text}” is not a number from {low:g} to {high:g}.")

        def accept(number):
            if not low * (1 - 1e-9) <= number <= high * (1 + 1e-9):
                raise ValueError(f"{number} is not from {low} to {high}")
            with self._lock, display.speaking(self.language):
                self.values[name] = number
                self._redraw()
            return number

        def explain(text):
            return refusal.format(text=text, low=low, high=high)

        return Control(slider, explain, accept, self._say, note)

    def _say(self, message):
        self.message = message
        display.write(self._problem, message, VERMILION)

    def _redraw(self):
        png, summary = self._figure.draw(**self.values)
        self._image.value = png
        display.write(self._summary, summary, "#767676")

    @property
    def summary(self):
        """What the figure shows now, in words and numbers."""
        return self._figure.summary

    @property
    def png(self):
        return bytes(self._image.value)

    def close(self):
        """Takes the explorer away."""
        display.close_all(self.widget)


class ConditionalGradientExplorer(Explorer):
    """Paths of three methods to the smallest loss in a ball.

    The loss is a quadratic in two dimensions whose minimum lies outside small
    balls. Conditional Gradient stays inside by itself, projected gradient descent
    is put back after each step, and plain gradient descent leaves.

    Its `controls` are `lambda_` (the radius), `learning_rate` (as the step size
    `γ = 1 − lr`), `angle` (of the start, in degrees) and `steps`.
    """

    def _description(self):
        return _(
            "A picture with sliders: the contours of a loss, a ball of radius λ, and "
            "the paths of Conditional Gradient, projected gradient descent and plain "
            "gradient descent."
        )

    def _make_figure(self):
        return ConditionalGradientFigure()

    def _make_sliders(self):
        lr = _("lr = {rate}")
        return {
            "lambda_": (
                linear_slider(_("Radius of the ball λ"), 1.5, 0.3, 3, 0.05),
                None,
            ),
            "learning_rate": (
                log_slider(_("Step size γ = 1 − lr"), 0.1, -3, 0),
                lambda gamma: lr.format(rate=f"{1 - gamma:.4g}"),
            ),
            "angle": (linear_slider(_("Angle of the start (°)"), 200, 0, 360, 5), None),
            "steps": (linear_slider(_("Number of steps"), 20, 1, 100, 1), None),
        }


class GradientCentralizationExplorer(Explorer):
    """Gradient descent with and without centralization on inputs with a mean.

    Linear regression without a bias, with two features of equal mean: the larger
    the mean, the longer the valley of its loss. Centralized gradients have no part
    along the steep direction (1, 1), so that the steps stay well conditioned; and
    for the same reason the sum of the weights can never change.

    Its `controls` are `mean` and `learning_rate`.
    """

    def _description(self):
        return _(
            "A picture with sliders: the contours of a regression's loss as the mean "
            "of its inputs grows, a gradient and its centralized twin, both paths, and "
            "the condition numbers with and without centralization."
        )

    def _make_figure(self):
        return CentralizationFigure()

    def _make_sliders(self):
        return {
            "mean": (linear_slider(_("Mean of the inputs"), 1.0, 0, 5, 0.05), None),
            "learning_rate": (log_slider(_("Learning rate"), 0.3, -3, 0), None),
        }
