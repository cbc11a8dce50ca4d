"""The glossary: which word a term has in each language, and where it must stand."""

import csv
import fnmatch
import re
from dataclasses import dataclass

FOLDER = "notebooks/locale"
# Terms are looked for in prose, not in code, formulas, link targets or quoted titles.
NOT_PROSE = re.compile(
    r"`[^`]*`|\$\$?[^$]*\$\$?|\]\([^)]*\)|https?://\S+|\{[^{}]*\}|<[^<>]*>"
)


@dataclass(frozen=True)
class Breach:
    """A term whose word is missing in a translation."""

    term: str
    allowed: tuple[str, ...]


class Glossary:
    """The words of one language.

    Args:
        words: Dict from an English term to a tuple of words, one of which stands
            wherever the term does.
        exceptions: Set of pairs of a term and a message's context, in which `*` stands
            for anything.
    """

    def __init__(self, words, exceptions=frozenset()):
        self.words = words
        self.exceptions = exceptions
        # Longer terms first: "conditional gradient" is not "gradient".
        terms = sorted(words, key=len, reverse=True)
        pattern = "|".join(_pattern(term) for term in terms)
        self._pattern = re.compile(rf"\b(?:{pattern})\b", re.IGNORECASE)
        self._terms = {_plain(term): term for term in terms}

    def breaches(self, context, text, translation):
        """List of `Breach`: the terms of a text that a translation lost."""
        if not self.words:
            return []
        prose = NOT_PROSE.sub(" ", text)
        found = {self._term(match[0]) for match in self._pattern.finditer(prose)}
        missing = []
        for term in sorted(found):
            words = self.words[term]
            if any(word.lower() in translation.lower() for word in words):
                continue
            if not self._is_exception(term, context or "helpers"):
                missing.append(Breach(term, words))
        return missing

    def _term(self, match):
        text = _plain(match)
        for candidate in (text, text.removesuffix("s"), text.removesuffix("es")):
            if candidate in self._terms:
                return self._terms[candidate]
        return self._terms[text.removesuffix("ies") + "y"]

    def _is_exception(self, term, context):
        return any(
            term == other and fnmatch.fnmatchcase(context, where)
            for other, where in self.exceptions
        )


def read(root, language):
    """The glossary of a language, from the two tables in `notebooks/locale`.

    `glossary.csv` has a column for each language; several words that will do are
    parted by `|`. `glossary_exceptions.csv` says where a term needs another word,
    and why.
    """
    words = {}
    for row in _rows(root / FOLDER / "glossary.csv"):
        if row.get(language):
            words[row["term"]] = tuple(row[language].split("|"))
    exceptions = set()
    for row in _rows(root / FOLDER / "glossary_exceptions.csv"):
        if not row["reason"]:
            raise ValueError(f"An exception needs a reason: {row}")
        if row["language"] == language:
            exceptions.add((row["term"], row["context"]))
    return Glossary(words, frozenset(exceptions))


def avoided(root, language):
    """Dict from words that do not stand in a language, to what stands there instead."""
    return {
        row["word"]: row["instead"]
        for row in _rows(root / FOLDER / "avoid.csv")
        if row["language"] == language
    }


def _rows(path):
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _plain(text):
    return " ".join(text.lower().replace("-", " ").split())


def _pattern(term):
    """A term in the singular or plural, parted by a space or a hyphen."""
    words = r"[\s-]+".join(map(re.escape, re.split(r"[\s-]", term)))
    if term.endswith("y"):
        return f"(?:{words}|{words[:-1]}ies)"
    return f"{words}(?:s|es)?"
