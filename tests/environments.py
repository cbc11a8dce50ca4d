"""Environments like those of Colab and Binder, each made once for its packages."""

import hashlib
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]


class Environment:
    """A virtual environment outside of the repository.

    It is kept for the next run, under a name that changes with what it holds.

    Args:
        name: String.
        arguments: List of what `pip install` is given, files of requirements as paths.
    """

    def __init__(self, name, arguments):
        self.arguments = [str(argument) for argument in arguments]
        key = hashlib.sha256(sys.version.encode())
        for argument in arguments:
            is_file = isinstance(argument, pathlib.Path)
            key.update(argument.read_bytes() if is_file else argument.encode())
        cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache")
        cache = cache.expanduser() / "optimizer-lessons"
        self.folder = cache / f"{name}-{key.hexdigest()[:12]}"
        self.bin = self.folder / "bin"
        self.python = self.bin / "python"

    def make(self):
        """Install what is not there yet."""
        complete = self.folder / "complete"
        if not complete.exists():
            subprocess.run([sys.executable, "-m", "venv", self.folder], check=True)
            self.pip("install", *self.arguments)
            complete.touch()
        return self

    def pip(self, *arguments):
        """The output of a pip command, which must succeed."""
        return self.run([self.python, "-m", "pip", *arguments]).stdout

    def run(self, command, check=True, **options):
        """The result of a command, which finds this environment's programs first."""
        variables = {
            name: value
            for name, value in os.environ.items()
            # Those would lead out of the environment.
            if not name.startswith(("PYTHON", "VIRTUAL_ENV", "PYTEST", "COV_"))
        }
        variables["PATH"] = f"{self.bin}{os.pathsep}{variables['PATH']}"
        variables["PIP_DISABLE_PIP_VERSION_CHECK"] = "1"
        variables.update(options.pop("env", {}))
        done = subprocess.run(
            list(map(str, command)),
            env=variables,
            capture_output=True,
            text=True,
            **options,
        )
        output = f"{done.stdout[-8000:]}\n{done.stderr[-8000:]}"
        assert not check or done.returncode == 0, output
        return done


def published(folder, branch):
    """A copy of the repository as it is committed, with the branch of the badges."""
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(folder)], check=True)
    checkout = ["git", "-C", str(folder), "checkout", "--quiet", "-B", branch]
    subprocess.run(checkout, check=True)
    return folder


def every_lesson(start=0):
    """Names `language/lesson.ipynb`: each lesson once, and each language."""
    languages = sorted((ROOT / "notebooks").glob("[a-z][a-z]/"))
    lessons = sorted(path.name for path in languages[0].glob("*.ipynb"))
    names = []
    for number in range(max(len(languages), len(lessons))):
        language = languages[number % len(languages)].name
        names.append(f"{language}/{lessons[(number + start) % len(lessons)]}")
    return names
