"""The localized notebooks and READMEs, made from the English ones."""

import os
import pathlib
import re

import badges
import nbformat

from helpers._support import i18n
from translation import blocks, catalogs

SETUP_LINE = 'helpers.setup(language="{}")'
LINK = re.compile(r"(\]\(|src=\")(?![a-z]+:|#)([^)\"#]+)")
# The table of speeds is written by a program, in English, and stands there alone.
SPEED = re.compile(r"<!-- begin speed -->\n.*?<!-- end speed -->\n\n", re.DOTALL)
SWITCH = re.compile(r"<!-- begin languages -->\n.*\n<!-- end languages -->")


def localized(project, language):
    """All localized files of a language, as they should be.

    Args:
        project: `Project`.
        language: A language's code.

    Returns:
        Dict from a path to a `NotebookNode` (without outputs) or a string.
    """
    folder = project.root / "notebooks" / language
    path = project.root / "notebooks/locale" / f"{language}.po"
    catalog = catalogs.read(path, language)
    notebooks = {
        folder / lesson.name: _notebook(lesson, language, catalog)
        for lesson in project.lessons
    }
    readme = badges.stamp_readme(
        _readme(project, language, catalog),
        language,
        *badges.repository(),
        catalogs.lookup(catalog, "badges"),
    )
    return {folder / "README.md": readme, **notebooks}


def build(project, language):
    """Write the localized files of a language. Outputs of unchanged code are kept."""
    for path, content in localized(project, language).items():
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, str):
            path.write_text(content, "utf-8")
        else:
            _keep_outputs(content, path)
            nbformat.write(content, path)


def without_outputs(notebook):
    """A notebook as far as it is written and not computed."""
    notebook = notebook.copy()
    notebook.cells = [cell.copy() for cell in notebook.cells]
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return notebook


def _notebook(lesson, language, catalog):
    notebook = without_outputs(nbformat.read(lesson, as_version=4))
    notebook.metadata["lang"] = language
    for cell in notebook.cells:
        if cell["id"] == "badges":
            path = f"notebooks/{language}/{lesson.name}"
            translate = catalogs.lookup(catalog, "badges")
            cell.source = badges.row(path, language, *badges.repository(), translate)
        elif cell.cell_type == "markdown":
            context = f"{lesson.stem}#{cell['id']}"
            lookup = catalogs.lookup(catalog, context)
            cell.source = blocks.translate(cell.source, lookup)
        elif cell["id"] == "setup":
            cell.source = _setup(cell.source, language)
    return notebook


def _setup(source, language):
    line = SETUP_LINE.format("en")
    if source.count(line) != 1:
        raise ValueError(f"The setup cell must hold `{line}` once: {source!r}")
    return source.replace(line, SETUP_LINE.format(language))


def _keep_outputs(notebook, path):
    if not path.exists():
        return
    known = {cell["id"]: cell for cell in nbformat.read(path, as_version=4).cells}
    for cell in notebook.cells:
        old = known.get(cell["id"])
        if cell.cell_type == "code" and old and old.source == cell.source:
            cell.outputs, cell.execution_count = old.outputs, old.execution_count


def _readme(project, language, catalog):
    source = SPEED.sub("", (project.root / "README.md").read_text("utf-8"))
    text = blocks.translate(source, catalogs.lookup(catalog, "README"))

    def relink(match):
        target = re.sub("^notebooks/en/", f"notebooks/{language}/", match[2])
        target = target.replace(".en.", f".{language}.")  # a picture with words in it
        start = pathlib.PurePosixPath("notebooks", language)
        return match[1] + pathlib.Path(os.path.relpath(target, start)).as_posix()

    return SWITCH.sub(language_switch(language), LINK.sub(relink, text))


def stamp_language_switch(project):
    """Bring the languages named in the English README up to date."""
    path = project.root / "README.md"
    path.write_text(SWITCH.sub(language_switch("en"), path.read_text("utf-8")), "utf-8")


def language_switch(language):
    """The line with which a README leads to those in the other languages."""
    names = []
    for code, other in i18n.LANGUAGES.items():
        folder = "" if code == "en" else f"notebooks/{code}/"
        here = "." if language == "en" else f"notebooks/{language}"
        target = pathlib.Path(os.path.relpath(f"{folder}README.md", here)).as_posix()
        name = other.name
        names.append(name if code == language else f"[{name}]({target})")
    row = " · ".join(names)
    return f"<!-- begin languages -->\n{row}\n<!-- end languages -->"
