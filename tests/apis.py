"""Whether all that a source takes from a library is there: `python apis.py FILE…`.

Found are names like `keras.ops.matmul`, behind an import and its aliases; not found is
what depends on values, such as the arguments of a call. It runs in any environment.
"""

import ast
import importlib
import json
import pathlib
import sys


def used(source):
    """Set of the dotted names that a source takes from what it imports."""
    tree = ast.parse(source)
    names, found = {}, set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                top = alias.name.split(".")[0]
                names[alias.asname or top] = alias.name if alias.asname else top
                found.add(alias.name)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                names[alias.asname or alias.name] = f"{node.module}.{alias.name}"
                found.add(f"{node.module}.{alias.name}")
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            chain = _chain(node)
            if chain and chain[0] in names:
                found.add(".".join([names[chain[0]], *chain[1:]]))
    return found


def _chain(node):
    """The parts of `a.b.c`; none if it does not begin with a name."""
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return [node.id, *reversed(parts)] if isinstance(node, ast.Name) else []


def exists(name):
    """Whether a dotted name leads to a module or to something in one.

    Libraries that are not installed, and the package itself, are not judged.
    """
    first, *rest = name.split(".")
    if first == "helpers":
        return True
    try:
        found = importlib.import_module(first)
    except ImportError:
        return True
    for number, part in enumerate(rest, 2):
        module = ".".join(name.split(".")[:number])
        if not hasattr(found, part):
            try:
                importlib.import_module(module)
            except ImportError:
                return False
        found = getattr(found, part)
    return True


def sources(path):
    """The code of a Python file or a notebook."""
    text = pathlib.Path(path).read_text("utf-8")
    if not str(path).endswith(".ipynb"):
        return text
    cells = [cell for cell in json.loads(text)["cells"] if cell["cell_type"] == "code"]
    return "\n".join("".join(cell["source"]) for cell in cells)


def missing(path):
    """Sorted list of the names in a file that do not exist here."""
    return sorted(name for name in used(sources(path)) if not exists(name))


def main(paths):
    faults = [f"{path}: there is no {name}" for path in paths for name in missing(path)]
    sys.exit("\n".join(faults) or None)


if __name__ == "__main__":
    main(sys.argv[1:])
