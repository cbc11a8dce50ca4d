"""Badges lead to their own notebook; stamping writes the badges and nothing else."""

import pathlib
import re
import shutil
from urllib.parse import parse_qs, unquote, urlsplit

import badges
import nbformat
import pytest
import stamp

ROOT = pathlib.Path(__file__).parents[1]
REPOSITORY, BRANCH = badges.repository()
LINK = re.compile(r'\[!\[(?P<alt>[^\]]+)\]\(\S+\)\]\((?P<target>\S+) "(?P=alt)"\)')
SITE = re.compile(r"^\[.+\]\(https://\S+\.github\.io/\S+/index\.html\)$")
CATALOGS = stamp.translations()
FOLDERS = {path.name for path in (ROOT / "notebooks").glob("[a-z][a-z]/")}
READMES = {
    language: ROOT / ("" if language == "en" else f"notebooks/{language}") / "README.md"
    for language in FOLDERS
}


def launched(target):
    """Repository, branch and path to which a badge leads."""
    url = urlsplit(unquote(target) if "urlpath" not in target else target)
    parts = url.path.strip("/").split("/")
    if url.netloc == "mybinder.org":
        assert parts[:2] == ["v2", "gh"]
        (path,) = parse_qs(url.query)["urlpath"]
        assert path.startswith("lab/tree/")
        owner, name, branch = parts[2:]
        return f"{owner}/{name}", unquote(branch), path.removeprefix("lab/tree/")
    if url.netloc == "colab.research.google.com":
        assert parts.pop(0) == "github"
    if url.netloc != "raw.githubusercontent.com":
        assert parts.pop(2) == "blob"
    length = BRANCH.count("/") + 1
    branch, path = parts[2 : 2 + length], parts[2 + length :]
    return "/".join(parts[:2]), "/".join(branch), "/".join(path)


def faults(text, path, language, count=4):
    """What is wrong with the badges in a text, which should lead to this notebook."""
    links = [match.groupdict() for match in LINK.finditer(text)]
    hosts = [urlsplit(link["target"]).netloc for link in links]
    wrong = []
    if len(set(hosts)) != count or len(hosts) != count:
        wrong.append(f"there are not {count} badges: {hosts}")
    labels = badges.LABELS[:count]
    if [link["alt"] for link in links] != [*map(CATALOGS[language], labels)]:
        wrong.append("the alt texts are not those of the language")
    for link in links:
        if launched(link["target"]) != (REPOSITORY, BRANCH, path):
            wrong.append(f"{link['target']} leads elsewhere")
        elif not (ROOT / path).is_file():
            wrong.append(f"{path} does not exist")
    return wrong


def names():
    found = sorted(ROOT.glob("notebooks/[a-z][a-z]/*.ipynb"))
    return [path.relative_to(ROOT).as_posix() for path in found]


def first_cell(path):
    cell = nbformat.read(ROOT / path, as_version=4).cells[0]
    assert cell["id"] == "badges" and cell.cell_type == "markdown"
    return cell.source


@pytest.mark.parametrize("path", names())
def test_each_badge_of_a_notebook_leads_to_it(path):
    assert faults(first_cell(path), path, path.split("/")[1]) == []


@pytest.mark.parametrize("language", sorted(FOLDERS))
def test_each_badge_of_a_readme_leads_to_a_notebook_of_its_language(language):
    text = READMES[language].read_text("utf-8")
    rows = [line for line in text.splitlines() if badges.CELL.search(line)]
    paths = [path for path in names() if path.split("/")[1] == language]
    linked = []
    for row in rows:
        link = re.search(r"\[[^]]+\]\(([^)]+ipynb)\) \|", row)[1]
        path = (READMES[language].parent / link).resolve().relative_to(ROOT).as_posix()
        assert faults(row, path, language, count=3) == []
        linked.append(path)
    assert sorted(linked) == paths


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("notebooks/en/", "notebooks/th/"),
        ("notebooks%2Fen%2F", "notebooks%2Fzh%2F"),
        ("conditional_gradient", "other_lesson"),
        (f"/{REPOSITORY}/", "/someone/else/"),
        ("Open in Colab", "เปิดใน Colab"),
    ],
)
def test_a_badge_to_another_place_or_language_is_caught(old, new):
    path = "notebooks/en/conditional_gradient.ipynb"
    text = first_cell(path)
    assert old in text and faults(text, path, "en") == []
    assert faults(text.replace(old, new), path, "en")


def test_a_row_for_the_wrong_language_is_refused():
    with pytest.raises(ValueError, match=r"notebooks/zh.*en/lesson"):
        badges.row("notebooks/en/lesson.ipynb", "zh", "a/b", "main", str)


def test_a_branch_with_a_slash_and_a_name_with_a_space_are_quoted():
    path = "notebooks/en/a lesson.ipynb"
    colab, binder, *_ = badges.targets(path, "a/b", "fix/it")
    assert colab.endswith("/a/b/blob/fix/it/notebooks/en/a%20lesson.ipynb")
    assert "/v2/gh/a/b/fix%2Fit?" in binder
    assert launched(binder) == ("a/b", "fix/it", path)


def test_everything_is_stamped():
    assert stamp.check() == []


