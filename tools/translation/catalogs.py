"""PO catalogs: reading, writing, and bringing them up to date."""

from babel.messages import pofile
from babel.messages.catalog import Catalog

HEADER = "# Translations for the lessons. Edit the msgstr lines, in Poedit or by hand."


def read(path, language):
    """The catalog in a file; an empty one if there is no file."""
    if not path.exists():
        return Catalog(
            locale=language,
            project="optimizer-lessons",
            header_comment=HEADER,
            msgid_bugs_address="",
            last_translator="",
            language_team=language,
            fuzzy=False,
        )
    with path.open("rb") as file:
        return pofile.read_po(file, locale=language)


def write(path, catalog):
    """Store a catalog."""
    path.parent.mkdir(parents=True, exist_ok=True)
    for message in catalog:
        # A sign of per cent in prose is no placeholder.
        message.flags.discard("python-format")
        if not message.fuzzy:
            # Babel reads a former message, which a fuzzy one keeps, as a comment.
            comments = message.user_comments
            message.user_comments = [c for c in comments if not c.startswith("|")]
    with path.open("wb") as file:
        pofile.write_po(file, catalog, width=0, include_previous=True)


def update(catalog, messages):
    """Bring a catalog up to date, in place.

    A message that changed keeps its translation, marked as fuzzy, with the former
    message beside it. One that is gone is kept as obsolete.

    Args:
        catalog: `babel.messages.catalog.Catalog`.
        messages: List of `Message`, in order.
    """
    template = Catalog(fuzzy=False, creation_date=catalog.creation_date)
    for message in messages:
        comments = [message.comment] if message.comment else []
        template.add(message.text, context=message.context, auto_comments=comments)
    revised = catalog.revision_date
    catalog.update(template, update_header_comment=False)
    catalog.revision_date = revised
    catalog.fuzzy = False


def lookup(catalog, context):
    """A callable from a text to its translation, or to itself if there is none."""

    def translate(text):
        message = catalog.get(text, context)
        return message.string if message and _is_done(message) else text

    return translate


def _is_done(message):
    return bool(message.string) and not message.fuzzy
