"""The reader's language: messages, plot labels and the letters in figures.

Mark a visible string with `_("…")`, as a whole sentence with named placeholders:
`_("Epoch {epoch} of {epochs}").format(epoch=1, epochs=10)`. Errors meant for
programmers stay English. The catalogs are `locale/*/LC_MESSAGES/helpers.po`.

Fonts lie in `assets`, so that none need be installed. Latin letters, numbers and
mathematics are drawn with matplotlib's DejaVu Sans in every language; what it lacks
comes from the language's own font.
"""

import functools
import gettext
import io
import pathlib
from dataclasses import dataclass

LOCALE = pathlib.Path(__file__).parent / "locale"
ASSETS = pathlib.Path(__file__).parent / "assets"


@dataclass(frozen=True)
class Language:
    """A language of the lessons.

    Args:
        name: What its speakers call it.
        font: File in `assets` with its letters, for figures. `None` if matplotlib's
            own font has them.
    """

    name: str
    font: str | None = None


LANGUAGES = {
    "en": Language("English"),
    "th": Language("ไทย", "NotoSansThai-Regular.ttf"),
    "zh": Language("中文", "NotoSansSC-Regular.subset.ttf"),
}

_catalog = gettext.NullTranslations()
_language = "en"
# Family of each font file that matplotlib was told of.
_families = {}


def set_language(language):
    """Choose the language of all messages from now on.

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
    """Sentences one after the other, parted as the language does it.

    Args:
        *parts: Strings; empty ones are left out.
    """
    pair = pgettext("two sentences in a row", "{first} {second}")
    return _chain(pair, [part for part in parts if part])


def listing(items):
    """Items one after the other, parted as the language does it.

    Args:
        items: Iterable of strings or numbers.
    """
    return _chain(pgettext("two items of a list", "{first}, {second}"), items)


def _chain(pair, parts):
    parts = [str(part) for part in parts]
    if not parts:
        return ""
    return functools.reduce(lambda a, b: pair.format(first=a, second=b), parts)


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
    """Draws the figures made from now on with the letters of a language.

    It changes `font.family` in matplotlib's settings, and so reaches all figures, a
    reader's own included.
    """
    # Here, since importing helpers must not load matplotlib.
    from matplotlib import rcParams

    # Families stand in the order in which they are asked for a letter.
    families = [n for n in rcParams["font.family"] if n not in _families.values()]
    if path := font_path(language):
        families.append(_family(path))
    rcParams["font.family"] = families


def font_path(language):
    """The font file of a language, `None` if DejaVu Sans is all it needs."""
    name = LANGUAGES[language].font
    if name is None:
        return None
    unshaped = ASSETS / name.replace("-Regular", "-Unshaped")
    return unshaped if unshaped.exists() and not shapes_text() else ASSETS / name


def shapes_text():
    """Whether this matplotlib puts marks where they belong, as 3.11 does with Raqm."""
    from matplotlib import ft2font

    return hasattr(ft2font, "__libraqm_version__")


def _family(path):
    """The family of a font file, which matplotlib knows from then on."""
    if path not in _families:
        from matplotlib import font_manager

        font_manager.fontManager.addfont(path)
        _families[path] = font_manager.get_font(path).family_name
    return _families[path]
