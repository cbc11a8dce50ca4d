"""Thai and Chinese in figures, with the fonts of the repository alone."""

import io
import os
import pathlib
import subprocess
import sys
import unicodedata

import make_fonts
import matplotlib
import numpy as np
import pytest
from babel.messages import pofile
from fontTools.ttLib import TTFont
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from translation import glyphs

from helpers._support import i18n

CATALOGS = sorted(i18n.LOCALE.glob("*/LC_MESSAGES/helpers.po"))
# Letters of each language, with marks upon marks, and the signs of the lessons.
SIGNS = "λ γ μ Φ σ ε = 1 − lr ‖w‖₂ ≤ √2·⟨g, s⟩ ≈ 3×10⁻³ ± 2° → ∞ “…” – — ∈ ∇ ‰"
SAMPLES = {
    "en": f"weights {SIGNS}",
    "th": f"ค่าน้ำหนัก ที่ ปั้น เกรเดียนต์ ฟื้นฐานู ๆ ฯลฯ {SIGNS}",
    "zh": f"“步长”γ，权重（损失：准确率）；《梯度中心化》、轮次。{SIGNS}",
}


@pytest.fixture(autouse=True)
def english_again():
    yield
    i18n.set_language("en")


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
        "from helpers._support import i18n\n"
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
