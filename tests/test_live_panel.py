"""The live panel: ticks, sliders, messages, languages, and what it costs."""

import base64
import gc
import gettext
import html
import io
import re
import time
import weakref

import keras
import numpy as np
import psutil
import pytest
from matplotlib.text import Text
from PIL import Image

from helpers import i18n
from helpers.live import LivePanel, TrainingSession, scales
from helpers.live.figure import LiveFigure
from helpers.optimizers import ConditionalGradient
from helpers.optimizers.gradient_centralization import GradientCentralization


def make_session(optimizer=None, held_out=True):
    keras.utils.set_random_seed(0)
    rng = np.random.default_rng(0)
    x = rng.standard_normal((256, 6)).astype("float32")
    y = (x @ rng.standard_normal((6, 3))).argmax(-1)
    model = keras.Sequential([keras.Input((6,)), keras.layers.Dense(3, "softmax")])
    optimizer = optimizer or ConditionalGradient(0.99, 5.0)
    pair = (x[:64], y[:64]) if held_out else None
    return TrainingSession(model, optimizer, x, y, held_out=pair, batch_size=32)


@pytest.fixture(scope="module")
def shared():
    return make_session()


@pytest.fixture
def session(shared):
    shared.set(lambda_=5.0, learning_rate=0.99)
    shared.reset(0)
    return shared


@pytest.fixture
def panel(session):
    panel = LivePanel(session)
    yield panel
    panel.close()


def tick(panel):
    panel.play.value += 1


def text_of(widget):
    return html.unescape(re.sub("<[^>]*>", "", widget.value))


def all_widgets(widget):
    yield widget
    for child in getattr(widget, "children", ()):
        yield from all_widgets(child)


def visible_texts(panel):
    for widget in all_widgets(panel.widget):
        if hasattr(widget, "description") and widget.description:
            yield widget.description
        if type(widget).__name__ == "HTML" and text_of(widget):
            yield text_of(widget)


def test_a_tick_trains_and_redraws(panel, session):
    assert len(session.history) == 1
    first = panel.png
    tick(panel)
    tick(panel)
    assert len(session.history) == 3 and session.step >= 2
    assert panel.png != first and panel.message == ""


def test_stop_is_no_tick(panel, session):
    tick(panel)
    panel.play.value = 0  # what the stop button does
    assert len(session.history) == 2


def test_a_tick_that_comes_after_a_reset_is_none(panel, session):
    for _ in range(3):
        tick(panel)
    panel.reset()
    for late in (4, 5):  # sent by the page before it knew
        panel.play.value = late
    assert session.step == 0 and len(session.history) == 1
    tick(panel)
    assert len(session.history) == 2
    panel.reset()
    tick(panel)
    assert len(session.history) == 2


def test_buttons(panel, session):
    panel.step_button.click()
    assert len(session.history) == 2
    panel.controls["lambda_"].value = 2.0
    panel.reset_button.click()
    assert session.step == 0 and len(session.history) == 1
    assert session.hyperparameters["lambda_"] == 2.0
    panel.step_button.click()
    assert len(session.history) == 2


def test_a_slider_acts_on_the_next_chunk_and_norms_obey(panel, session):
    for _ in range(3):
        tick(panel)
    before = session.history[-1]
    panel.controls["lambda_"].value = 0.1
    panel.controls["learning_rate"].value = 0.1  # the step size
    assert session.hyperparameters == {"lambda_": 0.1, "learning_rate": 0.9}
    tick(panel)
    after = session.history[-1]
    assert (after.lambda_, after.learning_rate) == (0.1, 0.9)
    assert before.lambda_ == 5.0
    while session.step < before.step + 100:
        tick(panel)
    last = session.history[-1]
    steps = last.step - before.step
    bound = 0.9**steps * np.array(before.norms) + (1 - 0.9**steps) * 0.1
    assert np.all(np.array(last.norms) <= bound * (1 + 1e-4))
    assert session.traces == {"chunk": 1, "measure": 1}


@pytest.mark.parametrize("typed", ["abc", "-3", "0", "nan", "inf", "", "1e999", "<b>"])
def test_a_bad_value_in_a_box_is_explained_and_changes_nothing(panel, session, typed):
    before = session.hyperparameters
    panel.boxes["lambda_"].value = typed
    assert "λ" in panel.message and f"“{typed}”" in panel.message
    assert panel.message in visible_texts(panel)
    assert session.hyperparameters == before
    assert panel.boxes["lambda_"].value == "5"
    assert panel.controls["lambda_"].value == pytest.approx(5.0)
    panel.boxes["lambda_"].value = "2.5"
    assert panel.message == "" and session.hyperparameters["lambda_"] == 2.5
    assert panel.controls["lambda_"].value == pytest.approx(2.5)