@pytest.fixture
def copy(tmp_path):
    """The part of the collection that stamping reads or writes."""
    for name in ("pyproject.toml", "README.md"):
        shutil.copy(ROOT / name, tmp_path)
    ignored = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints")
    shutil.copytree(ROOT / "notebooks", tmp_path / "notebooks", ignore=ignored)
    return tmp_path


def texts(root):
    paths = [root / "pyproject.toml", *root.rglob("*.ipynb"), *root.rglob("*.md")]
    return {path.relative_to(root): path.read_text("utf-8") for path in paths}


def run(copy, *arguments):
    """The exit status of the command: `None` for success, or a message."""
    try:
        stamp.main(arguments, copy)
    except SystemExit as end:
        return end.code


def test_stamping_a_fork_changes_every_badge_and_nothing_else(copy):
    before = texts(copy)
    fork = ("--repository", "teacher/class", "--branch", "term-2")
    assert run(copy, "write", *fork) is None
    after = texts(copy)
    assert after.keys() == before.keys()
    for path, text in before.items():
        old, new = text.split("\n"), after[path].split("\n")
        assert len(old) == len(new)
        for one, other in zip(old, new, strict=True):
            replaced = one.replace(REPOSITORY, "teacher/class")
            if one != replaced:
                replaced = replaced.replace(f"/{BRANCH}/", "/term-2/")
                replaced = replaced.replace(f"/{BRANCH}?", "/term-2?")
                replaced = replaced.replace(f"@{BRANCH}", "@term-2")
            if one in [catalog(badges.UNSTAMPED) for catalog in CATALOGS.values()]:
                replaced = ""
            if one == f'branch = "{BRANCH}"':
                replaced = 'branch = "term-2"'
            if "set yours with" not in other and "is no" not in other:
                assert SITE.sub("", other) == SITE.sub("", replaced)
    assert badges.repository(copy) == ("teacher/class", "term-2")
    stamped = "\n".join(
        text for path, text in after.items() if path.name != "pyproject.toml"
    )
    assert REPOSITORY not in stamped
    rows = sum(
        len(LINK.findall(text)) for text in after.values() if "<!-- begin" in text
    )
    assert rows == 3 * len(names())
    for language in FOLDERS:
        path = READMES[language].relative_to(ROOT)
        assert f"(https://teacher.github.io/class/{language}/" in after[path]
    # And back again: not a byte is left of it.
    run(copy, "write", "--repository", REPOSITORY, "--branch", BRANCH)
    assert texts(copy) == before


def test_a_new_lesson_gets_all_that_a_lesson_has(copy):
    new = nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_markdown_cell("# A new lesson", id="title"),
            nbformat.v4.new_code_cell("1 + 1", id="sum"),
        ]
    )
    path = copy / "notebooks/en/a_new_lesson.ipynb"
    nbformat.write(new, path)
    assert "a_new_lesson.ipynb is not stamped. Run: make badges" in run(copy, "check")
    assert run(copy, "write") is None
    mark = "<!-- badges a_new_lesson -->"
    assert f"Write a row with {mark}" in run(copy, "check")
    with (copy / "README.md").open("a", encoding="utf-8") as file:
        file.write(f"\n| new | lesson |\n|---|---|\n| [A new lesson]() | {mark} |\n")
    assert run(copy, "write") is None
    assert run(copy, "check") is None
    lesson = nbformat.read(path, as_version=4)
    assert [cell["id"] for cell in lesson.cells] == ["badges", "title", "setup", "sum"]
    setup = lesson.cells[2]
    assert setup.metadata["cellView"] == "form"
    assert setup.metadata["jupyter"]["source_hidden"] is True
    # The lesson's own lines below the stamp stay.
    setup.source += "\n\nimport keras"
    nbformat.write(lesson, path)
    assert run(copy, "check") is None
    assert lesson.metadata["accelerator"] == "GPU"
    last = (copy / "README.md").read_text("utf-8").splitlines()[-1]
    assert "/notebooks/en/a_new_lesson.ipynb" in last and "Open in Colab" in last


@pytest.mark.parametrize("missing", ["accelerator", "colab"])
def test_a_notebook_without_the_gpu_metadata_is_caught(copy, missing):
    path = copy / "notebooks/en/conditional_gradient.ipynb"
    notebook = nbformat.read(path, as_version=4)
    del notebook.metadata[missing]
    nbformat.write(notebook, path)
    (fault,) = stamp.check(root=copy)
    assert fault.startswith("notebooks/en/conditional_gradient.ipynb is not stamped")


def test_the_place_that_must_be_set_says_so():
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    before = text[: text.index("[tool.lessons]")].splitlines()[-2:]
    assert "make badges REPOSITORY=owner/name" in " ".join(before)


def test_in_another_repository_the_check_names_the_command(copy):
    fault = run(copy, "check", "--repository", "teacher/class")
    assert "make badges REPOSITORY=teacher/class" in fault
    assert run(copy, "check", "--repository", REPOSITORY) is None


@pytest.mark.parametrize(
    "arguments",
    [
        ("--repository", "https://github.com/a/b"),
        ("--repository", "only-a-name"),
        ("--repository", 'a/b"\nx = "'),
        ("--branch", "two words"),
    ],
)
def test_what_is_no_repository_or_branch_is_refused(copy, capsys, arguments):
    before = texts(copy)
    assert run(copy, "write", *arguments) == 2
    assert "must" in capsys.readouterr().err
    assert texts(copy) == before
