"""The badges, the setup cell and Colab's metadata of all lessons, from one source.

    python tools/stamp.py write [--repository OWNER/NAME] [--branch BRANCH]
    python tools/stamp.py check [--repository OWNER/NAME]

`write` brings every notebook and README up to date; with `--repository` it first
stores the name in pyproject.toml, the one place that holds it. `check` lists the
files that `write` would change. A new lesson gets its badges in the same way.
"""

import argparse
import json
import pathlib
import re
import sys

import badges
import nbformat
from babel.messages import pofile
from badges import ROOT, SOURCE

METADATA = {
    "accelerator": "GPU",
    "colab": {"gpuType": "T4", "provenance": [], "toc_visible": True},
    "kernelspec": {
        "display_name": "Python 3",
        "language": "python",
        "name": "python3",
    },
}
SETUP = """\
try:
    import helpers
except ModuleNotFoundError:
    import subprocess
    import sys

    package = "git+https://github.com/{repository}@{branch}"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", package]
    offline = (
        f"{{package}}\\n"
{offline}
    )
    if subprocess.run(pip, capture_output=True).returncode:
        problem = ConnectionError(offline)
        problem._render_traceback_ = lambda: [offline]
        raise problem from None
    import helpers

helpers.setup(language="{language}")"""
# What a reader need not see at first: folded in Jupyter, and in Colab.
FOLDED = {"jupyter": {"source_hidden": True}, "cellView": "form"}
SETTING = r'^{} = "[^"]*"$'
COMMAND = "make badges REPOSITORY={}"


def setup_source(language, repository, branch, offline):
    """The code of the setup cell.

    Args:
        language: Code of the notebook's language.
        repository: String, `owner/name`.
        branch: String.
        offline: List of strings: `badges.OFFLINE` in each language.
    """
    *lines, last = [json.dumps(text, ensure_ascii=False) for text in offline]
    lines = [line.removesuffix('"') + '\\n"' for line in lines]
    return SETUP.format(
        language=language,
        repository=repository,
        branch=branch,
        offline="\n".join(8 * " " + line for line in (*lines, last)),
    )


def stamp_notebook(notebook, path, repository, branch, catalogs):
    """Give a notebook its badges, its setup cell and its metadata, in place.

    Below the last line of the stamp, the setup cell keeps the lesson's own lines.

    Args:
        notebook: `nbformat.NotebookNode`.
        path: String, its path in the repository, `notebooks/<language>/<name>`.
        repository: String, `owner/name`.
        branch: String.
        catalogs: Dict from each language to a callable that translates
            `badges.MESSAGES`.
    """
    language = pathlib.PurePosixPath(path).parent.name
    notebook.metadata.update(METADATA)
    badge = _cell(notebook, "badges", nbformat.v4.new_markdown_cell, at=0)
    badge.source = badges.row(path, language, repository, branch, catalogs[language])
    types = [cell.cell_type for cell in notebook.cells]
    first = types.index("code") if "code" in types else len(types)
    setup = _cell(notebook, "setup", nbformat.v4.new_code_cell, at=first)
    offline = list(
        dict.fromkeys(catalog(badges.OFFLINE) for catalog in catalogs.values())
    )
    stamp = setup_source(language, repository, branch, offline)
    setup.source = "\n".join([stamp, *_own_lines(setup.source)])
    setup.metadata.update(FOLDED)


def _own_lines(source):
    """What a lesson's author wrote below the stamp, such as imports."""
    lines = source.split("\n")
    called = [n for n, line in enumerate(lines) if line.startswith("helpers.setup(")]
    return lines[called[0] + 1 :] if called else []


def _cell(notebook, name, new, at):
    """The cell with this id; a new one, put at this place, if there is none."""
    for cell in notebook.cells:
        if cell["id"] == name:
            return cell
    notebook.cells.insert(at, new(id=name))
    return notebook.cells[at]


def translations(root=ROOT):
    """Dict from each language to a callable that translates `badges.MESSAGES`."""
    found = {SOURCE: str}
    for path in sorted((root / "notebooks/locale").glob("*.po")):
        with path.open("rb") as file:
            found[path.stem] = _lookup(pofile.read_po(file, locale=path.stem))
    return found


def _lookup(catalog):
    def translate(text):
        message = catalog.get(text, "badges")
        return message.string if message and message.string else text

    return translate


def stamped(root=ROOT):
    """All notebooks and READMEs as they should be.

    Returns:
        Dict from paths to strings.
    """
    place, catalogs = badges.repository(root), translations(root)
    files = {}
    for language, translate in catalogs.items():
        folder = root / "notebooks" / language
        for path in sorted(folder.glob("*.ipynb")):
            name = path.relative_to(root).as_posix()
            notebook = nbformat.read(path, as_version=4)
            stamp_notebook(notebook, name, *place, catalogs)
            files[path] = nbformat.writes(notebook) + "\n"
        readme = (root if language == SOURCE else folder) / "README.md"
        if readme.exists():
            text = readme.read_text("utf-8")
            files[readme] = badges.stamp_readme(text, language, *place, translate)
    return files


def set_repository(name=None, branch=None, root=ROOT):
    """Store the repository's name, the branch, or both, in pyproject.toml.

    Raises:
        ValueError: If `name` is not `owner/name`, or `branch` no name of a branch.
    """
    if name is not None and not re.fullmatch(r"[\w.-]+/[\w.-]+", name, re.ASCII):
        raise ValueError(f"`repository` must be like owner/name. Received: {name!r}")
    if branch is not None and not re.fullmatch(r"\w[\w./-]*", branch, re.ASCII):
        raise ValueError(f"`branch` must name a branch. Received: {branch!r}")
    path = root / "pyproject.toml"
    text = path.read_text("utf-8")
    for key, value in (("repository", name), ("branch", branch)):
        if value is not None:
            line = f'{key} = "{value}"'
            text = re.sub(SETTING.format(key), line, text, count=1, flags=re.MULTILINE)
    path.write_text(text, "utf-8")


def check(expected=None, root=ROOT):
    """What is not stamped as it should be.

    Args:
        expected: Name of the repository that the badges should lead to, or `None` for
            the one in pyproject.toml.
        root: Path of the collection.

    Returns:
        List of sentences, each with the command that helps.
    """
    name, _branch = badges.repository(root)
    if expected and expected.lower() != name.lower():
        return [
            f"The badges lead to {name}, and this is {expected}. Run: "
            + COMMAND.format(expected)
        ]
    faults = [
        f"{path.relative_to(root)} is not stamped. Run: {COMMAND.format(name)}"
        for path, text in stamped(root).items()
        if path.read_text("utf-8") != text
    ]
    listed = badges.lessons((root / "README.md").read_text("utf-8"))
    return faults + [
        f"README.md lists no {path.name}. Write a row with <!-- badges {path.stem} -->."
        for path in sorted((root / "notebooks" / SOURCE).glob("*.ipynb"))
        if path.stem not in listed
    ]


def main(arguments=None, root=ROOT):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("command", choices=("write", "check"))
    parser.add_argument("--repository", metavar="OWNER/NAME")
    parser.add_argument("--branch")
    arguments = parser.parse_args(arguments)
    if arguments.command == "check":
        faults = check(arguments.repository, root)
        sys.exit("\n".join(faults) or None)
    if arguments.repository or arguments.branch:
        try:
            set_repository(arguments.repository, arguments.branch, root)
        except ValueError as error:
            parser.error(str(error))
    for path, text in stamped(root).items():
        path.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
