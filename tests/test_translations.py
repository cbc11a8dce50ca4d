"""The translations: the tools, with planted faults, and what is committed."""

import pathlib
import shutil

import nbformat
import pytest
import translate
import translation_project
from hypothesis import given
from hypothesis import strategies as st
from translation import blocks, catalogs, checks, glossary, localize
from translation.project import Project

from helpers._support import i18n
from helpers.plotting import conditional_gradient as plotting

ROOT = pathlib.Path(__file__).parents[1]


@pytest.fixture
def project(tmp_path):
    return translation_project.make(tmp_path)


@pytest.fixture
def english_again():
    yield
    i18n.set_language("en")


def prose(project):
    return project.root / "notebooks/locale/th.po"


def interface(project):
    return project.root / "helpers/_support/locale/th/LC_MESSAGES/helpers.po"


# The collection itself


def test_all_translations_are_true_to_the_source():
    """What waits for its translation is `translate.py check --release`'s to refuse."""
    faults = checks.check(Project(ROOT))
    assert [str(f) for f in faults if f.kind not in checks.PENDING] == []


@pytest.mark.parametrize("lesson", Project(ROOT).lessons, ids=lambda path: path.stem)
@pytest.mark.parametrize("language", Project(ROOT).languages)
def test_code_is_equal_in_all_languages_but_for_one_line(lesson, language):
    english = nbformat.read(lesson, as_version=4)
    path = ROOT / "notebooks" / language / lesson.name
    other = nbformat.read(path, as_version=4)
    assert [cell["id"] for cell in english.cells] == [c["id"] for c in other.cells]
    different = []
    for cell, twin in zip(english.cells, other.cells, strict=True):
        if cell.cell_type == "code" and cell.source != twin.source:
            pairs = zip(cell.source.split("\n"), twin.source.split("\n"), strict=True)
            different += [pair for pair in pairs if pair[0] != pair[1]]
    line = 'helpers.setup(language="{}")'
    assert different == [(line.format("en"), line.format(language))]
    assert other.metadata["lang"] == language


def test_no_compiled_catalog_is_committed_or_left_behind():
    assert not list((ROOT / "helpers").rglob("*.mo"))


# Blocks


def test_blocks_are_headings_paragraphs_items_rows_and_summaries():
    text = (
        "# Head\n\nOne\nparagraph.\n\n- item $x$\n  goes on\n- two\n\n"
        "1. first\n\n| a | b |\n|---|---|\n| c | d | <!-- badges x --> [B](y) |\n\n"
        "$$a$$\n\n```\ncode\n```\n\n"
        "<details>\n<summary>Answer</summary>\n\nInside.\n\n</details>\n\n"
        "<!-- begin badges -->\nwritten by a program\n<!-- end badges -->"
    )
    assert [block.text for block in blocks.find_blocks(text)] == [
        *("Head", "One paragraph.", "item $x$ goes on", "two", "first"),
        *("a | b", "c | d", "Answer", "Inside."),
    ]


@pytest.mark.parametrize("lesson", Project(ROOT).lessons, ids=lambda path: path.stem)
def test_a_translation_into_the_same_language_changes_nothing(lesson):
    for cell in nbformat.read(lesson, as_version=4).cells:
        if cell.cell_type == "markdown" and cell["id"] != "badges":
            same = blocks.translate(cell.source, lambda text: text)
            assert same == cell.source


WORDS = st.lists(st.sampled_from(["norm", "$w_1$", "**bold**", "`x`", "é"]), min_size=1)
LINE = st.builds(
    lambda prefix, words: prefix + " ".join(["Word", *words]),
    st.sampled_from(["", "# ", "## ", "- ", "1. ", "> "]),
    WORDS,
)


@given(st.lists(LINE, min_size=1, max_size=6))
def test_every_block_is_replaced_once_and_the_signs_stay(lines):
    text = "\n\n".join(lines)
    found = [block.text for block in blocks.find_blocks(text)]
    assert len(found) == len(lines)
    changed = blocks.translate(text, lambda block: block.replace("Word", "Other"))
    assert changed == text.replace("Word", "Other")


# Catalogs


def test_a_correct_project_has_no_fault(project):
    assert checks.check(project) == []


def test_a_changed_message_waits_for_its_translation(project, capsys):
    title = translation_project.TITLE.replace("of a vector is", "of a long vector is")
    title = title.replace("| length | λ |\n", "")
    translation_project.write_lesson(project.root, title)
    translate.extract(project)
    catalog = catalogs.read(prose(project), "th")
    changed = [message for message in catalog if message.id and message.fuzzy]
    assert [message.context for message in changed] == ["lesson#title"]
    former = '#| msgid "The norm of a vector is'
    assert prose(project).read_text("utf-8").count(former) == 1
    assert [message.id for message in catalog.obsolete.values()] == ["length | λ"]
    kinds = {fault.kind for fault in checks.check(project)}
    assert kinds == {"fuzzy", "obsolete", "generated"}
    localize.build(project, "th")
    assert translate.check(project) == 0
    assert capsys.readouterr().out.count("to be translated: fuzzy") == 1
    assert translate.check(project, release=True) == 2
    translate.extract(project, prune=True)
    assert not catalogs.read(prose(project), "th").obsolete


