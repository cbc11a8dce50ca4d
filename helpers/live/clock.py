"""The clock of a live panel: it ticks in the page, one tick at a time."""

import anywidget
import traitlets

from helpers.live.display import one_at_a_time

# `initialize` runs once for each widget and `render` once for each place where it is
# shown, so that a panel shown twice has one clock. The next tick waits until the
# kernel has answered the last: sliders are served in between, and a kernel that is
# gone gets no more.
ESM = """
function initialize({ model }) {
  let timer = null;
  let last = 0;
  const tick = () => {
    last = Date.now();
    model.set("value", model.get("value") + 1);
    model.save_changes();
  };
  const wind = () => {
    clearTimeout(timer);
    if (!model.get("playing") || model.get("answered") !== model.get("value")) return;
    timer = setTimeout(tick, Math.max(0, last + model.get("interval") - Date.now()));
  };
  for (const name of ["playing", "answered", "interval"])
    model.on(`change:${name}`, wind);
  wind();
  return () => clearTimeout(timer);
}

function render({ model, el }) {
  const button = document.createElement("button");
  button.className = "jupyter-button widget-button live-clock";
  button.style.width = "auto";
  const show = () => {
    const playing = model.get("playing");
    const label = model.get(playing ? "pause" : "play");
    button.textContent = `${playing ? "❚❚" : "▶"}\\ufe0e ${label}`;
    button.setAttribute("aria-label", label);
  };
  button.onclick = () => {
    model.set("playing", !model.get("playing"));
    model.save_changes();
  };
  model.on("change:playing", show);
  show();
  el.append(button);
  return () => model.off("change:playing", show);
}

export default { initialize, render };
"""


class Clock(anywidget.AnyWidget):
    """A button that plays and pauses, and a counter that goes up while it plays.

    `ipywidgets.Play` has a timer in each view, which stop one another where a panel
    is shown twice (jupyter-widgets/ipywidgets#3967).

    Args:
        on_tick: Function without arguments, called at each tick.
        **traits: Values of the attributes below.

    Attributes:
        value: The number of the last tick. In Python `clock.value += 1` is a tick.
        answered: The number of the last tick that `on_tick` has finished.
        playing: Whether it ticks by itself.
        interval: Milliseconds from tick to tick, at least.
        play: The word on the button while it pauses.
        pause: The word on the button while it plays.
    """

    _esm = ESM
    value = traitlets.Int(0).tag(sync=True)
    answered = traitlets.Int(0).tag(sync=True)
    playing = traitlets.Bool(False).tag(sync=True)
    interval = traitlets.Int(250, min=1).tag(sync=True)
    play = traitlets.Unicode().tag(sync=True)
    pause = traitlets.Unicode().tag(sync=True)

    def __init__(self, on_tick, **traits):
        self._on_tick = on_tick
        super().__init__(**traits)
        self.observe(self._tick, "value")

    @one_at_a_time
    def _tick(self, _change):
        try:
            if self.value > self.answered:
                self._on_tick()
        finally:
            self.answered = self.value

    @one_at_a_time
    def stop(self):
        """Pauses, and takes the tick that may be under way from the page as done."""
        self.playing = False
        self.answered = following = self.value + 1
        self.value = following
