"""What can be said of Colab without its environment, which `make test-colab` makes."""

import ast
import pathlib
import re
import tomllib

import apis
import nbformat
import pytest
import stamp
from packaging.requirements import Requirement

ROOT = pathlib.Path(__file__).parents[1]

NOTEBOOKS = sorted(ROOT.glob("notebooks/*/*.ipynb"))
LINES = (ROOT / "tests/colab/constraints.txt").read_text().splitlines()
PINS = dict(line.split("==") for line in LINES if not line.startswith("#"))


def replaced(requirements):
    """The requirements for which pip would replace, or add, a package on Colab."""
    return [
        text
        for text in requirements
        for requirement in [Requirement(text)]
        if requirement.name not in PINS
        or not requirement.specifier.contains(PINS[requirement.name])
    ]


def dependencies():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return [*project["dependencies"], *project["optional-dependencies"]["lessons"]]


def learners():
    """What the lessons need where they run, apart from Jupyter and the original CG."""
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    found = [line for line in lines if line and not line.startswith(("#", "-e"))]
    others = ("jupyter", "nbval", "tensorflow-addons", "tf-keras")
    return [line for line in found if not line.startswith(others)]


def test_colab_has_all_that_the_package_and_the_lessons_require():
    """The package is installed there with `--no-deps`."""
    assert replaced(dependencies()) == []
    assert replaced(learners()) == [] and len(learners()) > 5


@pytest.mark.parametrize("planted", ["tensorflow>=2.21", "keras<3", "not-there>=1"])
def test_a_requirement_that_would_change_colab_is_caught(planted):
    assert replaced([*dependencies(), planted]) == [planted]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_the_setup_cell_installs_the_package_alone(path):
    cells = nbformat.read(path, as_version=4).cells
    installing = [cell for cell in cells if re.search(r"\bpip\b", cell.source)]
    installing = [cell for cell in installing if cell.cell_type == "code"]
    assert [cell["id"] for cell in installing] == ["setup"]
    assert '"install", "--quiet", "--no-deps", package]' in installing[0].source


def test_the_setup_cell_is_the_same_in_every_notebook_but_for_the_language():
    sources = {
        path: next(
            cell.source
            for cell in nbformat.read(path, as_version=4).cells
            if cell["id"] == "setup"
        ).replace(f'language="{path.parent.name}"', 'language="…"')
        for path in NOTEBOOKS
    }
    line = 'helpers.setup(language="…")'
    parts = [source.partition(line) for source in sources.values()]
    assert len({before for before, _line, _own in parts}) == 1
    # Below it stand the lesson's own lines, the same in each language.
    own = {(path.name, part[2]) for path, part in zip(sources, parts, strict=True)}
    assert all(part[1] for part in parts) and len(own) == len(sources) // 3


def test_sentences_of_a_translator_cannot_break_the_setup_cell():
    quotes = ['Say "no\\network".', "It's so."]
    source = stamp.setup_source("en", "owner/name", "main", quotes)
    (assignment,) = (
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "offline"
    )
    scope = {"package": "p"}
    exec(compile(ast.Module([assignment], []), "setup", "exec"), scope)
    assert scope["offline"] == "p\n" + "\n".join(quotes)


def test_what_a_library_lacks_is_found(tmp_path):
    planted = tmp_path / "planted.py"
    planted.write_text(
        "import numpy as np\nimport keras.ops\nfrom keras import ops as o, nope\n"
        "o.matmul; o.gone.further; np.random.default_rng; np.array(1).any_method\n"
        "keras.ops.vanished\n"
    )
    assert apis.missing(planted) == [
        "keras.nope",
        "keras.ops.gone",
        "keras.ops.gone.further",
        "keras.ops.vanished",
    ]
