"""When a sweep takes two functions for the same."""

import os
import subprocess
import sys

import numpy as np
import pytest
from helpers.sweeps.fingerprint import fingerprint
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

# What a notebook may hold: everything here is sent, and counts, by its content.
NOTEBOOK = '''
import dataclasses
import functools
import numpy as np
import keras
from helpers.optimizers import ConditionalGradient

DATA = np.arange(6.0)
NAMES = {"adam", "sgd", "gc", "cg"}
TABLE = {"a": [1, (2, 3)], "b": None}

@dataclasses.dataclass
class Setting:
    rate: float = 0.5

    @property
    def double(self):
        return 2 * self.rate

class Scaled(keras.layers.Layer):
    def call(self, x):
        return 3 * x

    @staticmethod
    def offset():
        return 1

SETTING = Setting()

def even(n):
    return n == 0 or odd(n - 1)

def odd(n):
    return n != 0 and even(n - 1)

def model(units=8):
    """Words."""
    return keras.Sequential([keras.layers.Dense(units), Scaled()])

def outer(bias):
    def inner(x):
        return [x + bias for _ in range(2)]
    return inner

shifted = outer(7)
half = functools.partial(pow, exp=0.5)

def metric(lambda_, seed, *, scale=1.0):
    import math
    optimizer = ConditionalGradient(0.9, lambda_)
    kind = "adam" in {"adam", "sgd"} and NAMES
    return model().history, DATA, TABLE, SETTING.double, even(4), shifted(1), half(4)
'''


def of(source, name="metric"):
    """Fingerprint of a function of a notebook with this source."""
    names = {"__name__": "__main__"}
    main = sys.modules["__main__"]
    # Dataclasses look their module up by its name.
    sys.modules["__main__"] = type(sys)("__main__")
    try:
        exec(compile(source, "cell", "exec"), names)
        return fingerprint(names[name])
    finally:
        sys.modules["__main__"] = main


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("\nDATA", "\n# A comment, and a line more.\n\nDATA"),
        ("return n == 0 or odd(n - 1)", "return (n == 0 or\n        odd(n - 1))"),
        ("SETTING = Setting()", "SETTING = Setting()\nunused = 3"),
        # Only the attribute `history` of a model has this name.
        ("SETTING = Setting()", "SETTING = Setting()\nhistory = object()"),
        ('{"adam", "sgd", "gc", "cg"}', '{"cg", "gc", "sgd", "adam"}'),
    ],
)
def test_what_changes_nothing_counts_as_the_same(before, after):
    assert before in NOTEBOOK
    assert of(NOTEBOOK.replace(before, after)) == of(NOTEBOOK)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("ConditionalGradient(0.9,", "ConditionalGradient(0.8,"),
        ("scale=1.0", "scale=2.0"),
        ("np.arange(6.0)", "np.arange(7.0)"),
        ("np.arange(6.0)", "np.arange(6)"),
        ("np.arange(6.0)", "np.arange(6.0).reshape(2, 3)"),
        ('"gc", "cg"', '"gc"'),
        ("(2, 3)", "(2, 4)"),
        ("(2, 3)", "[2, 3]"),
        ('"b": None', '"c": None'),
        ("rate: float = 0.5", "rate: float = 0.25"),
        ("Setting()", "Setting(0.25)"),
        ("return 2 * self.rate", "return 4 * self.rate"),
        ("return 3 * x", "return 4 * x"),
        ("return 1", "return 2"),
        ("n != 0 and", "n != 1 and"),
        ("units=8", "units=9"),
        ("Dense(units)", "EinsumDense(units)"),
        ("x + bias", "x - bias"),
        ("outer(7)", "outer(8)"),
        ("exp=0.5", "exp=0.25"),
        ("import math", "import cmath"),
        ('{"adam", "sgd"}', '{"adam", "gc"}'),
        ("import ConditionalGradient", "import GradientCentralization as Conditional"),
    ],
)
def test_what_changes_the_result_counts(before, after):
    assert before in NOTEBOOK
    changed = NOTEBOOK.replace(before, after)
    if "as Conditional" in after:
        changed = changed.replace("ConditionalGradient(", "Conditional(")
    assert of(changed) != of(NOTEBOOK)


@pytest.mark.parametrize("attribute", ["scale", "shape", "size"])
def test_a_method_of_an_object_counts_with_the_object(attribute):
    class Trainer:
        def __init__(self, number):
            self.number = {attribute: number}

        def metric(self, seed):
            return self.number

    same = fingerprint(Trainer(1).metric), fingerprint(Trainer(1).metric)
    assert same[0] == same[1] != fingerprint(Trainer(2).metric)


def test_it_is_the_same_in_another_session():
    code = (
        "import sys\n"
        "exec(sys.argv[1])\n"
        "from helpers.sweeps.fingerprint import fingerprint\n"
        "print(fingerprint(metric))\n"
    )
    found = set()
    for hash_seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
        done = subprocess.run(
            [sys.executable, "-c", code, NOTEBOOK],
            env=environment,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        found.add(done.stdout)
    assert len(found) == 1


def test_a_module_of_the_readers_own_counts_by_its_content(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    path = tmp_path / "my_models_of_the_test.py"
    path.write_text("def build():\n    return 1\n\ndef other():\n    return 2\n")
    import my_models_of_the_test as mine

    def metric(seed):
        return mine.build()

    before = [fingerprint(f) for f in (metric, mine.build)]
    assert before == [fingerprint(f) for f in (metric, mine.build)]
    path.write_text(path.read_text().replace("2", "3"))
    after = [fingerprint(f) for f in (metric, mine.build)]
    assert before[0] != after[0] and before[1] != after[1]


def test_an_installed_module_counts_by_its_version(monkeypatch):
    def metric(seed):
        return np.float64(seed)

    before = fingerprint(metric)
    monkeypatch.setattr(
        "helpers.sweeps.fingerprint.importlib.metadata.version", lambda name: "0.0"
    )
    assert fingerprint(metric) != before


def test_data_that_contain_themselves_come_to_an_end():
    ring = [1, 2]
    ring.append(ring)
    assert fingerprint(ring) == fingerprint(ring) != fingerprint([1, 2])


data = st.recursive(
    st.one_of(
        *(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False)),
        *(st.text(), st.binary()),
    ),
    lambda inner: st.one_of(
        st.lists(inner), st.dictionaries(st.text(), inner), st.tuples(inner, inner)
    ),
)


@given(data, data)
def test_data_have_the_same_fingerprint_only_if_they_are_equal(first, second):
    # repr tells 1 from True and 0.0 from −0.0, which == does not.
    assert (fingerprint(first) == fingerprint(second)) == (repr(first) == repr(second))


@given(st.data())
def test_every_element_of_an_array_counts(data):
    shape = data.draw(arrays.array_shapes(max_dims=3, max_side=4))
    array = data.draw(arrays.arrays("float32", shape, elements=st.integers(-9, 9)))
    view = np.asfortranarray(array)
    assert fingerprint(view) == fingerprint(array.copy())
    changed = array.copy()
    changed.flat[data.draw(st.integers(0, array.size - 1))] += 1
    assert fingerprint(changed) != fingerprint(array)
