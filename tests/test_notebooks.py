"""What every notebook keeps to, apart from running (which nbval tests)."""

import pathlib
import re

import nbformat
import pytest

ROOT = pathlib.Path(__file__).parents[1]
NOTEBOOKS = sorted(ROOT.glob("notebooks/*/*.ipynb"))


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def notebook(request):
    return nbformat.read(request.param, as_version=4)


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def test_there_are_notebooks():
    assert NOTEBOOKS


def test_cells_were_run_once_from_top_to_bottom(notebook):
    counts = [cell.execution_count for cell in code_cells(notebook)]
    assert counts == list(range(1, len(counts) + 1))


def test_cell_ids_are_names_and_unique(notebook):
    ids = [cell["id"] for cell in notebook.cells]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[a-z][a-z0-9-]*", name) for name in ids)


def test_outputs_hold_no_error_warning_or_path(notebook):
    for cell in code_cells(notebook):
        for output in cell.outputs:
            assert output.output_type != "error"
            assert output.get("name") != "stderr", output.text
            text = output.get("text") or output.get("data", {}).get("text/plain", "")
            assert not re.search(
                r"/(home|root|tmp|work|usr)/|0x[0-9a-f]{6}|Warning", text
            )


def test_figures_carry_alt_text(notebook):
    for cell in code_cells(notebook):
        for output in cell.outputs:
            if "image/png" in output.get("data", {}):
                assert output.metadata["image/png"]["alt"]


def test_no_visible_words_stand_in_code(notebook):
    """Comments belong into Markdown cells, which are translated."""
    for cell in code_cells(notebook):
        assert not re.search(r"^\s*# ", cell.source, re.MULTILINE), cell.source


def test_metadata_asks_colab_for_a_gpu_and_a_table_of_contents(notebook):
    assert notebook.metadata["accelerator"] == "GPU"
    assert notebook.metadata["colab"]["gpuType"] == "T4"
    assert notebook.metadata["colab"]["toc_visible"] is True
