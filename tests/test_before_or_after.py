"""Where centralization goes matters before an optimizer that divides by a size.

With Adam: the lesson asserts the same of RMSprop, and of all three places.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import pytest
from keras import layers
from scipy import stats

from helpers.data import load_mnist
from helpers.optimizers import GradientCentralization

SEEDS, EXAMPLES, HIDDEN, EPOCHS = 8, 6000, 32, 6


@pytest.fixture(scope="module")
def digits():
    """Digits plus 0.5, as rows: 6,000 to train on, 10,000 to test."""
    (x, y), (x_test, y_test) = load_mnist()
    x, x_test = (
        (images.reshape(len(images), -1) / 255 + 0.5).astype("float32")
        for images in (x[:EXAMPLES], x_test)
    )
    return x, y[:EXAMPLES], x_test, y_test


def networks(x):
    """As many networks as seeds, side by side in one: kernels (seed, in, out)."""
    rows = layers.Embedding(*x.shape, trainable=False, weights=[x])
    hidden, output = (
        layers.EinsumDense(
            "bsi,sio->bso",
            (SEEDS, units),
            bias_axes="so",
            activation=activation,
            kernel_initializer="zeros",
        )
        for units, activation in ((HIDDEN, "relu"), (10, "softmax"))
    )
    index = keras.Input((SEEDS,), dtype="int32")
    model = keras.Model(index, output(hidden(rows(index))))
    for layer in (hidden, output):
        fans = layer.kernel.shape[1:]
        limit = np.sqrt(6 / sum(fans))
        draws = [np.random.default_rng(s).uniform(-1, 1, fans) for s in range(SEEDS)]
        layer.kernel.assign(limit * np.stack(draws))
    return model


def accuracies(where, digits):
    """One accuracy for each seed: the same starts and batches whatever is trained."""
    x, y, x_test, y_test = digits
    model, optimizer = networks(x), keras.optimizers.Adam(0.001)
    if where is not None:
        optimizer = GradientCentralization.for_model(model, optimizer, where=where)
    orders = [np.random.default_rng(s) for s in range(SEEDS)]
    index = np.concatenate(
        [np.stack([r.permutation(len(x)) for r in orders], 1) for _ in range(EPOCHS)]
    )
    # The loss is a mean over the seeds, and each network's is that of one.
    model.compile(
        optimizer,
        "sparse_categorical_crossentropy",
        loss_weights=float(SEEDS),
        steps_per_execution=60,
    )
    model.fit(index, y[index], batch_size=100, shuffle=False, verbose=0)
    weights = [keras.ops.convert_to_numpy(v) for v in model.trainable_weights]
    right = []
    for w1, b1, w2, b2 in zip(*weights, strict=True):
        guess = np.argmax(np.maximum(x_test @ w1 + b1, 0) @ w2 + b2, axis=1)
        right.append(np.mean(guess == y_test))
    return np.array(right)


def interval(differences):
    return stats.t.interval(
        0.95, len(differences) - 1, np.mean(differences), stats.sem(differences)
    )


def test_before_adam_it_harms_and_at_both_places_it_helps(digits):
    plain = accuracies(None, digits)
    before = accuracies("gradient", digits)
    both = accuracies("both", digits)
    assert plain.mean() > 0.75
    assert interval(before - plain)[1] < -0.02
    assert interval(both - plain)[0] > 0.02


def test_at_both_places_the_mean_of_the_inputs_makes_no_difference(digits):
    """With sums of zero at the start: the same weights for x and for x + 3."""
    x, y, _x_test, _y_test = digits
    trained = []
    for offset in (0, 3):
        keras.utils.set_random_seed(0)
        # In float32 the division makes much of rounding, where an entry is nearly 0.
        hidden, output = (
            layers.Dense(units, activation, dtype="float64")
            for units, activation in ((HIDDEN, "relu"), (10, "softmax"))
        )
        model = keras.Sequential([keras.Input((784,)), hidden, output])
        kernel = hidden.kernel
        kernel.assign(kernel - keras.ops.mean(kernel, axis=0))
        optimizer = GradientCentralization(keras.optimizers.RMSprop(), where="both")
        model.compile(optimizer, "sparse_categorical_crossentropy")
        shifted = x[:1000].astype("float64") + offset
        model.fit(shifted, y[:1000], 100, 3, shuffle=False, verbose=0)
        trained.append(model.get_weights())
    for weights, others in zip(*trained, strict=True):
        np.testing.assert_allclose(weights, others, atol=1e-6)
    assert np.abs(weights).max() > 0.01