def test_the_step_size_box(panel, session):
    panel.boxes["learning_rate"].value = "0.25"
    assert session.hyperparameters["learning_rate"] == 0.75
    assert "lr = 0.75" in list(visible_texts(panel))
    panel.boxes["learning_rate"].value = "1.5"
    assert "γ" in panel.message and panel.boxes["learning_rate"].value == "0.25"
    panel.boxes["learning_rate"].value = "0"  # beyond the slider, yet allowed
    assert session.hyperparameters["learning_rate"] == 1.0


def test_a_value_beyond_the_slider_is_used(panel, session):
    panel.boxes["lambda_"].value = "20000"
    assert session.hyperparameters["lambda_"] == 20000.0
    assert panel.controls["lambda_"].value == pytest.approx(1000.0)
    tick(panel)
    assert panel.boxes["lambda_"].value == "2e+04"
    assert session.hyperparameters["lambda_"] == 20000.0


def test_the_panel_follows_what_a_cell_sets(panel, session):
    session.set(lambda_=7.0, learning_rate=0.5)
    tick(panel)
    assert panel.controls["lambda_"].value == pytest.approx(7.0)
    assert panel.controls["learning_rate"].value == pytest.approx(0.5)


def test_an_error_pauses_and_the_session_stays_usable(panel, session, monkeypatch):
    tick(panel)
    setattr(panel.play, panel._playing_trait, True)
    with monkeypatch.context() as patch:
        patch.setattr(session._graph, "chunk", lambda *_: 1 / 0)
        tick(panel)
    assert not panel.playing
    assert "division by zero" in panel.message
    steps = session.step
    tick(panel)
    assert session.step > steps


def test_a_loss_that_is_not_finite_pauses():
    panel = LivePanel(make_session(keras.optimizers.SGD(0.1)))
    panel.session.model.layers[0].kernel.assign(np.full((6, 3), np.inf))
    tick(panel)
    assert not panel.playing and panel.message
    panel.reset()
    tick(panel)
    assert panel.message == "" and np.isfinite(panel.session.history[-1].loss)


def test_the_switch_of_centralization():
    session = make_session(GradientCentralization(keras.optimizers.SGD(0.1)))
    panel = LivePanel(session)
    assert set(panel.controls) == {"learning_rate", "centralize"}
    tick(panel)
    panel.controls["centralize"].value = False
    tick(panel)
    assert [r.centralize for r in session.history] == [True, True, False]
    panel.controls["learning_rate"].value = 0.02
    assert session.hyperparameters["learning_rate"] == 0.02
    panel.boxes["learning_rate"].value = "-1"
    assert panel.message and session.hyperparameters["learning_rate"] == 0.02
    assert session.traces == {"chunk": 1, "measure": 1}


def test_two_panels_do_not_disturb_each_other(panel, session):
    other = LivePanel(make_session(keras.optimizers.SGD(0.1), held_out=False))
    assert set(other.controls) == {"learning_rate"}
    tick(other)
    assert session.step == 0 and other.session.step == 1
    tick(panel)
    panel.controls["learning_rate"].value = 0.2
    assert other.session.hyperparameters["learning_rate"] == pytest.approx(0.1)
    panel.boxes["lambda_"].value = "x"
    assert other.message == ""
    other.close()
    tick(panel)
    assert len(session.history) == 3


def test_closing_frees_the_model():
    session = make_session()
    panel = LivePanel(session)
    tick(panel)
    model = weakref.ref(session.model)
    panel.close()
    panel.close()
    tick(panel)  # a late message from the page
    del session
    gc.collect()
    assert model() is None


def test_it_is_stored_as_a_picture_and_a_text(panel, session):
    data, metadata = panel._repr_mimebundle_()
    view = data["application/vnd.jupyter.widget-view+json"]
    assert view["model_id"] == panel.widget.model_id and view["version_major"] == 2
    png = base64.b64decode(data["image/png"])
    image = Image.open(io.BytesIO(png))
    assert image.size[0] > 600 and len(image.convert("RGB").getcolors(9999)) > 10
    assert "λ = 5" in data["text/plain"] and "0x" not in data["text/plain"]
    assert metadata["image/png"]["alt"] == data["text/plain"] == repr(panel)
    before = data["text/plain"]
    tick(panel)
    assert panel._repr_mimebundle_()[0]["text/plain"] == before


class Marked(gettext.NullTranslations):
    """A translation in which every message is put between marks."""

    def gettext(self, message):
        return f"⟦{message}⟧"


def drawn_texts(panel):
    for text in panel._figure._raster.figure.findobj(Text):
        if re.search("[A-Za-z]{3}", text.get_text()):
            yield text.get_text()


