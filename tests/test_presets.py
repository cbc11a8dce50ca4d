"""The preset follows the hardware, and the environment goes before it."""

import keras
import pytest
from keras import layers

from helpers import environment
from helpers.datasets import (
    ORIGINAL_SIZE,
    SMALLEST_SIZE,
    SOURCES,
    load_horses_or_humans,
    prepare,
)

pytest_plugins = ["drawn_data"]


@pytest.mark.parametrize(("gpu", "name"), [(False, "quick"), (True, "full")])
def test_the_hardware_decides(monkeypatch, gpu, name):
    monkeypatch.setattr(environment, "_has_gpu", lambda: gpu)
    for unset in (None, "", " "):
        monkeypatch.delenv(environment.VARIABLE, raising=False)
        if unset is not None:
            monkeypatch.setenv(environment.VARIABLE, unset)
        assert environment.choose_preset().name == name


@pytest.mark.parametrize("name", ["quick", "full"])
def test_the_environment_goes_first(monkeypatch, name):
    monkeypatch.setattr(environment, "_has_gpu", lambda: name == "quick")
    monkeypatch.setenv(environment.VARIABLE, name)
    assert environment.choose_preset() is environment.PRESETS[name]


@pytest.mark.parametrize("name", ["fast", "QUICK", "0"])
def test_another_name_is_an_error_that_lists_the_right_ones(monkeypatch, name):
    monkeypatch.setenv(environment.VARIABLE, name)
    with pytest.raises(ValueError, match=r"NOTEBOOK_PRESET.*quick.*full") as error:
        environment.choose_preset()
    assert repr(name) in str(error.value)


def test_full_is_the_tutorial_and_both_can_be_loaded():
    full = environment.PRESETS["full"]
    assert (full.image_size, full.batch_size, full.epochs) == (300, 128, 10)
    assert (full.learning_rate, full.source) == (1e-4, "tfds")
    for preset in environment.PRESETS.values():
        assert preset.source in SOURCES
        assert SMALLEST_SIZE <= preset.image_size <= ORIGINAL_SIZE
        assert len(set(preset.seeds)) >= 4


def test_the_lesson_s_network_learns_the_drawings_with_the_quick_preset(
    prepared_dir, cells_of
):
    """Neither too easy nor too hard to compare two optimizers on."""
    quick = environment.PRESETS["quick"]
    (train, test), _ = load_horses_or_humans(
        image_size=quick.image_size, data_dir=prepared_dir
    )
    batches = prepare(train, quick.batch_size, shuffle=True, augment=True, seed=0)
    keras.utils.set_random_seed(0)
    defined = {"keras": keras, "layers": layers}
    exec(cells_of("gradient_centralization")["model"], defined)
    model = defined["build_model"](quick.image_size)
    optimizer = keras.optimizers.RMSprop(quick.learning_rate)
    model.compile(optimizer, "binary_crossentropy", metrics=["accuracy"])
    model.fit(batches, epochs=quick.epochs, shuffle=False, verbose=0)
    accuracy = model.evaluate(prepare(test, 16), verbose=0)[1]
    assert 0.80 <= accuracy <= 0.97
