"""Sphinx's settings for the pages of one language, the one in its `-D language`."""

import itertools
import pathlib
import unicodedata

from sphinx.search import SearchLanguage

from helpers._support import i18n

HERE = pathlib.Path(__file__).parent
copyright = ""
extensions = ["myst_nb"]
nb_execution_mode = "off"
myst_enable_extensions = ["dollarmath", "amsmath"]
# One file for all languages, which `build.py` puts there.
mathjax_path = "../../tex-svg-full.js"
templates_path = [str(HERE / "templates")]
html_static_path = [str(HERE / "static")]
html_css_files = ["lessons.css"]
html_theme = "furo"
html_sidebars = {
    "**": [
        "sidebar/brand.html",
        "languages.html",
        "sidebar/search.html",
        "sidebar/scroll-start.html",
        "sidebar/navigation.html",
        "sidebar/scroll-end.html",
    ]
}
html_theme_options = {"top_of_page_buttons": []}
html_context = {"languages": {code: each.name for code, each in i18n.LANGUAGES.items()}}
html_show_sourcelink = html_copy_source = html_show_copyright = False
html_search_language = "runs"


class Runs(SearchLanguage):
    """Thai and Chinese set no spaces between words: runs of three letters are words."""

    lang, language_name = "runs", "Runs of three letters"
    js_splitter_code = """
function splitQuery(query) {
  const words = /[a-z0-9_]+|(?:(?![\\x00-\\x7f])[\\p{L}\\p{M}\\p{N}])+/gu;
  return (query.toLowerCase().match(words) || []).flatMap((word) => {
    const letters = Array.from(word);
    if (word.charCodeAt(0) < 128 || letters.length < 4) return [word];
    return letters.slice(2).map((_, i) => letters.slice(i, i + 3).join(""));
  });
}
"""

    def split(self, text):
        words = []
        for kind, letters in itertools.groupby(text.lower(), self._kind):
            word = "".join(letters)
            if kind == "other":
                # Runs of two for a query of two letters.
                words += [word[i : i + n] for n in (2, 3) for i in range(len(word))]
            elif kind:
                words.append(word)
        return words

    @staticmethod
    def _kind(letter):
        if letter.isascii():
            return "ascii" if letter.isalnum() or letter == "_" else None
        return "other" if unicodedata.category(letter)[0] in "LMN" else None


def setup(app):
    app.add_search_language(Runs)
