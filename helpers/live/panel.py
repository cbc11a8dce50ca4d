"""Play, pause and steer the training of a model from a notebook."""

import functools
import math
import time

import ipywidgets as widgets

from helpers import i18n
from helpers.i18n import _, listing, sentences
from helpers.live import display
from helpers.live.clock import Clock
from helpers.live.controls import Control, slider
from helpers.live.figure import LiveFigure, summary
from helpers.live.training import Training
from helpers.plotting.style import BLUE, GREY, VERMILION

# The share of a tick that may be used; the rest answers the sliders.
BUSY = 0.93


def _in_its_language(method):
    @functools.wraps(method)
    def speak(self, *args, **kwargs):
        with self._speaking():
            return method(self, *args, **kwargs)

    return speak


class LivePanel(display.Displayed):
    """Buttons, sliders and a figure for a model in training.

    Each tick of the clock calls Keras's own train function until a part of the
    clock's interval is used, and redraws, all within one callback: between two ticks
    the sliders are answered, and the next tick trains with the new values. Nothing
    runs in a thread of the panel's own.

    Args:
        model: Compiled `keras.Model` on the TensorFlow backend, with any loss,
            metrics and optimizer whose hyperparameters are numbers. It trains
            `steps_per_execution` steps at once: a tick should hold a few times that.
        batches: `tf.data.Dataset` of batches, as for `fit`; repeated without end.
        held_out: Pair `(x, y)` of arrays, or a `tf.data.Dataset` of batches; a fixed
            sample of it is evaluated after each tick. `None` for none.
        language: Language of this panel, `None` for the one of the notebook.
        interval: Milliseconds from tick to tick, an integer of at least 1.

    Attributes:
        model: The model.
        history: List of `helpers.live.training.Record`, the first before training.
        hyperparameters: Dict from each name that `set` takes to its value.
        play: The clock: `panel.play.value += 1` is a tick, `panel.play.playing` is
            whether it runs.
        step_button: Makes a single tick.
        reset_button: Starts again from the first weights.
        controls: Dict from hyperparameter to slider. That of a
            `ConditionalGradient`'s `learning_rate` is the step size
            `γ = 1 − learning_rate`.
        boxes: Dict from hyperparameter to the text box beside its slider.
        message: What went wrong last, or "".
        widget: All of it.
        png: The figure as it is now.
        text: What the panel is, for those who see no widget.

    Raises:
        TypeError: If `model` is no model or `batches` no dataset.
        ValueError: If the model is not compiled, a hyperparameter follows a schedule,
            or another argument is not as above.
        RuntimeError: If Keras runs on another backend than TensorFlow.
    """

    def __init__(self, model, batches, held_out=None, language=None, interval=250):
        self.language = i18n.language() if language is None else language
        self.message = ""
        self._drawing_time = 0.02
        with self._speaking():
            self._training = Training(model, batches, held_out)
            names = [variable.path for variable in model.trainable_variables]
            trained = self._training
            self._figure = LiveFigure(
                names, trained.history[0], trained.norm, trained.kind
            )
            self._make_buttons(interval)
            self._status, self._problem, self._summary = (
                display.line_of_text() for _line in range(3)
            )
            self._make_controls()
            self._image = display.picture()
            self.widget = display.column(
                display.row(self.play, self.step_button, self.reset_button),
                display.row(self._progress, self._status),
                *(control.row for control in self._controls.values()),
                self._problem,
                self._image,
                self._summary,
            )
            self._refresh()

    def _make_buttons(self, interval):
        words = {"play": _("Play"), "pause": _("Pause")}
        self.play = Clock(self.tick, interval=interval, **words)
        self.step_button = _button(_("Advance once"), "step-forward", self.tick)
        self.reset_button = _button(_("Start again"), "refresh", self.reset)
        epoch = self._training.steps_per_epoch
        self._progress = widgets.IntProgress(
            max=max(epoch, 1),
            style={"bar_color": BLUE},
            layout=widgets.Layout(
                width="140px", margin="0", display="" if epoch > 0 else "none"
            ),
        )

    def _make_controls(self):
        self._controls = {}
        for name, known in self._training.known.items():
            step = None if known.logarithmic else 0.05
            start = known.turned(known.read())
            self._controls[name] = Control(
                slider(known.label, start, *known.ends, step),
                functools.partial(self._steer, known),
                known.refusal(),
                self._say,
                functools.partial(_rate, _("lr = {rate}"))
                if known.complement
                else None,
            )
        self.controls = {name: c.slider for name, c in self._controls.items()}
        self.boxes = {name: c.box for name, c in self._controls.items()}

    def _steer(self, known, number):
        self._training.set(**{known.name: known.turned(number)})

    @property
    def model(self):
        return self._training.model

    @property
    def history(self):
        return self._training.history

    @property
    def hyperparameters(self):
        return self._training.hyperparameters

    @property
    @_in_its_language
    def text(self):
        # The same on every machine: the tests of the notebooks compare it.
        values = self.hyperparameters.items()
        text = _(
            "A live panel for a network that {optimizer} trains, with {values}. Run "
            "this cell in Jupyter or Colab and press play."
        )
        return text.format(
            optimizer=type(self.model.optimizer).__name__,
            values=listing(f"{name}={value:.6g}" for name, value in values),
        )

    @property
    @_in_its_language
    def alt(self):
        return sentences(self.text, self._in_words())

    @_in_its_language
    def set(self, **hyperparameters):
        """Sets hyperparameters for all steps to come.

        Args:
            **hyperparameters: Numbers by the name of the optimizer's attribute.

        Raises:
            ValueError: If a name or a value is not allowed. Nothing is changed then.
        """
        self._training.set(**hyperparameters)
        self._show_values()

    @_in_its_language
    def train(self, steps):
        """Trains, records and redraws, without the clock.

        Args:
            steps: Integer of at least 1; rounded up to whole calls of the train
                function, of the model's `steps_per_execution` steps each.

        Returns:
            The new record.
        """
        record = self._training.train(steps)
        self._refresh()
        return record

    @_in_its_language
    def tick(self):
        """Trains for a part of the clock's interval, and redraws."""
        if self._training is None:
            return
        try:
            record = self._training.advance(self._training_time())
            self._refresh()
        except (Exception, KeyboardInterrupt) as error:
            self.play.playing = False
            reason = str(error) or type(error).__name__
            self._say(_("Training has paused: {reason}").format(reason=reason))
            return
        if not math.isfinite(record.loss):
            self.play.playing = False
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
        """Starts again from the first weights, with the sliders as they are."""
        if self._training is None:
            return
        self.play.stop()
        self._training.start()
        self._say("")
        self._refresh()

    def _refresh(self):
        started = time.perf_counter()
        self._show_values()
        self._image.value = self._figure.png(self.history)
        display.write(self._status, self._where())
        display.write(self._summary, self._in_words(), GREY)
        spent = min(time.perf_counter() - started, 0.1)
        self._drawing_time = 0.8 * self._drawing_time + 0.2 * spent

    def _show_values(self):
        for name, value in self.hyperparameters.items():
            turned = self._training.known[name].turned(value)
            self._controls[name].follow(turned)

    def _where(self):
        """Where the training is, and how fast it goes."""
        step, epoch = self._training.step, self._training.steps_per_epoch
        parts = [_("step {step:,}").format(step=step)]
        if epoch > 0:
            self._progress.value = step % epoch
            parts.insert(0, _("Epoch {epoch}").format(epoch=step // epoch + 1))
        if speed := self._training.speed:
            parts.append(_("{speed:,.0f} steps a second").format(speed=speed))
        return " · ".join(parts)

    def _in_words(self):
        return summary(self.history[-1], self._training.kind)

    def _say(self, message):
        self.message = message
        display.write(self._problem, message, VERMILION)

    def close(self):
        """Takes the panel away and lets go of the model."""
        if self._training is None:
            return
        self.play.stop()
        display.close_all(self.widget)
        self._training = self._figure = None
        self._controls = {}


def _rate(text, gamma):
    return text.format(rate=f"{1.0 - gamma:.7g}")


def _button(label, icon, press):
    layout = widgets.Layout(width="auto", margin="0")
    button = widgets.Button(description=label, icon=icon, layout=layout)
    button.on_click(lambda _button: press())
    return button
