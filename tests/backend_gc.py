"""Trains with gradient centralization on one backend and stores what came out.

    KERAS_BACKEND=jax python tests/backend_gc.py results.npz

`test_gradient_centralization_backends.py` runs it once for each backend. An entry
`<case>/ours` is a run of GradientCentralization, `<case>/reference` the bare inner
optimizer fed with gradients that NumPy computed and centralized. For centralized
updates the reference is the authors' formula, all in NumPy's float64.
"""

import os
import sys
import tempfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np

from helpers.optimizers import ConditionalGradient
from helpers.optimizers.gradient_centralization import GradientCentralization

STEPS, BATCH, INPUTS, OUTPUTS = 8, 16, 6, 3
RNG = np.random.default_rng(0)
# Inputs far from zero: here centralization changes the path most.
X = RNG.normal(2.0, 1.0, (STEPS * BATCH, INPUTS)).astype("float32")
Y = RNG.normal(0.0, 1.0, (STEPS * BATCH, OUTPUTS)).astype("float32")
START = [
    RNG.normal(0, 0.5, (INPUTS, OUTPUTS)).astype("float32"),
    np.zeros(OUTPUTS, "float32"),
]


def optimizers():
    """The optimizers that must follow the reference in `fit`, steps and `apply`."""
    k = keras.optimizers
    makers = {
        "sgd": lambda: k.SGD(0.02, momentum=0.9),
        "rmsprop": lambda: k.RMSprop(0.01),
        "adam": lambda: k.Adam(0.02),
        "adamw": lambda: k.AdamW(0.02, weight_decay=0.1),
        "nadam": lambda: k.Nadam(0.02),
        "lion": lambda: k.Lion(0.01),
        "cg": lambda: ConditionalGradient(0.95, 2.0),
    }
    if hasattr(k, "Muon"):
        makers["muon"] = lambda: k.Muon(0.02)
    return makers


def options():
    """What the inner optimizer's own options must do as before, in `fit`."""
    k = keras.optimizers
    return {
        "clipnorm": lambda: k.Adam(0.02, clipnorm=0.05),
        "accumulation": lambda: k.Adam(0.02, gradient_accumulation_steps=2),
        "ema": lambda: k.Adam(0.02, use_ema=True, ema_momentum=0.7),
        "ema_overwrite": lambda: k.SGD(
            0.02, use_ema=True, ema_momentum=0.7, ema_overwrite_frequency=3
        ),
        "schedule": lambda: k.SGD(k.schedules.ExponentialDecay(0.05, 2, 0.5)),
        "loss_scale": lambda: k.SGD(0.02, loss_scale_factor=128.0),
    }


def linear_model():
    model = keras.Sequential([keras.Input((INPUTS,)), keras.layers.Dense(OUTPUTS)])
    model.set_weights(START)
    return model


def batches():
    for start in range(0, len(X), BATCH):
        yield X[start : start + BATCH], Y[start : start + BATCH]


def reference(optimizer):
    """The inner optimizer on float64 NumPy's centralized gradients of the loss."""
    model = linear_model()
    variables = model.trainable_variables
    scale = optimizer.loss_scale_factor or 1.0
    for x, y in batches():
        w, b = (v.astype("float64") for v in model.get_weights())
        error = 2.0 / y.size * (x @ w + b - y)
        kernel = x.T.astype("float64") @ error
        kernel -= kernel.mean(axis=0, keepdims=True)
        grads = [scale * kernel, scale * error.sum(axis=0)]
        grads = [keras.ops.convert_to_tensor(g.astype("float32")) for g in grads]
        optimizer.apply(grads, variables)
    optimizer.finalize_variable_values(variables)
    return model.get_weights()


def minus_mean(kernel, strength=1.0):
    return kernel - strength * kernel.mean(axis=0, keepdims=True)


# Options of Keras's optimizers, and the share of the mean to take away.
UPDATES = {
    "update_sgd": (dict(momentum=0.9), 1.0),
    "update_sgd_decay": (dict(momentum=0.9, weight_decay=0.5), 1.0),
    "update_adam": (dict(), 1.0),
    "update_adam_decay": (dict(weight_decay=0.5), 1.0),
    "update_adam_half": (dict(), 0.5),
    "update_adam_scaled": (dict(loss_scale_factor=128.0), 1.0),
    "update_sgd_accumulated": (dict(gradient_accumulation_steps=2), 1.0),
    "both_adam": (dict(), 0.5),
    "both_adam_decay": (dict(weight_decay=0.5), 1.0),
}


def keras_optimizer(case):
    make = keras.optimizers.SGD if "sgd" in case else keras.optimizers.Adam
    return make(0.02, **UPDATES[case][0])


