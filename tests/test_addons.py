"""Ours beside the real `tfa.optimizers.ConditionalGradient`."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from helpers import feasible_sets
from helpers.lessons import addons
from helpers.optimizers import ConditionalGradient

with_addons = pytest.mark.skipif(
    not addons.available(), reason="TensorFlow Addons has wheels for Python 3.11 only"
)
SHAPES = [(), (7,), (5, 3), (3, 8), (16, 16)]


def problems():
    """Least squares, one per shape: start, gradient function."""
    rng = np.random.default_rng(0)
    for shape in SHAPES:
        scale = rng.uniform(0.2, 2, shape).astype("float32")
        target = rng.standard_normal(shape).astype("float32")
        yield (
            rng.standard_normal(shape).astype("float32"),
            lambda w, scale=scale, target=target: scale * (w - target),
        )


@with_addons
@pytest.mark.parametrize(
    ("learning_rate", "lambda_"), [(0.99949, 203.0), (0.9, 1.0), (0.5, 0.1)]
)
def test_fro_takes_the_path_of_the_original(learning_rate, lambda_):
    Original = addons.original_conditional_gradient()
    original = Original(learning_rate, lambda_)
    ours = ConditionalGradient(learning_rate, lambda_)
    starts, gradients = zip(*problems(), strict=True)
    theirs = [tf.Variable(start) for start in starts]
    mine = [keras.Variable(start) for start in starts]
    # From the original's weights in each step: near a minimum, steps of one length
    # make of a difference in rounding another path.
    for _ in range(100):
        for a, b in zip(theirs, mine, strict=True):
            b.assign(a.numpy())
        pairs = [(g(w), w) for g, w in zip(gradients, theirs, strict=True)]
        original.apply_gradients(pairs)
        ours.apply([g(w.value) for g, w in zip(gradients, mine, strict=True)], mine)
        for a, b in zip(theirs, mine, strict=True):
            scale = np.linalg.norm(a.numpy()) + (1 - learning_rate) * lambda_
            assert np.linalg.norm(a.numpy() - b.numpy()) <= 1e-6 * scale


@with_addons
def test_nuclear_reaches_the_support_value_of_the_original():
    Original = addons.original_conditional_gradient()
    ours = ConditionalGradient(0.95, 2.0, ord="nuclear")
    starts, gradients = zip(*problems(), strict=True)
    mine = [keras.Variable(start) for start in starts]
    for _ in range(30):
        grads = [g(w.value) for g, w in zip(gradients, mine, strict=True)]
        for gradient in grads:
            theirs = Original._top_singular_vector(gradient)
            expected = float(tf.reduce_sum(theirs * gradient))
            support = feasible_sets.get("nuclear").support(gradient)
            value = float(tf.reduce_sum(support * gradient))
            assert value == pytest.approx(expected, rel=1e-3)
        ours.apply(grads, mine)


@with_addons
@pytest.mark.parametrize(("lambda_", "ord"), [(203.0, "fro"), (40.0, "nuclear")])
def test_a_network_has_the_same_weights_after_ten_steps(lambda_, ord):
    rng = np.random.default_rng(0)
    layers = [keras.layers.Dense(8, "relu"), keras.layers.Dense(3, "softmax")]
    data = {"x": rng.standard_normal((40, 5)), "y": rng.integers(0, 3, 40)}
    model = keras.Sequential([keras.Input((5,)), *layers])
    arguments = {"learning_rate": 0.998, "lambda_": lambda_, "ord": ord, **data}
    start = model.get_weights()
    runs = trained(model, **arguments), trained_by_the_original(model, **arguments)
    for mine, theirs, first in zip(*runs, start, strict=True):
        moved = np.abs(mine - first).max()
        assert moved > 1e-3 and np.abs(mine - theirs).max() < 1e-3 * moved


def trained(model, learning_rate, lambda_, ord, x, y):
    optimizer = ConditionalGradient(learning_rate, lambda_, ord=ord)
    return after_ten_steps(keras, optimizer, model, x, y)


def trained_by_the_original(model, learning_rate, lambda_, ord, x, y):
    optimizer = addons.original_conditional_gradient()(learning_rate, lambda_, ord=ord)
    import tf_keras

    return after_ten_steps(tf_keras, optimizer, model, x, y)


def after_ten_steps(library, optimizer, model, x, y):
    """The weights of a copy of the model, on Keras 3 or Keras 2."""
    layers = [
        library.layers.Dense(layer.units, layer.activation.__name__)
        for layer in model.layers
    ]
    copy = library.Sequential(layers)
    copy.build((None, *model.input_shape[1:]))
    copy.set_weights(model.get_weights())
    copy.compile(optimizer, "sparse_categorical_crossentropy")
    copy.fit(x, y, batch_size=4, shuffle=False, verbose=0)
    return copy.get_weights()
