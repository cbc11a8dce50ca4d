"""The mathematics of the explorers, which is JavaScript, and the explorers themselves.

V8 computes; NumPy and SciPy know what is right.
"""

import html.parser
import json
import pathlib
import re

import nbformat
import numpy as np
import pytest
from conftest import require
from hypothesis import given
from hypothesis import strategies as st
from scipy.linalg import null_space
from scipy.optimize import linprog, minimize

from helpers._support import i18n
from helpers.live import (
    BallExplorer,
    ConditionalGradientExplorer,
    GradientCentralizationExplorer,
    explorers,
)

ROOT = pathlib.Path(__file__).parents[1]
HESSIAN = np.array([[2.0, 0.9], [0.9, 1.0]])
MINIMUM = np.array([2.0, 0.7])
COVARIANCE = np.array([[1.0, 0.3], [0.3, 0.6]])
TARGET = np.array([1.2, -0.5])
EXPLORERS = [
    BallExplorer,
    ConditionalGradientExplorer,
    GradientCentralizationExplorer,
]
# The lessons that show them.
LESSONS = "one_rule", "conditional_gradient", "gradient_centralization"


class Script:
    """The functions of an explorer's files, without a page."""

    def __init__(self, name):
        require("py_mini_racer", "mini-racer comes with `pip install -e .[test]`")
        from py_mini_racer import MiniRacer

        self._engine = MiniRacer()
        for file in ("plane.js", "shared.js", name):
            self._engine.eval((explorers.FOLDER / file).read_text("utf-8"))

    def __call__(self, function, *arguments):
        """What a function gives; `inf` and `nan` pass through as they are."""
        written = ", ".join(map(written_in_javascript, arguments))
        return json.loads(
            self._engine.eval(
                f"JSON.stringify({function}({written}), (_, value) => typeof value ==="
                " 'number' && !Number.isFinite(value) ? String(value) : value)"
            )
        )


def written_in_javascript(value):
    if isinstance(value, str) and value.startswith("js:"):
        return value[3:]
    text = json.dumps(value, default=lambda array: array.tolist())
    return text.replace("Infinity", "Number.POSITIVE_INFINITY")


@pytest.fixture(scope="module")
def cg():
    return Script("conditional_gradient.js")


@pytest.fixture(scope="module")
def ball():
    return Script("ball.js")


@pytest.fixture(scope="module")
def gc():
    return Script("gradient_centralization.js")


def quadratic(hessian, minimum, points):
    offset = np.asarray(points) - minimum
    return 0.5 * np.einsum("...i,ij,...j->...", offset, hessian, offset)


def shown(radius=1.5, gamma=0.1, open_loop=False, start=(-1.0, -0.5), steps=50):
    values = {"radius": radius, "gamma": gamma, "openLoop": open_loop}
    return values | {"start": list(start), "steps": steps}


@given(st.floats(0.3, 3), st.floats(0, 1), st.floats(0, 6.3), st.booleans())
def test_conditional_gradient_never_leaves_the_ball(
    cg, radius, gamma, angle, open_loop
):
    start = 3 * np.array([np.cos(angle), np.sin(angle)])
    found = cg("computed", shown(radius, gamma, open_loop, start))
    inside, put_back, _free = found["paths"]
    assert np.linalg.norm(inside, axis=-1).max() <= radius * (1 + 1e-9)
    assert np.linalg.norm(put_back, axis=-1).max() <= radius * (1 + 1e-9)
    largest = [np.linalg.norm(path, axis=-1).max() for path in found["paths"]]
    names = ("norm", "projected_norm", "free_norm")
    np.testing.assert_allclose([found["numbers"][name] for name in names], largest)


@pytest.mark.parametrize("open_loop", [False, True])
def test_conditional_gradient_is_the_optimizers_path(cg, open_loop):
    import keras

    from helpers.optimizers import ConditionalGradient

    variable = keras.Variable([-1.0, -0.5], dtype="float32")
    optimizer = ConditionalGradient(0.9, 1.5)
    path = cg("computed", shown(open_loop=open_loop, steps=30))["paths"][0]
    for step, point in enumerate(path[1:]):
        if open_loop:
            optimizer.learning_rate = 1 - 2 / (step + 2)
        gradient = HESSIAN @ (variable.numpy() - MINIMUM)
        optimizer.apply([keras.ops.cast(gradient, "float32")], [variable])
        np.testing.assert_allclose(variable.numpy(), point, atol=1e-5)