@pytest.mark.parametrize("kind", ["cg", "gc"])
def test_every_visible_word_is_translated(monkeypatch, kind):
    optimizer = GradientCentralization(keras.optimizers.SGD(0.1))
    session = make_session(None if kind == "cg" else optimizer)
    monkeypatch.setattr(i18n, "_catalog", Marked())
    panel = LivePanel(session)
    tick(panel)
    panel.boxes["learning_rate"].value = "x"
    texts = [*visible_texts(panel), *drawn_texts(panel), panel.text]
    names = {name.split("/", 1)[1] for name in session.names} | set(session.names)
    missing = [t for t in texts if not t.startswith("⟦") and t not in names]
    assert not missing and len(texts) > 10


def test_a_panel_speaks_its_own_language(session, monkeypatch):
    monkeypatch.setattr(i18n, "LANGUAGES", ("en", "xx"))

    def set_language(language):
        i18n._language = language
        marked = Marked() if language == "xx" else gettext.NullTranslations()
        i18n._catalog = marked

    monkeypatch.setattr(i18n, "set_language", set_language)
    panel, english = LivePanel(session, language="xx"), LivePanel(session)
    tick(panel), tick(english)
    panel.boxes["lambda_"].value = "x"
    panel.controls["lambda_"].value = 2.0
    panel.boxes["lambda_"].value = "y"
    assert all("⟦" in text for text in visible_texts(panel))
    assert not any("⟦" in text for text in visible_texts(english))
    assert i18n.language() == "en"
    with pytest.raises(ValueError, match="language"):
        monkeypatch.undo()
        LivePanel(session, language="xx")


def test_drawing_fits_into_a_tenth_of_a_tick(panel, session):
    for _ in range(3):
        tick(panel)
    times = []
    for _ in range(20):
        started = time.process_time()
        panel._refresh()
        times.append(time.process_time() - started)
    print(f"redraw: {1000 * np.median(times):.1f} ms")
    assert np.median(times) < 0.025


def test_half_an_hour_of_ticks_needs_little_memory(panel, session):
    def after(record):
        return record._replace(step=record.step + 150, seconds=record.seconds + 0.2)

    process = psutil.Process()
    for _ in range(10):
        tick(panel)
    gc.collect()
    before = process.memory_info().rss
    # 7200 ticks, of which every fortieth is a real one.
    for _ in range(180):
        for _ in range(39):
            session.history.append(after(session.history[-1]))
        session.train(1)
        session.history[-1] = after(session.history[-2])
        panel._refresh()
    gc.collect()
    grown = (process.memory_info().rss - before) / 2**20
    print(f"7200 ticks: {grown:.1f} MB")
    assert len(session.history) > 7200
    assert grown < 50


def test_a_long_history_is_thinned_and_keeps_its_ends():
    indices = scales.thinned(100_000, 500)
    assert len(indices) == 500 and indices[0] == 0 and indices[-1] == 99_999
    assert list(scales.thinned(3, 500)) == [0, 1, 2]


@pytest.mark.parametrize(
    "value, low, high",
    [(0.7, 0.5, 1), (1, 1, 1), (203, 200, 500), (0.03, 0.02, 0.05), (2.01, 2, 5)],
)
def test_limits_are_round(value, low, high):
    assert scales.floor(value) == pytest.approx(low)
    assert scales.ceiling(value) == pytest.approx(high)


@pytest.mark.parametrize("value", [0, -1, np.nan, np.inf])
def test_limits_of_nothing_are_finite(value):
    values = np.array([value, value])
    for limits in (scales.loss_limits, scales.log_limits, scales.accuracy_limits):
        low, high = limits(values)
        assert np.isfinite([low, high]).all() and low < high


def test_limits_stay_where_they_still_fit():
    assert scales.held((0, 5), (0, 2)) == (0, 5)
    assert scales.held((0, 5), (0, 10)) == (0, 10)
    assert scales.held((0, 5), (0, 1)) == (0, 1)
    assert scales.held_log((0.1, 100), (0.1, 50)) == (0.1, 100)
    assert scales.held_log((0.1, 100), (1, 2)) == (1, 2)
    assert scales.held_log((0.1, 100), (0.05, 50)) == (0.05, 50)


def test_a_change_is_marked_in_the_figure(session):
    figure = LiveFigure(session.names, "fro", "gap")
    session.train(5)
    figure.png(session.history)
    assert len(figure._marks[0].get_xdata()) == 0
    session.set(lambda_=1.0)
    session.train(5)
    figure.png(session.history)
    assert list(figure._marks[0].get_xdata()[:2]) == [5, 5]
