"""The lessons as pages to read: `python tools/website/build.py [--to FOLDER]`.

Sphinx makes them from the stored notebooks and the front page of each language, in a
folder for each. Nothing is run, and nothing is fetched: the pages open from disk. A
link that leads nowhere is an error.
"""

import argparse
import html
import importlib.metadata
import importlib.util
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import nbformat

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(HERE.parent))

import badges  # noqa: E402
from translation import catalogs  # noqa: E402

from helpers._support import i18n  # noqa: E402

WIDGET = "application/vnd.jupyter.widget-view+json"
# Sphinx's names of our languages, where they differ.
NAMES = {"zh": "zh_CN"}
MATHJAX = "tex-svg-full.js"  # one file, with its letters
BADGE = re.compile(r"!\[([^\]]*)\]\(https?://[^)]*\)")
PANEL = (
    "This is a picture of the panel. To play with it, open the lesson in Colab or "
    "Binder with the links at the top of this page, run all cells, and press ▶ in the "
    "panel."
)
TO_EN = '<meta http-equiv="refresh" content="0; url=en/index.html">\n'


def page(notebook, catalog=()):
    """A notebook, changed to what MyST-NB wants.

    One title a page; a picture's alt text at its cell; explorers alive again; a panel,
    which has no kernel here, is its stored picture and a sentence that says where it
    runs; badges are links; and what Jupyter folds is folded.

    Args:
        notebook: `nbformat.NotebookNode`, which is changed.
        catalog: Catalog with that sentence in the language of the page.
    """
    titles = 0
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source, titles = under_one_title(without_badges(cell.source), titles)
        outputs = cell.get("outputs", [])
        for output in outputs:
            if alt := output.get("metadata", {}).get("image/png", {}).get("alt"):
                cell.metadata["mystnb"] = {"image": {"alt": alt}}
        if outputs:
            cell.outputs = [shown for o in outputs for shown in on_a_page(o, catalog)]
        if cell.metadata.get("jupyter", {}).get("source_hidden"):
            cell.metadata["tags"] = [*cell.metadata.get("tags", []), "hide-input"]
    return notebook


def on_a_page(output, catalog):
    """What stands on a page for an output of a notebook: a list of outputs."""
    data = output.get("data", {})
    panel, png = data.pop(WIDGET, None) is not None, data.get("image/png")
    if png and "explorer" in output.metadata:
        alt = html.escape(output.metadata["image/png"]["alt"])
        picture = f'<img alt="{alt}" src="data:image/png;base64,{png.strip()}">'
        explorer = getattr(explorers(), output.metadata["explorer"])()
        output.data = {"text/html": explorer.html(picture)}
    if panel and png:
        message = catalog.get(PANEL) if catalog else None
        said = html.escape(message.string if message else PANEL)
        text = {"text/html": f'<p class="panel">{said}</p>'}
        return [output, nbformat.v4.new_output("display_data", text)]
    return [output] if output.get("data", True) else []


