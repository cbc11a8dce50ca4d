"""The rows as a table, as a file and as a figure."""

import csv
import importlib.metadata
import pathlib
import platform
import re

from matplotlib import ticker

from helpers import plotting

ROOT = pathlib.Path(__file__).parents[2]
CSV = ROOT / "tests/bench/results.csv"
FIGURE = ROOT / "notebooks/images/bench.png"
README = ROOT / "README.md"
PACKAGES = ("tensorflow", "keras", "jax", "optax", "numpy")
TABLE = re.compile(r"(?<=<!-- begin speed -->\n).*?(?=<!-- end speed -->)", re.DOTALL)
CAPTION = (
    "One dot for each row of the table, the ratio of its median round on a logarithmic "
    "axis, with a line from the smallest round to the largest and a mark at the goal."
)


HEAD = """## How fast it is

`make bench` measures this table. Every row is ours against a peer, in alternation in
one run: the median of the rounds, and the smallest and the largest. Versions and
processor are in [results.csv](tests/bench/results.csv).

| what | peer | ratio | median | smallest to largest | goal |
|---|---|---|---|---|---|
"""


def line(row):
    """A row in one line, for the terminal."""
    verdict = {None: "", True: f", goal {row.goal}", False: f", MISSED: {row.goal}"}
    against = f", against {row.peer}" if row.peer else ""
    return (
        f"{row.what}{against}: {row.quantity} {_number(row.median)} "
        f"({_number(min(row.ratios))} to {_number(max(row.ratios))} in "
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
            low, high = min(row.ratios), max(row.ratios)
            numbers = (f"{value:.4g}" for value in (row.median, low, high))
            texts = (row.what, row.peer, row.quantity, *numbers, len(row.ratios))
            met = {None: "", True: "yes", False: "no"}[row.met]
            writer.writerow((*texts, row.goal, met, *machine.values()))


def write_readme(rows):
    """Put the table into README.md."""
    lines = [HEAD]
    for row in rows:
        verdict = {None: "", True: row.goal, False: f"{row.goal}, missed"}[row.met]
        spread = f"{_number(min(row.ratios))} to {_number(max(row.ratios))}"
        cells = (row.what, row.peer, row.quantity, _number(row.median), spread, verdict)
        lines.append(f"| {' | '.join(cells)} |\n")
    lines.append(f"\n![{CAPTION}](notebooks/images/bench.png)\n")
    text = README.read_text("utf-8")
    README.write_text(TABLE.sub(lambda _: "".join(lines), text), "utf-8")


def write_figure(rows):
    """Draw all rows on one axis."""
    figure, ax = plotting.new_figure(9, 0.8 + 0.36 * len(rows))
    for place, row in enumerate(reversed(rows)):
        ax.plot(
            [min(row.ratios), max(row.ratios)],
            [place, place],
            color=plotting.BLUE,
            linewidth=1.5,
        )
        ax.plot(row.median, place, "o", color=plotting.BLUE)
        if row.goal:
            bound = float(row.goal.split()[1])
            ax.plot(bound, place, "|", color=plotting.VERMILION, markersize=14)
    names = [f"{row.what}: {row.quantity}" for row in reversed(rows)]
    ax.set_yticks(range(len(rows)), names, fontsize=8)
    ax.set_xscale("log")
    ax.xaxis.set_major_formatter(ticker.FuncFormatter(lambda x, _: f"{x:g}"))
    ax.set_xlabel("ratio (dot: median, line: all rounds, mark: goal)")
    FIGURE.write_bytes(plotting.Picture(figure, CAPTION).png)


def _number(value):
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _processor():
    info = pathlib.Path("/proc/cpuinfo")
    if info.exists():
        found = re.search(r"^model name\s*:\s*(.+)$", info.read_text(), re.MULTILINE)
        if found:
            return found[1]
    return platform.processor() or platform.machine()
