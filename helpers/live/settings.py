"""The sliders and switches of a live panel, one for each hyperparameter."""

import math

import ipywidgets as widgets

from helpers.i18n import _, language
from helpers.live.controls import Control, log_slider
from helpers.live.display import speaking


def settings_of(session, say):
    """A setting for each hyperparameter of a session.

    Args:
        session: `TrainingSession`.
        say: Function that shows a message to the reader, or takes it away for "".

    Returns:
        Dict from name to an object with `slider`, `box`, `row` and `follow(value)`.
    """
    values = session.hyperparameters
    settings = {}
    if "lambda_" in values:
        settings["lambda_"] = Setting(session, say, _radius(values["lambda_"]))
        rate = _step_size(values["learning_rate"])
    else:
        rate = _learning_rate(values["learning_rate"])
    settings["learning_rate"] = Setting(session, say, rate)
    if "centralize" in values:
        settings["centralize"] = Switch(session, values["centralize"])
    return settings


class Quantity:
    """What a slider shows of a hyperparameter, and the words for it."""

    def __init__(self, name, slider, refusal, to_setting=float, note=None):
        self.name, self.slider, self.refusal = name, slider, refusal
        self.to_setting, self.note = to_setting, note


def _radius(value):
    refusal = _("λ must be a number above 0. “{text}” is not, so λ stays {value:.4g}.")
    return Quantity(
        "lambda_", log_slider(_("Radius of the ball λ"), value, -1, 3), refusal
    )


def _step_size(rate):
    refusal = _(
        "The step size γ must be a number from 0 to 1. “{text}” is not, so γ stays "
        "{value:.4g}."
    )
    lr = _("lr = {rate}")
    return Quantity(
        "learning_rate",
        log_slider(_("Step size γ = 1 − lr"), _complement(rate), -5, 0),
        refusal,
        _complement,
        lambda gamma: lr.format(rate=f"{1.0 - gamma:.7g}"),
    )


def _learning_rate(rate):
    refusal = _(
        "The learning rate must be a number above 0. “{text}” is not, so it stays "
        "{value:.4g}."
    )
    return Quantity(
        "learning_rate", log_slider(_("Learning rate"), rate, -6, 0), refusal
    )


def _complement(x):
    """`1 − x`, without the digits that float32 has not."""
    return round(1.0 - x, 7)


class Setting(Control):
    """A slider with its text box, at work on a session."""

    def __init__(self, session, say, quantity):
        self._session, self._quantity = session, quantity
        self._language = language()
        super().__init__(
            quantity.slider,
            lambda text: quantity.refusal.format(text=text, value=self.value),
            self._set,
            say,
            quantity.note,
        )

    def _set(self, number):
        with speaking(self._language):
            setting = self._quantity.to_setting(number)
            self._session.set(**{self._quantity.name: setting})
        return number

    def follow(self, setting):
        """Shows a value that was set elsewhere."""
        value = self._quantity.to_setting(setting)
        # float32 keeps fewer digits of lr than γ = 1 − lr shows.
        if not math.isclose(value, self.value, rel_tol=1e-4, abs_tol=2e-7):
            self.show(value)


class Switch:
    """The switch of gradient centralization."""

    box = None

    def __init__(self, session, value):
        self.slider = self.row = widgets.Checkbox(
            value=value,
            description=_("Gradient centralization"),
            indent=False,
            layout=widgets.Layout(margin="0 0 0 8px"),
        )
        self.slider.observe(
            lambda change: session.set(centralize=change["new"]), "value"
        )

    def follow(self, value):
        self.slider.value = value
