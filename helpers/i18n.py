"""The reader's language: messages and plot labels.

Mark a visible string with `_("…")`, as a whole sentence with named placeholders:
`_("Epoch {epoch} of {epochs}").format(epoch=1, epochs=10)`. Errors meant for
programmers stay English.
"""

import gettext

LANGUAGES = ("en",)

_catalog = gettext.NullTranslations()
_language = "en"


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
    _catalog = gettext.NullTranslations()
    _language = language


def language():
    """The language chosen by `set_language`."""
    return _language


def _(message):
    """The message in the reader's language."""
    return _catalog.gettext(message)