@given(st.floats(0.3, 3))
def test_the_best_point_in_the_ball_is_scipys(cg, radius):
    best = cg("minimumInBall", HESSIAN, MINIMUM, radius)
    inside = {"type": "ineq", "fun": lambda x: radius**2 - x @ x}
    found = minimize(
        lambda x: quadratic(HESSIAN, MINIMUM, x),
        np.zeros(2),
        jac=lambda x: HESSIAN @ (x - MINIMUM),
        constraints=inside,
        options={"ftol": 1e-14},
    )
    np.testing.assert_allclose(best, found.x, atol=1e-5)
    assert np.linalg.norm(best) <= radius * (1 + 1e-9)
    # Projected gradient descent, which is another way there.
    numbers = cg("computed", shown(radius, start=(0, 0), steps=100))["numbers"]
    assert -1e-9 < numbers["projected"] < 1e-6


def test_gaps_are_losses_above_the_best_in_the_ball(cg):
    found = cg("computed", shown(open_loop=True, steps=100))
    best = quadratic(HESSIAN, MINIMUM, found["best"])
    for path, gaps in zip(found["paths"], found["gaps"], strict=True):
        losses = quadratic(HESSIAN, MINIMUM, path)
        np.testing.assert_allclose(np.array(gaps), losses - best, atol=1e-12)
    # Frank–Wolfe's own bound: 2 L D² / (t + 2), with L = λ_max and D = 2 r.
    steps = np.arange(1, 101)
    bound = 2 * np.linalg.eigvalsh(HESSIAN)[-1] * 3.0**2 / (steps + 2)
    assert np.all(np.array(found["gaps"][0])[1:] <= bound)


def test_plain_descent_reaches_the_minimum(cg):
    path = cg("computed", shown(steps=100))["paths"][2]
    np.testing.assert_allclose(path[-1], MINIMUM, atol=1e-6)


symmetric = st.tuples(st.floats(0.1, 30), st.floats(0.1, 30), st.floats(-0.9, 0.9))


@given(symmetric, st.floats(0.01, 100))
def test_eigenvalues_and_contours(cg, entries, level):
    a, c, share = entries
    b = share * np.sqrt(a * c)
    hessian = np.array([[a, b], [b, c]])
    found = cg("eigen", hessian)
    np.testing.assert_allclose(found["values"], np.linalg.eigvalsh(hessian)[::-1])
    for value, vector in zip(found["values"], found["vectors"], strict=True):
        np.testing.assert_allclose(
            hessian @ vector, value * np.array(vector), atol=1e-9
        )
    points = cg("ellipse", hessian, MINIMUM, level)
    np.testing.assert_allclose(quadratic(hessian, MINIMUM, points), level, rtol=1e-9)


entry = st.floats(-4, 4)


@given(entry, entry)
def test_centralization_is_the_optimizers(gc, first, second):
    from helpers.optimizers import centralize

    once = gc("centralized", [first, second])
    expected = np.array(centralize(np.array([[first], [second]]))).ravel()
    np.testing.assert_allclose(once, expected, atol=1e-6)
    np.testing.assert_allclose(gc("centralized", once), once, atol=1e-12)


@given(entry, entry)
def test_the_numbers_of_the_hessian(gc, first, second):
    mean = np.array([first, second])
    values = {"mean": mean, "rate": 0.1, "start": [-1.3, 1.6]}
    found = gc("computed", values)
    hessian = COVARIANCE + np.outer(mean, mean)
    np.testing.assert_allclose(found["hessian"], hessian)
    numbers, largest = found["numbers"], np.linalg.eigvalsh(hessian)[-1]
    assert numbers["largest"] == pytest.approx(largest)
    assert numbers["condition"] == pytest.approx(np.linalg.cond(hessian))
    along = null_space(np.ones((1, 2)))
    curvature = (along.T @ hessian @ along).item()
    assert numbers["centralized_limit"] == pytest.approx(2 / curvature)
    # The limits are what they say: just below all is well, just above nothing is.
    for i, limit in enumerate((numbers["limit"], numbers["centralized_limit"])):
        # A start that lies only along the flat direction would feel no steep one.
        steep = np.linalg.eigh(hessian)[1][:, -1] if i == 0 else along[:, 0]
        start = TARGET + steep + 0.1
        for factor, diverges in ((0.98, False), (1.02, True)):
            values = {"mean": mean, "rate": factor * limit, "start": start}
            assert gc("computed", values)["diverged"][i] == diverges


@given(entry, entry, st.floats(-2, 2))
def test_centralized_descent_keeps_the_sum_and_ends_at_its_floor(gc, first, second, x):
    mean, start = np.array([first, second]), np.array([x, 1.6])
    hessian = COVARIANCE + np.outer(mean, mean)
    curvature = np.array([1, -1]) @ hessian @ np.array([1, -1]) / 2
    found = gc("computed", {"mean": mean, "rate": 0.8 / curvature, "start": start})
    path = np.array(found["paths"][1])
    np.testing.assert_allclose(path.sum(axis=-1), start.sum(), atol=1e-9)
    lowest = minimize(
        lambda t: quadratic(hessian, TARGET, start + t * np.array([1, -1])), 0.0
    )
    assert found["numbers"]["floor"] == pytest.approx(lowest.fun, abs=1e-6)
    assert found["numbers"]["centralized"] == pytest.approx(lowest.fun, abs=1e-6)
    losses = quadratic(hessian, TARGET, path)
    np.testing.assert_allclose(found["losses"][1], losses, rtol=1e-6, atol=1e-12)


