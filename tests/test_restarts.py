"""A restarted model against one that is built and compiled anew."""

import keras
import numpy as np
import pytest
from keras import layers

from helpers.experiments import restart
from helpers.optimizers import ConditionalGradient, GradientCentralization, Hyperball

RNG = np.random.default_rng(0)
X = RNG.random((48, 8, 8, 2)).astype("float32")
Y = RNG.integers(0, 2, 48).astype("float32")


def build(make_optimizer):
    model = keras.Sequential(
        [
            layers.Input((8, 8, 2)),
            layers.Conv2D(4, 3, activation="relu"),
            layers.BatchNormalization(),
            layers.Dropout(0.5),
            layers.Flatten(),
            layers.Dense(8, activation="relu", kernel_initializer="he_normal"),
            layers.Dropout(0.3),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(make_optimizer(), "binary_crossentropy", metrics=["accuracy"])
    return model


def train(model):
    return model.fit(X, Y, batch_size=16, epochs=2, verbose=0).history


def state(model):
    """Weights and the seeds' state; then the optimizer's variables."""
    of_layers = [v for layer in model.layers for v in layer.variables]
    return [v.numpy() for v in of_layers], [
        v.numpy() for v in model.optimizer.variables
    ]


def assert_equal(arrays, others):
    for one, other in zip(arrays, others, strict=True):
        np.testing.assert_array_equal(one, other)


OPTIMIZERS = {
    "SGD": lambda: keras.optimizers.SGD(0.1, momentum=0.9),
    "Adam": lambda: keras.optimizers.Adam(use_ema=True, ema_momentum=0.9),
    # Its accumulators do not start at zero.
    "Adagrad": lambda: keras.optimizers.Adagrad(0.1, initial_accumulator_value=0.3),
    "GC": lambda: GradientCentralization(keras.optimizers.RMSprop(1e-3)),
    "schedule": lambda: GradientCentralization(
        keras.optimizers.Nadam(
            keras.optimizers.schedules.ExponentialDecay(0.01, 2, 0.5)
        )
    ),
    "sphere": lambda: Hyperball(keras.optimizers.Adam(0.02)),
    "CG": lambda: ConditionalGradient(0.99, 100.0),
    "float16": lambda: keras.optimizers.LossScaleOptimizer(
        GradientCentralization(keras.optimizers.RMSprop(1e-3)),
        initial_scale=16,
        dynamic_growth_steps=3,
    ),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_restarted_model_starts_as_a_new_one(name):
    model = build(OPTIMIZERS[name])
    # Without a graph a single step is fast.
    model.run_eagerly = True
    for _step in range(2):
        model.train_on_batch(X, Y)
    trained = state(model)

    keras.utils.set_random_seed(3)
    new = build(OPTIMIZERS[name])
    new.optimizer.build(new.trainable_variables)
    keras.utils.set_random_seed(3)
    restart(model)

    for restarted, fresh, old in zip(state(model), state(new), trained, strict=True):
        assert_equal(restarted, fresh)
        assert any((one != other).any() for one, other in zip(fresh, old, strict=True))
    assert model.metrics[0].result() == 0


def test_a_seed_gives_the_weights_that_keras_gives_for_it():
    model = build(OPTIMIZERS["SGD"])
    restart(model, 7)
    keras.utils.set_random_seed(7)
    new = build(OPTIMIZERS["SGD"])
    assert_equal(model.get_weights(), new.get_weights())


def test_a_restarted_model_trains_as_a_new_one():
    keras.utils.set_random_seed(0)
    model = build(OPTIMIZERS["schedule"])
    train(model)
    keras.utils.set_random_seed(3)
    new = build(OPTIMIZERS["schedule"])
    new_history = train(new)

    keras.utils.set_random_seed(3)
    restart(model)
    history = train(model)

    # Threads may add in another order.
    for key, values in new_history.items():
        np.testing.assert_allclose(history[key], values, rtol=1e-4)
    for one, other in zip(state(model)[0], state(new)[0], strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-5)


def test_seeds_differ_and_repeat_and_nothing_is_compiled_again():
    traced = []

    class Counted(keras.optimizers.SGD):
        def update_step(self, *arguments):
            traced.append(1)
            super().update_step(*arguments)

    model = build(Counted)
    losses, counts = [], []
    for seed in (0, 1, 0):
        keras.utils.set_random_seed(seed)
        restart(model)
        losses.append(train(model)["loss"][-1])
        counts.append(len(traced))
    assert losses[0] == pytest.approx(losses[2], rel=1e-4)
    assert losses[0] != pytest.approx(losses[1], rel=1e-2)
    assert counts[0] == counts[1] == counts[2] > 0


def test_a_functional_model_and_an_assigned_learning_rate():
    inputs = layers.Input((8, 8, 2))
    flat = layers.Flatten()(inputs)
    outputs = layers.Add()([layers.Dense(1)(flat), layers.Dense(1)(flat)])
    model = keras.Model(inputs, outputs)
    model.compile(keras.optimizers.Adam(0.1), "mse")
    model.optimizer.learning_rate = 0.02
    model.fit(X, Y, verbose=0)
    trained = model.get_weights()
    restart(model)
    assert all(
        (one != other).any()
        for one, other in zip(trained, model.get_weights(), strict=True)
    )
    assert float(model.optimizer.learning_rate) == pytest.approx(0.02)
    assert int(model.optimizer.iterations) == 0


def test_weights_that_would_be_left_as_they_are_are_refused():
    class Shifted(keras.Model):
        def build(self, shape):
            self.shift = self.add_weight(shape=(1,))

        def call(self, x):
            return x + self.shift

    model = Shifted()
    model.compile("sgd", "mse")
    model.build((None, 1))
    with pytest.raises(ValueError, match="shorter"):
        restart(model)
