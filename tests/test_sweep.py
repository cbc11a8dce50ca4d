"""Sweeps: what they compute, keep, reuse and refuse, in this process.

`test_sweep_processes.py` has the same over processes and on a cluster.
"""

import json
import math
import pathlib
import tempfile
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers import experiments
from helpers.experiments import sweep

GRID = {"lambda_": [1, 2, 3], "learning_rate": [0.25, 0.5]}
SEEDS = [0, 3]
CALLS = []


def metric(lambda_, learning_rate, seed):
    CALLS.append((lambda_, learning_rate, seed))
    return 10 * lambda_ + learning_rate + seed / 7


@pytest.fixture
def engine():
    CALLS.clear()
    with ThreadPoolExecutor(1) as executor:
        yield executor


def scalars():
    numbers = st.floats(allow_nan=False, allow_infinity=False)
    return st.one_of(numbers, st.integers(), st.text(), st.booleans())


def unique(elements):
    return st.lists(elements, min_size=1, max_size=3, unique=True)


@settings(max_examples=60)
@given(unique(scalars()), unique(scalars()), unique(st.integers(0, 2**32 - 1)))
def test_each_result_stands_in_its_place_and_is_reused(rows, columns, seeds):
    table = {
        (r, c, s): float(i)
        for i, (r, c, s) in enumerate(
            (r, c, s) for r in rows for c in columns for s in seeds
        )
    }
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(2) as engine:
        for reused in (0, len(table)):
            found = sweep(
                lambda a, b, seed: table[a, b, seed],
                {"a": rows, "b": columns},
                seeds,
                folder,
                engine=engine,
            )
            assert found.values.shape == (len(rows), len(columns), len(seeds))
            assert found.values.ravel().tolist() == list(table.values())
            assert (found.reused, found.errors) == (reused, {})


def test_mean_and_spread_are_over_the_seeds(tmp_path, engine):
    found = sweep(metric, GRID, SEEDS, tmp_path, engine=engine)
    for i, lambda_ in enumerate(GRID["lambda_"]):
        for j, rate in enumerate(GRID["learning_rate"]):
            both = [10 * lambda_ + rate + seed / 7 for seed in SEEDS]
            assert found.mean[i, j] == pytest.approx(np.mean(both))
            assert found.spread[i, j] == pytest.approx(3 / 7 / math.sqrt(2))
    assert found.highest == (3, 0.5)
    assert "from ≈ 10.464 to ≈ 30.714" in found.summary and "0, 3" in found.summary
    one = sweep(metric, GRID, [0], tmp_path, engine=engine)
    assert np.isnan(one.spread).all() and not np.isnan(one.mean).any()


def test_a_larger_grid_reuses_what_a_smaller_one_has(tmp_path, engine):
    sweep(metric, GRID, [0], tmp_path, engine=engine)
    CALLS.clear()
    larger = {**GRID, "lambda_": [0, 1, 2, 3]}
    found = sweep(metric, larger, [0, 1], tmp_path, engine=engine)
    assert found.reused == 6 and len(CALLS) == 10
    assert not [c for c in CALLS if c[0] > 0 and c[2] == 0]


def test_a_whole_number_and_a_fraction_are_two_values(tmp_path, engine):
    def kind(a, b, seed):
        return isinstance(a, int)

    whole = sweep(kind, {"a": [1], "b": [0]}, [0], tmp_path, engine=engine)
    fraction = sweep(kind, {"a": [1.0], "b": [0]}, [0], tmp_path, engine=engine)
    assert (whole.values.item(), fraction.values.item()) == (1.0, 0.0)


def test_another_function_reuses_nothing(tmp_path, engine):
    for factor in (1, 2):
        found = sweep(
            lambda lambda_, learning_rate, seed: factor * lambda_,  # noqa: B023
            GRID,
            [0],
            tmp_path,
            engine=engine,
        )
        assert found.reused == 0
        assert found.values[:, 0, 0].tolist() == [factor * 1, factor * 2, factor * 3]


def test_another_version_reuses_nothing(tmp_path, engine, monkeypatch):
    sweep(metric, GRID, [0], tmp_path, engine=engine)
    monkeypatch.setattr(keras, "__version__", "3.0.0")
    assert sweep(metric, GRID, [0], tmp_path, engine=engine).reused == 0


class Stopped(Exception):
    pass