def test_gc_helps_where_both_means_are_equal_and_not_elsewhere(gc):
    def limits(mean):
        values = {"mean": mean, "rate": 0.1, "start": [-1.3, 1.6]}
        numbers = gc("computed", values)["numbers"]
        return numbers["centralized_limit"] / numbers["limit"]

    assert limits([3, 3]) > 30
    assert limits([3, -3]) < 1.1


def test_it_begins_with_a_valley_a_zigzag_and_a_straight_way(gc):
    source = (explorers.FOLDER / "gradient_centralization.js").read_text("utf-8")
    rate = float(re.search(r'slider\("rate", ([\d.]+)', source)[1])
    mean, start = (
        json.loads(re.search(rf'pair\("{name}", (\[.*?\])', source)[1])
        for name in ("mean", "start")
    )
    found = gc("computed", {"mean": mean, "rate": rate, "start": start})
    assert found["diverged"] == [False, False] and found["numbers"]["condition"] > 10
    plain, centralized = (np.diff(path, axis=0) for path in found["paths"])
    steep = np.linalg.eigh(np.array(found["hessian"]))[1][:, -1]
    across = plain @ steep
    assert np.all(across[:5] * across[1:6] < 0)
    np.testing.assert_allclose(centralized @ [1, 1], 0, atol=1e-12)
    assert np.abs(found["paths"]).max() < 2.6


exponents = st.sampled_from([1, 1.01, 1.5, 2, 3, 10, 29.9, np.inf])


@given(st.floats(0, 6.3), exponents)
def test_the_support_point_is_the_furthest_on_the_edge(ball, angle, p):
    g = np.array([np.cos(angle), np.sin(angle)])
    s = np.array(ball("support", g, p))
    np.testing.assert_allclose(np.linalg.norm(s, p), 1)
    dual = {1: np.inf, np.inf: 1}.get(p) or p / (p - 1)
    np.testing.assert_allclose(s @ g, np.linalg.norm(g, dual), rtol=1e-6)
    if p in (1, np.inf):
        # A linear program in w⁺ and w⁻ knows nothing of corners.
        sums = np.ones((1, 4)) if p == 1 else np.hstack([np.eye(2), np.eye(2)])
        program = linprog(-np.concatenate([g, -g]), sums, np.ones(len(sums)))
        assert s @ g == pytest.approx(-program.fun)
        assert np.all(np.isin(s, [-1, 0, 1]))


@given(st.floats(0, 360), st.floats(1, 30), st.floats(0.2, 1.4))
def test_a_step_goes_to_the_opposite_point(ball, angle, p, radius):
    found = ball("computed", {"angle": angle, "p": p, "radius": radius})
    np.testing.assert_allclose(found["target"], -radius * np.array(found["s"]))
    turn = np.radians(angle)
    np.testing.assert_allclose(
        found["gradient"], [np.cos(turn), np.sin(turn)], atol=1e-12
    )
    edge = np.array(ball("edge", p))
    norm = np.inf if p >= 30 else p
    np.testing.assert_allclose(np.linalg.norm(edge, norm, axis=-1), 1)
    assert (
        np.array(found["s"]) @ found["gradient"]
        >= np.max(edge @ found["gradient"]) - 1e-9
    )


def test_a_path_ends_where_it_leaves_the_picture(cg):
    path = [[0, 0], [1, 0], [5, 0], [0, 0], [-1e300, "js:NaN"]]
    written = "js:[[0, 0], [1, 0], [5, 0], [0, 0]]"
    assert cg("cut", written, [-2, 2], [-2, 2]) == path[:3]
    assert cg("cut", "js:[[0, 0], [1, 1]]", [-2, 2], [-2, 2]) == [[0, 0], [1, 1]]
    assert cg("cut", "js:[[0, 0], [0, NaN], [1, 1]]", [-2, 2], [-2, 2])[1:] == [
        [0, "NaN"]
    ]


