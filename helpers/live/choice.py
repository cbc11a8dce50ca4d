"""Several live panels in one place, of which the reader chooses one."""

import ipywidgets as widgets

from helpers.i18n import _
from helpers.live.display import Board, in_its_language


class Choice(Board):
    """A list of names above a live panel, which is made when its name is chosen.

    Args:
        make: Function from a name to a `LivePanel`.
        names: Dict from each name to how it is called in the reader's language. The
            first is chosen at the start.
        language: Language of the list, `None` for the one of the notebook.

    Attributes:
        panel: The panel of the name that is chosen.
        list: `ipywidgets.Dropdown`; its `value` is the name.
        widget: All of it.
    """

    def __init__(self, make, names, language=None):
        super().__init__(language)
        self._make, self._panels = make, {}
        self._build(names)

    @in_its_language
    def _build(self, names):
        options = [(words, name) for name, words in names.items()]
        self.list = widgets.Dropdown(options=options, description=_("Ball"))
        self._assemble({}, self.list)
        self._choose({"new": self.list.value})
        self.list.observe(self._choose, "value")

    def _choose(self, change):
        for panel in self._panels.values():
            panel.play.stop()
        name = change["new"]
        if name not in self._panels:
            self._panels[name] = self._make(name)
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
