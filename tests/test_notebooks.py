"""What every notebook keeps to, apart from running (which nbval tests)."""

import ast
import pathlib
import re

import nbformat
import pytest
from nbformat import v4

ROOT = pathlib.Path(__file__).parents[1]
NOTEBOOKS = sorted(ROOT.glob("notebooks/*/*.ipynb"))
LESSONS = sorted(path.stem for path in ROOT.glob("notebooks/en/*.ipynb"))
# Paths of a machine, addresses of objects, warnings.
NOT_SHOWN = re.compile(
    r"/(home|root|tmp|work|usr|content|Users)/|[A-Z]:\\Users|0x[0-9a-f]{6}|Warning"
)


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def notebook(request):
    return nbformat.read(request.param, as_version=4)


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def test_there_are_notebooks():
    assert NOTEBOOKS


def faults(notebook):
    """What the outputs and the metadata of a notebook should not have."""
    cells = code_cells(notebook)
    counts = [cell.execution_count for cell in cells]
    if counts != list(range(1, len(counts) + 1)):
        yield f"not run once from top to bottom: {counts}"
    for cell in cells:
        if {"execution", "ExecuteTime"} & set(cell.metadata):
            yield f"{cell['id']}: the time of a run"
        for output in cell.outputs:
            if output.get("execution_count", cell.execution_count) != (
                cell.execution_count
            ):
                yield f"{cell['id']}: the output of another run"
            if output.output_type == "error" or output.get("name") == "stderr":
                yield f"{cell['id']}: an error or a warning"
            data = {**output.get("data", {}), "": output.get("text", "")}
            for kind, text in data.items():
                if not kind.startswith("image/") and NOT_SHOWN.search(str(text)):
                    yield f"{cell['id']}: a path, an address or a warning"
    if notebook.metadata.get("accelerator") != "GPU":
        yield "asks Colab for no GPU"
    colab = notebook.metadata.get("colab", {})
    if colab.get("gpuType") != "T4" or colab.get("toc_visible") is not True:
        yield "asks Colab for no T4 or no table of contents"
    if "widgets" in notebook.metadata:
        yield "the state of widgets"


def test_outputs_are_of_one_run_and_of_no_machine(notebook):
    assert list(faults(notebook)) == []


def shown(**output):
    """A fault: another output of the cell."""
    kind = "display_data" if "data" in output else "stream"
    if "execution_count" in output:
        kind = "execute_result"
    return lambda notebook, cell: cell.outputs.append(v4.new_output(kind, **output))


def stale(notebook, cell):
    cell.execution_count += 1


def timestamps(notebook, cell):
    cell.metadata["execution"] = {"iopub.execute_input": "2024-01-01T00:00:00Z"}


PLANTED = {
    "stale": stale,
    "timestamps": timestamps,
    "a path": shown(data={"text/html": "<pre>/home/someone/lessons</pre>"}),
    "a path on Colab": shown(text="/content/sample_data"),
    "a warning": shown(text="UserWarning: Glyph missing"),
    "stderr": shown(name="stderr", text="slow"),
    "another run": shown(execution_count=99),
    "no GPU": lambda notebook, cell: notebook.metadata.pop("accelerator"),
    "no contents": lambda notebook, cell: notebook.metadata["colab"].pop("toc_visible"),
    "widgets": lambda notebook, cell: notebook.metadata.update(widgets={}),
}


@pytest.mark.parametrize("plant", PLANTED.values(), ids=PLANTED)
def test_what_should_not_be_there_is_caught(plant):
    notebook = nbformat.read(NOTEBOOKS[0], as_version=4)
    before = list(faults(notebook))
    plant(notebook, code_cells(notebook)[2])
    assert len(list(faults(notebook))) > len(before)


def test_cell_ids_are_names_and_unique(notebook):
    ids = [cell["id"] for cell in notebook.cells]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[a-z][a-z0-9-]*", name) for name in ids)


def test_figures_carry_alt_text(notebook):
    for cell in code_cells(notebook):
        for output in cell.outputs:
            if "image/png" in output.get("data", {}):
                assert output.metadata["image/png"]["alt"]


def test_no_visible_words_stand_in_code(notebook):
    """Comments belong into Markdown cells, which are translated."""
    for cell in code_cells(notebook):
        assert not re.search(r"^\s*# ", cell.source, re.MULTILINE), cell.source


def imported(code):
    """The names that code binds to something of `helpers`."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            for name in node.names:
                if name.name.split(".")[0] == "helpers":
                    yield name.asname or "helpers"
        elif (
            isinstance(node, ast.ImportFrom) and node.module.split(".")[0] == "helpers"
        ):
            yield from (name.asname or name.name for name in node.names)


def test_names_are_counted_once_and_modules_too():
    code = "import helpers.live\nimport helpers\nimport keras as k\ndef f():\n"
    code += "    from helpers.data import batches as b, load_mnist\n"
    assert {*imported(code)} == {"helpers", "b", "load_mnist"}


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_lesson_imports_at_most_eight_names(lesson):
    path = ROOT / f"notebooks/en/{lesson}.ipynb"
    code = "\n".join(
        cell.source for cell in code_cells(nbformat.read(path, as_version=4))
    )
    assert len({*imported(code)}) <= 8
