"""The lessons as pages to read: links that hold, alt texts, each language's words."""

import collections
import html.parser
import re
import urllib.parse

import pytest
from conftest import require

from helpers._support import i18n

LESSONS = "conditional_gradient", "gradient_centralization", "one_rule", "scale_out"
PAGES = [
    (language, name) for language in i18n.LANGUAGES for name in ("index", *LESSONS)
]
# What the theme says in English, to eyes and ears, where nobody translates it.
ENGLISH = (
    *("On this page", "Back to top", "Skip to content", "Show code cell"),
    *("Toggle site", "Toggle table", "Toggle Light", ">Search<"),
)


class Page(html.parser.HTMLParser):
    """The links, the pictures and the anchors of a page."""

    def __init__(self, path):
        super().__init__()
        self.path, self.text = path, path.read_text("utf-8")
        self.links, self.pictures, self.ids, self.tags = [], [], set(), []
        self.feed(self.text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.ids.add(attributes.get("id"))
        self.tags.append(tag)
        if tag == "a" and "href" in attributes:
            self.links.append(attributes["href"])
        if tag == "img":
            self.pictures.append(attributes)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    require("sphinx", "`make site` needs `pip install -e .[site]`")
    from website import build

    folder = tmp_path_factory.mktemp("site")
    assert build.build(folder), "Sphinx warned"
    return folder


@pytest.fixture(scope="module")
def pages(site):
    return {key: Page(site / key[0] / f"{key[1]}.html") for key in PAGES}


@pytest.mark.parametrize("language, name", PAGES)
def test_no_link_leads_nowhere(pages, language, name):
    page = pages[language, name]
    for link in page.links:
        address = urllib.parse.urlsplit(link)
        if address.scheme:
            assert address.scheme in ("https", "http", "mailto"), link
            continue
        path = urllib.parse.unquote(address.path)
        target = (page.path.parent / path).resolve() if path else page.path
        assert target.exists(), link
        if address.fragment and target.suffix == ".html":
            there = page if target == page.path else Page(target)
            assert urllib.parse.unquote(address.fragment) in there.ids, link


@pytest.mark.parametrize("language, name", PAGES)
def test_the_other_languages_are_one_click_away(pages, language, name):
    for other in set(i18n.LANGUAGES) - {language}:
        assert f"./../{other}/{name}.html" in pages[language, name].links


@pytest.mark.parametrize("language, name", PAGES)
def test_every_picture_says_what_is_seen(site, pages, language, name):
    import nbformat
    from website import build

    found = pages[language, name].pictures
    assert all(len(picture.get("alt", "")) > 5 for picture in found)
    if name != "index":
        path = build.ROOT / "notebooks" / language / f"{name}.ipynb"
        outputs = [
            output
            for cell in nbformat.read(path, as_version=4).cells
            for output in cell.get("outputs", [])
        ]
        alts = [
            o.metadata["image/png"]["alt"]
            for o in outputs
            if "image/png" in o.get("data", {})
        ]
        shown = [picture["alt"] for picture in found]
        # The rest are badges.
        assert alts == [alt for alt in shown if alt in alts] and alts


@pytest.mark.parametrize("language", [code for code in i18n.LANGUAGES if code != "en"])
def test_the_theme_speaks_the_language(site, pages, language):
    for name in ("index", *LESSONS):
        text = pages[language, name].text
        assert [words for words in ENGLISH if words in text] == []
    assert "Search Results" in (site / language / "_static/translations.js").read_text()


@pytest.mark.parametrize(
    "language, letters", [("en", "ก-๛一-鿿"), ("th", "一-鿿"), ("zh", "ก-๛")]
)
def test_no_letter_of_another_language(pages, language, letters):
    """But for the links to the others. (The setup cells speak all three.)"""
    text = pages[language, "index"].text
    for each in i18n.LANGUAGES.values():
        text = text.replace(f">{each.name}<", "")
    assert re.findall(f"[{letters}]+", text) == []


def test_the_english_words_are_the_theme_s(pages):
    """Else the test above could not fail."""
    text = "".join(pages["en", name].text for name in LESSONS)
    assert [words for words in ENGLISH[:-1] if words not in text] == []


@pytest.mark.parametrize("language, name", PAGES)
def test_a_page_has_one_title_and_every_cell(pages, language, name):
    count = collections.Counter(pages[language, name].tags)
    assert count["h1"] == 1
    if name != "index":
        assert count["details"] > 3  # the solutions, folded


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_a_panel_is_its_picture_and_says_where_it_runs(language):
    import nbformat
    from website import build

    data = {build.WIDGET: {}, "image/png": "", "text/plain": "a panel"}
    picture = nbformat.v4.new_output("display_data", {**data, "image/png": "AAAA"})
    unseen = nbformat.v4.new_output("display_data", {build.WIDGET: {}})
    cell = nbformat.v4.new_code_cell("panel", outputs=[picture, unseen])
    # The badges of the lesson, whose words the sentence names.
    path = build.ROOT / "notebooks" / language / "one_rule.ipynb"
    badges = nbformat.read(path, as_version=4).cells[0]
    notebook = nbformat.v4.new_notebook(cells=[badges, cell])
    build.page(notebook, build.words(language))
    first, sentence = cell.outputs
    assert first.data == {"image/png": "AAAA", "text/plain": "a panel"}
    text = sentence.data["text/html"]
    assert (build.PANEL in text) == (language == "en") and "▶" in text
    names = re.findall(r"\[([^\]]+)\]\(", badges.source)
    assert len(names) == 4 and "![" not in badges.source
    for name, word in zip(names[:2], ("Colab", "Binder"), strict=True):
        assert word in name and (language == "en" or name in text)


def test_headings_move_down_from_the_second_title_on():
    require("sphinx", "`make site` needs `pip install -e .[site]`")
    from website.build import under_one_title

    text = "# A\n## B\n```\n# no heading\n```\n# C\n### D"
    moved = "# A\n## B\n```\n# no heading\n```\n## C\n#### D"
    assert under_one_title(text, 0) == (moved, 2)
    assert under_one_title("## E", 2) == ("### E", 2)


def test_words_without_spaces_are_found_by_their_letters():
    require("sphinx", "`make site` needs `pip install -e .[site]`")
    from website.conf import Runs

    words = set(Runs({}).split("GC 即梯度中心化 and momentum_2"))
    assert {"gc", "梯度", "梯度中", "心化", "momentum_2", "and"} <= words
    assert "gc 即" not in words
    assert "เกร" in Runs({}).split("เกรเดียนต์")
