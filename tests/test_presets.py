"""The preset follows the hardware, and the environment goes before it."""

import pytest
import tensorflow as tf

from helpers.data import choose_preset, horses_or_humans


@pytest.fixture
def machine(monkeypatch):
    """Sets the GPUs that TensorFlow sees, and the environment variable."""

    def set_machine(gpus, variable):
        monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: gpus)
        monkeypatch.delenv(horses_or_humans.VARIABLE, raising=False)
        if variable is not None:
            monkeypatch.setenv(horses_or_humans.VARIABLE, variable)

    return set_machine


@pytest.mark.parametrize("unset", [None, "", " "])
@pytest.mark.parametrize(("gpus", "name"), [([], "quick"), (["GPU:0"], "full")])
def test_the_hardware_decides_and_a_gpu_is_announced(
    machine, capsys, gpus, name, unset
):
    machine(gpus, unset)
    assert choose_preset() is horses_or_humans.PRESETS[name]
    printed = capsys.readouterr().out
    assert ("GPU" in printed and "full" in printed) == bool(gpus) == bool(printed)


@pytest.mark.parametrize(("gpus", "name"), [([], "full"), (["GPU:0"], "quick")])
def test_the_environment_goes_first_and_in_silence(machine, capsys, gpus, name):
    machine(gpus, name)
    assert choose_preset().name == name
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("name", ["fast", "QUICK", "0"])
def test_another_name_is_an_error_that_lists_the_right_ones(machine, name):
    machine([], name)
    with pytest.raises(ValueError, match=r"NOTEBOOK_PRESET.*quick.*full") as error:
        choose_preset()
    assert repr(name) in str(error.value)


def test_full_is_the_tutorial_and_both_can_be_loaded():
    full = horses_or_humans.PRESETS["full"]
    assert (full.image_size, full.batch_size, full.epochs) == (300, 128, 10)
    assert (full.learning_rate, full.source) == (1e-4, "tfds")
    for preset in horses_or_humans.PRESETS.values():
        assert preset.source in horses_or_humans.SOURCES
        smallest, largest = (
            horses_or_humans.SMALLEST_SIZE,
            horses_or_humans.ORIGINAL_SIZE,
        )
        assert smallest <= preset.image_size <= largest
        assert len(set(preset.seeds)) >= 2
