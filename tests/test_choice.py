"""A list that chooses the panel."""

import keras
import numpy as np

from helpers import data, feasible_sets, live
from helpers.optimizers import FrankWolfe


def panel_in(ball):
    model = keras.Sequential([keras.Input((8,)), keras.layers.Dense(3)])
    model.compile(FrankWolfe(0.1, 1.0, ball, 0.9), "mse", steps_per_execution=5)
    x = np.random.default_rng(0).standard_normal((64, 8)).astype("float32")
    return live.LivePanel(model, data.batches(x, x[:, :3], 16))


def test_a_list_chooses_the_panel():
    made = []
    names = {"fro": "disc", "max": "square"}
    choice = live.Choice(lambda name: made.append(name) or panel_in(name), names)
    first = choice.panel
    assert made == ["fro"] and first.widget in choice.widget.children
    assert [words for words, _name in choice.list.options] == ["disc", "square"]
    first.play.playing = True
    choice.list.value = "max"
    # The panel that is hidden trains no more.
    assert not first.play.playing and made == ["fro", "max"]
    second = choice.panel
    assert second.model.optimizer.ball is feasible_sets.get("max")
    assert first.widget not in choice.widget.children
    ticks = len(first.history)
    second.play.value += 1
    assert len(second.history) == 2 and len(first.history) == ticks
    data, metadata = choice._repr_mimebundle_()
    assert data["text/plain"] == second.text and choice.png == second.png
    assert metadata["image/png"]["alt"] == second.alt
    view = data["application/vnd.jupyter.widget-view+json"]
    assert view["model_id"] == choice.widget.model_id
    choice.list.value = "fro"
    assert choice.panel is first and len(made) == 2
    choice.close()
