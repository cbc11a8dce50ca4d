"""One of several workers on JAX, trained by Keras's own `fit`."""

import random

import jax
import keras

from helpers.distributed.job import restore


def train(job, place, callbacks):
    """Trains one worker's part of the data, in step with the other workers.

    Args:
        job: `helpers.distributed.Job`.
        place: `helpers.distributed.worker.Place`: which worker this is, and of how
            many.
        callbacks: List of Keras callbacks.
    """
    if place.workers > 1:
        jax.distributed.initialize(
            coordinator_address=place.addresses[0],
            num_processes=place.workers,
            process_id=place.worker,
        )
        keras.distribution.set_distribution(
            keras.distribution.DataParallel(auto_shard_dataset=False)
        )
    # What a distribution places on several machines must be equal on all of them,
    # also the random values that a layer has before it gets those of the job. Keras
    # draws its seeds from this generator; its own `set_random_seed` loads TensorFlow.
    random.seed(0)
    model = job.build()
    x, y = job.part(place.worker, place.workers)
    model.fit(
        x,
        y,
        batch_size=job.batch_size // place.workers,
        initial_epoch=restore(place.folder, model),
        epochs=job.epochs,
        shuffle=False,
        callbacks=callbacks,
        verbose=0,
    )
    return model
