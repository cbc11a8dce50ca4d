"""Scaling out, without other processes: jobs, states, traffic, errors."""

import json
import signal

import keras
import numpy as np
import pytest

from helpers import distributed
from helpers.distributed import job as jobs
from helpers.distributed import launcher, worker
from helpers.optimizers import ConditionalGradient, GradientCentralization

LOSS = "sparse_categorical_crossentropy"


def network():
    keras.utils.set_random_seed(0)
    hidden = keras.layers.Dense(6, activation="tanh")
    output = keras.layers.Dense(3, activation="softmax")
    return keras.Sequential([keras.Input((5,)), hidden, output])


def data(count=24):
    rng = np.random.default_rng(0)
    return rng.standard_normal((count, 5)).astype("float32"), rng.integers(0, 3, count)


def job(optimizer=None, epochs=3, **changes):
    x, y = data()
    given = {"model": network(), "x": x, "y": y, "loss": LOSS, "batch_size": 8}
    given["optimizer"] = optimizer or ConditionalGradient(0.9, 2.0)
    return distributed.Job(**given | {"epochs": epochs} | changes)


def test_every_name_of_the_package_is_there():
    for name in distributed.__all__:
        assert callable(getattr(distributed, name))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = distributed.nothing


@pytest.mark.parametrize("workers", [1, 2, 4])
def test_the_parts_of_all_workers_are_every_batch_once(workers):
    rows = np.arange(24)
    parts = [jobs.part_of_batches(rows, 8, i, workers) for i in range(workers)]
    for batch in range(3):
        local = slice(batch * 8 // workers, (batch + 1) * 8 // workers)
        whole = np.concatenate([part[local] for part in parts])
        np.testing.assert_array_equal(whole, rows[batch * 8 : (batch + 1) * 8])


def test_a_job_comes_back_from_its_folder(tmp_path):
    optimizer = GradientCentralization(keras.optimizers.Adam(0.01))
    written = job(optimizer)
    written.write(tmp_path / "new" / "folder")
    read = jobs.Job.read(tmp_path / "new" / "folder")
    assert (read.loss, read.batch_size, read.epochs) == (LOSS, 8, 3)
    weights = [each.build().get_weights() for each in (written, read)]
    for a, b in zip(*weights, strict=True):
        np.testing.assert_array_equal(a, b)
    assert isinstance(read.build().optimizer, GradientCentralization)
    np.testing.assert_array_equal(read.part(1, 2)[0], written.part(1, 2)[0])


def test_a_folder_takes_the_same_job_with_more_epochs_and_no_other(tmp_path):
    job().write(tmp_path)
    job(epochs=5).write(tmp_path)
    assert json.loads((tmp_path / "job.json").read_text())["epochs"] == 5
    others = (job(ConditionalGradient(0.8, 2.0)), job(batch_size=4))
    for other in (*others, job(x=data()[0] + 1)):
        with pytest.raises(ValueError, match="`folder` must be empty or hold this"):
            other.write(tmp_path)


@pytest.mark.parametrize(
    "optimizer",
    [
        ConditionalGradient(0.9, 2.0, ord="nuclear"),
        GradientCentralization(keras.optimizers.Adam(0.01)),
    ],
)
def test_training_goes_on_from_a_state_as_if_it_had_not_stopped(tmp_path, optimizer):
    given = job(optimizer)
    x, y = data()

    def fit(model, first, last):
        model.fit(x, y, 8, initial_epoch=first, epochs=last, shuffle=False, verbose=0)

    whole, first, second = given.build(), given.build(), given.build()
    fit(whole, 0, 3)
    assert jobs.restore(tmp_path, first) == 0
    fit(first, 0, 1)
    jobs.save_state(tmp_path, 1, first)
    assert jobs.restore(tmp_path, second) == 1
    fit(second, 1, 3)
    for a, b in zip(whole.get_weights(), second.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    ((*saved,),) = jobs.saved_weights(tmp_path)
    for a, b in zip(first.get_weights(), saved, strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_half_written_state_is_no_state(tmp_path):
    model = job().build()
    jobs.save_state(tmp_path, 1, model)
    (tmp_path / "state-0002.npz.123.unfinished").write_bytes(b"half")
    assert jobs.last_epoch(tmp_path) == 1


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"model": "m"}, TypeError, "`model` must be a keras.Model"),
        ({"model": keras.Sequential()}, ValueError, "`model` must be built"),
        ({"optimizer": "sgd"}, TypeError, "`optimizer` must be a keras.optimizers"),
        ({"batch_size": 0}, ValueError, "`batch_size` must be an integer"),
        ({"epochs": 1.5}, ValueError, "`epochs` must be an integer"),
        ({"batch_size": 7}, ValueError, "a multiple of `batch_size`"),
        ({"y": np.zeros(8)}, ValueError, "of the same length"),
        ({"loss": "unknown"}, ValueError, "unknown"),
    ],
)
def test_a_bad_job_is_refused_at_once(changes, error, message):
    with pytest.raises(error, match=message):
        job(**changes)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"backend": "torch"}, "`backend` must be one of"),
        ({"workers": 3}, "`workers` must be .* divides the batch size 8"),
        ({"workers": 0}, "`workers` must be"),
        ({"patience": 0}, "`patience` must be above 0, in seconds. Received: 0"),
        ({"start_patience": -1}, "`start_patience` must be above 0.* Received: -1"),
        ({"crash": (2, 1)}, "`crash` must be None or"),
    ],
)
def test_bad_arguments_of_train_are_refused_at_once(changes, message):
    with pytest.raises(ValueError, match=message):
        distributed.train(**{"job": job(), "backend": "jax"} | changes)
    with pytest.raises(TypeError, match="`job` must be"):
        distributed.train("job", "jax")


