"""The workflows of GitHub Actions are valid, pinned, and call what exists."""

import pathlib
import re
import subprocess
import sys
import tomllib

import pytest
import yaml

ROOT = pathlib.Path(__file__).parents[1]
PATHS = sorted((ROOT / ".github/workflows").glob("*.yml"))
TEXT = "\n".join(path.read_text() for path in PATHS)
WORKFLOWS = {path.stem: yaml.safe_load(path.read_text())["jobs"] for path in PATHS}
JOBS = WORKFLOWS["ci"]


def commands():
    return "\n".join(
        step.get("run", "")
        for jobs in WORKFLOWS.values()
        for job in jobs.values()
        for step in job["steps"]
    )


def is_valid(path):
    schema = ["--builtin-schema", "vendor.github-workflows"]
    command = [sys.executable, "-m", "check_jsonschema", *schema, str(path)]
    return subprocess.run(command, capture_output=True).returncode == 0


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_a_workflow_has_the_shape_that_github_wants(path, tmp_path):
    assert is_valid(path)
    broken = tmp_path / "broken.yml"
    broken.write_text(path.read_text().replace("runs-on:", "runs_on:", 1))
    assert not is_valid(broken)


def test_actions_are_pinned_to_commits_with_their_version_beside():
    uses = re.findall(r"uses: *(.*)", TEXT)
    assert len(uses) > 5
    pinned = r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+"
    assert [line for line in uses if not re.fullmatch(pinned, line)] == []
    # One version of each action.
    assert len(set(uses)) == len({line.split("@")[0] for line in uses})


def test_each_python_that_the_package_supports_is_tested():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["requires-python"] == ">=3.11,<3.14"
    assert JOBS["test"]["strategy"]["matrix"]["python"] == ["3.11", "3.12", "3.13"]


def test_each_command_and_file_exists():
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([\w./-]+):", makefile, re.MULTILINE))
    called = set(re.findall(r"make ([\w./-]+)", commands()))
    assert called <= targets
    apart = {"test-binder", "test-browser", "test-cluster", "test-colab"}
    assert {"test", *apart} <= called
    for name in re.findall(r"^ +([\w./]+\.(?:txt|toml))$", TEXT, re.MULTILINE):
        assert (ROOT / name).exists()
    scripts = set(re.findall(r"python (\S+\.py)", commands()))
    assert "tools/stamp.py" in scripts
    assert all((ROOT / script).exists() for script in scripts)


def test_extras_of_the_package_exist():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = {
        extra
        for names in re.findall(r"\.\[([\w,]+)\]", commands())
        for extra in names.split(",")
    }
    assert extras and extras <= set(project["optional-dependencies"])


def test_the_week_tests_the_newest_and_nothing_else():
    for name, job in JOBS.items():
        skipped = job["if"] == "github.event_name != 'schedule'"
        assert skipped == (name != "newest")
    assert "cache" not in JOBS["newest"]["steps"][1]["with"]
