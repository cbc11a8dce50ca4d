"""Sliders with text boxes."""

import math

import ipywidgets as widgets

from helpers.live.display import line_of_text, row, write


class Control:
    """A slider and a text box for one number.

    Args:
        slider: `FloatSlider`, `FloatLogSlider` or `IntSlider`, without readout.
        use: Function that takes a number into use. Raises `ValueError` where it is
            not allowed.
        refusal: What to say then, with the fields `text`, `label` and `value`.
        say: Function that is given that message, or "" where all is well.
        note: Function from the number to what stands beside the box, or `None`.
    """

    def __init__(self, slider, use, refusal, say, note=None):
        self.slider, self.value = slider, slider.value
        self._accept, self._refusal, self._say, self._note = use, refusal, say, note
        layout = widgets.Layout(width="90px", margin="0")
        # Not at each key: half a number is none.
        self.box = widgets.Text(continuous_update=False, layout=layout)
        self._beside = line_of_text()
        self.row = row(slider, self.box, *([self._beside] if note else []))
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
                self.slider.value = self._within(value)
            self.box.value = f"{value:.4g}"
            if self._note:
                write(self._beside, self._note(value))
        finally:
            self._updating = False

    def follow(self, value):
        """Shows a value that was set elsewhere."""
        # float32 keeps fewer digits of lr than γ = 1 − lr shows.
        if not math.isclose(value, self.value, rel_tol=1e-4, abs_tol=2e-7):
            self.show(value)

    def _within(self, value):
        # The slider ends somewhere; the box takes what lies beyond.
        low, high = ends_of(self.slider)
        return min(max(value, low), high)

    def _slid(self, change):
        if not self._updating and not self._is_snap(change["new"]):
            text = f"{change['new']:.4g}"
            # Moving the slider would pull it from under the reader's pointer.
            self._use(text, move_slider=False)

    def _is_snap(self, value):
        """Whether the page has only moved the handle to the nearest notch.

        It does so by itself with a number that lies between two notches.
        """
        shown = self._within(self.value)
        if isinstance(self.slider, widgets.FloatLogSlider):
            value, shown = math.log10(value), math.log10(shown)
        return abs(value - shown) < 0.51 * self.slider.step

    def _typed(self, change):
        if not self._updating:
            self._use(change["new"])

    def _use(self, text, move_slider=True):
        try:
            number = float(text)
            self._accept(number)
        except (ValueError, OverflowError):
            label = self.slider.description
            message = self._refusal.format(text=text, label=label, value=self.value)
            self.show(self.value)
            self._say(message)
            return
        self._say("")
        self.show(number, move_slider)


def ends_of(slider):
    """The smallest and the largest number that a slider gives."""
    if isinstance(slider, widgets.FloatLogSlider):
        return slider.base**slider.min, slider.base**slider.max
    return slider.min, slider.max


def slider(label, value, low, high, step=None):
    """A slider over equal steps, or over powers of ten where no step is given.

    Args:
        label: What stands before it.
        value: First value. Powers of ten are widened to hold it.
        low: Left end, or its exponent of ten.
        high: Right end, or its exponent of ten.
        step: Integer, float, or `None`.
    """
    look = {
        "description": label,
        "readout": False,
        "style": {"description_width": "150px"},
        "layout": widgets.Layout(
            flex="1 1 250px", min_width="240px", max_width="560px", margin="0"
        ),
    }
    if step is not None:
        kind = widgets.IntSlider if isinstance(step, int) else widgets.FloatSlider
        return kind(value=value, min=low, max=high, step=step, **look)
    if value > 0:
        exponent = math.log10(value)
        low, high = min(low, math.floor(exponent)), max(high, math.ceil(exponent))
    value = max(value, 10.0**low)
    return widgets.FloatLogSlider(value=value, min=low, max=high, step=0.005, **look)
