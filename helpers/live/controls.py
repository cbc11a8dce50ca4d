"""Sliders with text boxes."""

import math

import ipywidgets as widgets

from helpers.live.display import line_of_text, row, write


class Control:
    """A slider and a text box for one number.

    Args:
        slider: `FloatSlider`, `FloatLogSlider` or `IntSlider`, without readout.
        explain: Function from a rejected text to the message for the reader.
        accept: Function from a number to the one that is used from now on. Raises
            `ValueError` where it is not allowed.
        refuse: Function that is given `explain`'s message, or "" where all is well.
        note: Function from the number to what stands beside the box, or `None`.
    """

    def __init__(self, slider, explain, accept, refuse, note=None):
        self.slider, self.value = slider, slider.value
        self._explain, self._accept, self._refuse = explain, accept, refuse
        self._note = note
        layout = widgets.Layout(width="90px", margin="0")
        # Not at each key: half a number is none.
        self.box = widgets.Text(continuous_update=False, layout=layout)
        self._beside = line_of_text()
        children = [slider, self.box, *([self._beside] if note else [])]
        self.row = row(*children)
        self._updating = False
        self.show(slider.value)
        slider.observe(self._slid, "value")
        self.box.observe(self._typed, "value")

    def show(self, value, move_slider=True):
        """Shows a number without reporting it as one that the reader chose."""
        self.value = value
        self._updating = True
        try:
            if move_slider:
                # The slider ends somewhere; the box takes what lies beyond.
                self.slider.value = _within(value, self.slider)
            self.box.value = f"{value:.4g}"
            if self._note:
                write(self._beside, self._note(value))
        finally:
            self._updating = False

    def _slid(self, change):
        if not self._updating and not self._is_snap(change["new"]):
            text = f"{change['new']:.4g}"
            # Moving the slider would pull it from under the reader's pointer.
            self._use(float(text), text, move_slider=False)

    def _is_snap(self, value):
        """Whether the page has only moved the handle to the nearest notch.

        It does so by itself with a number that lies between two notches.
        """
        shown = _within(self.value, self.slider)
        if isinstance(self.slider, widgets.FloatLogSlider):
            value, shown = math.log10(value), math.log10(shown)
        return abs(value - shown) < 0.51 * self.slider.step

    def _typed(self, change):
        if self._updating:
            return
        try:
            number = float(change["new"])
        except ValueError:
            number = math.nan
        self._use(number, change["new"])

    def _use(self, number, text, move_slider=True):
        try:
            accepted = self._accept(number)
        except (ValueError, OverflowError):
            message = self._explain(text)
            self.show(self.value)
            self._refuse(message)
            return
        self._refuse("")
        self.show(accepted, move_slider)


def _within(value, slider):
    low, high = ends_of(slider)
    return min(max(value, low), high)


def ends_of(slider):
    """The smallest and the largest number that a slider gives."""
    if isinstance(slider, widgets.FloatLogSlider):
        return slider.base**slider.min, slider.base**slider.max
    return slider.min, slider.max


def log_slider(label, value, low, high):
    """A slider over powers of ten.

    Args:
        label: What stands before it.
        value: First value, which the range is widened to hold.
        low: Exponent of ten at the left end.
        high: Exponent of ten at the right end.
    """
    if value > 0:
        exponent = math.log10(value)
        low, high = min(low, math.floor(exponent)), max(high, math.ceil(exponent))
    return widgets.FloatLogSlider(
        value=max(value, 10.0**low),
        min=low,
        max=high,
        step=0.005,
        **_look(label),
    )


def linear_slider(label, value, low, high, step):
    """A slider over equal steps, for integers where `step` is one."""
    kind = widgets.IntSlider if isinstance(step, int) else widgets.FloatSlider
    return kind(value=value, min=low, max=high, step=step, **_look(label))


def _look(label):
    return {
        "description": label,
        "readout": False,
        "continuous_update": True,
        "style": {"description_width": "150px"},
        "layout": widgets.Layout(
            flex="1 1 250px", min_width="240px", max_width="560px", margin="0"
        ),
    }
