"""Make the fonts in helpers/_support/assets again, with npm and fontTools.

    python tools/make_fonts.py

Run it after a translation brought a Chinese character that the subset lacks: the
tests say so. It takes the two packages named in `SOURCES` from the npm registry and
writes the fonts and their licences there. The same packages, catalogs and fontTools
give the same files byte for byte.
"""

import io
import pathlib
import shutil
import subprocess
import tarfile
import tempfile

from fontTools import subset
from fontTools.ttLib import TTFont

ROOT = pathlib.Path(__file__).parents[1]
ASSETS = ROOT / "helpers/_support/assets"
THAI = "@expo-google-fonts/noto-sans-thai@0.4.2"
CHINESE = "@expo-google-fonts/noto-sans-sc@0.4.3"
SOURCES = {
    THAI: "package/400Regular/NotoSansThai_400Regular.ttf",
    CHINESE: "package/400Regular/NotoSansSC_400Regular.ttf",
}

# The 3,500 characters of level 1 of the Table of General Standard Chinese Characters
# (2013) are these and characters of GB 2312 level 1. In Unihan: kTGH up to 2013:3500.
BEYOND_GB_2312_LEVEL_1 = (
    "丐偎冥匕匾卦叨叩叽吆咄咧咪唠唧啰嗦嘀嘹噩夭妃姊尬尴岖崛巅帷庵徙怡悖悴愕愣憔拗捺掰"
    "朦桦榄榕橄橘檐沐浏涮渲潇炫猬玷瑙璧瘾皓盹睐瞭祀祠禀禅笙筝箫簸缤缭缰翩聆肴胧臊芙茉"
    "莺薇蚓蚣蚪蚯蜈蜓蜻蝌蝙蝠螃蟀蟆蟋豚贻跛跤跷踱蹂躏铐铛雳霎馍馨鬓魅鲨鲫鳄鳍鹉鹦黯"
)
# What else a Chinese label may hold, as far as the font has it.
BLOCKS = (
    range(0x20, 0x7F),  # ASCII
    range(0xA0, 0x100),  # Latin-1: ° ± × ·
    range(0x370, 0x400),  # Greek
    range(0x2000, 0x20A0),  # punctuation, superscripts and subscripts
    range(0x2100, 0x2300),  # letterlike signs, arrows, mathematical operators
    range(0x3000, 0x3030),  # Chinese punctuation
    range(0xFF00, 0xFFEF),  # full-width forms
)
# Thai marks that can stand above a vowel, and the vowels that they can stand above.
TONE_MARKS = "\u0e48\u0e49\u0e4a\u0e4b"
STACKS = {mark: "\u0e31\u0e34\u0e35\u0e36\u0e37\u0e4d" for mark in TONE_MARKS}
STACKS["\u0e4c"] = "\u0e34"  # thanthakhat, as in สิทธิ์


def main():
    with tempfile.TemporaryDirectory() as folder:
        for name, source in SOURCES.items():
            font, licence = _unpacked(name, source, folder)
            if name == THAI:
                _write("NotoSansThai-Regular.ttf", font)
                _write("NotoSansThai-Unshaped.ttf", with_raised_marks(font))
                _write("OFL-NotoSansThai.txt", licence)
            else:
                codes = {code for block in BLOCKS for code in block}
                codes |= set(map(ord, common_characters() | catalog_characters()))
                _write("NotoSansSC-Regular.subset.ttf", subset_of(font, codes))
                _write("OFL-NotoSansSC.txt", licence)


def common_characters():
    """The common Chinese characters: GB 2312 level 1, and the table's level 1."""
    places = [(row, cell) for row in range(16, 56) for cell in range(1, 95)]
    level_1 = places[:-5]  # the last row ends early
    codes = bytes(0xA0 + number for place in level_1 for number in place)
    return set(codes.decode("gb2312") + BEYOND_GB_2312_LEVEL_1)


def catalog_characters():
    """All that stands in the Chinese catalogs, messages and comments included."""
    paths = [ROOT / "helpers/_support/locale/zh/LC_MESSAGES/helpers.po"]
    paths += ROOT.glob("notebooks/locale/zh*.po")
    return set("".join(p.read_text("utf-8") for p in paths if p.exists()))


def subset_of(font, codes):
    """The font with these characters alone, for horizontal text.

    Args:
        font: Bytes of a TrueType font.
        codes: Iterable of code points.

    Returns:
        Bytes.
    """
    options = subset.Options()
    options.hinting = False
    options.layout_features = ["ccmp", "kern", "locl"]
    options.drop_tables += ["BASE", "STAT", "vhea", "vmtx"]
    options.name_IDs = ["*"]
    whole = subset.load_font(io.BytesIO(font), options)
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=codes)
    subsetter.subset(whole)
    return _bytes(whole)


def with_raised_marks(font):
    """A Thai font for programs that put glyphs side by side and shape nothing.

    Without shaping, a tone mark is drawn into the vowel above its letter. Here the
    marks that can stand there do so from the start, whatever is below them.

    Args:
        font: Bytes of a TrueType font.

    Returns:
        Bytes; the family is called "Noto Sans Thai Unshaped".
    """
    raised = TTFont(io.BytesIO(font), recalcTimestamp=False)
    glyphs, names = raised["glyf"], raised.getBestCmap()
    gap = raised["head"].unitsPerEm // 40
    for code, vowels in STACKS.items():
        mark = glyphs[names[ord(code)]]
        if mark.isComposite():
            raise ValueError("a mark is made of other glyphs, which would move too")
        top = max(glyphs[names[ord(vowel)]].yMax for vowel in vowels)
        mark.coordinates.translate((0, top + gap - mark.yMin))
        mark.recalcBounds(glyphs)
    for tag in ("GSUB", "GPOS", "GDEF"):
        del raised[tag]
    for record in raised["name"].names:
        text = record.toUnicode()
        text = text.replace("Noto Sans Thai", "Noto Sans Thai Unshaped")
        record.string = text.replace("NotoSansThai", "NotoSansThaiUnshaped")
    return _bytes(raised)


def _unpacked(package, source, folder):
    """A font and its licence out of a package of the npm registry, as bytes."""
    command = [shutil.which("npm") or "npm", "pack", "--silent", package]
    done = subprocess.run(command, cwd=folder, check=True, capture_output=True)
    archive = pathlib.Path(folder) / done.stdout.decode().split()[-1]
    with tarfile.open(archive) as files:
        return tuple(
            files.extractfile(name).read() for name in (source, "package/LICENSE_FONT")
        )


def _bytes(font):
    buffer = io.BytesIO()
    font.save(buffer)
    return buffer.getvalue()


def _write(name, data):
    (ASSETS / name).write_bytes(data)
    print(f"{name}: {len(data):,} bytes")


if __name__ == "__main__":
    main()
