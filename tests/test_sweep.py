"""Sweeps: what they compute, keep, reuse and refuse, in processes of Dask."""

import contextlib
import gc
import json
import math
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import keras
import numpy as np
import psutil
import pytest
from distributed import Client, LocalCluster
from figures import sweep as sweep_of
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.experiments import sweep

GRID = {"lambda_": [1, 2, 3], "learning_rate": [0.25, 0.5]}
SEEDS = [0, 3]
CALLS = []
SCRIPT = Path(__file__).with_name("sweep_script.py")


def metric(lambda_, learning_rate, seed):
    CALLS.append((lambda_, learning_rate, seed))
    return 10 * lambda_ + learning_rate + seed / 7


@pytest.fixture(scope="module")
def client():
    """A reader's own client; its one worker is a thread of this process."""
    # Each run collects garbage, which takes a second where all tests' modules are
    # loaded. What is here now is no garbage.
    gc.freeze()
    with (
        tempfile.TemporaryDirectory() as folder,
        LocalCluster(
            1,
            threads_per_worker=1,
            processes=False,
            local_directory=folder,
            dashboard_address=":0",
        ) as cluster,
        Client(cluster) as client,
    ):
        yield client
    gc.unfreeze()


@pytest.fixture(autouse=True)
def no_calls():
    CALLS.clear()


def scalars():
    numbers = st.floats(allow_nan=False, allow_infinity=False)
    return st.one_of(numbers, st.integers(-(2**53), 2**53), st.text(), st.booleans())


def unique(elements):
    return st.lists(elements, min_size=1, max_size=2, unique=True)


@settings(max_examples=15)
@given(unique(scalars()), unique(scalars()), unique(st.integers(0, 2**32 - 1)))
def test_each_result_stands_in_its_place_and_is_reused(client, rows, columns, seeds):
    table = {
        (r, c, s): float(i)
        for i, (r, c, s) in enumerate(
            (r, c, s) for r in rows for c in columns for s in seeds
        )
    }

    def lookup(a, b, seed):
        return table[a, b, seed]

    with tempfile.TemporaryDirectory() as folder:
        for reused in (0, len(table)):
            grid = {"a": rows, "b": columns}
            found = sweep(lookup, grid, seeds, f"{folder}/file", client)
            assert found.values.shape == (len(rows), len(columns), len(seeds))
            assert found.values.ravel().tolist() == list(table.values())
            assert (found.reused, found.errors) == (reused, {})


def test_mean_and_spread_are_over_the_seeds(tmp_path, client):
    found = sweep(metric, GRID, SEEDS, tmp_path / "file", client)
    for i, lambda_ in enumerate(GRID["lambda_"]):
        for j, rate in enumerate(GRID["learning_rate"]):
            both = [10 * lambda_ + rate + seed / 7 for seed in SEEDS]
            assert found.mean[i, j] == pytest.approx(np.mean(both))
            assert found.spread[i, j] == pytest.approx(3 / 7 / math.sqrt(2))
    assert found.highest == (3, 0.5)
    assert "from ≈ 10.464 to ≈ 30.714" in found.summary and "0, 3" in found.summary
    one = sweep(metric, GRID, [0], tmp_path / "one", client)
    assert np.isnan(one.spread).all() and not np.isnan(one.mean).any()


def test_a_larger_grid_reuses_what_a_smaller_one_has(tmp_path, client):
    sweep(metric, GRID, [0], tmp_path / "file", client)
    CALLS.clear()
    larger = {**GRID, "lambda_": [0, 1, 2, 3]}
    assert sweep(metric, larger, [0, 1], tmp_path / "file", client).reused == 6


class Stopped(Exception):
    pass


@pytest.mark.parametrize("after", [0, 1, 5, 11])
def test_a_stopped_sweep_goes_on_where_it_was(tmp_path, client, after):
    def stop(done, total):
        assert total == 12
        if done == after:
            raise Stopped

    with pytest.raises(Stopped):
        sweep(metric, GRID, SEEDS, tmp_path / "file", client, progress=stop)
    seen = []
    found = sweep(
        metric,
        GRID,
        SEEDS,
        tmp_path / "file",
        client,
        progress=lambda *step: seen.append(step),
    )
    assert found.reused == after
    assert seen == [(done, 12) for done in range(after, 13)]
    fresh = sweep(metric, GRID, SEEDS, tmp_path / "fresh", client)
    np.testing.assert_array_equal(found.values, fresh.values)


def test_each_finished_cell_is_a_line_and_the_first_is_the_source(tmp_path, client):
    sweep(metric, {"lambda_": [2], "learning_rate": [0.5]}, [7], tmp_path / "f", client)
    first, line = (tmp_path / "f").read_text().splitlines()
    assert json.loads(first)["function"].startswith("def metric(")
    cell = {"lambda_": 2, "learning_rate": 0.5, "seed": 7, "value": 21.5}
    assert json.loads(line) == cell


