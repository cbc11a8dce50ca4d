"""Finished cells on disk: a small JSON file for each, which a later sweep reads.

A cell is known by everything that its value depends on, as far as that can be seen:
the fingerprint of the function, the versions of Python, Keras and its backend, the
hyperparameters and the seed. The file's name is a digest of these, and the file states
them. So a larger grid reuses what a smaller one has computed, and a changed function
reuses nothing. A file appears whole or not at all, and one that does not read as a
finished cell of that name is computed again.
"""

import hashlib
import json
import os
import pathlib
import tempfile


class Store:
    """Finished cells in a folder.

    Args:
        folder: Path; made if there is none.
        fingerprint: String, the function's.
        versions: Dict of versions.

    Raises:
        ValueError: If no file can be written there.
    """

    def __init__(self, folder, fingerprint, versions):
        self.folder = pathlib.Path(folder)
        self._base = {"function": fingerprint, "versions": versions}
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self.folder):
                pass
        except OSError as error:
            raise ValueError(
                f"`folder` must be a folder that can be written to. Received: "
                f"{str(folder)!r} ({error})"
            ) from error

    def load(self, arguments, seed):
        """The outcome of a finished cell, or `None`."""
        identity = self._identity(arguments, seed)
        try:
            record = json.loads(self._path(identity).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        if not isinstance(record, dict) or not isinstance(record.get("value"), float):
            return None
        return (
            record
            if identity == {name: record.get(name) for name in identity}
            else None
        )

    def save(self, arguments, seed, outcome):
        """Writes the outcome of a cell, finished or failed, at once."""
        identity = self._identity(arguments, seed)
        text = json.dumps({**identity, **outcome}, ensure_ascii=False, indent=1)
        path = self._path(identity)
        handle, part = tempfile.mkstemp(
            prefix=path.stem, suffix=".part", dir=path.parent
        )
        try:
            with open(handle, "w", encoding="utf-8") as file:
                file.write(text + "\n")
                file.flush()
                os.fsync(file.fileno())
            os.replace(part, path)
        except BaseException:
            os.unlink(part)
            raise

    def _identity(self, arguments, seed):
        return {**self._base, "parameters": arguments, "seed": seed}

    def _path(self, identity):
        text = json.dumps(identity, sort_keys=True)
        return self.folder / f"{hashlib.sha256(text.encode()).hexdigest()[:32]}.json"
