"""What makes two functions the same, so that one may use the other's results.

Python's pickles will not do: those of a function in a notebook differ from one session
to the next. This looks at the meaning instead: the compiled code without its line
numbers, so that a comment changes nothing, and all that the code refers to.
"""

import dis
import functools
import hashlib
import importlib.metadata
import importlib.util
import pathlib
import sys
import sysconfig
import types

import cloudpickle
import numpy as np

PLAIN = (type(None), type(...), bool, int, float, complex, str, bytes)
# What Python adds to a class, and what says nothing of its behaviour.
OF_A_CLASS = {
    *("__dict__", "__weakref__", "__doc__", "__module__", "_abc_impl"),
    *("__firstlineno__", "__static_attributes__"),
}


def fingerprint(function):
    """A digest of a function and of all that it refers to.

    Functions, classes and data of the notebook or script itself count by their
    content, to any depth. A module that lies in `site-packages`, or belongs to
    Python, counts by its version; any other one by the content of its files, all
    those of its package included.

    Not seen are files that the function reads, the environment, and changes made at
    run time to a module.

    Args:
        function: Callable.

    Returns:
        String of 64 hexadecimal digits.

    Raises:
        Exception: What cloudpickle raises for data that cannot be sent anywhere.
    """
    walk = _Walk()
    walk.add(function)
    return walk.digest.hexdigest()


class _Walk:
    """One walk through a function and what it refers to, in a fixed order."""

    def __init__(self):
        self.digest = hashlib.sha256()
        self._seen = {}
        self._packages = set()

    def write(self, *texts):
        for text in texts:
            data = text if isinstance(text, bytes) else str(text).encode()
            self.digest.update(b"%d:" % len(data) + data)

    def add(self, value):
        self.write(type(value).__name__)
        if isinstance(value, PLAIN) and type(value) in PLAIN:
            self.write(repr(value))
        elif type(value) is tuple:
            self._add_all(value)
        elif type(value) in (set, frozenset):
            self._add_set(value)
        elif isinstance(value, types.CodeType):
            self._add_code(value)
        elif id(value) in self._seen:  # again, or inside itself
            self.write("seen", self._seen[id(value)][0])
        else:
            # The value is kept, so that no other one can take its address.
            self._seen[id(value)] = len(self._seen), value
            self._add_once(value)

    def _add_once(self, value):
        if isinstance(value, types.ModuleType):
            self._add_module(value.__name__)
        elif _importable(value):
            self.write(value.__module__, value.__qualname__)
            self._add_module(value.__module__)
        elif isinstance(value, types.FunctionType):
            self._add_function(value)
        elif isinstance(value, type):
            self._add_class(value)
        elif isinstance(value, staticmethod | classmethod):
            self.add(value.__func__)
        elif isinstance(value, property):
            self._add_all((value.fget, value.fset, value.fdel))
        elif isinstance(value, dict | types.MappingProxyType):
            self._add_all(item for pair in value.items() for item in pair)
        elif isinstance(value, list):
            self._add_all(value)
        elif isinstance(value, np.ndarray) and not value.dtype.hasobject:
            self.write(value.dtype.str, value.shape)
            self.digest.update(np.ascontiguousarray(value))
        else:
            self._add_object(value)

    def _add_all(self, values):
        values = list(values)
        self.write(len(values))
        for value in values:
            self.add(value)

    def _add_set(self, values):
        # Sets have no order of their own: it differs from one session to the next.
        self.write(len(values), *sorted(fingerprint(value) for value in values))

    def _add_function(self, function):
        self.add(function.__code__)
        self.add(function.__defaults__)
        self.add(function.__kwdefaults__)
        for cell in function.__closure__ or ():
            try:
                self.add(cell.cell_contents)
            except ValueError:
                self.write("empty")
        for name in sorted(_global_names(function.__code__)):
            if name in function.__globals__:
                self.write(name)
                self.add(function.__globals__[name])

    def _add_code(self, code):
        self.write(code.co_code, code.co_names, code.co_varnames, code.co_freevars)
        self._add_all(code.co_consts)
        for name in sorted(_imported_names(code)):
            self._add_module(name)

    def _add_class(self, cls):
        self.write(cls.__qualname__)
        self._add_all(cls.__bases__)
        for name in sorted(set(vars(cls)) - OF_A_CLASS):
            self.write(name)
            self.add(vars(cls)[name])

    def _add_object(self, value):
        """Any other object, by what would be needed to make it anew."""
        try:
            parts = value.__reduce_ex__(4)
        except Exception:
            # Cloudpickle knows more kinds of objects. If its pickle differs from one
            # session to the next, cells are computed again, which is only slow.
            self.write(cloudpickle.dumps(value))
            return
        if isinstance(parts, str):
            self.write(parts)
            self._add_module(getattr(value, "__module__", None) or "")
        else:
            make, arguments, *rest = parts
            self._add_all((make, arguments))
            self._add_all(list(p) if hasattr(p, "__next__") else p for p in rest)
        self.add(getattr(value, "__wrapped__", None))

    def _add_module(self, name):
        top = name.partition(".")[0]
        self.write(name)
        if top not in self._packages:
            self._packages.add(top)
            self.write(*_package(top))


def _importable(value):
    """Whether another process finds this object by its name alone."""
    module = getattr(value, "__module__", None)
    name = getattr(value, "__qualname__", None)
    if not isinstance(name, str) or module in (None, "__main__"):
        return False
    try:
        found = functools.reduce(getattr, name.split("."), sys.modules[module])
    except (KeyError, AttributeError):
        return False
    return found is value


def _codes(code):
    """A code object and those of the functions and classes within it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _codes(constant)


def _global_names(code):
    return {
        step.argval
        for part in _codes(code)
        for step in dis.get_instructions(part)
        if step.opname in ("LOAD_GLOBAL", "LOAD_NAME")
    }


def _imported_names(code):
    steps = dis.get_instructions(code)
    return {step.argval for step in steps if step.opname == "IMPORT_NAME"}


def _package(top):
    """What identifies a package or module: a version, or the content of its files."""
    try:
        spec = importlib.util.find_spec(top)
    except (ImportError, ValueError):
        spec = None
    places = list((spec and spec.submodule_search_locations) or ())
    if not places and spec and spec.has_location:
        places = [spec.origin]
    places = [pathlib.Path(place).resolve() for place in places]
    if not places or any(_installed(place) for place in places):
        return ("version", _version(top))
    files = [
        f
        for place in places
        for f in ([place] if place.is_file() else sorted(place.rglob("*.py")))
    ]
    return ("files", *(part for f in files for part in (f.name, f.read_bytes())))


def _installed(path):
    if {"site-packages", "dist-packages"} & set(path.parts):
        return True
    places = (sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib"))
    return any(path.is_relative_to(pathlib.Path(place).resolve()) for place in places)


def _version(top):
    try:
        return importlib.metadata.version(top)
    except importlib.metadata.PackageNotFoundError:
        return getattr(sys.modules.get(top), "__version__", "")
