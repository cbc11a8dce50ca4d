"""A small collection to translate, for the tests of the translations."""

import badges
import nbformat
from babel.messages.catalog import Catalog
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from translation import catalogs, localize
from translation.project import Project

README = """# A collection

<!-- begin languages -->
English
<!-- end languages -->

A lesson on the [norm](notebooks/en/lesson.ipynb), with `helpers`.
"""
TITLE = """# The norm

The norm of a vector is $\\lVert w\\rVert$, see [it](https://example.org/book).

- It is computed with `np.linalg.norm`.

| name | sign |
|---|---|
| length | λ |

$$a = b$$

```python
x = 1
```
"""
MODULE = """from helpers._support.i18n import _

print(_("Hello {name}").format(name="x"))
"""
THAI = {
    "A collection": "ชุดบทเรียน",
    "A lesson on the [norm](notebooks/en/lesson.ipynb), with `helpers`.": (
        "บทเรียนเรื่อง[นอร์ม](notebooks/en/lesson.ipynb) ใช้ `helpers`"
    ),
    "The norm": "นอร์ม",
    "The norm of a vector is $\\lVert w\\rVert$, see [it](https://example.org/book).": (
        "นอร์มของเวกเตอร์คือ $\\lVert w\\rVert$ ดู[หนังสือ](https://example.org/book)"
    ),
    "It is computed with `np.linalg.norm`.": "คำนวณด้วย `np.linalg.norm`",
    "name | sign": "ชื่อ | เครื่องหมาย",
    "length | λ": "ความยาว | λ",
    "Hello {name}": "สวัสดี {name}",
    **{label: "ปุ่ม" for label in badges.MESSAGES},
    badges.UNSTAMPED: "สั่ง `make badges REPOSITORY=owner/name`",
}


def make(root):
    """A complete and correct project in Thai, in an empty folder."""
    for folder in ("en", "locale"):
        (root / "notebooks" / folder).mkdir(parents=True)
    (root / "helpers").mkdir()
    (root / "README.md").write_text(README, "utf-8")
    (root / "helpers/greeting.py").write_text(MODULE, "utf-8")
    (root / "notebooks/locale/glossary.csv").write_text("term,th\nnorm,นอร์ม\n", "utf-8")
    write_lesson(root)
    project = Project(root, languages=("th",))
    fill(project)
    localize.build(project, "th")
    return project


def write_lesson(root, title=TITLE):
    """Write the English notebook, with a first cell of one's own."""
    cells = [
        new_markdown_cell("a row", id="badges"),
        new_markdown_cell(title, id="title"),
        new_code_cell('import helpers\n\nhelpers.setup(language="en")', id="setup"),
        new_code_cell("1 + 1", id="sum"),
    ]
    notebook = new_notebook(cells=cells, metadata={"lang": "en"})
    nbformat.write(notebook, root / "notebooks/en/lesson.ipynb")


def fill(project):
    """Write the catalogs with all translations."""
    for path, messages in project.catalogs("th").items():
        catalog = Catalog(locale="th", fuzzy=False)
        catalogs.update(catalog, messages)
        for message in catalog:
            if message.id:
                message.string = THAI[message.id]
        catalogs.write(path, catalog)


def edit(path, old, new):
    """Replace text in a file; it must be there once."""
    text = path.read_text("utf-8")
    assert text.count(old) == 1, (old, text.count(old))
    path.write_text(text.replace(old, new), "utf-8")
