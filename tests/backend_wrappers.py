"""Trains with optimizers around optimizers on one backend and stores what came out.

    KERAS_BACKEND=jax python tests/backend_wrappers.py results.npz

`test_wrappers.py` runs it once for each backend. An entry `<case>/fit` has the weights
after a `fit`, `<case>/numpy` those of the formula, all in NumPy's float64.
"""

import os
import sys
import tempfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np

from helpers.optimizers import ConditionalGradient, GradientCentralization, Hyperball

STEPS, BATCH, INPUTS, OUTPUTS, RATE = 8, 16, 6, 3, 0.02
RNG = np.random.default_rng(0)
# Inputs far from zero: here centralization changes the path most.
X = RNG.normal(2.0, 1.0, (STEPS * BATCH, INPUTS)).astype("float32")
Y = RNG.normal(0.0, 1.0, (STEPS * BATCH, OUTPUTS)).astype("float32")
START = [
    RNG.normal(0, 0.5, (INPUTS, OUTPUTS)).astype("float32"),
    np.zeros(OUTPUTS, "float32"),
]
# One table of situations: inner optimizers with their options in Keras, and what is
# around them.
INNER = {
    "SGD": {"momentum": 0.9},
    "Adam": {},
    "accumulated Adam": {"gradient_accumulation_steps": 2},
    "scaled SGD": {"loss_scale_factor": 128.0},
}
AROUND = {
    "gradient": {"where": "gradient"},
    "both": {"where": "both", "strength": 0.5},
    "sphere": {"sphere": True},
}
CASES = {
    f"{around}, {inner}": (inner, options, AROUND[around])
    for around in AROUND
    for inner, options in INNER.items()
} | {
    # Averages and weight decay have no place on a sphere.
    "average": ("SGD", {"use_ema": True, "ema_momentum": 0.7}, {"where": "gradient"}),
    "update": ("SGD", {"momentum": 0.9, "weight_decay": 0.5}, {"where": "update"}),
    "decay": ("Adam", {"weight_decay": 0.5}, {"where": "both"}),
    "sphere around both": ("Adam", {}, {"where": "both", "sphere": True}),
}


def around(inner, where=None, strength=1.0, sphere=False):
    if where:
        inner = GradientCentralization(inner, where=where, strength=strength)
    return Hyperball(inner) if sphere else inner


def optimizer_of(case):
    name, options, wrappers = CASES[case]
    inner = getattr(keras.optimizers, name.split()[-1])(RATE, **options)
    return around(inner, **wrappers)


def linear_model(*before):
    model = keras.Sequential(
        [keras.Input((INPUTS,)), *before, keras.layers.Dense(OUTPUTS)]
    )
    model.set_weights(START)
    return model


def batches():
    for start in range(0, len(X), BATCH):
        yield X[start : start + BATCH], Y[start : start + BATCH]


def gradients(weights, x, y):
    """Of the mean squared error of the linear model, in float64."""
    kernel, bias = weights
    error = 2.0 / y.size * (x.astype("float64") @ kernel + bias - y)
    return [x.T.astype("float64") @ error, error.sum(axis=0)]


def minus_mean(kernel, strength=1.0):
    return kernel - strength * kernel.mean(axis=0, keepdims=True)


def adam(g, first, second, t):
    first[:] = 0.9 * first + 0.1 * g
    second[:] = 0.999 * second + 0.001 * g**2
    correction = np.sqrt(1 - 0.999**t) / (1 - 0.9**t)
    return correction * first / (np.sqrt(second) + 1e-7)


def sgd(g, momentum, velocity):
    velocity[:] = momentum * velocity + g
    return velocity


def turned(kernel, change, radius):
    step = kernel - RATE * radius * change / np.linalg.norm(change)
    return radius * step / np.linalg.norm(step)


