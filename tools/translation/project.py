"""Where the texts are, and what in them is up for translation."""

import pathlib
from dataclasses import dataclass

import badges
import nbformat
from babel.messages.extract import extract_from_dir

from helpers._support import i18n
from translation import blocks

KEYWORDS = {"_": None, "pgettext": ((1, "c"), 2)}
COMMENT = "Translators:"


@dataclass(frozen=True)
class Message:
    """A text for translation.

    Args:
        context: Where it stands, as `notebook#cell`; `None` in `helpers`.
        text: String.
        comment: What the author tells the translators.
    """

    context: str | None
    text: str
    comment: str = ""


@dataclass(frozen=True)
class Project:
    """A checkout of the collection.

    Args:
        root: Path.
        languages: Codes of the languages to translate into.
    """

    root: pathlib.Path
    languages: tuple[str, ...] = tuple(code for code in i18n.LANGUAGES if code != "en")

    @property
    def lessons(self):
        """Paths of the English notebooks."""
        return sorted((self.root / "notebooks/en").glob("*.ipynb"))

    def catalogs(self, language):
        """Dict from a catalog's path to the `Message`s it must translate."""
        locale = (
            self.root / "helpers/_support/locale" / language / "LC_MESSAGES/helpers.po"
        )
        return {
            self.root / "notebooks/locale" / f"{language}.po": self.prose(),
            locale: self.interface(),
        }

    def prose(self):
        """The messages of the notebooks, the badges and the README, without doubles."""
        messages = [Message("badges", text) for text in badges.MESSAGES]
        for path in self.lessons:
            notebook = nbformat.read(path, as_version=4)
            for cell in notebook.cells:
                if cell.cell_type == "markdown" and cell["id"] != "badges":
                    context = f"{path.stem}#{cell['id']}"
                    messages += _messages(context, cell.source)
        readme = (self.root / "README.md").read_text("utf-8")
        messages += _messages("README", readme)
        return list(dict.fromkeys(messages))

    def interface(self):
        """The messages that `helpers` shows."""
        found = {}
        extracted = extract_from_dir(
            self.root / "helpers",
            keywords=KEYWORDS,
            comment_tags=(COMMENT,),
            directory_filter=lambda path: True,  # not without `_support`
        )
        for _file, _line, text, comments, context in extracted:
            comment = " ".join(comments).removeprefix(COMMENT).strip()
            found.setdefault((context, text), Message(context, text, comment))
        return list(found.values())


def _messages(context, markdown):
    return [Message(context, block.text) for block in blocks.find_blocks(markdown)]
