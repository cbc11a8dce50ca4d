"""Thai and Chinese in figures, with the fonts of the repository alone."""

import io
import logging
import os
import pathlib
import subprocess
import sys
import unicodedata
import warnings

import make_fonts
import matplotlib
import numpy as np
import pytest
from babel.messages import pofile
from fontTools.ttLib import TTFont
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from test_figures_gc import PICTURES
from test_plotting import FIGURES
from translation import glyphs

from helpers._support import i18n
from helpers.experiments.comparison import Comparison
from helpers.live import ConditionalGradientExplorer, GradientCentralizationExplorer
from helpers.live.figure import LiveFigure
from helpers.live.training import Record
from helpers.plotting import conditional_gradient as plotting
from helpers.plotting import style

CATALOGS = sorted(i18n.LOCALE.glob("*/LC_MESSAGES/helpers.po"))
# Letters of each language, with marks upon marks, and the signs of the lessons.
SIGNS = "λ γ μ Φ σ ε = 1 − lr ‖w‖₂ ≤ √2·⟨g, s⟩ ≈ 3×10⁻³ ± 2° → ∞ “…” – — ∈ ∇ ‰"
SAMPLES = {
    "en": f"weights {SIGNS}",
    "th": f"ค่าน้ำหนัก ที่ ปั้น เกรเดียนต์ ฟื้นฐานู ๆ ฯลฯ {SIGNS}",
    "zh": f"“步长”γ，权重（损失：准确率）；《梯度中心化》、轮次。{SIGNS}",
}
NAMES = ["dense/kernel", "dense/bias"]


@pytest.fixture(autouse=True)
def english_again():
    yield
    i18n.set_language("en")


@pytest.fixture(params=i18n.LANGUAGES)
def language(request):
    i18n.set_language(request.param)
    return request.param


@pytest.fixture
def strict(caplog):
    """Warnings are errors, and what matplotlib logs fails the test at its end.

    Within formulas a missing glyph is logged, and so is a font that is not found.
    """
    with warnings.catch_warnings(), caplog.at_level(logging.WARNING, "matplotlib"):
        # Not those of libraries to each other: 3.10 calls what pyparsing deprecates.
        warnings.simplefilter("error", UserWarning)
        yield
    assert [r.getMessage() for r in caplog.records if "matplotlib" in r.name] == []


def compared(*values):
    return Comparison(
        ("SGD", "GC"), (0, 1, 2), np.array(values), i18n._("accuracy"), 0.95
    ).picture()


def live(kind):
    values = {"lambda_": 2.0, "learning_rate": 0.9, "strength": 1.0}
    metrics = {"accuracy": 0.5}
    measured = (metrics, {"loss": 1.1, **metrics}, -0.1, 0.2, (1.0, 1e-3))
    record = Record(1, 0.1, values, 1.0, *measured)
    norm = i18n._("Frobenius norm of each variable")
    figure = LiveFigure(NAMES, record, kind, norm)
    values = values | {"lambda_": 1.0}
    later = {"step": 20, "loss": 1e-4, "hyperparameters": values}
    figure.png([record, Record(**(vars(record) | later))])
    return figure.raster.figure


EVERY_FIGURE = {
    **FIGURES,
    **PICTURES,
    "original": lambda: plotting.against_the_original([0.5, 0.9], [0.5, 0.8], 2),
    "raised": lambda: compared([0.5, 0.6, 0.7], [0.61, 0.72, 0.8]),
    "undecided": lambda: compared([0.5, 0.6, 0.7], [0.6, 0.5, 0.71]),
    "live gap": lambda: live("gap"),
    "live share": lambda: live("removed_share"),
    "live": lambda: live(None),
    "explorer cg": lambda: ConditionalGradientExplorer().raster.figure,
    "explorer gc": lambda: GradientCentralizationExplorer().raster.figure,
}


class Sample:
    """A catalog in which every message holds the letters of a language."""

    def __init__(self, letters):
        self.letters = letters

    def gettext(self, message):
        return f"{self.letters[:22]} {message}"

    def pgettext(self, context, message):
        return message