def yong(case, rate=0.02, beta_1=0.9, beta_2=0.999, epsilon=1e-7):
    """`gc_loc=False` in the authors' SGD and Adam, in float64: `w -= lr Φ(step)`.

    In the cases of "both", the gradient is centralized first, as with `gc_loc=True`.
    The weight decay is Keras's, by `lr` and not by Adam's corrected `lr`.
    """
    options, strength = UPDATES[case]
    every = options.get("gradient_accumulation_steps", 1)
    weights = [w.astype("float64") for w in START]
    first, second, total = ([np.zeros_like(w) for w in weights] for _ in range(3))
    for step, (x, y) in enumerate(batches(), 1):
        w, b = weights
        error = 2.0 / y.size * (x.astype("float64") @ w + b - y)
        grads = [x.T.astype("float64") @ error, error.sum(axis=0)]
        if "both" in case:
            grads[0] = minus_mean(grads[0], strength)
        total = [t + g / every for t, g in zip(total, grads, strict=True)]
        if step % every:
            continue
        for i, g in enumerate(total):
            if "sgd" in case:
                first[i] = options.get("momentum", 0.0) * first[i] + g
                direction = first[i]
            else:
                first[i] = beta_1 * first[i] + (1 - beta_1) * g
                second[i] = beta_2 * second[i] + (1 - beta_2) * g**2
                correction = np.sqrt(1 - beta_2**step) / (1 - beta_1**step)
                direction = correction * first[i] / (np.sqrt(second[i]) + epsilon)
            direction = direction + options.get("weight_decay", 0.0) * weights[i]
            if i == 0:
                direction = minus_mean(direction, strength)
            weights[i] = weights[i] - rate * direction
        total = [np.zeros_like(t) for t in total]
    return weights


def centralizing_updates(case):
    where = case.split("_")[0]
    return GradientCentralization(
        keras_optimizer(case), strength=UPDATES[case][1], where=where
    )


@keras.saving.register_keras_serializable(package="backend_gc")
class Counting(keras.layers.Layer):
    """Counts how often it was called by Python, which is once for each trace."""

    calls = 0

    def call(self, x):
        self.calls += 1
        return x


def assigned_strength():
    """Strength 1, then 0.25, then 0, by NumPy and in one compiled step."""
    strengths = [1.0] * 3 + [0.25] * 3 + [0.0] * 2
    w, b = (v.astype("float64") for v in START)
    for (x, y), strength in zip(batches(), strengths, strict=True):
        error = 2.0 / y.size * (x @ w + b - y)
        w = w - 0.02 * minus_mean(x.T.astype("float64") @ error, strength)
        b = b - 0.02 * error.sum(axis=0)
    counting = Counting()
    model = keras.Sequential(
        [keras.Input((INPUTS,)), counting, keras.layers.Dense(OUTPUTS)]
    )
    model.set_weights(START)
    optimizer = GradientCentralization(keras.optimizers.SGD(0.02))
    model.compile(optimizer, loss="mse")
    calls = []
    for (x, y), strength in zip(batches(), strengths, strict=True):
        optimizer.strength = strength
        model.train_on_batch(x, y)
        calls.append(counting.calls)
    traces = 0 if keras.backend.backend() == "torch" else calls[-1] - calls[0]
    return [w, b], model.get_weights(), [traces]


def fit(optimizer):
    model = linear_model()
    model.compile(optimizer, loss="mse")
    model.fit(X, Y, batch_size=BATCH, shuffle=False, verbose=0)
    return model.get_weights()


def train_on_batch(optimizer):
    model = linear_model()
    model.compile(optimizer, loss="mse")
    for x, y in batches():
        model.train_on_batch(x, y)
    optimizer.finalize_variable_values(model.trainable_variables)
    return model.get_weights()


def apply_directly(optimizer, centralized):
    """Random gradients of kernels of several ranks, no model."""
    rng = np.random.default_rng(1)
    shapes = [(5, 4), (3, 3, 2, 4), (4,), (2, 3, 4)]
    variables = [keras.Variable(rng.normal(size=s), dtype="float32") for s in shapes]
    for _ in range(STEPS):
        grads = [rng.normal(1.0, 1.0, s) for s in shapes]
        if centralized:
            grads = [
                g - g.mean(axis=tuple(range(g.ndim - 1)), keepdims=True)
                if g.ndim > 1
                else g
                for g in grads
            ]
        grads = [keras.ops.convert_to_tensor(g.astype("float32")) for g in grads]
        optimizer.apply(grads, variables)
    return [keras.ops.convert_to_numpy(v) for v in variables]


