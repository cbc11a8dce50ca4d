"""Which letters the figures can show."""

import functools
import pathlib

from helpers._support import i18n


def missing_glyphs(text, language):
    """The characters that a figure in this language would show as boxes.

    Args:
        text: String, one label or message.
        language: One of `helpers._support.i18n.LANGUAGES`.

    Returns:
        Set of characters. In a text with a formula between dollar signs, matplotlib
        uses DejaVu Sans alone, so that other letters are missing.
    """
    from matplotlib.cbook import is_math_text

    known = _characters(_dejavu())
    if not is_math_text(text) and (path := i18n.font_path(language)):
        known |= _characters(path)
    return {letter for letter in text if letter not in known and not letter.isspace()}


def _dejavu():
    from matplotlib import get_data_path

    return pathlib.Path(get_data_path(), "fonts", "ttf", "DejaVuSans.ttf")


@functools.cache
def _characters(path):
    from matplotlib import font_manager

    return frozenset(map(chr, font_manager.get_font(path).get_charmap()))
