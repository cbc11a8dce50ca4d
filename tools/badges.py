"""The row of badges at the top of a lesson, and in the READMEs.

Pure functions: stamp.py writes what they return into the files.
"""

import pathlib
import re
import tomllib
from urllib.parse import quote

ROOT = pathlib.Path(__file__).resolve().parents[1]
SOURCE = "en"
# What a reader sees, or hears, in place of the images.
LABELS = (
    "Open in Colab",
    "Launch Binder",
    "View source on GitHub",
    "Download notebook",
)
# The setup cell says it in all languages, as without the package there is no catalog.
OFFLINE = "Could not download the lesson's package. Check the network and run again."
SITE = "Read the lessons as pages, without installing anything"
UNSTAMPED = (
    "This copy is not stamped: its badges lead nowhere until someone runs "
    "`make badges REPOSITORY=owner/name`."
)
# What the catalogs translate in the context "badges".
MESSAGES = (*LABELS, OFFLINE, SITE, UNSTAMPED)
# The repository of an unstamped copy.
NOWHERE = "OWNER/REPOSITORY"
IMAGES = (
    "https://colab.research.google.com/assets/colab-badge.svg",
    "https://mybinder.org/badge_logo.svg",
    "https://img.shields.io/badge/GitHub-181717?logo=github",
    "https://img.shields.io/badge/.ipynb-555555?logo=jupyter",
)
# In a README: the cell of a table that holds a lesson's badges, an address that pip or
# git reads, and a line that stands only in a stamped, or an unstamped, copy.
CELL = re.compile(r"(<!-- badges (\w+) -->).*?(?= \|$)", re.MULTILINE)
SOURCE_OF = re.compile(
    r"(git(?:\+| clone )https://github\.com/)[\w./-]+?(@\S+?)?(?=[\"\s])"
)
LINE = re.compile(r"(<!-- begin (site|unstamped) -->\n).*?(?=\n<!-- end)")


def repository(root=ROOT):
    """Where the collection is published.

    Returns:
        Tuple of two strings: the repository as `owner/name`, and the branch.
    """
    settings = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))
    table = settings["tool"]["lessons"]
    return table["repository"], table["branch"]


def row(path, language, repository, branch, translate):
    """The row of badges of one notebook, as one paragraph of Markdown.

    Args:
        path: String, the notebook's path in the repository.
        language: Code of the notebook's language.
        repository: String, `owner/name`.
        branch: String.
        translate: Callable from a label in `LABELS` to the label in that language.

    Raises:
        ValueError: If the notebook is not in the folder of that language.
    """
    if pathlib.PurePosixPath(path).parent != pathlib.PurePosixPath(
        "notebooks", language
    ):
        raise ValueError(
            f"`path` must be in notebooks/{language}, for `language={language!r}`. "
            f"Received: {path!r}"
        )
    links = zip(LABELS, IMAGES, targets(path, repository, branch), strict=True)
    return "\n".join(
        f'[![{translate(label)}]({image})]({target} "{translate(label)}")'
        for label, image, target in links
    )


def targets(path, repository, branch):
    """The addresses behind the badges of a notebook, in the order of `LABELS`."""
    place = f"{quote(branch)}/{quote(path)}"
    launch = f"{quote(branch, safe='')}?urlpath={quote(f'lab/tree/{path}', safe='')}"
    return (
        f"https://colab.research.google.com/github/{repository}/blob/{place}",
        f"https://mybinder.org/v2/gh/{repository}/{launch}",
        f"https://github.com/{repository}/blob/{place}",
        f"https://raw.githubusercontent.com/{repository}/{place}",
    )


def stamp_readme(text, language, repository, branch, translate):
    """A README with the badges of one language's lessons in the cells marked for them,
    and with the repository's name where one clones or installs.

    Args:
        text: String. The mark of a lesson's cell is `<!-- badges NAME -->`.
        language: Code of the language.
        repository: String, `owner/name`.
        branch: String.
        translate: As for `row`.

    Returns:
        String.
    """

    def cell(match):
        path = f"notebooks/{language}/{match[2]}.ipynb"
        links = row(path, language, repository, branch, translate).split("\n")
        return " ".join((match[1], *links[:3]))

    def source(match):
        return match[1] + repository + (f"@{branch}" if match[2] else "")

    owner, name = repository.split("/")
    lines = {"unstamped": translate(UNSTAMPED), "site": ""}
    if repository != NOWHERE:
        address = f"https://{owner.lower()}.github.io/{name}/{language}/index.html"
        lines = {"unstamped": "", "site": f"[{translate(SITE)}]({address})"}
    text = LINE.sub(lambda match: match[1] + lines[match[2]], text)
    return SOURCE_OF.sub(source, CELL.sub(cell, text))


def lessons(readme):
    """The names of the lessons, in the order in which a README shows them."""
    return [name for _mark, name in CELL.findall(readme)]
