"""What must hold of the translations. Each check gives a list of faults."""

import re
from collections import Counter
from dataclasses import dataclass
from string import Formatter

import nbformat

from translation import catalogs, glossary, glyphs, localize

PROTECTED = {
    "formula": re.compile(r"\$\$?[^$]+\$\$?"),
    "link": re.compile(r"(?<=\]\()[^)]+|https?://[^\s)]+"),
    "code": re.compile(r"`[^`]+`"),
    "column": re.compile(r"\|"),
    "tag": re.compile(r"</?[a-z][^>]*>"),
}
# What an English sentence that was changed leaves behind; a release waits for it.
PENDING = "untranslated", "fuzzy", "obsolete"
CJK = r"[\u3400-\u9fff]"
FULL = r"[，。；：？！、（）《》“”]"
TYPOGRAPHY = {
    "zh": {
        "a space between Chinese characters": re.compile(f"{CJK} +{CJK}"),
        "a space beside full-width punctuation": re.compile(f" {FULL}|{FULL} (?!\\|)"),
        "half-width punctuation in Chinese": re.compile(f"{CJK}[*`]*[,;:?!]|{CJK}[.]$"),
        "half-width brackets in Chinese": re.compile(f"(?<!\\])\\([^()a-z]*{CJK}"),
    },
    "th": {
        "two spaces": re.compile(r"\S  +\S"),
        "a decomposed sara am": re.compile("\u0e4d\u0e32"),
        "sara e written twice for sara ae": re.compile("\u0e40\u0e40"),
        "a full stop at the end of a Thai sentence": re.compile(r"[\u0e00-\u0e4f]\.$"),
    },
}


@dataclass(frozen=True)
class Fault:
    """Something wrong: its kind, where it is, and what it is."""

    kind: str
    where: str
    what: str

    def __str__(self):
        return f"{self.kind}: {self.where}: {self.what}"


def check(project):
    """All faults of all translations.

    Args:
        project: `Project`.

    Returns:
        List of `Fault`.
    """
    faults = []
    for language in project.languages:
        words = glossary.read(project.root, language)
        avoided = glossary.avoided(project.root, language)
        for path, messages in project.catalogs(language).items():
            name = path.relative_to(project.root).as_posix()
            catalog = catalogs.read(path, language)
            faults += _completeness(name, catalog, messages)
            for message in catalog:
                if message.id and message.string and not message.fuzzy:
                    where = f"{name}: {message.context or 'helpers'}"
                    faults += _fidelity(where, message)
                    faults += _terms(where, message, words)
                    faults += _avoided(where, message, avoided)
                    faults += _typography(where, message, language)
                    if path.name == "helpers.po":
                        faults += _interface(where, message, language)
        faults += _generated(project, language)
    return faults


def _avoided(where, message, avoided):
    for word, instead in avoided.items():
        if word in message.string:
            yield Fault(
                "avoid", where, f"{word!r}: take {instead} in {message.string!r}"
            )


def _completeness(name, catalog, messages):
    expected = {(message.context, message.text) for message in messages}
    known = {(message.context, message.id) for message in catalog if message.id}
    for context, text in expected - known:
        yield Fault("stale", f"{name}: {context}", f"not in the catalog: {text!r}")
    for context, text in known - expected:
        yield Fault("stale", f"{name}: {context}", f"not in the source: {text!r}")
    for message in catalog:
        where = f"{name}: {message.context or 'helpers'}"
        if message.id and not message.string:
            yield Fault("untranslated", where, repr(message.id))
        elif message.id and message.fuzzy:
            yield Fault("fuzzy", where, repr(message.id))
    for message in catalog.obsolete.values():
        where = f"{name}: {message.context or 'helpers'}"
        yield Fault("obsolete", where, repr(message.id))


def _fidelity(where, message):
    """What stands in both languages alike: formulas, links, names."""
    for kind, pattern in PROTECTED.items():
        yield from _difference(kind, where, pattern.findall, message)


def _difference(kind, where, find, message):
    wanted, found = Counter(find(message.id)), Counter(find(message.string))
    if wanted != found:
        lost, added = (
            list((wanted - found).elements()),
            list((found - wanted).elements()),
        )
        yield Fault(kind, where, f"lost {lost}, added {added} in {message.string!r}")


def _placeholders(text):
    try:
        fields = list(Formatter().parse(text))
    except ValueError as error:
        return [str(error)]
    return [f"{{{name}:{spec}}}" for _, name, spec, _ in fields if name is not None]


def _terms(where, message, words):
    for breach in words.breaches(message.context, message.id, message.string):
        allowed = " | ".join(breach.allowed)
        what = f"{breach.term!r} needs {allowed} in {message.string!r}"
        yield Fault("glossary", where, what)


def _interface(where, message, language):
    """What is filled in and drawn: placeholders, and letters that the fonts have."""
    yield from _difference("placeholder", where, _placeholders, message)
    if missing := glyphs.missing_glyphs(message.string, language):
        yield Fault("glyph", where, f"no font has {''.join(sorted(missing))!r}")


def _typography(where, message, language):
    for name, pattern in TYPOGRAPHY.get(language, {}).items():
        plain = PROTECTED["formula"].sub(
            "x", PROTECTED["code"].sub("x", message.string)
        )
        if match := pattern.search(plain):
            yield Fault("typography", where, f"{name}: {match[0]!r} in {plain!r}")


def _generated(project, language):
    """Files that are not what `build` would write."""
    wanted = localize.localized(project, language)
    for path, content in wanted.items():
        name = path.relative_to(project.root).as_posix()
        if not path.exists():
            yield Fault("generated", name, "missing; run `translate.py build`")
        elif not _same(path, content):
            yield Fault("generated", name, "edited, or stale; run `translate.py build`")
    for path in (project.root / "notebooks" / language).glob("*.ipynb"):
        if path not in wanted:
            yield Fault("generated", path.name, "has no English source")


def _same(path, content):
    if isinstance(content, str):
        return path.read_text("utf-8") == content
    stored = localize.without_outputs(nbformat.read(path, as_version=4))
    return stored == content