@pytest.mark.parametrize("after", [0, 1, 5, 11])
def test_a_stopped_sweep_goes_on_where_it_was(tmp_path, engine, after):
    def stop(done, total):
        assert total == 12
        if done == after:
            raise Stopped

    with pytest.raises(Stopped):
        sweep(metric, GRID, SEEDS, tmp_path, engine=engine, progress=stop)
    engine.submit(int).result()  # what was running has come to its end
    CALLS.clear()
    seen = []
    found = sweep(
        metric,
        GRID,
        SEEDS,
        tmp_path,
        engine=engine,
        progress=lambda *step: seen.append(step),
    )
    assert found.reused == after and len(CALLS) == 12 - after
    assert seen == [(done, 12) for done in range(after, 13)]
    fresh = sweep(metric, GRID, SEEDS, tmp_path / "fresh", engine=engine)
    np.testing.assert_array_equal(found.values, fresh.values)


GATE = threading.Event()


def gated(lambda_, learning_rate, seed):
    CALLS.append(seed)
    return 0.0 if len(CALLS) == 1 or GATE.wait(60) else 1.0


def test_what_has_not_begun_when_a_sweep_stops_is_cancelled(tmp_path, engine):
    def stop(done, total):
        if done:
            raise Stopped

    GATE.clear()
    with pytest.raises(Stopped):
        sweep(gated, GRID, SEEDS, tmp_path, engine=engine, progress=stop)
    GATE.set()
    engine.submit(int).result()
    assert len(CALLS) <= 2


@settings(max_examples=40)
@given(st.data())
def test_a_damaged_file_is_never_trusted(data):
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(1) as engine:
        first = sweep(metric, GRID, [0], folder, engine=engine)
        path = data.draw(st.sampled_from(sorted(pathlib.Path(folder).iterdir())))
        whole = path.read_bytes()
        harm = data.draw(st.sampled_from(["cut", "flip", "other", "value"]))
        if harm == "cut":
            # The length differs: the time that a run took stands in the file.
            part = data.draw(st.floats(0, 1))
            path.write_bytes(whole[: int(part * whole.rindex(b"}"))])
        elif harm == "flip":
            path.write_bytes(bytes(255 - byte for byte in whole))
        elif harm == "other":
            wrong = data.draw(st.sampled_from(["[]", "3", "null", "{}", '"value"']))
            path.write_text(wrong)
        else:
            record = json.loads(whole)
            record["value"] = data.draw(st.sampled_from([None, "0.5", [], True, 1]))
            path.write_text(json.dumps(record))
        again = sweep(metric, GRID, [0], folder, engine=engine)
        assert again.reused == 5
        np.testing.assert_array_equal(again.values, first.values)
        assert path.read_bytes() != b"" and sorted(pathlib.Path(folder).iterdir())
        assert sweep(metric, GRID, [0], folder, engine=engine).reused == 6


def test_a_file_of_another_cell_is_not_taken_for_this_one(tmp_path, engine):
    sweep(metric, GRID, [0], tmp_path, engine=engine)
    one, other, *_rest = sorted(tmp_path.iterdir())
    one.write_bytes(other.read_bytes())
    assert sweep(metric, GRID, [0], tmp_path, engine=engine).reused == 5


def test_the_files_can_be_read(tmp_path, engine):
    sweep(metric, {"lambda_": [2], "learning_rate": [0.5]}, [7], tmp_path, engine)
    (path,) = tmp_path.iterdir()
    record = json.loads(path.read_text())
    assert record["parameters"] == {"lambda_": 2, "learning_rate": 0.5}
    assert (record["seed"], record["value"], record["error"]) == (7, 21.5, None)
    assert record["versions"]["keras"] == keras.__version__


def test_failed_runs_stay_visible_and_are_tried_again(tmp_path, engine):
    def fails(lambda_, learning_rate, seed):
        if lambda_ == 2 and seed == 3:
            raise ValueError("no luck\nat all")
        if lambda_ == 3:
            return [math.nan, math.inf, -math.inf, 0.0][seed]
        if lambda_ == 4:
            raise SystemExit("left")
        return lambda_

    grid = {"lambda_": [1, 2, 3, 4], "learning_rate": [0.5]}
    found = sweep(fails, grid, [0, 1, 3], tmp_path, engine=engine)
    assert found.failed.tolist() == [[0], [1], [2], [3]]
    assert found.errors[2, 0.5, 3] == "ValueError: no luck"
    assert found.errors[3, 0.5, 0] == "The function returned nan."
    assert found.errors[3, 0.5, 1] == "The function returned inf."
    assert found.errors[4, 0.5, 1] == "SystemExit: left"
    assert len(found.errors) == 6 and "6 of 12 runs failed." in found.summary
    np.testing.assert_array_equal(found.mean, [[1.0], [np.nan], [np.nan], [np.nan]])
    assert found.highest == (1, 0.5)
    traces = [json.loads(p.read_text())["traceback"] for p in tmp_path.iterdir()]
    assert sum("no luck\nat all" in (trace or "") for trace in traces) == 1
    # What raised is tried again, what diverged is not.
    again = sweep(fails, grid, [0, 1, 3], tmp_path, engine=engine)
    assert again.reused == 12 - 4 and again.errors == found.errors