@pytest.mark.parametrize("language", ["th", "zh"])
@pytest.mark.parametrize("name", EVERY_FIGURE)
def test_every_figure_has_its_letters(name, language, monkeypatch, strict):
    i18n.set_language(language)
    monkeypatch.setattr(i18n, "_catalog", Sample(SAMPLES[language]))
    EVERY_FIGURE[name]()


@pytest.mark.parametrize("name", EVERY_FIGURE)
def test_no_text_is_cut_off(name, language, monkeypatch, strict):
    """In the words of the catalogs. Thai is longer, and Chinese has no spaces."""
    drawn = []

    def keep(self, figure, *texts):
        drawn.append(figure)

    monkeypatch.setattr(style.Picture, "__init__", keep)
    made = EVERY_FIGURE[name]()
    (figure,) = drawn or [made]
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    box = figure.get_tightbbox(canvas.get_renderer())  # in inches
    width, height = figure.get_size_inches()
    assert box.x0 > -0.02 and box.x1 < width + 0.02, box
    assert box.y0 > -0.02 and box.y1 < height + 0.02, box


def test_titles_labels_ticks_and_legends(language, strict):
    text = SAMPLES[language]
    figure = Figure(figsize=(12, 6), layout="constrained")
    ax = figure.add_subplot()
    ax.plot([0, 1], [-1, 1e-3], label=text)
    ax.set_xticks([0, 1], [text[:12], text[-12:]])
    ax.set_yscale("symlog", linthresh=1e-3)  # ticks such as −10⁻³, as formulas
    ax.set(title=text, xlabel=text, ylabel=text[:30])
    ax.annotate(r"$\lambda s \times 10^{-3}$", (0.5, 0))
    ax.legend()
    figure.suptitle(text)
    figure.savefig(io.BytesIO())


@pytest.mark.parametrize("path", CATALOGS, ids=lambda path: path.parts[-3])
def test_fonts_have_all_letters_of_the_catalogs(path):
    language = path.parts[-3]
    with path.open("rb") as file:
        messages = [str(message.string) for message in pofile.read_po(file)]
    missing = {
        letter for text in messages for letter in glyphs.missing_glyphs(text, language)
    }
    assert not missing, "run `python tools/make_fonts.py`"


def test_the_samples_have_their_letters_and_planted_ones_are_missing(language):
    assert glyphs.missing_glyphs(SAMPLES[language], language) == set()
    assert glyphs.missing_glyphs("a 龘\n𓀀 b", language) == {"龘", "𓀀"}
    others = {"th": "学", "zh": "ก", "en": "ก学"}[language]
    assert glyphs.missing_glyphs(f"λ{others}", language) == set(others)


def test_a_missing_glyph_is_a_warning():
    """What the tests above rely on."""
    i18n.set_language("th")
    figure = Figure()
    figure.text(0.5, 0.5, "学")
    with pytest.warns(UserWarning, match="missing from font"):
        figure.savefig(io.BytesIO())


@pytest.mark.parametrize("language", ["th", "zh"])
def test_no_other_letters_within_a_formula(language, caplog):
    text = SAMPLES[language][:10]
    assert glyphs.missing_glyphs(text, language) == set()
    assert glyphs.missing_glyphs(f"{text} $x$", language)
    i18n.set_language(language)
    figure = Figure()
    figure.text(0.1, 0.5, f"{text} $x$")
    figure.savefig(io.BytesIO())
    assert "does not have a glyph" in caplog.text


def test_a_readers_family_is_kept(monkeypatch):
    monkeypatch.setitem(matplotlib.rcParams, "font.family", ["monospace"])
    for language, own in (("th", 1), ("zh", 1), ("zh", 1), ("en", 0)):
        i18n.set_language(language)
        families = matplotlib.rcParams["font.family"]
        assert families[0] == "monospace" and len(families) == 1 + own