def explorers():
    """The module of the explorers, without Keras, which the panel beside it needs."""
    path = ROOT / "helpers/live/explorers/__init__.py"
    spec = importlib.util.spec_from_file_location("explorers", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def without_badges(text):
    """A text whose badges, which come from elsewhere, are their words."""
    return re.sub(r"\)\n\[", ") ·\n[", BADGE.sub(r"\1", text))


def under_one_title(text, titles):
    """Headings one level lower from the second title on: the text, titles so far."""
    lines, fenced = text.split("\n"), False
    for i, line in enumerate(lines):
        fenced ^= line.lstrip().startswith("```")
        if fenced or not re.match("#+ ", line):
            continue
        titles += line.startswith("# ")
        lines[i] = "#" + line if titles > 1 else line
    return "\n".join(lines), titles


def front_page(readme, language, root=ROOT):
    """The text of a front page, with links that hold on the site."""
    text = without_badges(readme.read_text("utf-8"))
    repository, branch = badges.repository(root)
    # The switch of languages is in the page's header.
    text = re.sub(
        r"<!-- begin languages -->.*?<!-- end languages -->", "", text, flags=re.S
    )

    def moved(link):
        target = (readme.parent / link[2]).resolve().relative_to(root)
        if target.suffix in (".gif", ".png"):
            return f"{link[1]}({target})"
        if target.parent == pathlib.Path("notebooks", language):
            return f"{link[1]}({target.name})"
        return f"{link[1]}(https://github.com/{repository}/blob/{branch}/{target})"

    text = re.sub(r"(\[[^\]]*\])\((?!https?:|#)([^)\s]+)\)", moved, text)
    text = re.sub(r'<a id="(\w+)"></a>', r"(\1)=", text)
    lessons = "\n".join(path.stem for path in lessons_of(language, root))
    return f"{text}\n```{{toctree}}\n:hidden:\n\n{lessons}\n```\n"


def lessons_of(language, root=ROOT):
    """The notebooks of a language, in the order of the front page."""
    names = badges.lessons((root / "README.md").read_text("utf-8"))
    return [root / "notebooks" / language / f"{name}.ipynb" for name in names]


def stage(folder, language, root=ROOT):
    """Writes what Sphinx reads: the front page, its pictures, the lessons, the words.

    Returns:
        Dict of Sphinx's settings for these.
    """
    name, catalog = NAMES.get(language, language), words(language)
    home = root if language == "en" else root / "notebooks" / language
    text = front_page(home / "README.md", language, root)
    (folder / "index.md").write_text(text, "utf-8")
    shutil.copytree(root / ".github/images", folder / ".github/images")
    if len(catalog):
        place = folder / "locales" / name / "LC_MESSAGES"
        shutil.copytree(HERE / "locale", folder / "locales")
        (place / "sphinx.js").write_text(messages_for_scripts(catalog, language))
    i18n.set_language(language)
    for path in lessons_of(language, root):
        notebook = page(nbformat.read(path, as_version=4), catalog)
        nbformat.write(notebook, folder / path.name)
    return {
        "language": name,
        "html_title": re.search("^# (.+)$", text, re.MULTILINE)[1],
        "html_context.this_language": language,
        "locale_dirs": str(folder / "locales"),
        **prompts(catalog),
    }


def words(language):
    """The theme's words in a language, as far as Sphinx does not know them itself."""
    name = NAMES.get(language, language)
    return catalogs.read(HERE / "locale" / name / "LC_MESSAGES/sphinx.po", name)


def prompts(catalog):
    """MyST-NB's settings with the words beside a folded cell."""
    texts = {name: f"{name.title()} code cell {{type}}" for name in ("show", "hide")}
    found = {name: catalog.get(text) for name, text in texts.items()}
    return {f"nb_code_prompt_{name}": m.string for name, m in found.items() if m}


def messages_for_scripts(catalog, language):
    """What the search says, for a language in which Sphinx's own scripts are mute."""
    texts = {}
    for message in catalog:
        if message.id:
            several = isinstance(message.id, tuple)
            texts[message.id[0] if several else message.id] = message.string
    known = {"locale": language, "messages": texts, "plural_expr": "0"}
    return f"Documentation.addTranslations({json.dumps(known)});\n"


def build(to, languages=tuple(i18n.LANGUAGES), root=ROOT):
    """Writes the pages; returns whether Sphinx had nothing to complain about."""
    to.mkdir(parents=True, exist_ok=True)
    (to / "index.html").write_text(TO_EN)
    (to / ".nojekyll").touch()
    files = importlib.metadata.files("sphinx-mathjax-offline")
    shared = [file.locate() for file in files if file.name == MATHJAX]
    shared += [i18n.ASSETS / each.font for each in i18n.LANGUAGES.values() if each.font]
    for file in shared:
        shutil.copy(file, to)
    failed = False
    for language in languages:
        with tempfile.TemporaryDirectory() as folder:
            source = pathlib.Path(folder, "source")
            source.mkdir()
            settings = stage(source, language, root)
            options = [f"-D{name}={value}" for name, value in settings.items()]
            options += ["-q", "-W", "--keep-going", "-E", "-c", HERE]
            # MyST-NB leaves a folder of its own beside the pages.
            pages = pathlib.Path(folder, "site", language)
            # A process each: Sphinx keeps the words of the language before.
            options += ["-d", f"{folder}/trees", source, pages]
            command = [sys.executable, "-m", "sphinx", *options]
            failed |= bool(subprocess.run(command).returncode)
            shutil.copytree(pages, to / language, dirs_exist_ok=True)
    return not failed


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--to", type=pathlib.Path, default=ROOT / "build/site")
    to = parser.parse_args().to
    if not build(to):
        sys.exit(1)
    print(to / "index.html")


if __name__ == "__main__":
    main()
