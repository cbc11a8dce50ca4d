"""Letters in figures: fonts for the languages that matplotlib's own font lacks.

The files lie in `assets`, so that no font need be installed. Latin letters, numbers
and mathematics are drawn with matplotlib's DejaVu Sans in every language; what it
lacks comes from the language's own font. `helpers.i18n.LANGUAGES` names the file.
"""

import functools
import pathlib

from helpers import i18n

ASSETS = pathlib.Path(__file__).parent / "assets"
# Family of each font file that matplotlib was told of.
_families = {}


def use(language):
    """Draw the figures made from now on with the letters of a language.

    `helpers.i18n.set_language` does this. It changes `font.family` in matplotlib's
    settings, and so reaches all figures, a reader's own included.

    Args:
        language: One of `helpers.i18n.LANGUAGES`.
    """
    from matplotlib import rcParams

    # Families stand in the order in which they are asked for a letter.
    families = [n for n in rcParams["font.family"] if n not in _families.values()]
    if path := _path(language):
        families.append(_family(path))
    rcParams["font.family"] = families


def missing_glyphs(text, language):
    """The characters that a figure in this language would show as boxes.

    Args:
        text: String, one label or message.
        language: One of `helpers.i18n.LANGUAGES`.

    Returns:
        Set of characters. In a text with a formula between dollar signs, matplotlib
        uses DejaVu Sans alone, so that other letters are missing.
    """
    from matplotlib.cbook import is_math_text

    known = _characters(_dejavu())
    if not is_math_text(text) and (path := _path(language)):
        known |= _characters(path)
    return {letter for letter in text if letter not in known and not letter.isspace()}


def shapes_text():
    """Whether this matplotlib puts marks where they belong, as 3.11 does with Raqm."""
    from matplotlib import ft2font

    return hasattr(ft2font, "__libraqm_version__")


def _path(language):
    """The font file of a language, `None` if DejaVu Sans is all it needs."""
    name = i18n.LANGUAGES[language].font
    if name is None:
        return None
    unshaped = ASSETS / name.replace("-Regular", "-Unshaped")
    return unshaped if unshaped.exists() and not shapes_text() else ASSETS / name


def _dejavu():
    from matplotlib import get_data_path

    return pathlib.Path(get_data_path(), "fonts", "ttf", "DejaVuSans.ttf")


def _family(path):
    """The family of a font file, which matplotlib knows from then on."""
    if path not in _families:
        from matplotlib import font_manager

        font_manager.fontManager.addfont(path)
        _families[path] = font_manager.get_font(path).family_name
    return _families[path]


@functools.cache
def _characters(path):
    from matplotlib import font_manager

    return frozenset(map(chr, font_manager.get_font(path).get_charmap()))
