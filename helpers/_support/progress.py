"""A bar in the notebook for work that takes a while."""

import time

from helpers._support.i18n import _


class Steps:
    """A bar in the notebook, moved by `progress(done, total)`.

    Give it to whatever takes a `progress` argument. It appears with the first step,
    so that work that need not be done again shows none. Outside a notebook it shows
    nothing.

    Args:
        name: Shown before the bar: what is being done, such as `"GC"`.
        text: What a page without widgets, such as GitHub's, shows instead. By default
            nothing: whether the bar appears is no part of a notebook's result.
    """

    def __init__(self, name: str = "", text: str | None = None) -> None:
        self.name, self.text = name, text
        self._bar = None

    def __call__(self, done, total):
        """Shows that `done` of `total` steps are behind us."""
        message = _("{done} of {total}")
        if done > 1:
            message = _("{done} of {total} · {seconds:.0f} s left")
        self.move(done, total, message)

    def move(self, done, total, message, **words):
        """Moves the bar, and says beside it a message with the seconds left."""
        if self._bar is None:
            self._start = time.perf_counter()
            self._bar, self._text = _show_bar(self.name, self.text)
        self._bar.max, self._bar.value = total, done
        elapsed = time.perf_counter() - self._start
        left = elapsed * (total - done) / done if done else 0.0
        self._text.value = message.format(done=done, total=total, seconds=left, **words)
        if done >= total:
            self.finish()

    def finish(self):
        """Turns the bar green, wherever it stands."""
        self._bar.bar_style = "success"


def _show_bar(name, text):
    import ipywidgets
    from IPython import get_ipython
    from IPython.display import display

    bar = ipywidgets.FloatProgress(layout={"width": "30%"})
    label = ipywidgets.Label(layout={"width": "auto"})
    box = ipywidgets.HBox([ipywidgets.Label(name), bar, label])
    if get_ipython():
        view = {"model_id": box.model_id, "version_major": 2, "version_minor": 0}
        shown = {"application/vnd.jupyter.widget-view+json": view}
        display(shown | ({"text/plain": text} if text else {}), raw=True)
    return bar, label