def test_extracting_again_changes_no_byte(project):
    before = [prose(project).read_bytes(), interface(project).read_bytes()]
    translate.extract(project)
    assert [prose(project).read_bytes(), interface(project).read_bytes()] == before


def test_what_is_not_translated_stays_english(project):
    translation_project.edit(prose(project), 'msgstr "นอร์ม"', 'msgstr ""')
    localize.build(project, "th")
    notebook = nbformat.read(project.root / "notebooks/th/lesson.ipynb", as_version=4)
    assert notebook.cells[1].source.startswith("# The norm\n\nนอร์มของ")


def test_building_keeps_the_outputs_of_unchanged_code_only(project):
    path = project.root / "notebooks/th/lesson.ipynb"
    notebook = nbformat.read(path, as_version=4)
    for number, cell in enumerate(notebook.cells[2:], start=1):
        cell.execution_count = number
    notebook.cells[2].source += "\nnew = 1"
    nbformat.write(notebook, path)
    localize.build(project, "th")
    cells = nbformat.read(path, as_version=4).cells
    assert [cell.execution_count for cell in cells[2:]] == [None, 2]


def test_links_of_the_readme_lead_to_the_same_language(project):
    text = (project.root / "notebooks/th/README.md").read_text("utf-8")
    assert "[นอร์ม](lesson.ipynb)" in text
    assert "[English](../../README.md) · ไทย · [中文](../zh/README.md)" in text


# Planted faults


def replaced(catalog, old, new):
    """A fault: this text in a catalog replaced by that one."""
    return lambda project: translation_project.edit(catalog(project), old, new)


def stale(project):
    title = translation_project.TITLE + "\nA new sentence.\n"
    translation_project.write_lesson(project.root, title)


def broken_formula(project):
    catalog = catalogs.read(prose(project), "th")
    for message in catalog:
        if message.id and "rVert" in message.id:
            message.string = message.string.replace("w", "v")
    catalogs.write(prose(project), catalog)


def avoided_word(project):
    path = project.root / "notebooks/locale/avoid.csv"
    path.write_text("language,word,instead\nth,สวัสดี,หวัดดี\n", encoding="utf-8")


def obsolete(project):
    with prose(project).open("a", encoding="utf-8") as file:
        file.write('\n#~ msgid "gone"\n#~ msgstr "ไปแล้ว"\n')


def orphan(project):
    folder = project.root / "notebooks/th"
    shutil.copy(folder / "lesson.ipynb", folder / "old_lesson.ipynb")


def lesson(project):
    return project.root / "notebooks/th/lesson.ipynb"


def readme(project):
    return project.root / "notebooks/th/README.md"


ROW = 'msgctxt "lesson#title"\nmsgid "length | λ"'
HELLO = "สวัสดี {name}"
# What is done, and the kind of fault that it is.
PLANTED = {
    "untranslated": (
        replaced(prose, 'msgstr "ความยาว | λ"', 'msgstr ""'),
        "untranslated",
    ),
    "fuzzy": (replaced(prose, ROW, f"#, fuzzy\n{ROW}"), "fuzzy"),
    "stale": (stale, "stale"),
    "formula": (broken_formula, "formula"),
    "link": (replaced(prose, "หนังสือ](https://example.org/book)", "หนังสือ]()"), "link"),
    "code": (replaced(prose, 'msgstr "คำนวณด้วย `np', 'msgstr "คำนวณด้วย `n'), "code"),
    "placeholder": (replaced(interface, HELLO, "สวัสดี"), "placeholder"),
    "format": (replaced(interface, HELLO, "สวัสดี {name:.2f}"), "placeholder"),
    "glossary": (replaced(prose, 'msgstr "นอร์ม"', 'msgstr "บรรทัดฐาน"'), "glossary"),
    "avoided word": (avoided_word, "avoid"),
    "obsolete": (obsolete, "obsolete"),
    "edited notebook": (replaced(lesson, "ความยาว", "ความยาวๆ"), "generated"),
    "edited readme": (replaced(readme, "ชุด", "หมวด"), "generated"),
    "orphan": (orphan, "generated"),
    "missing glyph": (replaced(interface, HELLO, f"สวัสดี ꯀ {HELLO[-6:]}"), "glyph"),
    "full stop": (replaced(interface, HELLO, "{name} สวัสดี."), "typography"),
}


