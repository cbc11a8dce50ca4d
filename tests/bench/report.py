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
TABLES = ROOT / "tests/bench/README.md"
PACKAGES = ("tensorflow", "keras", "jax", "optax", "numpy")
TABLE = re.compile(r"(?<=<!-- begin speed -->\n).*?(?=<!-- end speed -->)", re.DOTALL)
CAPTION = (
    "Two panels with medians, the range of the rounds, and black marks at the goals. "
    "Left: the time of a step of CG over that of its peers, by the number of "
    "parameters. Right: how many times faster the support of the nuclear norm is than "
    "an SVD, by the size of the matrix."
)


HEAD = """Ours against a peer, in alternation in one run: the median of the rounds, and
the smallest and the largest, on {processor} (`make bench`).

"""
# The beginning of what was measured, and of the peer, of the rows on the front page.
FRONT = (
    ("an update of MobileNetV3Small, `fro`", "Keras's Adam"),
    ("an update of MobileNetV3Small's kernels as matrices, `spectral`", "Keras's Muon"),
    ("an update of MobileNetV3Small's kernels as matrices, `spectral`", "Keras's Adam"),
    ("an update of MobileNetV3Small, `nuclear`", "Keras's Adam"),
    ("epochs of MNIST", "the tutorial's code"),
)
COLUMNS = (
    "| what | peer | ratio | median | smallest to largest |{}\n"
    "|---|---|---|---|---|{}\n"
)
ALL = """# How fast it is

All rows of `make bench`. Versions and processor are in [results.csv](results.csv).

![{caption}](../../.github/images/bench.png)

"""
# Why a goal is missed: what stands in the way of the rows that begin so.
REASONS = {
    "epochs of MNIST": "a step of CG takes the norm of each variable, SGD none",
    "support of `nuclear`, 1024": "a hundredth of an SVD is some 20 products with the "
    "matrix; ours needs 8 for a batch's gradient, each with four vectors at once, and "
    "30 to 50 for the harder kinds until the error is surely below 0.001",
    "an update of MobileNetV3Small, `nuclear`": "the first pair of singular vectors "
    "takes some products with each kernel; Adam has none",
    "an update of MobileNetV3Small's kernels as matrices": "the polar factor is "
    "computed to 1e-3; Muon's five steps stop at singular values of 0.7 to 1.2",
    "support of `spectral`": "the iteration is made for the spectra of gradients; on "
    "random square matrices it takes a step or two more than it needs",
    "GC around": "without GC Keras's update on JAX is faster than optax's, with it "
    "about as fast",
    "live panel": "one processor draws and trains in turn",
}


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


def write_tables(rows):
    """Put a few rows into README.md, and all of them beside this file."""
    front = [
        next(r for r in rows if r.what.startswith(what) and r.peer.startswith(peer))
        for what, peer in FRONT
    ]
    lines = [HEAD.format(processor=_processor()), COLUMNS.format("", "")]
    lines += [f"| {' | '.join(_cells(row))} |\n" for row in front]
    text = README.read_text("utf-8")
    README.write_text(TABLE.sub(lambda _: "".join(lines), text), "utf-8")
    lines = [ALL.format(caption=CAPTION), COLUMNS.format(" goal |", "---|")]
    lines += [f"| {' | '.join((*_cells(row), verdict(row)))} |\n" for row in rows]
    TABLES.write_text("".join(lines), "utf-8")


def _cells(row):
    spread = f"{_number(row.low)} to {_number(row.high)}"
    return row.what, row.peer, row.quantity, _number(row.median), spread


def verdict(row):
    """The goal of a row, and where it is missed the reason."""
    if row.met is not False:
        return row.goal
    reasons = (r for start, r in REASONS.items() if row.what.startswith(start))
    return f"{row.goal}: missed, as {next(reasons, 'nobody has looked yet')}"


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
        ax.vlines(sizes, low, high, color=look["color"], linewidth=1, alpha=0.6)
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
