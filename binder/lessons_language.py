"""A Jupyter server extension: JupyterLab speaks the language of the notebook.

An address `lab/tree/notebooks/<language>/…`, as in the badges, chooses the interface
before the page is shown, where a language pack for it is installed. Without a pack, and
without this extension, the notebook opens all the same.
"""

import json
import pathlib

from jupyterlab_server.handlers import LabHandler
from jupyterlab_server.translation_utils import get_language_packs
from tornado.routing import PathMatches, Rule
from tornado.web import authenticated

SETTING = "@jupyterlab/translation-extension/plugin.jupyterlab-settings"
ADDRESS = r"lab/tree/(?P<path>notebooks/(?P<language>[a-z]{2})/.*)"


def locale_for(language):
    """The locale of the language pack for a language, or `"default"`."""
    packs, _problems = get_language_packs()
    return next((name for name in packs if name.split("_")[0] == language), "default")


class LessonHandler(LabHandler):
    """JupyterLab's own page, after the language was chosen."""

    @authenticated
    def get(self, path, language):
        app = self.extensionapp
        setting = pathlib.Path(app.user_settings_dir, SETTING)
        setting.parent.mkdir(parents=True, exist_ok=True)
        setting.write_text(json.dumps({"locale": locale_for(language)}))
        return super().get(tree=path)


def _jupyter_server_extension_points():
    return [{"module": "lessons_language"}]


def _load_jupyter_server_extension(server):
    address = PathMatches(server.base_url + ADDRESS)
    rule = Rule(address, LessonHandler, {"name": "lab"})
    # In front of JupyterLab's own rule for this address.
    server.web_app.default_router.rules.insert(0, rule)
