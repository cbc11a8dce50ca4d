"""Play, pause and steer the training of a model from a notebook."""

import math
import time
from collections.abc import Callable, Mapping
from typing import Any

import ipywidgets as widgets
import keras
import tensorflow as tf

from helpers._support.checks import integer
from helpers._support.i18n import _, listing, sentences
from helpers.live.clock import Clock
from helpers.live.display import (
    Board,
    Control,
    line_of_text,
    one_at_a_time,
    row,
    slider,
    write,
)
from helpers.live.figure import LiveFigure, summary
from helpers.live.training import Record, Training

# The share of a tick that may be used; the rest answers the sliders.
BUSY = 0.93


class LivePanel(Board):
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
        held_out: Pair `(x, y)` of arrays, or a `tf.data.Dataset` of batches; at most
            1,000 examples, always the same, are evaluated after each tick.
        interval: Milliseconds from tick to tick, an integer of at least 1.

    Attributes:
        model: The model.
        history: List of `helpers.live.training.Record`, the first before training.
        hyperparameters: Dict from each name that `set` takes to its value.
        play: The clock: `panel.play.value += 1` is a tick, and `panel.play.playing`
            whether it runs.
        controls: Dict from hyperparameter to `ipywidgets.SelectionSlider`, whose value
            is one of its options. That of a `ConditionalGradient`'s `learning_rate` is
            the step size `γ = 1 − learning_rate`.
        boxes: Dict from hyperparameter to the text box beside its slider.
        message: What went wrong last, or "".
        widget: All of it.
        png: The figure as it is now.
        text: What the panel is, for those who see no widget.

    Raises:
        TypeError: If `batches` is no dataset.
        ValueError: If the model is not compiled, or a hyperparameter follows a
            schedule.
        RuntimeError: If Keras runs on another backend than TensorFlow.
    """

    def __init__(
        self,
        model: keras.Model,
        batches: tf.data.Dataset,
        held_out: Any = None,
        interval: int = 250,
    ) -> None:
        super().__init__()
        self._training = training = Training(model, batches, held_out)
        self.model, self.history = model, training.history
        names = [variable.path for variable in model.trainable_variables]
        self._figure = LiveFigure(names, self.history[0], training.gauge)
        words = {"play": _("Play"), "pause": _("Pause")}
        self.play = Clock(self.tick, interval=interval, **words)
        self.step_button = _button(_("Advance once"), "step-forward", self.tick)
        self.reset_button = _button(_("Start again"), "refresh", self.reset)
        self._status = line_of_text()
        above = row(self.play, self.step_button, self.reset_button, self._status)
        self._assemble({n: self._control(h) for n, h in training.known.items()}, above)
        self._refresh()

    def _control(self, known):
        def use(number):
            self._training.set(**{known.name: known.turned(number)})

        start = known.turned(known.read())
        handle = slider(known.label, start, known.low, known.high, known.step)
        return Control(handle, known.allowed, use, self._say, known.complement)

    @property
    def hyperparameters(self):
        return self._training.hyperparameters

    @property
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
    def alt(self):
        return sentences(self.text, summary(self.history[-1], self._training.gauge))

    @one_at_a_time
    def set(self, **hyperparameters: float) -> None:
        """Sets hyperparameters for all steps to come.

        Args:
            **hyperparameters: Numbers by the name of the optimizer's attribute.

        Raises:
            ValueError: If a name or a value is not allowed. Nothing is changed then.
        """
        self._training.set(**hyperparameters)
        self._show_values()

    @one_at_a_time
    def train(self, steps: int) -> Record:
        """Trains, records and redraws, without the clock.

        Args:
            steps: Integer of at least 1; rounded up to whole calls of the train
                function, of the model's `steps_per_execution` steps each.

        Returns:
            The new record.
        """
        record = self._training.train(integer("steps", steps, 1))
        self._refresh()
        return record

    @one_at_a_time
    def tick(self):
        """Trains for a part of the clock's interval, and redraws."""
        interval = self.play.interval / 1000
        seconds = max(BUSY * interval - self._drawing_time, interval / 2)
        try:
            record = self._training.train(seconds=seconds)
            self._refresh()
        except (Exception, KeyboardInterrupt) as error:
            reason = str(error) or type(error).__name__
            self._stop(_("Training has paused: {reason}").format(reason=reason))
            return
        if not math.isfinite(record.loss):
            self._stop(
                _(
                    "The loss is not a finite number any more: the steps were too "
                    "large. Make them smaller, and start again."
                )
            )

    def _stop(self, message):
        self.play.playing = False
        self._say(message)

    @one_at_a_time
    def reset(self) -> None:
        """Starts again from the first weights, with the sliders as they are."""
        self.play.stop()
        self._training.start()
        self._say("")
        self._refresh()

    def _refresh(self):
        started = time.perf_counter()
        self._show_values()
        words = summary(self.history[-1], self._training.gauge)
        self._show(self._figure.png(self.history), words)
        write(self._status, self._where())
        self._drawing_time = time.perf_counter() - started

    def _show_values(self):
        for name, known in self._training.known.items():
            self._controls[name].follow(known.turned(known.read()))

    def _where(self):
        """Where the training is, and how fast it goes."""
        step, epoch = self._training.step, self._training.steps_per_epoch
        parts = [_("step {step:,}").format(step=step)]
        if epoch > 0:
            parts.insert(0, _("Epoch {epoch}").format(epoch=step // epoch + 1))
        if speed := self._training.speed:
            parts.append(_("{speed:,.0f} steps a second").format(speed=speed))
        return " · ".join(parts)

    @one_at_a_time
    def close(self):
        """Takes the panel away and lets go of the model."""
        self.play.stop()
        super().close()
        self.model = self._training = self._figure = self._controls = None


class Choice(Board):
    """A list of names above a live panel, which is made when its name is chosen.

    Args:
        make: Function from a name to a `LivePanel`.
        names: Dict from each name to how it is called in the reader's language. The
            first is chosen at the start.

    Attributes:
        panel: The panel of the name that is chosen.
        list: `ipywidgets.Dropdown`; its `value` is the name.
        widget: All of it.
    """

    def __init__(
        self, make: Callable[[str], LivePanel], names: Mapping[str, str]
    ) -> None:
        super().__init__()
        self._panel_in, self._panels = make, {}
        options = [(words, name) for name, words in names.items()]
        self.list = widgets.Dropdown(options=options, description=_("Ball"))
        self._assemble({}, self.list)
        self._choose({"new": self.list.value})
        self.list.observe(self._choose, "value")

    @one_at_a_time
    def _choose(self, change):
        for panel in self._panels.values():
            panel.play.stop()
        name = change["new"]
        if name not in self._panels:
            self._panels[name] = self._panel_in(name)
        self.panel = self._panels[name]
        self.widget.children = [self.list, self.panel.widget]

    @property
    def png(self):
        return self.panel.png

    @property
    def text(self):
        return self.panel.text

    @property
    def alt(self):
        return self.panel.alt

    def close(self):
        for panel in self._panels.values():
            panel.close()
        super().close()


def _button(label, icon, press):
    layout = {"width": "auto", "margin": "0"}
    button = widgets.Button(description=label, icon=icon, layout=layout)
    button.on_click(lambda _button: press())
    return button