@pytest.mark.parametrize("plant, kind", PLANTED.values(), ids=PLANTED)
def test_check_finds_a_planted_fault(project, plant, kind, capsys):
    plant(project)
    assert kind in {fault.kind for fault in checks.check(project)}
    assert translate.check(project, release=kind in checks.PENDING) > 0
    assert f"{kind}: " in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("梯度 下降", "a space between"),
        ("梯度， 损失", "a space beside"),
        ("梯度 ，损失", "a space beside"),
        ("梯度,损失", "half-width punctuation"),
        ("梯度下降.", "half-width punctuation"),
        ("梯度(核范数)", "half-width brackets"),
        ("梯度 `f(x, y)`，$x, y$。", None),
        ("设 λ = 3，“损失”为 0.5。", None),
        ("方式 | 梯度，损失 | 好。", None),
    ],
)
def test_chinese_typography(text, fault):
    catalog = catalogs.Catalog(locale="zh")
    message = catalog.add("x", text)
    found = [f.what for f in checks._typography("here", message, "zh")]
    assert bool(found) == bool(fault) and all(fault in what for what in found)


# The glossary


WORDS_OF_ZH = {"gradient": ("梯度",), "conditional gradient": ("条件梯度",)}


@pytest.mark.parametrize(
    ("text", "translation", "missing"),
    [
        ("Two gradients", "两个梯度", []),
        ("Two gradients", "两个坡度", ["gradient"]),
        ("Conditional Gradient", "条件梯度", []),
        ("Conditional-gradient steps", "梯度", ["conditional gradient"]),
        ("`gradient` and $gradient$", "无", []),
        ("see [here](https://x/gradient)", "见", []),
        ("gradiently", "无", []),
    ],
)
def test_glossary_asks_for_the_word_where_the_term_stands(text, translation, missing):
    words = glossary.Glossary(WORDS_OF_ZH)
    breaches = words.breaches("lesson#a", text, translation)
    assert [breach.term for breach in breaches] == missing


def test_an_exception_holds_where_it_says_and_needs_a_reason(tmp_path):
    folder = tmp_path / "notebooks/locale"
    folder.mkdir(parents=True)
    (folder / "glossary.csv").write_text("term,zh\nset,集\n", "utf-8")
    exceptions = folder / "glossary_exceptions.csv"
    header = "language,term,context,reason\n"
    exceptions.write_text(header + "zh,set,a#*,the verb\n", "utf-8")
    words = glossary.read(tmp_path, "zh")
    assert words.breaches("a#b", "Set it", "设为") == []
    assert words.breaches("b#a", "Set it", "设为")
    exceptions.write_text(header + "zh,set,a#*,\n", "utf-8")
    with pytest.raises(ValueError, match="needs a reason"):
        glossary.read(tmp_path, "zh")


# A fourth language


def accented(text):
    """English with accents, for all that is up for translation."""
    table = str.maketrans("aeioucnAEIOU", "áéíóúçñÁÉÍÓÚ")
    protected = "|".join(pattern.pattern for pattern in checks.PROTECTED.values())
    parts = checks.re.split(rf"({protected}|\{{[^}}]*\}})", text)
    return "".join(
        part if i % 2 else part.translate(table) for i, part in enumerate(parts)
    )


def test_a_fourth_language_is_one_line_and_one_file_a_catalog(
    tmp_path, monkeypatch, english_again
):
    for name in ("README.md", "notebooks/en", "helpers"):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        (tmp_path / name).parent.mkdir(exist_ok=True)
        copy(ROOT / name, tmp_path / name)
    monkeypatch.setitem(i18n.LANGUAGES, "eo", i18n.Language("Áççéñtéd"))
    monkeypatch.setattr(i18n, "LOCALE", tmp_path / "helpers/_support/locale")
    project = Project(tmp_path, languages=("eo",))
    translate.extract(project)
    assert {fault.kind for fault in checks.check(project)} == {
        "untranslated",
        "generated",
    }
    for path in project.catalogs("eo"):
        catalog = catalogs.read(path, "eo")
        for message in catalog:
            if message.id:
                message.string = accented(message.id)
        catalogs.write(path, catalog)
    translate.build(project)
    assert [str(fault) for fault in checks.check(project)] == []

    lesson = tmp_path / "notebooks/eo/conditional_gradient.ipynb"
    cells = {cell["id"]: cell for cell in nbformat.read(lesson, as_version=4).cells}
    assert cells["title"].source.startswith("# Cóñdítíóñál Grádíéñt óñ MNÍST")
    assert 'helpers.setup(language="eo")' in cells["setup"].source
    assert "[Áççéñtéd](notebooks/eo/README.md)" in (tmp_path / "README.md").read_text()

    i18n.set_language("eo")
    figure = plotting.norms({"CG": [1, 2]}, {"λ": 2})
    assert figure.text == "Nórms óvér tráíñíñg: CG. Hórízóñtál líñés: λ."
