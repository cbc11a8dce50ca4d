"""What a Binder badge launches, without Docker: `make test-binder`.

repo2docker says what it would do; the same requirements, `postBuild` and `start` then
run in an environment of their own, on a copy of what is committed.
"""

import json
import os
import pathlib
import re
import subprocess
import time
import urllib.request

import badges
import pytest
from environments import Environment, every_lesson, published

ROOT = pathlib.Path(__file__).resolve().parents[2]
REQUIREMENTS = ROOT / "binder/requirements.txt"
# mybinder.org gives a reader 1 to 2 GB, and the server needs some of it.
MOST = 1.3e9
TOKEN = "secret"


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    folder = tmp_path_factory.mktemp("binder") / "copy"
    return published(folder, badges.repository()[1])


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def binder(copy, home):
    """The environment after `postBuild`."""
    found = list(pathlib.Path("/usr/lib").rglob("libjemalloc.so.2"))
    package = (ROOT / "binder/apt.txt").read_text().strip()
    assert found, f"Binder's container has a package more: apt-get install {package}"
    environment = Environment("binder", ["-r", REQUIREMENTS]).make()
    environment.run(["binder/postBuild"], cwd=copy, env={"HOME": str(home)})
    return environment


def test_repo2docker_takes_these_steps(copy):
    tool = Environment("repo2docker", ["jupyter-repo2docker"]).make()
    command = [tool.bin / "jupyter-repo2docker", "--no-build", "--debug", copy]
    done = tool.run(command, cwd=copy.parent)
    steps = done.stdout + done.stderr
    assert "conda environment for python=3.11" in steps
    expected = (
        r"apt-get install .*\blibjemalloc2\b",
        r'pip install .*-r "?binder/requirements\.txt"?',
        r"RUN \./binder/postBuild",
        r'R2D_ENTRYPOINT="\$\{REPO_DIR\}/binder/start"',
    )
    places = [re.search(step, steps) for step in expected]
    assert all(places), steps[-6000:]
    order = [place.start() for place in places]
    assert order == sorted(order)
    # The root's requirements, with the large TensorFlow, stay out of it.
    assert not re.search(r'-r "?requirements\.txt|pip install .* \.$', steps)


def test_what_is_installed(binder):
    done = binder.run([binder.python, "-m", "pip", "freeze"])
    names = {re.split(r"[ =@]", line)[0].lower() for line in done.stdout.splitlines()}
    names = {name.replace("_", "-") for name in names}
    wanted = {"tensorflow-cpu", "tensorflow-addons", "tf-keras"}
    # An editable package of a local folder is a comment with its name.
    assert wanted <= names and "tensorflow" not in names
    assert "optimizer_lessons" in done.stdout or "optimizer-lessons" in done.stdout
    code = (
        "from helpers.lessons.addons import original_conditional_gradient as original"
    )
    code = f"import helpers; helpers.setup(); {code}; print(original())"
    assert "ConditionalGradient" in binder.run([binder.python, "-c", code]).stdout


def test_notebooks_are_trusted(binder, copy, home):
    code = (
        "import pathlib, nbformat, nbformat.sign as sign\n"
        "notary = sign.NotebookNotary()\n"
        "for path in pathlib.Path('notebooks').glob('??/*.ipynb'):\n"
        "    assert notary.check_signature(nbformat.read(path, 4)), path\n"
    )
    binder.run([binder.python, "-c", code], cwd=copy, env={"HOME": str(home)})


@pytest.fixture(scope="module")
def table():
    rows = []
    yield rows
    print("\n\npeak of the kernel | with the processes it started | notebook (MB)")
    for name, kernel, together in rows:
        print(f"{kernel / 1e6:18.0f} | {together / 1e6:29.0f} | {name}")


@pytest.mark.parametrize("name", every_lesson(start=1))
def test_a_notebook_has_room_in_the_memory(binder, copy, home, table, name):
    script = ROOT / "tests/binder/measure.py"
    done = binder.run(
        ["binder/start", binder.python, script, copy / "notebooks" / name],
        cwd=copy,
        env={"HOME": str(home), "NOTEBOOK_PRESET": ""},
    )
    kernel, together = map(int, done.stdout.split()[-2:])
    table.append((name, kernel, together))
    assert kernel <= MOST


@pytest.fixture
def server(binder, copy, home, tmp_path):
    """JupyterLab as Binder starts it; the answer to a path, as text."""
    port = 8300 + os.getpid() % 600
    base = f"http://127.0.0.1:{port}"
    options = [f"--port={port}", "--ServerApp.port_retries=0", "--no-browser"]
    root = ["--allow-root"] if os.getuid() == 0 else []
    environment = {**os.environ, "HOME": str(home)}
    environment["PATH"] = f"{binder.bin}:{environment['PATH']}"
    command = ["binder/start", "jupyter", "lab", *options, *root]
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen(
            [*command, f"--IdentityProvider.token={TOKEN}"],
            cwd=copy,
            env=environment,
            stdout=log,
            stderr=log,
        )

    def get(path):
        for _attempt in range(60):
            try:
                with urllib.request.urlopen(f"{base}/{path}?token={TOKEN}") as answer:
                    return answer.read().decode()
            except urllib.error.HTTPError:
                raise
            except OSError:
                assert process.poll() is None, (tmp_path / "log").read_text()
                time.sleep(1)
        raise AssertionError((tmp_path / "log").read_text())

    yield get
    process.terminate()
    process.wait(30)


def test_jupyterlab_opens_the_notebook_in_its_language(server):
    setting = "lab/api/settings/@jupyterlab/translation-extension:plugin"
    # Back and forth, as one container may be asked for several notebooks.
    for language, locale in (("zh", "zh_CN"), ("th", "default"), ("en", "en")):
        path = f"notebooks/{language}/conditional_gradient.ipynb"
        assert f'"treePath": "{path}"' in server(f"lab/tree/{path}")
        assert json.loads(server(setting))["settings"] == {"locale": locale}
    words = json.loads(server("lab/api/translations/zh_CN"))["data"]
    assert words["jupyterlab"]
