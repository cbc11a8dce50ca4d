"""Worker: an epoch of MNIST in JAX written by hand, one `lax.scan` over the batches.

It is what a loop without a framework around it needs. Arguments: a file with x, y
and the weights, and the epochs of a piece of work.
"""

import sys

import jax
import jax.numpy as jnp
import numpy as np
from rows import serve

RATE, RADIUS, BATCH = 0.99949, 203.0, 64
data = {name: jnp.asarray(array) for name, array in np.load(sys.argv[1]).items()}
key = jax.random.key(0)
weights = [data[f"w{i}"] for i in range(6)]
full = len(data["x"]) // BATCH * BATCH


def logits(w, x):
    x = jax.nn.relu(x @ w[0] + w[1])
    x = jax.nn.relu(x @ w[2] + w[3])
    return x @ w[4] + w[5]


def loss(w, x, y):
    p = jax.nn.log_softmax(logits(w, x))
    return -jnp.take_along_axis(p, y[:, None], 1).mean()


def step(w, batch):
    def update(v, g):
        s = g / (jnp.linalg.norm(g) + 1e-7)
        return RATE * v - (1 - RATE) * RADIUS * s

    return jax.tree.map(update, w, jax.grad(loss)(w, *batch)), None


@jax.jit
def whole_epoch(w, key, x, y):
    order = jax.random.permutation(key, len(x))
    x, y = x[order], y[order]
    batches = x[:full].reshape(-1, BATCH, 784), y[:full].reshape(-1, BATCH)
    w, _ = jax.lax.scan(step, w, batches)
    return step(w, (x[full:], y[full:]))[0]


@jax.jit
def accuracy(w, x, y):
    return (logits(w, x).argmax(1) == y).mean()


def train():
    global weights, key
    shares = []
    for _ in range(int(sys.argv[2])):
        key, one = jax.random.split(key)
        weights = whole_epoch(weights, one, data["x"], data["y"])
        shares.append(float(accuracy(weights, data["x_test"], data["y_test"])))
    return {"accuracy": sum(shares) / len(shares)}


serve({"work": train})
