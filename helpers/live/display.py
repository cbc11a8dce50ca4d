"""What panel and explorers share: how they are shown, and sliders with text boxes."""

import base64
import functools
import html
import math
import threading

import ipywidgets as widgets
import numpy as np

from helpers._support.i18n import _
from helpers.plotting.style import GREY, VERMILION

ABOVE_0 = (1e-30, 1e30)  # float32 ends not far beyond
NOTCHES = 100  # that a slider over powers of ten has for each of them

_turn = threading.RLock()


def one_at_a_time(function):
    """Lets a function wait while another one so marked runs in another thread.

    A cell, a tick and a click may come at once: JupyterLab's kernel hands a message
    to the thread from which its widget was last changed.
    """

    @functools.wraps(function)
    def wait_and_call(*args, **kwargs):
        with _turn:
            return function(*args, **kwargs)

    return wait_and_call


class Board:
    """Widgets around a picture, with a `text` and an `alt` text.

    JupyterLab and Colab show the widgets. GitHub and nbviewer, which run nothing,
    show the picture that was stored with the notebook. A subclass has `text` and
    `alt`, and calls `_assemble` and `_show`.
    """

    def __init__(self):
        self.message = ""
        self._problem, self._summary = line_of_text(), line_of_text()
        # Never wider than the page.
        layout = {"width": "auto", "max_width": "100%", "height": "auto", "margin": "0"}
        self._image = widgets.Image(format="png", layout=layout)

    def _assemble(self, controls, *above):
        """The widgets below one another; the picture keeps its own size."""
        self._controls = controls
        self.controls = {name: control.slider for name, control in controls.items()}
        self.boxes = {name: control.box for name, control in controls.items()}
        rows = [*above, *(control.row for control in controls.values())]
        layout = {"align_items": "flex-start", "width": "100%", "grid_gap": "4px"}
        parts = [*rows, self._problem, self._image, self._summary]
        self.widget = widgets.VBox(parts, layout=layout)

    def _show(self, png, summary):
        self._image.value = png
        write(self._summary, summary, GREY)

    def _say(self, message):
        self.message = message
        write(self._problem, message, VERMILION)

    @property
    def png(self):
        return bytes(self._image.value)

    def __repr__(self):
        return self.text

    def _repr_mimebundle_(self, include=None, exclude=None):
        view = {"model_id": self.widget.model_id, "version_major": 2}
        data = {
            "text/plain": self.text,
            "image/png": base64.b64encode(self.png).decode("ascii"),
            "application/vnd.jupyter.widget-view+json": {**view, "version_minor": 0},
        }
        return data, {"image/png": {"alt": self.alt}}

    def close(self):
        """Takes it away, with all its widgets."""
        _close(self.widget)


class Control:
    """A slider and a text box for one number.

    Args:
        slider: What `slider` makes.
        allowed: Pair of the least and the largest number.
        use: Function that takes a number into use.
        say: Function that is given what is wrong, or "" where all is well.
        complement: Whether `lr`, 1 minus the number, is shown beside the box.
    """

    def __init__(self, slider, allowed, use, say, complement=False):
        self.slider, self._allowed, self._use, self._say = slider, allowed, use, say
        # Not at each key: half a number is none.
        layout = {"width": "90px", "margin": "0"}
        self.box = widgets.Text(continuous_update=False, layout=layout)
        self._beside = line_of_text() if complement else None
        self.row = row(slider, self.box, *([self._beside] if complement else []))
        self.show(slider.value)
        slider.observe(self._slid, "value")
        self.box.observe(self._typed, "value")

    def show(self, value):
        """Shows a number without reporting it as one that the reader chose."""
        self.value, self._text = value, f"{value:.4g}"
        # The slider ends somewhere; the box takes what lies between and beyond.
        self._notch = min(self.slider.options, key=lambda notch: abs(notch - value))
        self.slider.value, self.box.value = self._notch, self._text
        if self._beside:
            write(self._beside, _("lr = {rate}").format(rate=f"{1 - value:.7g}"))

    def follow(self, value):
        """Shows a value that was set elsewhere."""
        # float32 keeps fewer digits of lr than γ = 1 − lr shows.
        if not math.isclose(value, self.value, rel_tol=1e-4, abs_tol=2e-7):
            self.show(value)

    @one_at_a_time
    def _slid(self, change):
        if change["new"] != self._notch:
            self._take(change["new"])

    @one_at_a_time
    def _typed(self, change):
        if change["new"] != self._text:
            self._take(change["new"])

    def _take(self, entered):
        low, high = self._allowed
        try:
            number = float(entered)
        except ValueError:
            number = math.nan
        if low <= number <= high:
            self._use(number)
            self._say("")
            self.show(number)
            return
        self.show(self.value)
        refusal = _("{label}: “{text}” is not a number from {low} to {high}.")
        if self._allowed == ABOVE_0:
            refusal = _("{label}: “{text}” is not a number above 0.")
        fields = {"text": entered, "low": f"{low:g}", "high": f"{high:g}"}
        self._say(refusal.format(label=self.slider.description, **fields))


def slider(label, value, low, high, step=None):
    """A slider over equal steps, or over powers of ten where no step is given.

    Kernel and page name its notches by their numbers. A slider over floats would
    round what it is shown, and report that as if the reader had moved it.

    Args:
        label: What stands before it.
        value: First value, which is one of the notches. Powers of ten are widened to
            hold it.
        low: Left end, or its exponent of ten.
        high: Right end, or its exponent of ten.
        step: Integer, float, or `None`.
    """
    if step is None:
        if value > 0:
            exponent = math.log10(value)
            low, high = min(low, math.floor(exponent)), max(high, math.ceil(exponent))
        places = np.linspace(low, high, round((high - low) * NOTCHES) + 1)
        notches = [float(f"{10**place:.3g}") for place in places]
    else:
        count = round((high - low) / step)
        notches = [round(low + i * step, 9) for i in range(count + 1)]
    nearest = min(range(len(notches)), key=lambda i: abs(notches[i] - value))
    notches[nearest] = value
    layout = {"flex": "1 1 250px", "min_width": "240px", "max_width": "560px"}
    look = {"style": {"description_width": "150px"}, "readout": False}
    look |= {"description": label, "layout": {**layout, "margin": "0"}}
    return widgets.SelectionSlider(options=notches, value=value, **look)


def ends_of(slider):
    """The smallest and the largest number that a slider gives."""
    return slider.options[0], slider.options[-1]


def row(*children):
    """Widgets side by side, and below one another where the page is narrow."""
    layout = {"flex_flow": "row wrap", "align_items": "center", "width": "100%"}
    return widgets.HBox(children, layout={**layout, "grid_gap": "2px 10px"})


def line_of_text():
    """A widget for a line that `write` fills."""
    return widgets.HTML(layout={"margin": "0", "max_width": "100%"})


def write(line, text, color="inherit"):
    """Puts plain text, not HTML, into a widget of `line_of_text`."""
    style = f"display:inline-block;line-height:1.45;color:{color};"
    content = f'<span style="{style}">{html.escape(text)}</span>'
    line.value = content if text else ""


def _close(widget):
    for child in getattr(widget, "children", ()):
        _close(child)
    widget.unobserve_all()
    widget.close()
