"""How a panel is shown: as widgets where there is a kernel, else as a picture."""

import base64
import contextlib
import html

import ipywidgets as widgets
from IPython.display import display

from helpers import i18n


class Displayed:
    """Something with a `widget`, a `png`, a `text` and an `alt` text.

    JupyterLab and Colab show the widget. GitHub and nbviewer, which run nothing,
    show the picture that was stored with the notebook.
    """

    def __repr__(self):
        return self.text

    def show(self):
        """Displays the panel here, from any line of a cell."""
        display(self)

    def _repr_mimebundle_(self, include=None, exclude=None):
        view = {"model_id": self.widget.model_id, "version_major": 2}
        data = {
            "text/plain": self.text,
            "image/png": base64.b64encode(self.png).decode("ascii"),
            "application/vnd.jupyter.widget-view+json": {**view, "version_minor": 0},
        }
        return data, {"image/png": {"alt": self.alt}}

    @property
    def png(self):
        return bytes(self._image.value)

    @contextlib.contextmanager
    def _speaking(self):
        """Messages and labels in this panel's language, for a while."""
        former = i18n.language()
        if self.language != former:
            i18n.set_language(self.language)
        try:
            yield
        finally:
            if self.language != former:
                i18n.set_language(former)


def row(*children):
    """Widgets side by side, and below one another where the page is narrow."""
    layout = widgets.Layout(
        flex_flow="row wrap", align_items="center", grid_gap="2px 10px", width="100%"
    )
    return widgets.HBox(children, layout=layout)


def picture():
    """An image that is never wider than the page."""
    layout = widgets.Layout(width="auto", max_width="100%", height="auto", margin="0")
    return widgets.Image(format="png", layout=layout)


def column(*children):
    """Widgets below one another; the picture keeps its own size."""
    layout = widgets.Layout(align_items="flex-start", width="100%", grid_gap="4px")
    return widgets.VBox(children, layout=layout)


def line_of_text():
    """A widget for a line that `write` fills."""
    return widgets.HTML(layout=widgets.Layout(margin="0", max_width="100%"))


def write(line, text, color="inherit"):
    """Puts plain text, not HTML, into a widget of `line_of_text`."""
    style = f"display:inline-block;line-height:1.45;color:{color};"
    content = f'<span style="{style}">{html.escape(text)}</span>'
    line.value = content if text else ""


def close_all(widget):
    """Closes a widget, its children, and what belongs to each."""
    for child in getattr(widget, "children", ()):
        close_all(child)
    for part in ("layout", "style"):
        if getattr(widget, part, None) is not None:
            getattr(widget, part).close()
    widget.unobserve_all()
    widget.close()
