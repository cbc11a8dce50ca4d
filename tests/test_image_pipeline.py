"""Loading, the cache that can be trusted, and the input pipeline."""

import hashlib
import http.server
import io
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import zipfile

import keras
import numpy as np
import pytest
import tensorflow as tf
import tensorflow_datasets as tfds
from scipy import ndimage, stats

from helpers.data import drawn as drawn_module
from helpers.data import horses_or_humans, load_horses_or_humans, prepare, tfds_cache

pytest_plugins = ["drawn_data"]


@pytest.fixture
def few(monkeypatch):
    """A data set of nine pictures, which is prepared in a moment."""
    counts = {"train": (3, 2), "test": (2, 2)}
    monkeypatch.setattr(drawn_module, "COUNTS", counts)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))


# The same data set in another process.
_LOAD_FEW = """
import sys
from helpers.data import drawn
drawn.COUNTS = {"train": (3, 2), "test": (2, 2)}
from helpers.data import load_horses_or_humans
"""


def _start(code, *args):
    return subprocess.Popen(
        [sys.executable, "-c", _LOAD_FEW + code, *map(str, args)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
    )


def _labels(splits):
    return [[int(label) for _, label in split] for split in splits]


def _leftovers(folder):
    """What a preparation has begun and not ended: TFDS's folder, and downloads."""
    begun = [*folder.glob("*/*incomplete*"), *folder.glob(".downloads-*")]
    return [path.name for path in begun]


def test_the_shape_is_the_tutorials(prepared_dir):
    (train, test), _info = load_horses_or_humans(data_dir=prepared_dir)
    assert (len(train), len(test)) == (1027, 256)
    image, label = train.element_spec
    assert (image.shape, image.dtype) == ((300, 300, 3), tf.uint8)
    assert (label.shape, label.dtype) == ((), tf.int64)


def test_a_smaller_size_shows_the_same_pictures(prepared_dir, drawn):
    (_, test), _ = load_horses_or_humans(image_size=100, data_dir=prepared_dir)
    images = np.stack([image for image, _ in test.as_numpy_iterator()])
    assert images.shape == (256, 100, 100, 3)
    assert images.dtype == np.uint8
    full = drawn[0]["test"][0].reshape(256, 100, 3, 100, 3, 3).mean((2, 4))
    assert abs(images - full).mean() < 3


def test_the_smallest_size_is_the_smallest_that_the_network_takes():
    def network(size):
        blocks = [[keras.layers.Conv2D(1, 3), keras.layers.MaxPooling2D(2)]] * 5
        flat = [layer for pair in blocks for layer in pair]
        shape = (1, size, size, 3)
        for layer in flat:
            shape = layer.compute_output_shape(shape)
        return shape

    assert network(horses_or_humans.SMALLEST_SIZE) == (1, 1, 1, 1)
    with pytest.raises(ValueError):
        assert min(network(horses_or_humans.SMALLEST_SIZE - 1)) > 0, "empty"


def test_tfds_data_dir_sets_the_folder(few, tmp_path, monkeypatch):
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path))
    load_horses_or_humans()
    assert list(tmp_path.glob("drawn_horses_or_humans/*/dataset_info.json"))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"source": "web"}, ["source", "'web'", "drawn", "tfds"]),
        ({"source": None}, ["source", "None"]),
        ({"image_size": 93}, ["image_size", "93", "94", "300"]),
        ({"image_size": 301}, ["image_size", "301", "300"]),
        ({"image_size": 100.0}, ["image_size", "100.0"]),
        ({"image_size": True}, ["image_size", "True"]),
    ],
)
def test_bad_arguments_are_named_before_any_work(arguments, words, monkeypatch):
    monkeypatch.setattr(tfds_cache, "load", lambda *_: pytest.fail("worked"))
    with pytest.raises(ValueError) as error:
        load_horses_or_humans(**arguments)
    assert all(word in str(error.value) for word in words)


def test_progress_counts_to_the_last_picture_and_only_once(few, tmp_path):
    calls = []
    load = dict(data_dir=tmp_path, progress=lambda *call: calls.append(call))
    load_horses_or_humans(**load)
    assert calls == [(i + 1, 9) for i in range(9)]
    load_horses_or_humans(**load)
    assert len(calls) == 9
    assert _leftovers(tmp_path) == []


def test_no_run_prints_anything_or_leaves_something(few, tmp_path, monkeypatch, capfd):
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    for _ in range(2):
        load_horses_or_humans(data_dir=tmp_path / "cache")
        assert capfd.readouterr() == ("", "")
    assert list(temporary.iterdir()) == []


