"""Worker: what centralization adds to an update on JAX, ours and optax's.

Both update the same weights, of the kernels of the lesson's network, in a compiled
function with donated buffers. Needs KERAS_BACKEND=jax.
"""

import functools

import jax
import jax.numpy as jnp
import keras
import numpy as np
import optax
from rows import alternate, seconds, serve

from helpers.optimizers import GradientCentralization

SHAPES = [(3, 3, 3, 16), (3, 3, 16, 32), (3, 3, 32, 64), (3, 3, 64, 64), (1024, 512)]
CALLS = 20


def arrays():
    """Weights and gradients."""
    rng = np.random.default_rng(0)
    draw = lambda: [jnp.asarray(rng.standard_normal(s), "float32") for s in SHAPES]  # noqa: E731
    return draw(), draw()


def keras_update(optimizer):
    """A function that makes several updates with a Keras optimizer."""
    weights, gradients = arrays()
    optimizer.build([keras.Variable(w) for w in weights])
    state = [v.value for v in optimizer.variables]

    @functools.partial(jax.jit, donate_argnums=(0, 1))
    def update(weights, state, gradients):
        return optimizer.stateless_apply(state, gradients, weights)

    def work():
        nonlocal weights, state
        for _ in range(CALLS):
            weights, state = update(weights, state, gradients)
        jax.block_until_ready(weights)

    return work


def optax_update(transformation):
    """The same with optax."""
    weights, gradients = arrays()
    state = transformation.init(weights)

    @functools.partial(jax.jit, donate_argnums=(0, 1))
    def update(weights, state, gradients):
        changes, state = transformation.update(gradients, state, weights)
        return optax.apply_updates(weights, changes), state

    def work():
        nonlocal weights, state
        for _ in range(CALLS):
            weights, state = update(weights, state, gradients)
        jax.block_until_ready(weights)

    return work


def pairs(make, transformation):
    """Bare and centralized, in Keras and in optax."""
    return [
        keras_update(make(1e-3)),
        keras_update(GradientCentralization(make(1e-3))),
        optax_update(transformation),
        optax_update(optax.chain(optax.centralize(), transformation)),
    ]


def ratio(works):
    """Our centralized update over its bare one, over the same of optax."""
    measures = [lambda work=work: seconds(work) for work in works]
    times = np.median(alternate(measures, 20), axis=1)
    ours, theirs = times[1] / times[0], times[3] / times[2]
    return {"ratio": ours / theirs, "ours": ours, "optax": theirs}


works = {
    "rmsprop": pairs(keras.optimizers.RMSprop, optax.rmsprop(1e-3)),
    "adam": pairs(keras.optimizers.Adam, optax.adam(1e-3)),
}
serve({name: lambda name=name: ratio(works[name]) for name in works})
