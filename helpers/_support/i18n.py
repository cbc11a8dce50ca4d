"""The reader's language: messages, plot labels and the letters in figures.

Mark a visible string with `_("…")`, as a whole sentence with named placeholders:
`_("Epoch {epoch} of {epochs}").format(epoch=1, epochs=10)`. Errors meant for
programmers stay English. The catalogs are `locale/*/LC_MESSAGES/helpers.po`.

Fonts lie in `assets`, so that none need be installed. Latin letters, numbers and
mathematics are drawn with matplotlib's DejaVu Sans in every language; what it lacks
comes from the language's own font.
"""

import gettext
import io
import pathlib
from typing import NamedTuple

LOCALE = pathlib.Path(__file__).parent / "locale"
ASSETS = pathlib.Path(__file__).parent / "assets"


class Language(NamedTuple):
    """A language of the lessons."""

    name: str  # what its speakers call it
    font: str | None = None  # file in `assets`; `None` if DejaVu Sans has its letters


LANGUAGES = {
    "en": Language("English"),
    "th": Language("ไทย", "NotoSansThai-Regular.ttf"),
    "zh": Language("中文", "NotoSansSC-Regular.subset.ttf"),
}

_language = "en"
_catalog = gettext.NullTranslations()
# Family of each font file that matplotlib was told of.
_families = {}


def set_language(language):
    """Choose the language of all messages, and of the letters in figures.

    Args:
        language: One of `LANGUAGES`.

    Raises:
        ValueError: If there is no such language; the former one stays.
    """
    global _catalog, _language
    if language not in LANGUAGES:
        raise ValueError(
            f"`language` must be one of {list(LANGUAGES)}. Received: {language!r}"
        )
    catalog = _read_catalog(language)
    _use_font(language)
    _catalog, _language = catalog, language


def language():
    """The language chosen by `set_language`."""
    return _language


def _(message):
    """The message in the reader's language."""
    return _catalog.gettext(message)


def pgettext(context, message):
    """The message in the reader's language, where its meaning depends on the place."""
    return _catalog.pgettext(context, message)


def sentences(*parts):
    """Sentences in a row, as the language does it; empty ones are left out."""
    pair = pgettext("two sentences in a row", "{first} {second}")
    return _joined(pair, [part for part in parts if part])


def listing(items):
    """Strings or numbers in a row, as the language does it."""
    return _joined(pgettext("two items of a list", "{first}, {second}"), items)


def _joined(pair, parts):
    text = ""
    for part in map(str, parts):
        text = pair.format(first=text, second=part) if text else part
    return text


def _read_catalog(language):
    """The messages of a language, read from its PO file: none can be out of date."""
    if language == "en":
        return gettext.NullTranslations()
    # Babel is in every Jupyter and on Colab; English does without it.
    from babel.messages import mofile, pofile

    compiled = io.BytesIO()
    path = LOCALE / language / "LC_MESSAGES" / "helpers.po"
    with path.open("rb") as file:
        mofile.write_mo(compiled, pofile.read_po(file, locale=language))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def _use_font(language):
    """The letters of a language for all figures from now on, a reader's own too."""
    # Here, since importing helpers must not load matplotlib.
    from matplotlib import font_manager, rcParams

    # Families stand in the order in which they are asked for a letter.
    families = [n for n in rcParams["font.family"] if n not in _families.values()]
    if path := font_path(language):
        if path not in _families:
            font_manager.fontManager.addfont(path)
            _families[path] = font_manager.get_font(path).family_name
        families.append(_families[path])
    rcParams["font.family"] = families


def font_path(language):
    """The font file of a language, `None` if DejaVu Sans is all it needs."""
    from matplotlib import ft2font

    name = LANGUAGES[language].font
    if name is None:
        return None
    unshaped = ASSETS / name.replace("-Regular", "-Unshaped")
    # From 3.11 on, with Raqm, matplotlib puts marks where they belong by itself.
    shapes = hasattr(ft2font, "__libraqm_version__")
    return unshaped if unshaped.exists() and not shapes else ASSETS / name