@given(st.floats(-1e12, 1e12), st.integers(1, 6))
def test_numbers_are_rounded_as_python_rounds_them(cg, number, digits):
    text = cg("general", number, digits).replace("−", "-")
    assert float(text) == pytest.approx(
        float(f"{number:.{digits}g}"), rel=10.0**-digits
    )
    said = cg("said", number).replace("−", "-").replace("\u00a0×\u00a010", "e")
    said = said.translate(str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-"))
    assert float(said) == pytest.approx(number, rel=0.005, abs=1e-300)
    assert said not in ("-0", "NaN")


@given(st.floats(-50, 50), st.floats(0.1, 100))
def test_ticks_are_few_round_and_within(cg, low, width):
    found = np.array(cg("ticks", [low, low + width]))
    assert 2 <= len(found) <= 8
    assert found[0] >= low - 1e-6 and found[-1] <= low + width + 1e-6
    step = found[1] - found[0]
    assert f"{step:.6e}"[0] in "125" and float(f"{step:.6e}"[1:8]) == 0
    np.testing.assert_allclose(found / step, np.round(found / step), atol=1e-6)


def test_there_is_little_javascript_and_nothing_is_fetched():
    files = sorted(explorers.FOLDER.glob("*.js"))
    lines = [line for path in files for line in path.read_text("utf-8").splitlines()]
    assert len(lines) <= 700 and max(map(len, lines)) <= 100  # none is squeezed
    for explorer in EXPLORERS:
        text = explorer().html()
        addresses = set(re.findall(r"https?://[^\"'\s]+", text))
        assert addresses == {
            "http://www.w3.org/1999/xhtml",
            "http://www.w3.org/2000/svg",
        }
        assert not re.search(r"\bfetch\b|\bimport\b|XMLHttp|@import|\bsrc=", text)


class Stripped(html.parser.HTMLParser):
    """What a viewer leaves that runs no scripts."""

    def __init__(self, text):
        super().__init__()
        self.text, self.marks, self._open = "", {}, []
        self.feed(text)
        assert self._open == []

    def handle_starttag(self, tag, attributes):
        self._open.append(tag)
        self.marks |= dict(attributes)

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        if "script" not in self._open:
            self.text += data


@pytest.fixture
def language(request):
    i18n.set_language(request.param)
    yield request.param
    i18n.set_language("en")


@pytest.mark.parametrize("explorer_class", EXPLORERS)
@pytest.mark.parametrize("language", i18n.LANGUAGES, indirect=True)
def test_words_are_those_of_the_catalogs(explorer_class, language):
    explorer = explorer_class()
    page = Stripped(explorer.html())
    words = json.loads(page.marks["data-words"])
    assert words == explorer.words and page.marks["lang"] == language
    assert explorer.text in page.text and len(page.text) > len(explorer.text) + 10
    # The same in every run, which nbval may compare.
    assert explorer_class().html() == explorer.html()


BEGIN = {
    "cg": (ConditionalGradientExplorer, shown()),
    "ball": (BallExplorer, {"angle": 30, "p": 2, "radius": 0.5}),
    "gc": (
        GradientCentralizationExplorer,
        {"mean": [1.5, 1.5], "rate": 0.3, "start": [-1.3, 1.6]},
    ),
}


@pytest.mark.parametrize("name", BEGIN)
def test_sentences_have_their_numbers_and_no_word_is_idle(name, request):
    script, (explorer_class, values) = request.getfixturevalue(name), BEGIN[name]
    explorer = explorer_class()
    numbers = script("computed", values)["numbers"] | {"p": "2"}
    code = (explorers.FOLDER / explorer._script).read_text("utf-8")
    for name, word in explorer._words().items():
        sentence = script("filled", word, numbers)
        assert not re.search("undefined|NaN|[{}]", sentence), sentence
        assert name == "text" or re.search(rf"\b{name}\b", code), name
    used = set(re.findall(r"\bwords\.(\w+)", code))
    used |= set(re.findall(r'(?:slider|pair|check)\("(\w+)"', code))
    assert len(used) > 5 and used <= set(explorer.words)


@pytest.mark.parametrize("explorer_class", EXPLORERS)
def test_what_jupyter_is_given(explorer_class):
    explorer = explorer_class()
    data, metadata = explorer._repr_mimebundle_()
    assert set(data) == {"text/plain", "text/html"}
    assert data["text/plain"] == repr(explorer) == explorer.text
    assert metadata["explorer"] == explorer_class.__name__
    picture = '<img alt="its picture">'
    assert picture in explorer.html(picture)


@pytest.mark.parametrize("language", i18n.LANGUAGES)
@pytest.mark.parametrize("name", LESSONS)
def test_lessons_store_a_picture_and_no_script(language, name):
    """Jupyter shows no script of a notebook that it does not trust, and no picture
    that is stored beside one; so none is stored, and nbval must not miss it."""
    notebook = nbformat.read(ROOT / f"notebooks/{language}/{name}.ipynb", as_version=4)
    (cell,) = [c for c in notebook.cells if "Explorer()" in c.source]
    (output,) = cell.outputs
    assert set(output.data) == {"text/plain", "image/png"}
    assert output.metadata["image/png"]["alt"].startswith(output.data["text/plain"])
    assert output.metadata["explorer"] in cell.source
    assert "nbval-ignore-output" in cell.metadata["tags"]
