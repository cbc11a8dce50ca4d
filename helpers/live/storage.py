"""A session on disk: arrays and a line of JSON in one `.npz` file, no pickle."""

import json
import os
import tempfile
import zipfile
from pathlib import Path

import numpy as np

FORMAT = 1


def write(path, header, arrays):
    """Writes all or nothing: a crash leaves the former file.

    Args:
        path: Path of the file.
        header: Dict that JSON can hold.
        arrays: Dict from name to array.
    """
    path = Path(path)
    text = json.dumps({"format": FORMAT, **header})
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix="~")
    try:
        with os.fdopen(handle, "wb") as file:
            np.savez(file, header=np.array(text), **arrays)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def read(path, expected):
    """Reads what `write` wrote, and checks that it belongs to this session.

    Args:
        path: Path of the file.
        expected: Dict of header entries that must be the same.

    Returns:
        Tuple of header and dict of arrays.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is no saved session, or another session's.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        header = json.loads(str(arrays.pop("header")))
    except (ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise ValueError(f"{path} is not a saved session: {error}") from error
    for name, value in {"format": FORMAT, **expected}.items():
        if header.get(name) != value:
            raise ValueError(
                f"{path} belongs to another session: its `{name}` is "
                f"{header.get(name)!r}, and here it is {value!r}"
            )
    return header, arrays