def assigned_learning_rate():
    """The learning rate is changed through the wrapper after four batches."""
    optimizer = GradientCentralization(keras.optimizers.SGD(0.05))
    model = linear_model()
    model.compile(optimizer, loss="mse")
    half = len(X) // 2
    model.fit(X[:half], Y[:half], batch_size=BATCH, shuffle=False, verbose=0)
    optimizer.learning_rate = 0.0
    before = model.get_weights()
    model.fit(X[half:], Y[half:], batch_size=BATCH, shuffle=False, verbose=0)
    assert int(optimizer.iterations) == STEPS
    return before, model.get_weights()


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


def updates_of_many_layers(wrap):
    """Weights' changes in one `fit` of three steps under SGD."""
    model = many_layers()
    before = [v.copy() for v in model.get_weights()]
    sgd = keras.optimizers.SGD(0.01)
    optimizer = GradientCentralization.for_model(model, sgd) if wrap else sgd
    model.compile(optimizer, loss="mse")
    x = np.random.default_rng(2).normal(3.0, 1.0, (24, 8, 8, 2)).astype("float32")
    y = np.random.default_rng(3).normal(0.0, 1.0, (24, 3)).astype("float32")
    model.fit(x, y, batch_size=8, verbose=0)
    return [
        after - start for after, start in zip(model.get_weights(), before, strict=True)
    ]


def mixed_precision(where):
    """The weights after a `fit` under mixed_float16."""
    keras.mixed_precision.set_dtype_policy("mixed_float16")
    model = linear_model()
    keras.mixed_precision.set_dtype_policy("float32")
    sgd = keras.optimizers.SGD(0.02)
    model.compile(GradientCentralization(sgd, where=where), loss="mse")
    assert isinstance(model.optimizer, keras.optimizers.LossScaleOptimizer)
    model.fit(X, Y, batch_size=BATCH, shuffle=False, verbose=0)
    # The steps on which float16 overflowed are skipped, and do not count.
    assert int(model.optimizer.iterations) > STEPS // 2
    return model.get_weights()


def saved_and_loaded(**options):
    """Two epochs with the model saved and loaded between them, and without."""
    runs = []
    for through_a_file in (False, True):
        model = linear_model()
        adam = keras.optimizers.Adam(0.02)
        optimizer = GradientCentralization.for_model(model, adam, **options)
        model.compile(optimizer, loss="mse")
        # What is assigned is saved, not what was constructed.
        optimizer.strength = 0.25 if options else 1.0
        model.fit(X, Y, batch_size=BATCH, shuffle=False, verbose=0)
        if through_a_file:
            with tempfile.TemporaryDirectory() as folder:
                model.save(os.path.join(folder, "model.keras"))
                model = keras.saving.load_model(os.path.join(folder, "model.keras"))
        model.fit(X, Y, batch_size=BATCH, shuffle=False, verbose=0)
        runs.append(model.get_weights())
    return runs


def main(path):
    results = {}

    def store(case, arrays):
        for i, array in enumerate(arrays):
            results[f"{case}/{i}"] = np.asarray(array, "float64")

    for name, make in (optimizers() | options()).items():
        store(f"{name}/reference", reference(make()))
        store(f"{name}/fit", fit(GradientCentralization(make())))
    for name, make in optimizers().items():
        store(f"{name}/apply_reference", apply_directly(make(), True))
        ours = GradientCentralization(make())
        store(f"{name}/apply", apply_directly(ours, False))
    by_batches = train_on_batch(GradientCentralization(keras.optimizers.Adam(0.02)))
    store("adam/train_on_batch", by_batches)
    by_batches = train_on_batch(centralizing_updates("both_adam_decay"))
    store("both_adam_decay/train_on_batch", by_batches)
    before, after = assigned_learning_rate()
    store("assigned/before", before)
    store("assigned/after", after)
    store("mean/centralized", updates_of_many_layers(wrap=True))
    store("mean/plain", updates_of_many_layers(wrap=False))
    store("mixed/start", START)
    store("mixed/gradient", mixed_precision("gradient"))
    store("mixed/update", mixed_precision("update"))
    store("mixed/both", mixed_precision("both"))
    for case, given in (
        ("saved", {}),
        ("saved_update", dict(where="update", strength=0.5)),
    ):
        never_saved, loaded = saved_and_loaded(**given)
        store(f"{case}/never", never_saved)
        store(f"{case}/loaded", loaded)
    for case in UPDATES:
        store(f"{case}/yong", yong(case))
        store(f"{case}/fit", fit(centralizing_updates(case)))
    by_numpy, ours, traces = assigned_strength()
    store("strength/numpy", by_numpy)
    store("strength/ours", ours)
    store("strength/traces", [traces])
    np.savez(path, backend=keras.backend.backend(), **results)


if __name__ == "__main__":
    main(sys.argv[1])