def test_another_function_s_file_is_refused_and_stays(tmp_path, client):
    sweep(metric, GRID, [0], tmp_path / "file", client)
    before = (tmp_path / "file").read_bytes()

    def other(lambda_, learning_rate, seed):
        return 0.0

    with pytest.raises(ValueError, match="give another path, or delete the file"):
        sweep(other, GRID, [0], tmp_path / "file", client)
    assert (tmp_path / "file").read_bytes() == before


def test_rows_of_two_backends_never_share_a_file(tmp_path, client):
    sweep(metric, GRID, [0], tmp_path / "file", client, backend="tensorflow")
    before = (tmp_path / "file").read_bytes()
    with pytest.raises(ValueError, match=r"on jax.*another backend"):
        sweep(metric, GRID, [0], tmp_path / "file", client, backend="jax")
    assert (tmp_path / "file").read_bytes() == before


def test_half_a_line_of_a_killed_process_is_no_result(tmp_path, client):
    path = tmp_path / "file"
    first = sweep(metric, GRID, [0], path, client)
    whole = path.read_bytes()
    path.write_bytes(whole[:-7])
    again = sweep(metric, GRID, [0], path, client)
    assert again.reused == 5
    np.testing.assert_array_equal(again.values, first.values)
    assert sorted(path.read_bytes().splitlines()) == sorted(whole.splitlines())


def test_numpys_numbers_are_those_of_python(tmp_path, client):
    grid = {"lambda_": np.arange(1, 4), "learning_rate": np.array([0.25, 0.5])}
    sweep(metric, GRID, SEEDS, tmp_path / "file", client)
    found = sweep(metric, grid, np.array(SEEDS), tmp_path / "file", client)
    assert found.reused == 12 and "0, 3" in found.summary


def test_failed_runs_stay_visible_and_are_tried_again(tmp_path, client):
    def fails(lambda_, learning_rate, seed):
        if lambda_ == 2 and seed == 3:
            raise ValueError("no luck\nat all")
        return [math.nan, math.inf, 0.5, 0.0][seed] if lambda_ == 3 else lambda_

    grid = {"lambda_": [1, 2, 3], "learning_rate": [0.5]}
    found = sweep(fails, grid, [0, 1, 3], tmp_path / "file", client)
    assert found.errors[2, 0.5, 3] == "ValueError: no luck"
    assert found.errors[3, 0.5, 0] == "The function returned nan."
    assert found.errors[3, 0.5, 1] == "The function returned inf."
    assert len(found.errors) == 3 and "3 of 9 runs failed." in found.summary
    np.testing.assert_array_equal(found.mean, [[1.0], [np.nan], [np.nan]])
    assert found.highest == (1, 0.5)
    # What raised is tried again, what diverged is not.
    again = sweep(fails, grid, [0, 1, 3], tmp_path / "file", client)
    assert again.reused == 8 and again.errors == found.errors


def test_the_seed_makes_the_random_numbers(tmp_path, client):
    def draw(a, b, seed):
        import random

        layer = keras.layers.Dense(3)
        layer.build((None, 4))
        kernel = keras.ops.convert_to_numpy(layer.kernel).sum()
        return random.random() + np.random.random() + kernel

    grid = {"a": [1, 2], "b": [1, 2]}
    found = sweep(draw, grid, [5, 6], tmp_path / "file", client)
    assert np.ptp(found.values, axis=(0, 1)).tolist() == [0, 0]
    assert found.values[0, 0, 0] != found.values[0, 0, 1]


def behave(task, part, seed):
    if task == "raise":
        raise ValueError("no luck")
    if task == "die" and part == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    if task == "thread":
        return int(os.environ["OMP_NUM_THREADS"])
    return float(part)


def test_a_worker_that_dies_loses_nothing_else(tmp_path):
    """On a cluster of this machine, which is the default."""
    grid = {"task": ["plain", "raise", "die", "thread"], "part": [1, 2]}
    found = sweep(behave, grid, [0], tmp_path / "file", backend="jax")
    assert found.values[0].tolist() == [[1.0], [2.0]]
    assert found.values[2].tolist()[0] == [1.0]
    assert found.values[3].tolist() == [[1.0], [1.0]]
    assert set(found.errors) == {("raise", 1, 0), ("raise", 2, 0), ("die", 2, 0)}
    assert found.errors["raise", 1, 0] == "ValueError: no luck"
    assert "KilledWorker" in found.errors["die", 2, 0]
    assert not psutil.Process().children(recursive=True) or all(
        "nanny" not in " ".join(child.cmdline())
        for child in psutil.Process().children(recursive=True)
    )


