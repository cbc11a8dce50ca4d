"""A progress bar for work that is done in steps, other than training."""

import time

from helpers.i18n import _


class Steps:
    """A bar in the notebook, moved by `progress(done, total)`.

    Give it to whatever takes a `progress` argument. It appears with the first step,
    so that work that need not be done again shows none. It has no plain text: whether
    it appears is no part of a notebook's result. Outside a notebook it shows nothing.

    Args:
        name: Shown before the bar: what is being done, such as `"GC"`.
    """

    def __init__(self, name=""):
        self.name = name
        self._bar = None

    def __call__(self, done, total):
        """Shows that `done` of `total` steps are behind us."""
        if self._bar is None:
            self._start = time.perf_counter()
            self._bar, self._text = show_bar(self.name)
        self._bar.max = total
        self._bar.value = done
        if done <= 1:
            message = _("{done} of {total}")
        else:
            message = _("{done} of {total} · {seconds:.0f} s left")
        elapsed = time.perf_counter() - self._start
        self._text.value = message.format(
            done=done, total=total, seconds=elapsed * (total - done) / max(done, 1)
        )
        if done >= total:
            self._bar.bar_style = "success"


def show_bar(name, text=None):
    """Shows a bar in the notebook; outside one, nothing.

    Args:
        name: Shown before the bar.
        text: What a page without widgets, such as GitHub's, shows instead.

    Returns:
        `ipywidgets.IntProgress` and, to the right of it, `ipywidgets.Label`.
    """
    import ipywidgets
    from IPython import get_ipython
    from IPython.display import display

    bar = ipywidgets.IntProgress(layout={"width": "30%"})
    label = ipywidgets.Label(layout={"width": "auto"})
    box = ipywidgets.HBox([ipywidgets.Label(name), bar, label])
    if get_ipython():
        view = {"model_id": box.model_id, "version_major": 2, "version_minor": 0}
        shown = {"application/vnd.jupyter.widget-view+json": view}
        display(shown | ({"text/plain": text} if text else {}), raw=True)
    return bar, label


def drawing():
    """A bar for the pictures that are drawn when the data are first prepared."""
    return Steps(_("Drawing the pictures"))