def test_a_missing_backend_is_said_in_one_sentence(monkeypatch, capsys):
    monkeypatch.setattr(launcher.importlib.util, "find_spec", lambda name: None)
    assert distributed.train(job(), "jax") is None
    assert capsys.readouterr().out == (
        "jax is not installed: nothing was trained here.\n"
    )


def test_largest_difference():
    path = [[np.zeros(3), np.ones((2, 2))], [np.ones(3), np.ones((2, 2))]]
    other = [[w.copy() for w in epoch] for epoch in path]
    assert distributed.largest_difference(path, other) == 0.0
    other[0][1][1, 0] -= 0.25
    assert distributed.largest_difference(path, other) == 0.25
    other[1][0][0] = np.nan
    assert np.isnan(distributed.largest_difference(path, other))
    for wrong in (path[:1], [], [[np.zeros(3)]] * 2):
        with pytest.raises(ValueError, match="the same network"):
            distributed.largest_difference(path, wrong)
    with pytest.raises(ValueError, match="the same network"):
        distributed.largest_difference([], [])


def test_trajectory_records_every_epoch():
    model, path = job().build(), distributed.Trajectory()
    x, y = data()
    model.fit(x, y, epochs=3, verbose=0, callbacks=[path])
    assert len(path.weights) == 3
    for a, b in zip(path.weights[-1], model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    assert distributed.largest_difference(path.weights[:1], path.weights[1:2]) > 0


def test_bytes():
    assert distributed.bytes_of_gradient(network()) == 4 * (5 * 6 + 6 + 6 * 3 + 3)
    half = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2, dtype="float16")])
    assert distributed.bytes_of_gradient(half) == 2 * 10
    half = keras.layers.Dense(2, dtype="bfloat16")
    half.build((None, 4))
    assert distributed.bytes_of_gradient(half) == 2 * 10
    assert distributed.bytes_sent(1000, 1) == 0
    assert distributed.bytes_sent(1000, 4, "one collects") == 3000
    for wrong in ({"workers": 0}, {"workers": 1.5}, {"workers": 2, "way": "mail"}):
        with pytest.raises(ValueError, match="must be"):
            distributed.bytes_sent(1000, **wrong)


