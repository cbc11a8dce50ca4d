"""What panel and explorers share: how they are shown, and sliders with text boxes."""

import base64
import functools
import html
import math

import ipywidgets as widgets
import numpy as np
from IPython.display import display

from helpers._support import i18n
from helpers._support.i18n import _
from helpers.plotting.style import GREY, VERMILION

ABOVE_0 = (1e-30, 1e30)  # float32 ends not far beyond


def in_its_language(method):
    """Lets a method of a `Board` speak the board's language."""

    @functools.wraps(method)
    def speak(self, *args, **kwargs):
        former = i18n.language()
        if self.language == former:
            return method(self, *args, **kwargs)
        i18n.set_language(self.language)
        try:
            return method(self, *args, **kwargs)
        finally:
            i18n.set_language(former)

    return speak


class Board:
    """Widgets around a picture, with a `text` and an `alt` text.

    JupyterLab and Colab show the widgets. GitHub and nbviewer, which run nothing,
    show the picture that was stored with the notebook. A subclass has `_make`, which
    is given the arguments after the language.
    """

    def __init__(self, language=None, *args):
        self.language = i18n.language() if language is None else language
        self.message = ""
        self._problem, self._summary = line_of_text(), line_of_text()
        # Never wider than the page.
        layout = {"width": "auto", "max_width": "100%", "height": "auto", "margin": "0"}
        self._image = widgets.Image(format="png", layout=layout)
        self._make(*args)

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

    def show(self):
        """Displays it here, from any line of a cell."""
        display(self)

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
        self._refusal = _("{label}: “{text}” is not a number from {low} to {high}.")
        if allowed == ABOVE_0:
            self._refusal = _("{label}: “{text}” is not a number above 0.")
        # Not at each key: half a number is none.
        layout = {"width": "90px", "margin": "0"}
        self.box = widgets.Text(continuous_update=False, layout=layout)
        self._beside, self._lr = line_of_text(), _("lr = {rate}")
        self._complement, self._echoes = complement, []
        self.row = row(slider, self.box, *([self._beside] if complement else []))
        self.show(slider.value)
        slider.observe(self._slid, "value")
        self.box.observe(self._typed, "value")

    def show(self, value, move_slider=True):
        """Shows a number without reporting it as one that the reader chose."""
        self.value, self._text = value, f"{value:.4g}"
        if move_slider:
            # The slider ends somewhere; the box takes what lies beyond.
            within = np.clip(value, *ends_of(self.slider)).item()
            self._echoes.append(within)
            self.slider.value = within
        self.box.value = self._text
        if self._complement:
            write(self._beside, self._lr.format(rate=f"{1 - value:.7g}"))

    def follow(self, value):
        """Shows a value that was set elsewhere."""
        # float32 keeps fewer digits of lr than γ = 1 − lr shows.
        if not math.isclose(value, self.value, rel_tol=1e-4, abs_tol=2e-7):
            self.show(value)

    def _slid(self, change):
        if not self._is_echo(change["new"]):
            self._echoes.clear()
            # Moving the slider would pull it from under the reader's pointer.
            self._take(f"{change['new']:.4g}", move_slider=False)

    def _is_echo(self, value):
        """Whether the page has only moved the handle to the nearest notch, as it does
        by itself with a number that lies between two.

        Its word may come late, when the kernel has been busy and shows another number.
        """
        place = math.log10 if isinstance(self.slider, widgets.FloatLogSlider) else float
        notch = 0.51 * self.slider.step
        return any(abs(place(value) - place(shown)) < notch for shown in self._echoes)

    def _typed(self, change):
        if change["new"] != self._text:
            self._take(change["new"])

    def _take(self, text, move_slider=True):
        try:
            number = float(text)
        except ValueError:
            number = math.nan
        low, high = self._allowed
        # What the slider gives at its ends is rounded.
        if low * (1 - 1e-9) <= number <= high * (1 + 1e-9):
            self._use(number)
            self._say("")
            self.show(number, move_slider)
        else:
            self.show(self.value)
            fields = {"text": text, "low": f"{low:g}", "high": f"{high:g}"}
            self._say(self._refusal.format(label=self.slider.description, **fields))


def slider(label, value, low, high, step=None):
    """A slider over equal steps, or over powers of ten where no step is given.

    Args:
        label: What stands before it.
        value: First value. Powers of ten are widened to hold it.
        low: Left end, or its exponent of ten.
        high: Right end, or its exponent of ten.
        step: Integer, float, or `None`.
    """
    layout = {"flex": "1 1 250px", "min_width": "240px", "max_width": "560px"}
    look = {"style": {"description_width": "150px"}, "readout": False}
    look |= {"description": label, "layout": {**layout, "margin": "0"}}
    if step is not None:
        kind = widgets.IntSlider if isinstance(step, int) else widgets.FloatSlider
        return kind(value=value, min=low, max=high, step=step, **look)
    if value > 0:
        exponent = math.log10(value)
        low, high = min(low, math.floor(exponent)), max(high, math.ceil(exponent))
    value = max(value, 10.0**low)
    return widgets.FloatLogSlider(value=value, min=low, max=high, step=0.005, **look)


def ends_of(slider):
    """The smallest and the largest number that a slider gives."""
    if isinstance(slider, widgets.FloatLogSlider):
        return slider.base**slider.min, slider.base**slider.max
    return slider.min, slider.max


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