def by_numpy(case):
    """The authors' `gc_loc=True` and `False` in SGD and Adam: `w -= lr Φ(step)`.

    The weight decay is Keras's, by `lr` and not by Adam's corrected `lr`.
    """
    name, options, wrappers = CASES[case]
    where, strength = wrappers.get("where", ""), wrappers.get("strength", 1.0)
    every = options.get("gradient_accumulation_steps", 1)
    weights = [w.astype("float64") for w in START]
    radius = np.linalg.norm(weights[0])
    first, second, total = ([np.zeros_like(w) for w in weights] for _ in range(3))
    average = None
    for step, batch in enumerate(batches(), 1):
        for t, g in zip(total, gradients(weights, *batch), strict=True):
            t += g / every
        if step % every:
            continue
        if where in ("gradient", "both"):
            total[0] = minus_mean(total[0], strength)
        for i, g in enumerate(total):
            if "SGD" in name:
                change = sgd(g, options.get("momentum", 0.0), first[i])
            else:
                change = adam(g, first[i], second[i], step // every)
            change = change + options.get("weight_decay", 0.0) * weights[i]
            if i == 0 and where in ("update", "both"):
                change = minus_mean(change, strength)
            if i == 0 and "sphere" in wrappers:
                weights[i] = turned(weights[i], change, radius)
            else:
                weights[i] = weights[i] - RATE * change
        total = [np.zeros_like(t) for t in total]
        if options.get("use_ema"):
            kept = options["ema_momentum"] if average else 0.0
            average = [
                kept * a + (1 - kept) * w
                for a, w in zip(average or weights, weights, strict=True)
            ]
    return average or weights


def fit(model, optimizer, epochs=1):
    model.compile(optimizer, loss="mse")
    model.fit(X, Y, BATCH, epochs, shuffle=False, verbose=0)
    return model.get_weights()


@keras.saving.register_keras_serializable(package="backend_wrappers")
class Counting(keras.layers.Layer):
    """Counts how often it was called by Python, which is once for each trace."""

    calls = 0

    def call(self, x):
        self.calls += 1
        return x


def assigned():
    """Strengths 1 and 0.25, then the rate 0, in one compiled step, and by NumPy."""
    counting = Counting()
    model = linear_model(counting)
    optimizer = GradientCentralization(keras.optimizers.SGD(RATE))
    model.compile(optimizer, loss="mse")
    weights, calls = [w.astype("float64") for w in START], []
    settings = [(1.0, RATE)] * 3 + [(0.25, RATE)] * 3 + [(0.25, 0.0)] * 2
    for batch, (strength, rate) in zip(batches(), settings, strict=True):
        kernel, bias = gradients(weights, *batch)
        changes = minus_mean(kernel, strength), bias
        weights = [w - rate * c for w, c in zip(weights, changes, strict=True)]
        optimizer.strength, optimizer.learning_rate = strength, rate
        model.train_on_batch(*batch)
        calls.append(counting.calls)
    traces = 0 if keras.backend.backend() == "torch" else calls[-1] - calls[0]
    return {
        "numpy": weights,
        "fit": model.get_weights(),
        "traces": [traces],
        "iterations": [int(optimizer.iterations)],
    }


def mixed_precision(**wrappers):
    """The weights after a `fit` under mixed_float16."""
    keras.mixed_precision.set_dtype_policy("mixed_float16")
    model = linear_model()
    keras.mixed_precision.set_dtype_policy("float32")
    weights = fit(model, around(keras.optimizers.SGD(RATE), **wrappers))
    assert isinstance(model.optimizer, keras.optimizers.LossScaleOptimizer)
    # The steps on which float16 overflowed are skipped, and do not count.
    assert int(model.optimizer.iterations) > STEPS // 2
    return {"start": START, "fit": weights}


def saved_and_loaded(sphere):
    """Two epochs with the model saved and loaded between them, and without."""
    runs = []
    for through_a_file in (False, True):
        model = linear_model()
        optimizer = GradientCentralization.for_model(
            model, keras.optimizers.Adam(RATE), strength=0.5, where="both"
        )
        # What is assigned is saved, not what was constructed.
        optimizer.strength = 0.25
        fit(model, Hyperball(optimizer) if sphere else optimizer)
        if through_a_file:
            with tempfile.TemporaryDirectory() as folder:
                model.save(os.path.join(folder, "model.keras"))
                model = keras.saving.load_model(os.path.join(folder, "model.keras"))
        model.fit(X, Y, batch_size=BATCH, shuffle=False, verbose=0)
        runs.append(model.get_weights())
    return dict(zip(("never", "loaded"), runs, strict=True))


def many_layers():
    # The weights come from NumPy: equal on every backend, and JAX compiles no
    # initializers.
    zeros = {"kernel_initializer": "zeros"}
    model = keras.Sequential(
        [
            keras.Input((8, 8, 2)),
            keras.layers.Conv2D(4, 3, activation="relu", **zeros),
            keras.layers.DepthwiseConv2D(
                3, depth_multiplier=2, depthwise_initializer="zeros"
            ),
            keras.layers.Conv2DTranspose(5, 3, **zeros),
            keras.layers.Reshape((36, 5)),
            keras.layers.EinsumDense("bti,ihd->bthd", (36, 2, 3), **zeros),
            keras.layers.Flatten(),
            keras.layers.Dense(3, **zeros),
        ]
    )
    rng = np.random.default_rng(4)
    model.set_weights([rng.normal(0, 0.2, w.shape) for w in model.get_weights()])
    return model


def changes_of_many_layers():
    """Weights' changes in three steps of SGD with GC, and in one without."""
    found = {}
    x = np.random.default_rng(2).normal(3.0, 1.0, (24, 8, 8, 2)).astype("float32")
    y = np.random.default_rng(3).normal(0.0, 1.0, (24, 3)).astype("float32")
    model = many_layers()
    before = model.get_weights()
    for name in ("plain", "centralized"):
        model.set_weights(before)
        optimizer = keras.optimizers.SGD(0.01)
        if name == "centralized":
            optimizer = GradientCentralization.for_model(model, optimizer)
        model.compile(optimizer, loss="mse")
        model.fit(x, y, batch_size=8, verbose=0)
        pairs = zip(model.get_weights(), before, strict=True)
        found[name] = [after - start for after, start in pairs]
    return found


def around_conditional_gradient():
    """Random gradients of kernels of several ranks, centralized by us or by NumPy."""
    rng = np.random.default_rng(1)
    shapes = [(5, 4), (3, 3, 2, 4), (4,), (2, 3, 4)]
    starts, drawn = ([rng.normal(1, 1, s) for s in shapes] for _ in range(2))
    centred = [minus_mean(g.reshape(-1, 4)).reshape(g.shape) for g in drawn]
    centred[2] = drawn[2]
    found = {}
    inner = ConditionalGradient(0.95, 2.0)
    for name, optimizer, given in (
        ("fit", GradientCentralization(ConditionalGradient(0.95, 2.0)), drawn),
        ("numpy", inner, centred),
    ):
        variables = [keras.Variable(w, dtype="float32") for w in starts]
        grads = [keras.ops.convert_to_tensor(g.astype("float32")) for g in given]
        for _step in range(3):
            optimizer.apply(grads, variables)
        found[name] = [keras.ops.convert_to_numpy(v) for v in variables]
    return found


def main(path):
    results = {
        case: {"numpy": by_numpy(case), "fit": fit(linear_model(), optimizer_of(case))}
        for case in CASES
    }
    results["CG"] = around_conditional_gradient()
    results["assigned"] = assigned()
    results["mixed gradient"] = mixed_precision(where="gradient")
    results["mixed both"] = mixed_precision(where="both")
    results["mixed sphere"] = mixed_precision(sphere=True)
    results["saved"] = saved_and_loaded(sphere=False)
    results["saved sphere"] = saved_and_loaded(sphere=True)
    results["layers"] = changes_of_many_layers()
    flat = {
        f"{case}/{kind}/{i}": np.asarray(array, "float64")
        for case, kinds in results.items()
        for kind, arrays in kinds.items()
        for i, array in enumerate(arrays)
    }
    np.savez(path, backend=keras.backend.backend(), **flat)


if __name__ == "__main__":
    main(sys.argv[1])
