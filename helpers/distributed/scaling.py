"""Weak scaling: more devices, and as much more data for each step."""

import keras
import numpy as np
import tensorflow as tf

from helpers import timing
from helpers.i18n import _


def weak_scaling(build, data, devices, rounds=20):
    """Times one training step on 1, 2, … devices, with the same data on each.

    Each device has a whole batch of its own, so a step on n devices trains on n times
    as much data. If it takes no longer than on one device, the scaling is perfect.

    Args:
        build: Function without arguments to a compiled `keras.Model`.
        data: Tuple of inputs and targets: the batch of each device.
        devices: List of at least two device names, as `MirroredStrategy` takes them.
        rounds: Integer, at least 2: how often each step is timed.

    Returns:
        Dict from 2, 3, … devices to `helpers.timing.Overhead` against one device.

    Raises:
        ValueError: If there are fewer than two devices.
    """
    if len(devices) < 2:
        raise ValueError(
            f"`devices` must hold at least two devices. Received: {list(devices)}"
        )
    one = mirrored_step(build, data, devices[:1])
    return {
        count: timing.overhead(
            {
                _("1 device"): one,
                _("{count} devices").format(count=count): mirrored_step(
                    build, data, devices[:count]
                ),
            },
            rounds=rounds,
        )
        for count in range(2, len(devices) + 1)
    }


def mirrored_step(build, data, devices):
    """A function without arguments that makes one training step on these devices."""
    strategy = tf.distribute.MirroredStrategy(devices)
    with strategy.scope():
        model = build()
        model.optimizer.build(model.trainable_variables)
    loss_of_each = keras.losses.get(model.loss)
    x, y = (
        strategy.experimental_distribute_values_from_function(
            lambda _replica, array=array: tf.constant(np.asarray(array))
        )
        for array in data
    )

    def on_replica(x, y):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(loss_of_each(y, model(x, training=True)))
            loss /= strategy.num_replicas_in_sync
        gradients = tape.gradient(loss, model.trainable_variables)
        model.optimizer.apply(gradients, model.trainable_variables)
        return loss

    @tf.function
    def step():
        return strategy.reduce("SUM", strategy.run(on_replica, (x, y)), axis=None)

    return lambda: float(step())
