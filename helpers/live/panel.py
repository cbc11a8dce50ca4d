"""Play, pause and steer a training session from a notebook."""

import functools
import math
import threading
import time

import ipywidgets as widgets

from helpers import i18n
from helpers.i18n import _
from helpers.live import display, texts
from helpers.live.figure import LiveFigure
from helpers.live.hyperparameters import centralizes, core_of
from helpers.live.settings import settings_of
from helpers.optimizers.conditional_gradient import ConditionalGradient
from helpers.plotting.style import BLUE, VERMILION

# The play button's counter ends here, after a week of quarter seconds.
MOST_TICKS = 2_500_000
# The share of a tick that may be used; the rest answers the sliders.
BUSY = 0.95


def _in_its_language(method):
    @functools.wraps(method)
    def speak(self, *args, **kwargs):
        with display.speaking(self.language):
            return method(self, *args, **kwargs)

    return speak


class LivePanel(display.Displayed):
    """Buttons, sliders and a figure for a `TrainingSession`.

    Each tick of the play button trains for a part of its interval and redraws, all
    within one callback: between two ticks the sliders are answered, and the next
    tick trains with the new values. Nothing runs in a thread of the panel's own.

    Args:
        session: `TrainingSession`.
        language: Language of this panel, `None` for the one of the notebook.
        interval: Milliseconds from tick to tick.

    Attributes:
        play: `ipywidgets.Play`. `panel.play.value += 1` is a tick.
        step_button: Makes a single tick.
        reset_button: Starts again from the same weights.
        controls: Dict from hyperparameter to slider or checkbox. That of a
            `ConditionalGradient`'s `learning_rate` is the step size
            `γ = 1 − learning_rate`.
        boxes: Dict from hyperparameter to the text box beside its slider.
        message: What went wrong last, or "".
        widget: All of it.
        png: The figure as it is now.
        text: What the panel is, for those who see no widget.
    """

    def __init__(self, session, language=None, interval=250):
        self.session = session
        self.language = i18n.language() if language is None else language
        self.message = ""
        self._lock = threading.RLock()
        self._drawing_time = 0.02
        with display.speaking(self.language):
            self._kind = _kind_of(session)
            self._make_figure()
            self._make_buttons(interval)
            self._make_controls()
            self._assemble()
            self._refresh()
            self.text = texts.describe(session)

    def _make_figure(self):
        has_held_out = not math.isnan(self.session.history[0].held_out_accuracy)
        self._figure = LiveFigure(
            self.session.names, self.session.norm, self._kind, has_held_out
        )

    def _make_buttons(self, interval):
        self.play = widgets.Play(
            value=0, min=0, max=MOST_TICKS, interval=interval, show_repeat=False
        )
        self._last_before_reset = 0
        self.play.observe(self._count, "value")
        self.step_button = _button(_("Advance once"), "step-forward", self.tick)
        self.reset_button = _button(_("Start again"), "refresh", self.reset)
        self._progress = widgets.IntProgress(
            min=0,
            max=self.session.steps_per_epoch,
            style={"bar_color": BLUE},
            layout=widgets.Layout(width="140px", margin="0"),
        )
        self._status, self._problem, self._summary = (
            display.line_of_text() for _line in range(3)
        )

    def _make_controls(self):
        self._settings = settings_of(self.session, self._say)
        self.controls = {name: c.slider for name, c in self._settings.items()}
        self.boxes = {name: c.box for name, c in self._settings.items() if c.box}

    def _assemble(self):
        rows = [setting.row for setting in self._settings.values()]
        self._image = display.picture(b"")
        buttons = [self.play, self.step_button, self.reset_button]
        self.widget = display.column(
            display.row(*buttons),
            display.row(self._progress, self._status),
            *rows,
            self._problem,
            self._image,
            self._summary,
        )

    @property
    def png(self):
        return bytes(self._image.value)

    @property
    def playing(self):
        """Whether the play button is pressed."""
        return getattr(self.play, self._playing_trait)

    @property
    def _playing_trait(self):
        # ipywidgets 7 has it under this name only.
        return "playing" if self.play.has_trait("playing") else "_playing"

    def pause(self):
        """Releases the play button; what it has trained stays."""
        setattr(self.play, self._playing_trait, False)

    def _count(self, change):
        """Takes the play button's new count as a tick, except in two cases."""
        if change["new"] <= change["old"]:  # its stop button, or a reset
            return
        # Sent by the page before it knew of the reset; more than one may be under way.
        if 0 < self._last_before_reset < change["new"]:
            self.play.value = 0
            return
        self._last_before_reset = 0
        self.tick()

    @_in_its_language
    def tick(self):
        """Trains one chunk, within the play button's interval, and redraws."""
        with self._lock:
            if self.session is None:
                return
            try:
                record = self.session.advance(self._training_time())
                self._refresh()
            except (Exception, KeyboardInterrupt) as error:
                self.pause()
                reason = str(error) or type(error).__name__
                self._say(_("Training has paused: {reason}").format(reason=reason))
                return
            if not math.isfinite(record.loss):
                self.pause()
                self._say(
                    _(
                        "The loss is not a finite number any more: the steps were too "
                        "large. Make them smaller, and start again."
                    )
                )

    def _training_time(self):
        tick = self.play.interval / 1000
        return max(BUSY * tick - self._drawing_time, tick / 2)

    @_in_its_language
    def reset(self):
        """Starts again from the same weights, with the sliders as they are."""
        with self._lock:
            self.pause()
            last, self.play.value = self.play.value, 0
            self._last_before_reset = last
            self.session.reset()
            self._say("")
            self._refresh()

    def _refresh(self):
        started = time.perf_counter()
        history = self.session.history
        self._show_settings()
        self._image.value = self._figure.png(history)
        self._progress.value = self.session.step % self.session.steps_per_epoch
        display.write(self._status, texts.status(self.session))
        display.write(self._summary, texts.summary(history[-1], self._kind), "#767676")
        spent = min(time.perf_counter() - started, 0.1)
        self._drawing_time = 0.8 * self._drawing_time + 0.2 * spent

    def _show_settings(self):
        """Follows what was set elsewhere, in a cell or in another panel."""
        for name, value in self.session.hyperparameters.items():
            self._settings[name].follow(value)

    def _say(self, message):
        self.message = message
        display.write(self._problem, message, VERMILION)

    def close(self):
        """Takes the panel away and lets go of the session and its model."""
        with self._lock:
            if self.session is None:
                return
            self.pause()
            display.close_all(self.widget)
            self.session = self._figure = None
            self._settings = {}


def _kind_of(session):
    if isinstance(core_of(session.optimizer), ConditionalGradient):
        return "gap"
    return "removed_share" if centralizes(session.optimizer) else None


def _button(label, icon, press):
    layout = widgets.Layout(width="auto", margin="0")
    button = widgets.Button(description=label, icon=icon, layout=layout)
    button.on_click(lambda _button: press())
    return button
