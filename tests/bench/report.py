"""The rows as a table, as a file and as a figure."""

import csv
import importlib.metadata
import pathlib
import platform
import re

from matplotlib import ticker

from helpers.plotting import style

ROOT = pathlib.Path(__file__).parents[2]
CSV = ROOT / "tests/bench/results.csv"
FIGURE = ROOT / ".github/images/bench.png"
README = ROOT / "README.md"
PACKAGES = ("tensorflow", "keras", "jax", "optax", "numpy")
TABLE = re.compile(r"(?<=<!-- begin speed -->\n).*?(?=<!-- end speed -->)", re.DOTALL)
CAPTION = (
    "Two panels with medians, the range of the rounds, and black marks at the goals. "
    "Left: the time of a step of CG over that of its peers, by the number of "
    "parameters. Right: how many times faster the support of the nuclear norm is than "
    "an SVD, by the size of the matrix."
)


HEAD = """## How fast it is

`make bench` measures this table. Every row is ours against a peer, in alternation in
one run: the median of the rounds, and the smallest and the largest. Versions and
processor are in [results.csv](tests/bench/results.csv).

Where a goal is missed, this stands in the way. An epoch: a loop in JAX without any
framework around it is only a tenth faster, so there is little left to save but the
arithmetic. `nuclear` at 1024 × 1024: 100 times faster than an SVD leaves time for some
20 products with the matrix. The gradient of a batch needs 8, each with four vectors at
once, and reaches it on a quiet machine; the harder kinds need 30 to 50 before the error
is surely below 0.001. GC on JAX: Keras's update without it is faster than optax's, and
with it they are about equal, so ours adds more; the axes of the mean are not the
reason.

"""
COLUMNS = """<details>
<summary>All rows</summary>

| what | peer | ratio | median | smallest to largest | goal |
|---|---|---|---|---|---|
"""


def line(row):
    """A row in one line, for the terminal."""
    verdict = {None: "", True: f", goal {row.goal}", False: f", MISSED: {row.goal}"}
    against = f", against {row.peer}" if row.peer else ""
    return (
        f"{row.what}{against}: {row.quantity} {_number(row.median)} "
        f"({_number(row.low)} to {_number(row.high)} in "
        f"{len(row.ratios)} rounds{verdict[row.met]})"
    )


def write_csv(rows):
    """Write all rows, with versions and processor."""
    machine = {name: importlib.metadata.version(name) for name in PACKAGES}
    machine |= {"python": platform.python_version(), "processor": _processor()}
    with CSV.open("w", newline="", encoding="utf-8") as file:
        columns = ("what", "peer", "quantity", "median", "low", "high", "rounds")
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow((*columns, "goal", "met", *machine))
        for row in rows:
            numbers = (f"{value:.4g}" for value in (row.median, row.low, row.high))
            texts = (row.what, row.peer, row.quantity, *numbers, len(row.ratios))
            met = {None: "", True: "yes", False: "no"}[row.met]
            writer.writerow((*texts, row.goal, met, *machine.values()))


def write_readme(rows):
    """Put the table into README.md."""
    lines = [HEAD, f"![{CAPTION}](.github/images/bench.png)\n\n", COLUMNS]
    for row in rows:
        verdict = {None: "", True: row.goal, False: f"{row.goal}, missed"}[row.met]
        spread = f"{_number(row.low)} to {_number(row.high)}"
        cells = (row.what, row.peer, row.quantity, _number(row.median), spread, verdict)
        lines.append(f"| {' | '.join(cells)} |\n")
    lines.append("\n</details>\n")
    text = README.read_text("utf-8")
    README.write_text(TABLE.sub(lambda _: "".join(lines), text), "utf-8")


def write_figure(rows):
    """Draw the rows that lie on a curve."""
    figure, (left, right) = style.new_figure(10, 4, columns=2)
    _draw_curves(left, rows, "fro")
    left.set(title="CG, fro: time of a step over the peer's", xlabel="parameters")
    left.set_ylim(0)
    sizes = _draw_curves(right, rows, "nuclear")
    right.set(
        title="CG, nuclear: times faster than an SVD", xlabel="n of an n × n matrix"
    )
    right.set_yscale("log")
    right.set_xticks(sizes, map(str, sizes), minor=False)
    right.xaxis.set_minor_locator(ticker.NullLocator())
    right.yaxis.set_major_formatter(ticker.StrMethodFormatter("{x:g}"))
    FIGURE.write_bytes(style.Picture(figure, CAPTION).png)


def _draw_curves(ax, rows, panel):
    """Draw the rows of a panel; their sizes, sorted."""
    rows = [row for row in rows if row.curve and row.curve[0] == panel]
    for name, look in zip(
        dict.fromkeys(row.curve[1] for row in rows), style.STYLES, strict=False
    ):
        own = [row for row in rows if row.curve[1] == name]
        sizes = [row.size for row in own]
        low, high = [row.low for row in own], [row.high for row in own]
        ax.vlines(sizes, low, high, color=style["color"], linewidth=1, alpha=0.6)
        ax.plot(sizes, [row.median for row in own], label=name, **look)
    goals = {(row.size, row.bound) for row in rows if row.goal}
    mark = {"linestyle": "", "marker": "_", "markersize": 16, "label": "goal"}
    ax.plot(*zip(*sorted(goals), strict=True), color=style.BLACK, **mark)
    ax.set_xscale("log")
    ax.legend(fontsize=9)
    return sorted({row.size for row in rows})


def _number(value):
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _processor():
    info = pathlib.Path("/proc/cpuinfo")
    if info.exists():
        found = re.search(r"^model name\s*:\s*(.+)$", info.read_text(), re.MULTILINE)
        if found:
            return found[1]
    return platform.processor() or platform.machine()
