"""A lesson for a class, without its answers."""

import pathlib

import handout
import nbformat
import pytest

LESSONS = sorted(pathlib.Path(__file__).parents[1].glob("notebooks/*/*.ipynb"))


@pytest.mark.parametrize("path", LESSONS, ids=lambda p: f"{p.parent.name}-{p.stem}")
def test_a_handout_has_all_but_outputs_and_what_is_folded(path):
    lesson = nbformat.read(path, as_version=4)
    copy = handout.handout(lesson)
    nbformat.validate(copy)
    text = "\n".join(cell.source for cell in copy.cells)
    assert "<details>" not in text and "</details>" not in text
    for cell in copy.cells:
        assert cell.cell_type == "markdown" or cell.outputs == []
    code = [c.source for c in lesson.cells if c.cell_type == "code"]
    assert [c.source for c in copy.cells if c.cell_type == "code"] == code
    headings = [
        line
        for cell in lesson.cells
        if cell.cell_type == "markdown"
        for line in cell.source.split("\n")
        if line.startswith("#")
    ]
    assert all(heading in text for heading in headings)
    # The lesson itself is as it was.
    assert any("<details>" in cell.source for cell in lesson.cells)
    assert any(c.cell_type == "code" and c.outputs for c in lesson.cells)


def test_the_command_writes_both(tmp_path, monkeypatch, capsys):
    command = ["handout.py", str(LESSONS[0]), "--to", str(tmp_path)]
    monkeypatch.setattr("sys.argv", command)
    handout.main()
    names = sorted(path.name for path in tmp_path.iterdir())
    stem = LESSONS[0].stem
    assert names == [f"{stem}.handout.ipynb", f"{stem}.teacher.ipynb"]