@pytest.mark.parametrize("returned", [None, "0.5", [1.0, 2.0], {}])
def test_what_is_no_number_is_an_error_of_the_cell(tmp_path, engine, returned):
    found = sweep(
        lambda a, b, seed: returned, {"a": [1], "b": [2]}, [0], tmp_path, engine=engine
    )
    (error,) = found.errors.values()
    assert "must return a number" in error and repr(returned) in error
    assert np.isnan(found.values).all() and found.highest is None
    assert found.summary == "1 of 1 runs failed."


def test_a_tensor_is_a_number(tmp_path, engine):
    found = sweep(
        lambda a, b, seed: keras.ops.convert_to_tensor(0.5),
        {"a": [1], "b": [2]},
        [0],
        tmp_path,
        engine=engine,
    )
    assert found.values.item() == 0.5


def test_the_seed_makes_the_random_numbers(tmp_path, engine):
    def draw(a, b, seed):
        import random

        layer = keras.layers.Dense(3)
        layer.build((None, 4))
        kernel = keras.ops.convert_to_numpy(layer.kernel).sum()
        return random.random() + np.random.random() + kernel

    found = sweep(draw, {"a": [1, 2], "b": [1, 2]}, [5, 6], tmp_path, engine=engine)
    assert np.ptp(found.values, axis=(0, 1)).tolist() == [0, 0]
    assert found.values[0, 0, 0] != found.values[0, 0, 1]


def test_threads_of_one_process_take_turns(tmp_path):
    def draw(a, b, seed):
        import time

        time.sleep(0.02)
        return np.random.random()

    with ThreadPoolExecutor(4) as engine:
        found = sweep(draw, {"a": [1, 2], "b": [1, 2]}, [5], tmp_path, engine=engine)
    assert len(set(found.values.ravel())) == 1


def test_a_worker_of_other_versions_is_refused(tmp_path, engine, monkeypatch):
    from helpers.sweeps import worker

    true, asked = worker.versions(), []

    def versions():
        asked.append(1)
        return true if len(asked) == 1 else {**true, "keras": "3.0.0"}

    monkeypatch.setattr(worker, "versions", versions)
    monkeypatch.setattr(worker, "_functions", {})
    found = sweep(metric, GRID, [0], tmp_path, engine=engine)
    assert len(found.errors) == 6 and not CALLS
    assert all("They must agree" in error for error in found.errors.values())


def drawn_without_a_warning(found):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        picture = found.picture()
    assert picture.png.startswith(b"\x89PNG")
    return picture


def test_the_heat_map_says_what_it_shows(tmp_path, engine):
    found = sweep(metric, GRID, SEEDS, tmp_path, engine=engine, metric="Punktzahl")
    data, metadata = drawn_without_a_warning(found)._repr_mimebundle_()
    alt = metadata["image/png"]["alt"]
    for word in ("Punktzahl", "1, 2, 3", "0.25, 0.5", "learning rate", "λ", "0, 3"):
        assert word in data["text/plain"] and word in alt
    assert found.summary in alt and "highest mean" in alt and "≈" in alt
    assert "highest" not in data["text/plain"], "computed: not compared by the tests"


def made(values, **changes):
    """A `Sweep` of these values, `(rows, columns, seeds)`."""
    values = np.array(values, dtype=float)
    rows, columns, seeds = (tuple(range(n)) for n in values.shape)
    errors = {tuple(place): "x" for place in np.argwhere(~np.isfinite(values)).tolist()}
    known = dict(names=("a", "b"), rows=rows, columns=columns, seeds=seeds, reused=0)
    return experiments.Sweep(
        **{**known, "values": values, "errors": errors, "metric": "loss", **changes}
    )


