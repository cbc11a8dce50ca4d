"""The setup cell says what is missing, and else nothing."""

import os
import subprocess
import sys

import pytest
from conftest import require

from helpers._support import environment, i18n


@pytest.fixture
def need(monkeypatch):
    """Makes the lessons need something else; returns what a reader is told."""

    def set_needs(*requirements):
        monkeypatch.setattr(environment.metadata, "requires", lambda _: requirements)
        try:
            environment.check()
        except environment.Unsuitable as error:
            return str(error)

    return set_needs


def test_what_is_installed_here_will_do(need):
    environment.check()
    assert need("numpy", "keras>=3", 'nope>1; extra == "test"') is None
    assert need('nope; python_version < "3"') is None


def test_what_is_too_old_or_missing_is_named_with_the_command(monkeypatch, need):
    monkeypatch.delenv("COLAB_RELEASE_TAG", raising=False)
    versions = {"keras": "3.9.2", "tensorflow": "2.20.0"}
    monkeypatch.setattr(environment, "_version", versions.get)
    text = need("keras>=3.13", "tensorflow>=2.20", "nope>=1")
    assert "keras 3.9.2 is installed; the lessons need keras>=3.13." in text
    assert "nope is not installed; the lessons need nope>=1." in text
    assert "tensorflow" not in text
    assert text.endswith('pip install --upgrade "keras>=3.13" "nope>=1"')


def test_on_colab_the_way_out_is_another_runtime(monkeypatch, need):
    monkeypatch.setenv("COLAB_RELEASE_TAG", "release-colab")
    text = need("nope")
    assert "Change runtime type" in text and "pip" not in text


def test_a_release_candidate_is_new_enough(monkeypatch, need):
    monkeypatch.setattr(environment, "_version", {"keras": "3.14.0rc1"}.get)
    assert need("keras>=3.13") is None


def test_tensorflow_without_gpu_support_is_tensorflow(monkeypatch, need):
    installed = {"tensorflow-cpu": "2.21.0"}

    def version(name):
        if name not in installed:
            raise environment.metadata.PackageNotFoundError(name)
        return installed[name]

    monkeypatch.setattr(environment.metadata, "version", version)
    assert need("tensorflow>=2.20") is None
    assert "tensorflow 2.21.0" in need("tensorflow>=3")


@pytest.mark.parametrize("language", list(i18n.LANGUAGES))
def test_the_reader_is_told_in_their_language(language, need):
    try:
        i18n.set_language(language)
        text = need("nope>=1")
    finally:
        i18n.set_language("en")
    assert "nope>=1" in text
    assert ("is not installed" in text) == (language == "en")


def test_a_notebook_shows_the_sentences_and_no_trace():
    problem = environment.Unsuitable("sentence")
    assert problem._render_traceback_() == ["sentence"]


def test_a_lesson_without_presets_asks_for_none_and_looks_for_no_gpu():
    code = (
        "import helpers, tensorflow as tf\n"
        "tf.config.list_physical_devices = None\n"
        "helpers.setup()\n"
    )
    environment = {**os.environ, "NOTEBOOK_PRESET": "misspelt"}
    subprocess.run([sys.executable, "-c", code], env=environment, check=True)


def test_a_process_that_has_keras_without_jax_is_told_its_backend():
    code = (
        "import os, sys\n"
        "sys.modules['jax'] = None\n"
        "import keras\n"
        "del sys.modules['jax'], os.environ['KERAS_BACKEND']\n"
        "import helpers\n"
        "helpers.load_keras('tensorflow')\n"
        "try:\n"
        "    helpers.load_keras('jax')\n"
        "except RuntimeError as error:\n"
        "    print(error)\n"
    )
    environment = {**os.environ, "KERAS_BACKEND": "tensorflow"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True
    )
    assert done.stdout.startswith("This process runs Keras on 'tensorflow'"), (
        done.stderr
    )


@pytest.mark.parametrize("backend", ["tensorflow", "jax"])
def test_jax_is_loaded_where_it_is_the_backend_and_else_can_be(backend):
    require("jax", "pip install -e .[test]")
    code = (
        "import os, sys, helpers\n"
        "helpers.setup()\n"
        "print('jax' in sys.modules)\n"
        "import jax, keras\n"
        "print(keras.backend.backend(), jax.numpy.ones(3).sum())\n"
    )
    printed = subprocess.check_output(
        [sys.executable, "-c", code],
        env={**os.environ, "KERAS_BACKEND": backend},
        text=True,
    )
    assert printed.split() == [str(backend == "jax"), backend, "3.0"]
