"""JupyterLab and Notebook 7 of our own on loopback, and a look into their kernels."""

import contextlib
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import jupyter_client
import nbformat


class Lab:
    """A JupyterLab server with settings and notebooks in a folder of its own.

    Args:
        folder: Empty `pathlib.Path`; the notebooks are in its `notebooks`.
    """

    def __init__(self, folder):
        self.notebooks = folder / "notebooks"
        self.notebooks.mkdir()
        self._runtime = folder / "runtime"
        self._log = folder / "lab.log"
        self._port, self._token = _free_port(), secrets.token_hex(16)
        folders = {
            "JUPYTER_CONFIG_DIR": folder / "config",
            "JUPYTER_DATA_DIR": folder / "data",
            "JUPYTER_RUNTIME_DIR": self._runtime,
            "JUPYTERLAB_SETTINGS_DIR": folder / "settings",
            "JUPYTERLAB_WORKSPACES_DIR": folder / "workspaces",
        }
        self._write_settings(folder / "settings")
        command = [
            sys.executable,
            "-m",
            "jupyterlab",
            "--no-browser",
            "--allow-root",
            "--ip=127.0.0.1",
            f"--port={self._port}",
            "--ServerApp.port_retries=0",
            f"--IdentityProvider.token={self._token}",
            f"--ServerApp.root_dir={self.notebooks}",
        ]
        with self._log.open("w") as log:
            self._process = subprocess.Popen(
                command,
                stdout=log,
                stderr=log,
                env={**os.environ, **{k: str(v) for k, v in folders.items()}},
            )

    @staticmethod
    def _write_settings(settings):
        """Answers what JupyterLab asks first; keeps all cells on the page."""
        for name, values in {
            "apputils-extension/notification": {
                "fetchNews": "false",
                "checkForUpdates": False,
            },
            "notebook-extension/tracker": {"windowingMode": "none"},
        }.items():
            place = settings / "@jupyterlab" / f"{name}.jupyterlab-settings"
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(json.dumps(values))

    def wait(self, seconds=60):
        """Returns when the server answers."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and self._process.poll() is None:
            try:
                return self._get("api/status")
            except OSError:
                time.sleep(0.2)
        raise RuntimeError(f"JupyterLab did not start:\n{self._log.read_text()}")

    def _get(self, path, method="GET"):
        url = f"http://127.0.0.1:{self._port}/{path}"
        headers = {"Authorization": f"token {self._token}"}
        request = urllib.request.Request(url, headers=headers, method=method)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer) if method == "GET" else None

    def url(self, name, place=None):
        """Where a notebook opens, alone in its page; `place` is another application."""
        place = place or f"lab/workspaces/{name.removesuffix('.ipynb')}/tree"
        address = f"http://127.0.0.1:{self._port}/{place}"
        return f"{address}/{name}?token={self._token}&reset"

    def add(self, name, source):
        """Writes a notebook, or copies one from a path."""
        if isinstance(source, Path):
            shutil.copy(source, self.notebooks / name)
        else:
            nbformat.write(source, self.notebooks / name)

    def kernel(self, name):
        """A `Kernel` for the one that runs a notebook."""
        for session in self._get("api/sessions"):
            if session["path"] == name:
                number = session["kernel"]["id"]
                return Kernel(self._runtime / f"kernel-{number}.json")
        raise LookupError(f"no kernel runs {name}")

    def running(self, name):
        """The kernel as soon as one runs, else `None`."""
        with contextlib.suppress(LookupError):
            return self.kernel(name)

    def stop_kernels(self):
        """Ends all kernels."""
        for kernel in self._get("api/kernels"):
            self._get(f"api/kernels/{kernel['id']}", "DELETE")

    def stop(self):
        """Ends the server, and with it the kernels."""
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class Kernel:
    """Asks a running kernel for values, past the browser."""

    def __init__(self, connection_file):
        self._client = jupyter_client.BlockingKernelClient()
        self._client.load_connection_file(str(connection_file))
        self._client.start_channels()

    def value(self, expression, timeout=30):
        """The value of an expression there, which JSON must be able to hold."""
        import_json = f"__import__('json').dumps({expression})"
        message = self._client.execute(
            "", silent=True, user_expressions={"value": import_json}
        )
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            reply = self._client.get_shell_msg(timeout=timeout)
            if reply["parent_header"].get("msg_id") == message:
                break
        answer = reply["content"]["user_expressions"]["value"]
        if answer["status"] != "ok":
            raise RuntimeError(f"{expression}: {answer['ename']}: {answer['evalue']}")
        return json.loads(eval(answer["data"]["text/plain"], {"__builtins__": {}}))

    def close(self):
        self._client.stop_channels()


def until(condition, seconds=60, pause=0.05):
    """The condition's value as soon as it is true."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if value := condition():
            return value
        time.sleep(pause)
    raise AssertionError(f"did not happen within {seconds} s")


def notebook_of(sources):
    return nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(source.strip()) for source in sources],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}},
    )


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