def test_an_unknown_catalog_changes_nothing(monkeypatch, tmp_path):
    monkeypatch.setattr(i18n, "LOCALE", tmp_path)
    before = matplotlib.rcParams["font.family"]
    with pytest.raises(FileNotFoundError):
        i18n.set_language("th")
    assert (i18n.language(), matplotlib.rcParams["font.family"]) == ("en", before)


def test_no_font_but_ours_and_matplotlibs_is_used(tmp_path):
    """On a machine without fonts, and without matplotlib's cache of them."""
    code = (
        "import pathlib, sys, warnings\n"
        "from matplotlib import font_manager as fm\n"
        "fm.fontManager.ttflist = [f for f in fm.fontManager.ttflist\n"
        "                          if 'mpl-data' in f.fname]\n"
        "from helpers import i18n\n"
        "from helpers.plotting import conditional_gradient as plotting\n"
        "warnings.simplefilter('error')\n"
        "for language, word in (('th', 'ที่'), ('zh', '步长')):\n"
        "    i18n.set_language(language)\n"
        "    plotting.norms({word: [1.0, 2.0]})\n"
        "    paths = fm.fontManager._find_fonts_by_props(fm.FontProperties())\n"
        "    print(*(pathlib.Path(path).parent.name for path in paths))\n"
    )
    environment = {**os.environ, "MPLCONFIGDIR": str(tmp_path), "MPLBACKEND": "agg"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True
    )
    assert done.stdout.splitlines() == ["ttf assets"] * 2, done.stderr


def test_thai_marks_do_not_collide():
    """A tone mark above a vowel begins where the vowel ends, shaped or not."""

    def ink(text):
        i18n.set_language("th")
        figure = Figure(figsize=(2, 2), dpi=200)
        figure.text(0.5, 0.5, text, fontsize=60)
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
        return np.asarray(canvas.buffer_rgba())[..., 0] < 128

    for vowel in "ีืัึิ":
        with_mark, without = ink(f"น{vowel}่"), ink(f"น{vowel}")
        top = np.flatnonzero(without.any(axis=1))[0]
        first = np.flatnonzero(with_mark.any(axis=1))[0]
        gap = with_mark[first:top]
        assert top - first > 10, "the mark is above the vowel"
        assert not gap[-1].any(), "and does not touch it"


def test_the_files_are_small_free_and_complete():
    assets = pathlib.Path(i18n.ASSETS)
    assert (assets / "NotoSansSC-Regular.subset.ttf").stat().st_size < 2_000_000
    for path in assets.glob("*.ttf"):
        name = TTFont(path)["name"].getDebugName
        licence = assets / f"OFL-{path.name.split('-')[0]}.txt"
        assert "SIL OPEN FONT LICENSE Version 1.1" in licence.read_text()
        assert "Open Font License, Version 1.1" in name(13)
        assert path.name in (assets / "README.md").read_text()
    named = {language.font for language in i18n.LANGUAGES.values()} - {None}
    assert all((assets / font).exists() for font in named)


def test_the_chinese_font_has_the_common_characters():
    common = make_fonts.common_characters()
    # GB 2312 level 1 has 3,755; 119 of the 3,500 of the table are not among them.
    assert len(common) == 3755 + 119
    assert all("CJK UNIFIED" in unicodedata.name(letter) for letter in common)
    font = TTFont(i18n.ASSETS / "NotoSansSC-Regular.subset.ttf").getBestCmap()
    assert set(map(ord, common)) <= set(font)


def test_the_thai_font_for_older_matplotlib_is_made_from_the_other():
    font = (i18n.ASSETS / "NotoSansThai-Regular.ttf").read_bytes()
    unshaped = i18n.ASSETS / "NotoSansThai-Unshaped.ttf"
    assert make_fonts.with_raised_marks(font) == unshaped.read_bytes()


def test_thai_letters_are_all_there():
    for path in i18n.ASSETS.glob("NotoSansThai-*.ttf"):
        letters = TTFont(path).getBestCmap()
        thai = [c for c in range(0xE01, 0xE5C) if unicodedata.name(chr(c), "")]
        assert set(thai) <= set(letters)
