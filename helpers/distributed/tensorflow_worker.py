"""One of several workers on TensorFlow, with a training loop of its own.

`fit` under `MultiWorkerMirroredStrategy` fails in Keras 3; `strategy.run` works.
"""

import keras
import tensorflow as tf

from helpers.distributed.job import restore


def train(job, place, callbacks):
    """Trains one worker's part of the data, in step with the other workers.

    Args:
        job: `helpers.distributed.Job`.
        place: `helpers.distributed.worker.Place`: which worker this is, and of how
            many. The environment variable `TF_CONFIG` tells TensorFlow.
        callbacks: List of Keras callbacks.
    """
    strategy = tf.distribute.get_strategy()
    if place.workers > 1:
        strategy = tf.distribute.MultiWorkerMirroredStrategy()
    with strategy.scope():
        model = job.build()
        first_epoch = restore(place.folder, model)
    step = training_step(model, job, strategy)
    x, y = job.part(place.worker, place.workers)
    local = job.batch_size // place.workers
    callbacks = keras.callbacks.CallbackList(callbacks, model=model)
    callbacks.on_train_begin()
    for epoch in range(first_epoch, job.epochs):
        callbacks.on_epoch_begin(epoch)
        losses = []
        for batch, start in enumerate(range(0, len(x), local)):
            rows = slice(start, start + local)
            losses.append(float(step(tf.constant(x[rows]), tf.constant(y[rows]))))
            callbacks.on_train_batch_end(batch)
        callbacks.on_epoch_end(epoch, {"loss": sum(losses) / len(losses)})
    callbacks.on_train_end()
    return model


def training_step(model, job, strategy):
    """A compiled function from a worker's part of a batch to the loss of all of it."""
    loss_of_each = keras.losses.get(job.loss)

    def on_replica(x, y):
        with tf.GradientTape() as tape:
            losses = loss_of_each(y, model(x, training=True))
            loss = tf.reduce_sum(losses) / job.batch_size
            loss += sum(model.losses) / strategy.num_replicas_in_sync
        gradients = tape.gradient(loss, model.trainable_variables)
        model.optimizer.apply(gradients, model.trainable_variables)
        return loss

    @tf.function
    def step(x, y):
        return strategy.reduce("SUM", strategy.run(on_replica, (x, y)), axis=None)

    return step
