"""The package, its requirements and what importing it costs."""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tomllib

import pytest

ROOT = pathlib.Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def requirements():
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    return [line for line in lines if line and not line.startswith(("#", "-e"))]


def test_dependencies_have_the_ranges_of_the_requirements():
    lessons = PROJECT["optional-dependencies"]["lessons"]
    assert {*PROJECT["dependencies"], *lessons} <= set(requirements())
    assert "-e .[lessons]" in (ROOT / "requirements.txt").read_text().splitlines()


def test_the_optimizers_need_keras_and_its_backend_alone():
    assert [re.match(r"\w+", need)[0] for need in PROJECT["dependencies"]] == ["keras"]
    lessons = PROJECT["optional-dependencies"]["lessons"]
    absent = {re.match(r"[\w-]+", n)[0].replace("-", "_") for n in lessons}
    absent -= {"scipy"}  # JAX needs it
    code = (
        "import sys, time\n"
        f"sys.modules.update(dict.fromkeys({sorted(absent)!r}))\n"
        "import keras\n"
        "start = time.perf_counter()\n"
        "from helpers.optimizers import FrankWolfe, GradientCentralization\n"
        "print(time.perf_counter() - start)\n"
        "w = keras.Variable([0.6, 0.0])\n"
        "FrankWolfe(0.5).apply([keras.ops.array([3.0, -4.0])], [w])\n"
        "assert abs(float(w[1]) - 0.4) < 1e-6\n"
    )
    environment = {**os.environ, "KERAS_BACKEND": "jax"}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) < 1


def test_the_optimizers_work_in_a_folder_of_any_name(tmp_path):
    """As the README says it, beside a package of another's that is called helpers."""
    readme = (ROOT / "README.md").read_text("utf-8")
    (paragraph,) = (p for p in readme.split("\n\n") if "my_project/gradients" in p)
    copied = re.findall(r"`(helpers/[\w/.]+)`", paragraph)
    (imports,) = re.findall(r"`(from my_project.*?)`", paragraph)
    for name in copied:
        source = ROOT / name
        target = tmp_path / "my_project/gradients" / name.removeprefix("helpers/")
        target.parent.mkdir(parents=True, exist_ok=True)
        (shutil.copytree if source.is_dir() else shutil.copy)(source, target)
    (tmp_path / "helpers.py").write_text("raise ImportError('not ours')\n")
    code = (
        f"import keras, numpy as np\n{imports}\n"
        "from my_project.gradients.optimizers import GradientCentralization\n"
        "model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])\n"
        "x, y = np.ones((8, 3)), np.ones((8, 2))\n"
        "for ball in ('spectral', 'l1'):\n"
        "    inner = FrankWolfe(0.1, ball=ball, momentum=0.9)\n"
        "    for optimizer in (inner, GradientCentralization('sgd')):\n"
        "        model.compile(optimizer, 'mse')\n"
        "        model.fit(x, y, verbose=0)\n"
        "        model.save('model.keras')\n"
        "        keras.models.load_model('model.keras').fit(x, y, verbose=0)\n"
    )
    environment = {**os.environ, "KERAS_BACKEND": "jax", "PYTHONPATH": ""}
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


def test_requirements_name_the_packages_of_the_collection():
    names = {re.match(r"[\w-]+", line)[0] for line in requirements()}
    assert {
        *("jupyter", "tensorflow", "keras", "tensorflow-datasets", "matplotlib"),
        *("ipywidgets", "nbval", "tensorflow-addons", "tf-keras"),
    } <= names


@pytest.mark.parametrize("module", ["tensorflow", "keras", "matplotlib", "IPython"])
def test_import_helpers_loads_no_heavy_module(module):
    code = f"import sys, helpers; sys.exit({module!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_setup_is_silent_and_refuses_unknown_languages():
    code = "import helpers; helpers.setup('en'); import keras, tensorflow"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    code = "import helpers; helpers.setup('xx')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "`language` must be one of" in done.stderr and "'xx'" in done.stderr


def test_a_failed_import_shows_what_was_kept_quiet():
    code = (
        "import os, helpers\n"
        "with helpers._quiet_stderr():\n"
        "    os.write(2, b'the reason')\n"
        "    raise OSError\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "the reason" in done.stderr


def test_what_is_no_python_is_in_the_package_too():
    tool = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]
    patterns = tool["setuptools"]["package-data"]["helpers"]
    shipped = {path for name in patterns for path in (ROOT / "helpers").glob(name)}
    files = {path for path in ROOT.glob("helpers/**/*") if path.is_file()}
    assert {p for p in files if p.suffix not in (".py", ".pyc", ".mo")} == shipped


def test_files_stay_short():
    """About 300 lines: a file that outgrows 350 has found a seam."""
    for path in ROOT.glob("helpers/**/*.py"):
        assert len(path.read_text().splitlines()) <= 350, path


def test_test_modules_do_not_import_one_another():
    for path in ROOT.glob("tests/**/test_*.py"):
        assert not re.search(r"^(from|import) test_", path.read_text("utf-8"), re.M)


def test_the_code_in_the_readme_runs():
    readme = (ROOT / "README.md").read_text("utf-8")
    for code in re.findall(r"```python\n(.*?)```", readme, re.DOTALL):
        exec(code, {})
