"""The preset follows the hardware, and the environment goes before it."""

import pytest

from helpers._support import environment
from helpers.data import ORIGINAL_SIZE, SMALLEST_SIZE, SOURCES


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
