"""Pictures in two dimensions that answer at once: in the page, without a kernel.

An explorer is HTML with its script, which is the files of this folder, joined. What it
shows is SVG. All its words come from Python's catalogs. Where scripts are not run, a
text, or the picture that was stored, stands in its place.
"""

import html
import json
import pathlib

from helpers._support.i18n import _, language, pgettext

FOLDER = pathlib.Path(__file__).parent


class Explorer:
    """HTML that runs by itself. A subclass has `_words`.

    Attributes:
        text: What it shows, in words.
    """

    def __init__(self):
        shared = {
            "entry": _("{name}, entry {number}"),
            "refusal": _("{label}: “{text}” is not a number from {low} to {high}."),
            "pair": pgettext("two sentences in a row", "{first} {second}"),
        }
        self._language, self.words = language(), {**shared, **self._words()}
        self.text = self.words["text"]

    def html(self, instead=None):
        """Itself as HTML.

        Args:
            instead: HTML for where no script runs; `None` for a text.
        """
        hint = _("Run this cell in Jupyter or Colab, and it can be moved.")
        instead = instead or f"<p>{html.escape(self.text)} {html.escape(hint)}</p>"
        kind, words = type(self).__name__, html.escape(json.dumps(self.words))
        marks = f'data-explorer="{kind}" lang="{self._language}" data-words="{words}"'
        files = [FOLDER / name for name in ("plane.js", "shared.js", self._script)]
        scripts = "\n".join(path.read_text("utf-8") for path in files)
        style = json.dumps((FOLDER / "style.css").read_text("utf-8"))
        scripts = f'const STYLE = {style};\n{scripts}\nwake("{kind}", picture);'
        return (
            f"<div {marks}>{instead}</div>\n"
            f"<script>\n(() => {{\n{scripts}\n}})();\n</script>"
        )

    def __repr__(self):
        return self.text

    def _repr_mimebundle_(self, include=None, exclude=None):
        # By its kind, tools find the cells whose picture they make.
        found = {"explorer": type(self).__name__, "image/png": {"alt": self.text}}
        return {"text/plain": self.text, "text/html": self.html()}, found


class ConditionalGradientExplorer(Explorer):
    """Paths of three methods to the smallest loss in a ball.

    The loss is a quadratic in two dimensions whose minimum lies outside small balls.
    Conditional Gradient stays inside by itself, projected gradient descent is put back
    after each step, and plain gradient descent leaves. One moves the start, the edge
    of the ball, the step size γ and the number of steps.
    """

    _script = "conditional_gradient.js"

    def _words(self):
        return {
            "text": _(
                "A picture to move: the contours of a loss, a ball of radius λ, and "
                "the paths of Conditional Gradient, projected gradient descent and "
                "plain gradient descent."
            ),
            "plane": _("Paths to the smallest loss"),
            "falls": _("Loss above the best in the ball"),
            "axis": _("steps"),
            "conditional": _("Conditional Gradient, step γ"),
            "projected": _("projected gradient, step 1/L"),
            "plain": _("gradient descent, step 1/L"),
            "lowest": _("lowest point"),
            "best": _("best in the ball"),
            "radius": _("Radius of the ball λ"),
            "gamma": _("Step size γ = 1 − lr"),
            "openLoop": _("γ = 2/(t + 2) in step t"),
            "steps": _("Number of steps"),
            "start": _("Start"),
            "edge": _("Edge of the ball"),
            "sentence": _(
                "After {steps} steps Conditional Gradient is {gap} above the smallest "
                "loss in the ball, projected gradient descent {projected}. The largest "
                "norm on the way: {norm} and {projected_norm}, with λ = {radius}; "
                "plain gradient descent, which knows no ball: {free_norm}."
            ),
        }


class BallExplorer(Explorer):
    """A gradient that turns, and the support point of a ball that answers.

    One moves the gradient, the radius λ, and the exponent p of the norm; three of the
    balls have a button: diamond, disc and square.
    """

    _script = "ball.js"

    def _words(self):
        return {
            "text": _(
                "A picture to move: a gradient, the ball of a norm, the point of the "
                "ball that lies furthest along the gradient, and the opposite one, "
                "towards which a step goes. Beside it the two entries of the first "
                "point, for every angle of the gradient."
            ),
            "plane": _("The ball, and the gradient g"),
            "entries": _("The entries of s, by angle"),
            "angle": _("Angle of the gradient (°)"),
            "p": _("Exponent p of the norm"),
            "radius": _("Radius of the ball λ"),
            "disc": _("disc"),
            "diamond": _("diamond"),
            "square": _("square"),
            "gradient": _("direction of the gradient g"),
            "s": _("support point s"),
            "target": _("−λs, where the step goes"),
            "across": _("no point of the ball lies beyond this line"),
            "first": _("first entry of s"),
            "second": _("second entry of s"),
            "turn": _("Tip of the gradient"),
            "edge": _("Edge of the ball"),
            "sentence": _(
                "The gradient points to {angle}°. In the ball with p = {p} the support "
                "point s is ({first}, {second}). A step goes towards −λs = "
                "({first_target}, {second_target})."
            ),
        }


class GradientCentralizationExplorer(Explorer):
    """Gradient descent with and without centralization on inputs with a mean.

    Linear regression without a bias, with two features: the larger the mean μ of the
    inputs, the longer the valley of its loss, whose Hessian is Σ + μμᵀ. Centralized
    gradients have no part along (1, 1): where both means are equal this is the steep
    direction. For the same reason the sum of the weights can never change. One moves
    the start, the mean and the learning rate.
    """

    _script = "gradient_centralization.js"

    def _words(self):
        return {
            "text": _(
                "A picture to move: the contours of a regression's loss, the paths of "
                "gradient descent with and without centralization, the inputs with "
                "their mean, and the loss by step."
            ),
            "plane": _("Two weights, and the contours of the loss"),
            "inputs": _("The inputs, and their mean μ"),
            "falls": _("Loss by step"),
            "axis": _("steps"),
            "plain": _("gradient descent"),
            "centralized": _("with centralization"),
            "kept": _("the sum of the start"),
            "target": _("lowest point"),
            "floor": _("floor with the sum kept"),
            "arrow": _("mean μ of the inputs"),
            "equal": _("both means equal"),
            "rate": _("Learning rate"),
            "mean": _("Mean μ of the inputs"),
            "start": _("Start"),
            "hessian": _(
                "The Hessian Σ + μμᵀ has the largest eigenvalue {largest} and the "
                "condition number {condition}. Rates below 2 / {largest} = {limit} "
                "converge; with centralization, below {centralized_limit}."
            ),
            "ends": _("Gradient descent ends at a loss of {loss}."),
            "diverges": _("Gradient descent diverges at this learning rate."),
            "centralizedEnds": _(
                "With centralization it ends at {centralized}: the sum of the weights "
                "cannot change, and with this sum no weights do better than {floor}."
            ),
            "centralizedDiverges": _("With centralization it diverges as well."),
        }
