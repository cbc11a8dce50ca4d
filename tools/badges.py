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
# What the catalogs translate in the context "badges".
MESSAGES = (*LABELS, OFFLINE)
IMAGES = (
    "https://colab.research.google.com/assets/colab-badge.svg",
    "https://mybinder.org/badge_logo.svg",
    "https://img.shields.io/badge/GitHub-181717?logo=github",
    "https://img.shields.io/badge/.ipynb-555555?logo=jupyter",
)
TABLE = re.compile(r"(?<=<!-- begin badges -->\n).*?(?=<!-- end badges -->)", re.DOTALL)


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


def title(notebook):
    """The text of a notebook's first heading."""
    texts = "\n".join(c.source for c in notebook.cells if c.cell_type == "markdown")
    return re.search(r"^# (.+)$", texts, re.MULTILINE)[1]


def stamp_readme(text, notebooks, language, repository, branch, translate):
    """A README with the badges of one language's notebooks between its marks.

    Args:
        text: String. The marks are `<!-- begin badges -->` and `<!-- end badges -->`.
        notebooks: Dict from paths, as `row` takes them, to notebooks.
        language: Code of the language.
        repository: String, `owner/name`.
        branch: String.
        translate: As for `row`.

    Returns:
        String.
    """
    # Without words of its own, the head of the table needs no translation.
    rows = ["| | | | |\n|---|---|---|---|\n"]
    for path, notebook in sorted(notebooks.items()):
        badges = row(path, language, repository, branch, translate).split("\n")[:3]
        name = pathlib.PurePosixPath(path).name
        # A README stands in the folder of its language, but for the English one.
        link = path if language == SOURCE else name
        cells = [f"[{title(notebook)}]({link})", *badges]
        rows.append(f"| {' | '.join(cells)} |\n")
    return TABLE.sub(lambda _: "".join(rows), text)
