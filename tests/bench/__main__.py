"""How fast the collection is: `make bench`, or `python tests/bench [ROW…]`.

Each row is ours against a peer, in alternation in one run, as a ratio; no absolute
time is claimed. With all rows it writes them to README.md beside this file, some of
them to the front page, the versions to results.csv, and .github/images/bench.png.
"""

import argparse
import importlib
import time

import helpers

helpers.setup("en")

import report  # noqa: E402

MODULES = (
    "epoch",
    "frobenius_step",
    "nuclear_support",
    "update",
    "memory",
    "centralization",
    "input_pipeline",
    "live_panel",
)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("rows", nargs="*", metavar="ROW", help=", ".join(MODULES))
    parser.add_argument("--rounds", type=int, default=5, help="default: 5")
    arguments = parser.parse_args()
    if unknown := set(arguments.rows) - set(MODULES):
        parser.error(f"there is no {', '.join(unknown)}; choose from {MODULES}")
    if arguments.rounds < 1:
        parser.error("--rounds must be at least 1")
    rows = []
    for name in arguments.rows or MODULES:
        start = time.perf_counter()
        for row in importlib.import_module(name).rows(arguments.rounds):
            rows.append(row)
            print(report.line(row), flush=True)
        print(f"({name}: {time.perf_counter() - start:.0f} s)", flush=True)
    if not arguments.rows:
        report.write_csv(rows)
        report.write_figure(rows)
        report.write_tables(rows)


if __name__ == "__main__":
    main()