@contextlib.contextmanager
def running(*arguments):
    """The script in a process group of its own, of which nothing is left at the end."""
    process = subprocess.Popen(
        [sys.executable, str(SCRIPT), *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def lines(path):
    return path.read_text().splitlines()[1:] if path.exists() else []


def test_a_killed_sweep_leaves_no_process_and_goes_on_where_it_was(tmp_path):
    path, end = tmp_path / "file", time.monotonic() + 120
    with running(path, 3) as process:
        while len(lines(path)) < 3:
            assert time.monotonic() < end, "it took too long"
            time.sleep(0.05)
        workers = psutil.Process(process.pid).children(recursive=True)
        process.kill()
        process.communicate(timeout=60)
        assert psutil.wait_procs(workers, timeout=60)[1] == []
    finished = lines(path)
    assert 3 <= len(finished) < 12
    with running(path, 12) as process:
        out, error = process.communicate(timeout=120)
    assert process.returncode == 0, error
    reused, _space, values = out.partition(" ")
    assert int(reused) == len(finished)
    expected = [a * b + c for a in (1, 2, 3) for b in (0.5, 0.75) for c in (0, 1)]
    assert json.loads(values) == expected
    assert lines(path)[: len(finished)] == finished and len(lines(path)) == 12


def test_the_heat_map_says_what_it_shows(tmp_path, client):
    found = sweep(metric, GRID, SEEDS, tmp_path / "file", client, metric="Punktzahl")
    data, metadata = found.picture()._repr_mimebundle_()
    alt = metadata["image/png"]["alt"]
    for word in ("Punktzahl", "1, 2, 3", "0.25, 0.5", "learning rate", "λ", "0, 3"):
        assert word in data["text/plain"] and word in alt
    assert found.summary in alt and "highest mean" in alt and "≈" in alt
    assert "highest" not in data["text/plain"], "computed: not compared by the tests"


def test_the_cells_of_the_heat_map_state_mean_spread_and_failures(figures):
    nan = np.nan
    sweep_of([[[0.5, 0.75], [0.9512, 0.9512]], [[nan, 0.5], [nan, nan]]]).picture()
    sweep_of([[[0.25], [nan]]]).picture()
    texts = [[text.get_text() for text in figure.axes[0].texts] for figure in figures]
    assert texts == [
        ["0.625\n± 0.177", "0.951\n± 0.000", "1 of 2\nfailed", "2 of 2\nfailed"],
        ["0.250", "failed"],
    ]


def contrast(first, second):
    """Contrast ratio of two colours, as the accessibility guidelines (WCAG) have it."""
    linear = [
        np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)
        for c in (np.array(first[:3]), np.array(second[:3]))
    ]
    dark, light = sorted(float(c @ [0.2126, 0.7152, 0.0722]) for c in linear)
    return (light + 0.05) / (dark + 0.05)


def test_the_numbers_can_be_read_on_every_colour(figures):
    from matplotlib.colors import to_rgba

    values = np.linspace(0, 1, 40)
    sweep_of(values.reshape(1, 40, 1)).picture()
    (cells,) = figures[0].axes[0].collections
    for value, text in zip(values, figures[0].axes[0].texts, strict=True):
        back = cells.cmap(cells.norm(value))
        assert contrast(back, to_rgba(text.get_color())) >= 4.5


GOOD = dict(function=metric, grid=GRID, seeds=[0], path="unused")


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"function": 3}, TypeError, "callable"),
        ({"function": lambda lambda_, seed: 0}, TypeError, "learning_rate"),
        ({"function": lambda lambda_, learning_rate: 0}, TypeError, "seed"),
        ({"grid": {"lambda_": [1]}}, ValueError, "two entries"),
        ({"grid": {**GRID, "c": [1]}}, ValueError, "two entries"),
        (
            {"grid": {**GRID, "lambda_": []}},
            ValueError,
            r"`grid\['lambda_'\]`.*at least 1",
        ),
        ({"grid": {**GRID, "lambda_": [1, 1.0]}}, ValueError, "none twice"),
        ({"grid": {**GRID, "lambda_": 1}}, ValueError, "`grid"),
        ({"grid": {**GRID, "lambda_": "12"}}, ValueError, "`grid"),
        ({"seeds": [-1]}, ValueError, "`seeds`"),
        ({"seeds": [True]}, ValueError, "`seeds`"),
        ({"seeds": [0.5]}, ValueError, "`seeds`"),
        ({"grid": {**GRID, "lambda_": [print]}}, TypeError, "apply"),
        ({"seeds": []}, ValueError, "`seeds`"),
        ({"seeds": [1, 1]}, ValueError, "`seeds`"),
    ],
)
def test_bad_arguments_are_refused(tmp_path, changes, error, words):
    with pytest.raises(error, match=words):
        sweep(**{**GOOD, "path": tmp_path / "file", **changes})
