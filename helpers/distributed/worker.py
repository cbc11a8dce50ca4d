"""One worker of several: `python -m helpers.distributed.worker --help`.

Run it once for each worker, on machines that share the job's folder. Start the
workers again after one has failed, and they go on from the last saved state.
"""

import argparse
import contextlib
import dataclasses
import faulthandler
import hashlib
import importlib
import json
import os
import pathlib
import signal
import sys
import threading
import time

BACKENDS = ("jax", "tensorflow")
GAVE_UP = 75  # "temporary failure; try again": EX_TEMPFAIL of sysexits.h


@dataclasses.dataclass(frozen=True)
class Place:
    """Which worker this is.

    Attributes:
        worker: Number, from 0. Worker 0 saves the states.
        addresses: Tuple with the address of each worker, such as `"10.0.0.5:4711"`.
        folder: Path with the job and the states.
    """

    worker: int
    addresses: tuple
    folder: pathlib.Path

    @property
    def workers(self):
        """How many workers there are."""
        return len(self.addresses)


def run(place, backend, patience, start_patience, crash_at=None):
    """Trains as one of several workers; see `main` for the arguments."""
    os.environ["KERAS_BACKEND"] = backend
    if backend == "tensorflow" and place.workers > 1:
        cluster = {"worker": list(place.addresses)}
        task = {"type": "worker", "index": place.worker}
        os.environ["TF_CONFIG"] = json.dumps({"cluster": cluster, "task": task})
    watch = Watch(place, patience, start_patience)
    if place.workers > 1:
        print(
            f"Worker {place.worker} of {place.workers} waits for the others at "
            f"{', '.join(place.addresses)}, at most {start_patience:g} seconds.",
            file=sys.stderr,
            flush=True,
        )

    from helpers import optimizers  # noqa: F401  (known to Keras once imported)
    from helpers.distributed import callbacks
    from helpers.distributed.job import Job

    training = importlib.import_module(f"helpers.distributed.{backend}_worker")
    steps = callbacks.Steps(watch, crash_at)
    chosen = [steps]
    if place.worker == 0:
        chosen.insert(0, callbacks.SaveState(place.folder))
    model = training.train(Job.read(place.folder), place, chosen)
    weights = hashlib.sha256(b"".join(w.tobytes() for w in model.get_weights()))
    report = {"weights": weights.hexdigest(), "seconds": steps.seconds}
    (place.folder / f"end-{place.worker}.json").write_text(json.dumps(report))
    if backend == "jax" and place.workers > 1:
        import jax

        jax.distributed.shutdown()


class Watch(threading.Thread):
    """Ends this process if nothing moves for too long.

    A collective operation waits for all workers. If one is gone and the network does
    not say so, it would wait for ever.

    Args:
        place: `Place`, for the message.
        patience: Seconds between two steps.
        start_patience: Seconds before the first.
    """

    def __init__(self, place, patience, start_patience):
        super().__init__(daemon=True)
        self.place, self.patience = place, patience
        self.step = 0
        self._wait(start_patience)
        self.start()

    def moved(self):
        """To be called after every step."""
        self.step += 1
        self._wait(self.patience)

    def _wait(self, seconds):
        self._limit, self._end = seconds, time.monotonic() + seconds
        # While TensorFlow waits for the others to start, no thread of Python runs.
        # This one is Python's own, in C; its message is a traceback.
        faulthandler.dump_traceback_later(seconds + 5, exit=True)

    def run(self):
        while time.monotonic() < self._end:
            time.sleep(min(1.0, self._limit / 10))
        print(
            f"Worker {self.place.worker} of {self.place.workers} gave up: no step "
            f"for {self._limit:g} seconds after step {self.step}. Another worker "
            "has probably died, has never started, or cannot be reached at "
            f"{', '.join(self.place.addresses)}.",
            file=sys.stderr,
            flush=True,
        )
        os._exit(GAVE_UP)


def end_with_the_launcher():
    """Ends this process when the one that started it is gone, however it went."""

    def wait():
        with contextlib.suppress(OSError):
            os.read(0, 1)
        os._exit(-signal.SIGTERM % 256)

    threading.Thread(target=wait, daemon=True).start()


def main(arguments=None):
    parser = argparse.ArgumentParser(
        prog="python -m helpers.distributed.worker", description=__doc__.split("\n")[0]
    )
    parser.add_argument(
        "folder", type=pathlib.Path, help="where Job.write has put the job"
    )
    parser.add_argument("--backend", choices=BACKENDS, required=True)
    parser.add_argument(
        "--worker", type=int, required=True, help="number of this worker, from 0"
    )
    parser.add_argument(
        "--addresses",
        required=True,
        help="host:port of every worker, in order, separated by commas; the same "
        "for all workers",
    )
    parser.add_argument(
        "--patience",
        type=float,
        default=300,
        help="seconds without a step after which this worker gives up",
    )
    parser.add_argument(
        "--start-patience",
        type=float,
        default=600,
        help="seconds that it waits for the first step",
    )
    parser.add_argument(
        "--crash-at", type=int, help="number of the step after which it kills itself"
    )
    parser.add_argument(
        "--with-launcher", action="store_true", help="end when standard input ends"
    )
    given = parser.parse_args(arguments)
    addresses = tuple(given.addresses.split(","))
    if not 0 <= given.worker < len(addresses):
        parser.error(
            f"--worker must be from 0 to {len(addresses) - 1}, since there are "
            f"{len(addresses)} addresses. Received: {given.worker}"
        )
    if min(given.patience, given.start_patience) <= 0:
        parser.error(
            "--patience and --start-patience must be above 0. Received: "
            f"{given.patience} and {given.start_patience}"
        )
    if given.with_launcher:
        end_with_the_launcher()
    place = Place(given.worker, addresses, given.folder)
    run(
        place,
        given.backend,
        given.patience,
        given.start_patience,
        given.crash_at,
    )


if __name__ == "__main__":
    main()