@pytest.mark.parametrize(
    "values",
    [
        [[[0.5]]],
        [[[0.5, 0.5]]],
        [[[0.0, 0.0], [0.0, 0.0]]],
        [[[-1e9, 2e9]], [[3e-9, 4.0]]],
        [[[np.nan, 0.5], [0.25, 0.75]], [[np.inf, np.nan], [0.5, -np.inf]]],
        [[[np.nan]]],
        np.zeros((7, 9, 3)),
    ],
)
def test_every_heat_map_is_drawn_without_a_warning(values):
    picture = drawn_without_a_warning(made(values))
    assert "{" not in picture.text


def test_the_cells_of_the_heat_map_state_mean_spread_and_failures(monkeypatch):
    figures = []
    monkeypatch.setattr(
        "helpers.figures_sweep.Found", lambda figure, *texts: figures.append(figure)
    )
    nan = np.nan
    made([[[0.5, 0.75], [0.9512, 0.9512]], [[nan, 0.5], [nan, nan]]]).picture()
    made([[[0.25], [nan]]]).picture()
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


def test_the_numbers_can_be_read_on_every_colour(monkeypatch):
    from matplotlib.colors import to_rgba

    figures = []
    monkeypatch.setattr(
        "helpers.figures_sweep.Found", lambda figure, *texts: figures.append(figure)
    )
    values = np.linspace(0, 1, 40)
    made(values.reshape(1, 40, 1)).picture()
    (image,) = figures[0].axes[0].images
    for value, text in zip(values, figures[0].axes[0].texts, strict=True):
        back = image.cmap(image.norm(value))
        assert contrast(back, to_rgba(text.get_color())) >= 4.5


GOOD = dict(function=metric, grid=GRID, seeds=[0], folder="unused")


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"function": 3}, TypeError, "`function` must be callable"),
        ({"function": lambda lambda_, seed: 0}, TypeError, "'learning_rate'"),
        ({"function": lambda lambda_, learning_rate: 0}, TypeError, "'seed'"),
        ({"function": lambda a, lambda_, learning_rate, seed: 0}, TypeError, "'a'"),
        ({"grid": {"lambda_": [1]}}, ValueError, "two entries"),
        ({"grid": [1, 2]}, ValueError, "two entries"),
        ({"grid": {**GRID, "c": [1]}}, ValueError, "two entries"),
        ({"grid": {"lambda_": [1], "seed": [1]}}, ValueError, "'seed'"),
        ({"grid": {"lambda_": [1], 2: [1]}}, ValueError, "Received: 2"),
        ({"grid": {**GRID, "lambda_": []}}, ValueError, "at least one value"),
        ({"grid": {**GRID, "lambda_": [1, 1.0]}}, ValueError, "none twice"),
        ({"grid": {**GRID, "lambda_": 1}}, ValueError, "list of values"),
        ({"grid": {**GRID, "lambda_": "12"}}, ValueError, "list of values"),
        ({"grid": {**GRID, "lambda_": [math.nan]}}, ValueError, "finite"),
        ({"grid": {**GRID, "lambda_": [None]}}, ValueError, "Received: None"),
        ({"grid": {**GRID, "lambda_": [[1]]}}, ValueError, "finite"),
        ({"seeds": []}, ValueError, "`seeds`"),
        ({"seeds": 3}, ValueError, "`seeds`"),
        ({"seeds": [1, 1]}, ValueError, "`seeds`"),
        ({"seeds": [-1]}, ValueError, "`seeds`"),
        ({"seeds": [2**32]}, ValueError, "`seeds`"),
        ({"seeds": [True]}, ValueError, "`seeds`"),
        ({"seeds": [0.5]}, ValueError, "`seeds`"),
        ({"seeds": "ab"}, ValueError, "`seeds`"),
        ({"folder": None}, TypeError, "`folder`"),
        ({"folder": __file__}, ValueError, "`folder` must be a folder"),
        ({"engine": "dask"}, TypeError, "`engine`"),
        ({"engine": ThreadPoolExecutor(1), "workers": 2}, ValueError, "`workers`"),
        ({"workers": 0}, ValueError, "`workers`"),
        ({"workers": 1.5}, ValueError, "`workers`"),
        ({"workers": True}, ValueError, "`workers`"),
        ({"progress": 1}, TypeError, "`progress`"),
    ],
)
def test_bad_arguments_are_refused(changes, error, words):
    with pytest.raises(error, match=words.replace("|", r"\|")):
        sweep(**{**GOOD, **changes})


def test_what_cannot_be_sent_is_refused_at_the_call(tmp_path):
    lock = threading.Lock()
    with pytest.raises(TypeError, match=r"sent to another process.*lock"):
        sweep(lambda lambda_, learning_rate, seed: lock.locked(), GRID, [0], tmp_path)