def test_two_processes_prepare_at_the_same_time(few, tmp_path):
    # Both stop in the middle of their preparation until both have come so far.
    code = """
def progress(done, total):
    if done == 4:
        print("half", flush=True)
        sys.stdin.readline()
splits, info = load_horses_or_humans(data_dir=sys.argv[1], progress=progress)
print([[int(label) for _, label in split] for split in splits])
"""
    both = [_start(code, tmp_path) for _ in range(2)]
    assert [process.stdout.readline() for process in both] == ["half\n"] * 2
    assert len(_leftovers(tmp_path)) == 4
    results = [None, None]

    def finish(index):
        results[index] = both[index].communicate("go\n", timeout=60)

    threads = [threading.Thread(target=finish, args=(i,)) for i in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [process.returncode for process in both] == [0, 0], results
    splits, _ = load_horses_or_humans(data_dir=tmp_path)
    assert results[0][0] == results[1][0] == f"{_labels(splits)}\n"
    assert _leftovers(tmp_path) == []


def test_a_killed_preparation_leaves_nothing_that_is_trusted(few, tmp_path):
    code = """
def progress(done, total):
    if done == 8:
        print("late", flush=True)
        sys.stdin.readline()
load_horses_or_humans(data_dir=sys.argv[1], progress=progress)
"""
    process = _start(code, tmp_path)
    assert process.stdout.readline() == "late\n"
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert not list(tmp_path.glob("drawn_horses_or_humans/*/dataset_info.json"))
    splits, _ = load_horses_or_humans(data_dir=tmp_path)
    assert [len(split) for split in splits] == [5, 4]


def _damage(folder, change):
    (file,) = folder.glob("drawn_horses_or_humans/?.?.?/*-train.tfrecord*")
    change(file)


@pytest.mark.parametrize(
    "change",
    [
        lambda file: file.unlink(),
        lambda file: os.truncate(file, file.stat().st_size // 2),
        lambda file: os.truncate(file, 0),
        lambda file: file.write_bytes(file.read_bytes()[:-9] + b"123456789"),
        lambda file: (file.parent / "dataset_info.json").unlink(),
        lambda file: (file.parent / "dataset_info.json").write_text("{"),
    ],
    ids=["file lost", "file cut", "file empty", "changed", "info lost", "info cut"],
)
def test_a_damaged_cache_is_moved_aside_and_prepared_again(few, tmp_path, change):
    expected = _labels(load_horses_or_humans(data_dir=tmp_path)[0])
    for times in (1, 2):
        _damage(tmp_path, change)
        with pytest.warns(UserWarning, match=f"damaged-{times}"):
            splits, _ = load_horses_or_humans(data_dir=tmp_path)
        assert _labels(splits) == expected
    assert len(list(tmp_path.glob("*/*damaged*/*-test.tfrecord*"))) == 2


class _Server(http.server.ThreadingHTTPServer):
    """Serves two small archives in the shape of the originals."""

    cut = None

    def __init__(self, *args):
        super().__init__(*args)
        self.archives = {train: self._archive(train) for train in (True, False)}

    def _archive(self, train):
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as archive:
            for index in range(3 if train else 1):
                for label, name in enumerate(("horses", "humans")):
                    image, _ = drawn_module.draw("test", index + 128 * label)
                    png = tf.io.encode_png(image).numpy()
                    archive.writestr(f"{name}/{name}{index}.png", png)
        return file.getvalue()


class _Handler(http.server.BaseHTTPRequestHandler):
    def do_HEAD(self):
        self._answer(b"")

    def do_GET(self):
        content = self.server.archives["validation" not in self.path]
        self._answer(content)

    def _answer(self, content):
        self.send_response(200)
        sent = content
        if self.server.cut and "validation" in self.path:
            sent = content[: len(content) // 2]
        # "silent" is a proxy that takes the half for the whole.
        length = len(sent) if self.server.cut == "silent" else len(content)
        self.send_header("Content-Length", str(length))
        self.end_headers()
        self.wfile.write(sent)

    def log_message(self, *args):
        pass


@pytest.fixture
def server(monkeypatch):
    """The real TFDS builder, with a server on this machine in place of Google's."""
    cls = tfds_cache.original()
    with _Server(("127.0.0.1", 0), _Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        module = sys.modules[cls.__module__]
        infos = {}
        for name, file, train in (
            ("_TRAIN_URL", "horse-or-human.zip", True),
            ("_TEST_URL", "validation-horse-or-human.zip", False),
        ):
            url = f"http://127.0.0.1:{server.server_port}/{file}"
            monkeypatch.setattr(module, name, url)
            content = server.archives[train]
            infos[url] = tfds.download.checksums.UrlInfo(
                size=len(content),
                checksum=hashlib.sha256(content).hexdigest(),
                filename=file,
            )
        monkeypatch.setattr(cls, "url_infos", infos)
        yield server
        server.shutdown()


def test_the_real_data_set_comes_through_tfds(server, tmp_path):
    splits, metadata = load_horses_or_humans("tfds", data_dir=tmp_path)
    assert metadata.name == "horses_or_humans"
    assert metadata.splits["train"].num_examples == 6
    assert sorted(_labels(splits)[1]) == [0, 1]
    server.cut = "broken"
    load_horses_or_humans("tfds", data_dir=tmp_path)
    assert _leftovers(tmp_path) == []


@pytest.mark.parametrize("cut", ["broken", "silent"])
def test_an_interrupted_download_leaves_nothing_to_trust(server, tmp_path, cut):
    server.cut = cut
    with pytest.raises(ConnectionError, match='source="drawn"'):
        load_horses_or_humans("tfds", data_dir=tmp_path)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    server.cut = None
    splits, _ = load_horses_or_humans("tfds", data_dir=tmp_path)
    assert [len(split) for split in splits] == [6, 2]


def test_without_a_network_one_sentence_names_the_way_out(monkeypatch, tmp_path):
    # Nothing listens on this port.
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    start = time.monotonic()
    with pytest.raises(ConnectionError) as error:
        load_horses_or_humans("tfds", data_dir=tmp_path)
    assert time.monotonic() - start < 2 * tfds_cache.TIMEOUT
    message = str(error.value)
    assert "network" in message and 'source="drawn"' in message
    assert "\n" not in message
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def _numbered(count, size=12):
    """Images that are each of one value, their number; the labels say it again."""
    numbers = np.arange(count)
    images = np.broadcast_to(numbers[:, None, None, None], (count, size, size, 3))
    return tf.data.Dataset.from_tensor_slices((images.astype(np.uint8), numbers))


def _pictures(count=20, size=32):
    images = np.stack([drawn_module.draw("test", i)[0] for i in range(4)])
    images = tf.image.resize(images, (size, size)).numpy().astype(np.uint8)
    images = np.resize(images, (count, size, size, 3))
    return tf.data.Dataset.from_tensor_slices((images, np.arange(count)))


def _epoch(ds):
    batches = list(ds.as_numpy_iterator())
    return [np.concatenate(part) for part in zip(*batches, strict=True)]


def test_without_shuffle_and_augment_images_are_only_rescaled():
    images, labels = _epoch(prepare(_numbered(7), batch_size=3))
    assert labels.tolist() == list(range(7))
    np.testing.assert_allclose(images[:, 5, 5, 1], np.arange(7) / 255, rtol=1e-6)
    assert [len(y) for _, y in prepare(_numbered(7), batch_size=3)] == [3, 3, 1]


def test_batches_are_kept_only_where_every_epoch_has_the_same():
    drawn_anew = []

    def images():
        drawn_anew.append(1)
        yield from _numbered(6).as_numpy_iterator()

    spec = _numbered(6).element_spec
    for settings, times in (
        ({}, 1),
        ({"shuffle": True}, 3),
        ({"augment": True}, 3),
    ):
        ds = tf.data.Dataset.from_generator(images, output_signature=spec)
        pipeline = prepare(ds, batch_size=4, **settings)
        drawn_anew.clear()
        for _ in range(3):
            assert sorted(_epoch(pipeline)[1]) == list(range(6))
        assert len(drawn_anew) == times


def test_augmentation_moves_pixels_and_keeps_range_and_labels():
    ds = _pictures()
    plain, _ = _epoch(prepare(ds))
    moved, labels = _epoch(prepare(ds, augment=True, seed=1))
    assert labels.tolist() == list(range(20))
    assert moved.shape == plain.shape and moved.dtype == np.float32
    assert 0 <= moved.min() and moved.max() <= 1
    changes = abs(moved - plain).mean((1, 2, 3))
    assert (changes > 0.01).all()
    # Every image of a batch is moved in its own way.
    assert len(np.unique(moved[::4].round(4), axis=0)) == 5


def test_the_same_seed_gives_the_same_batches_epoch_by_epoch():
    ds = _pictures(count=50)
    settings = dict(batch_size=8, shuffle=True, augment=True)
    first, second = (prepare(ds, seed=3, **settings) for _ in range(2))
    # A look at the first batch alone must not shift what comes after.
    for pipeline in (first, second):
        for _ in pipeline.take(1):
            pass
    epochs = [[_epoch(pipeline) for _ in range(2)] for pipeline in (first, second)]
    for one, other in zip(*epochs, strict=True):
        np.testing.assert_array_equal(one[1], other[1])
        np.testing.assert_array_equal(one[0], other[0])
    assert (epochs[0][0][1] != epochs[0][1][1]).any(), "order differs by epoch"
    fixed = prepare(ds, augment=True, seed=3)
    assert (_epoch(fixed)[0] != _epoch(fixed)[0]).any(), "augmentation too"
    other = _epoch(prepare(ds, seed=4, **settings))
    assert (other[1] != epochs[0][0][1]).any()


def test_shuffling_keeps_every_image():
    _, labels = _epoch(prepare(_numbered(200), batch_size=16, shuffle=True, seed=0))
    assert sorted(labels) == list(range(200))
    assert (labels[:100] > 100).sum() > 20, "shuffled over all, not near by"


@pytest.mark.parametrize(
    ("layer", "parameter", "angle", "zoom"),
    [
        (keras.layers.RandomRotation, 0.15, 2 * np.pi * 0.15, 0.0),
        (keras.layers.RandomRotation, -0.3, -2 * np.pi * 0.3, 0.0),
        (keras.layers.RandomZoom, 0.2, 0.0, 0.2),
        (keras.layers.RandomZoom, -0.2, 0.0, -0.2),
    ],
)
def test_the_affine_map_does_what_the_layer_of_keras_does(
    layer, parameter, angle, zoom
):
    images = next(iter(_pictures(4).batch(4)))[0].numpy().astype(np.float32)
    expected = keras.ops.convert_to_numpy(layer((parameter, parameter))(images))
    moves = tf.ones((4, 2)), tf.fill([4], np.float32(angle)), tf.fill([4], zoom)
    found = np.asarray(horses_or_humans.moved(images, *moves))
    np.testing.assert_allclose(found, expected, atol=0.5)


@pytest.mark.parametrize("shape", [(32, 32), (20, 45), (9, 60)])
def test_the_transform_is_the_one_of_scipy(shape):
    """Which calls this way to go on at an edge `reflect`, too."""
    rng = np.random.default_rng(0)
    images = rng.uniform(0, 1, (5, *shape, 3)).astype(np.float32)
    flips, angles = rng.choice([-1.0, 1.0], (5, 2)), rng.uniform(-2, 2, 5)
    zooms = rng.uniform(-0.2, 0.2, 5)
    moves = (tf.constant(values, tf.float32) for values in (flips, angles, zooms))
    found = np.asarray(horses_or_humans.moved(images, *moves))
    center = (np.array(shape) - 1) / 2
    for image, got, flip, angle, zoom in zip(
        images, found, flips, angles, zooms, strict=True
    ):
        # SciPy counts rows first.
        turn = [[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]]
        matrix = (1 + zoom) * np.diag(flip[::-1]) @ turn
        for channel in range(3):
            expected = ndimage.affine_transform(
                image[..., channel],
                matrix,
                center - matrix @ center,
                order=1,
                mode="reflect",
            )
            np.testing.assert_allclose(got[..., channel], expected, atol=1e-3)


def test_flips_angles_and_zooms_have_the_tutorials_ranges(monkeypatch):
    seen = []

    monkeypatch.setattr(
        horses_or_humans, "moved", lambda *given: seen.append(given[1:])
    )
    horses_or_humans._augmented((tf.zeros((2000, 2, 2, 3)), tf.zeros(2000)), [0, 1])
    flips, angles, zooms = map(np.asarray, seen[0])
    assert set(flips.ravel()) == {-1.0, 1.0} and abs(flips.mean(0)).max() < 0.1
    for values, reach in ((angles, 0.3 * 2 * np.pi), (zooms, 0.2)):
        uniform = stats.uniform(-reach, 2 * reach)
        assert stats.kstest(values, uniform.cdf).pvalue > 0.01


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        PermissionError("held by another process"),
        TypeError("a bug of ours"),
        tf.errors.ResourceExhaustedError(None, None, "memory"),
        tf.errors.PermissionDeniedError(None, None, "not yours"),
        tf.errors.InvalidArgumentError(None, None, "a bug of ours"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_proves_no_damage_costs_nobody_a_download(
    few, tmp_path, monkeypatch, error
):
    load_horses_or_humans(data_dir=tmp_path)
    before = sorted(tmp_path.rglob("*"))

    def read(*_arguments):
        raise error

    monkeypatch.setattr(tfds_cache, "_read", read)
    with pytest.raises(type(error)):
        load_horses_or_humans(data_dir=tmp_path)
    assert sorted(tmp_path.rglob("*")) == before
