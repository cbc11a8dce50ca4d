"""What `helpers.source` shows is the code that runs, without its docstrings."""

import ast
import importlib
import inspect
import pathlib
import textwrap

import pytest

import helpers

ROOT = pathlib.Path(__file__).parents[1]
MODULES = [
    ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for path in ROOT.glob("helpers/optimizers/*.py")
]


def documented():
    """A docstring

    of two paragraphs.
    """
    text = """not a docstring"""

    return text


class Documented:
    """One line."""

    def method(self):
        """One line."""

        return documented()


def test_a_function_loses_its_docstring_and_nothing_else():
    assert helpers.source(documented) == (
        'def documented():\n    text = """not a docstring"""\n\n    return text'
    )


def test_a_class_loses_those_of_its_methods_too():
    assert helpers.source(Documented) == (
        "class Documented:\n    def method(self):\n        return documented()"
    )


def test_a_method_stands_at_the_margin():
    assert helpers.source(Documented.method).startswith("def method(self):\n    return")


@pytest.mark.parametrize("name", MODULES)
def test_the_rest_is_the_same_program(name):
    module = importlib.import_module(name)
    whole = ast.parse(textwrap.dedent(inspect.getsource(module)))
    for node in ast.walk(whole):
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Module):
            if ast.get_docstring(node) is not None:
                del node.body[0]
    shown = ast.parse(helpers.source(module))
    assert ast.dump(shown) == ast.dump(whole)