@pytest.mark.parametrize("workers", [2, 3, 5])
def test_bytes_sent_in_a_ring_are_counted_in_a_ring(workers):
    """A ring all-reduce, played with arrays, sends what the formula says."""
    rng = np.random.default_rng(0)
    gradients = rng.standard_normal((workers, workers, 7))  # worker, part, entry
    total, sent = gradients.sum(axis=0), np.zeros(workers)
    state = gradients.copy()
    for add in (True, False):
        for turn in range(workers - 1):
            before = state.copy()
            for sender in range(workers):
                part = (sender - turn + (0 if add else 1)) % workers
                receiver = (sender + 1) % workers
                passed = before[sender, part]
                state[receiver, part] = passed + add * before[receiver, part]
                sent[sender] += passed.nbytes
    np.testing.assert_allclose(state, np.broadcast_to(total, state.shape))
    expected = distributed.bytes_sent(gradients[0].nbytes, workers)
    np.testing.assert_allclose(sent, expected)


def test_the_worker_to_blame():
    kill = -signal.SIGKILL
    assert launcher.first_to_fail([None, 1]) == 1
    assert launcher.first_to_fail([1, kill]) == 1
    assert launcher.first_to_fail([0, worker.GAVE_UP, 1]) == 2
    assert launcher.first_to_fail([worker.GAVE_UP, None]) == 0


def test_the_error_says_who_why_and_where_to_go_on():
    error = launcher.WorkerFailed(1, 2, -signal.SIGKILL, 3, "")
    assert (
        str(error)
        == error.summary
        == (
            "Worker 1 was ended by the signal SIGKILL. All other workers were stopped. "
            "The last saved state is the one after epoch 3."
        )
    )
    error = launcher.WorkerFailed(0, 1, 2, 0, "ValueError: no")
    assert error.summary == (
        "Worker 0 ended early, with the exit code 2. No state was saved yet."
    )
    assert str(error).endswith("\nValueError: no")
    assert "gave up" in launcher.WorkerFailed(0, 2, worker.GAVE_UP, 1, "").summary


def test_last_words_leave_out_what_every_start_writes():
    log = "I0000 00:00:1 oneDNN\n[Gloo] Rank 0\n\nValueError: the reason\n"
    assert launcher.last_words(log) == "ValueError: the reason"
    assert launcher.last_words("a\nb\nc", lines=2) == "b\nc"


def test_free_ports_differ_and_can_be_bound():
    ports = launcher.free_ports(20)
    assert len(set(ports)) == 20
    with launcher.socket.socket() as one:
        one.bind(("127.0.0.1", ports[0]))


def test_another_start_when_a_port_was_taken(monkeypatch, tmp_path):
    logs = ["bind: Address already in use", "Failed to bind", "ValueError: no"]

    def run(*_given):
        raise launcher.WorkerFailed(0, 2, 1, 0, logs.pop(0))

    monkeypatch.setattr(launcher, "_run", run)
    with pytest.raises(launcher.WorkerFailed, match="ValueError: no"):
        distributed.train(job(), "tensorflow", folder=tmp_path, starts=5)
    assert logs == []


def test_the_command_is_understood_by_the_worker(monkeypatch, tmp_path):
    calls = []
    monkeypatch.setattr(worker, "run", lambda *given: calls.append(given))
    words = distributed.command(tmp_path, "jax", 1, ["a:1", "b:2"], patience=7)
    assert words[:3] == ["python", "-m", "helpers.distributed.worker"]
    worker.main(words[3:])
    ((place, backend, *limits, crash_at),) = calls
    assert (place.worker, place.workers, place.folder) == (1, 2, tmp_path)
    assert (backend, limits, crash_at) == ("jax", [7, 35], None)
    for wrong in (["--worker", "2"], ["--patience", "0"], ["--start-patience", "-1"]):
        with pytest.raises(SystemExit):
            worker.main([*words[3:], *wrong])
