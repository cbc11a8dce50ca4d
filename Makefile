# One .venv for everything; each target makes what it lacks.
# TensorFlow Addons, which the Conditional Gradient lesson compares with, has wheels
# for Python 3.11 only, so that version is tried first.
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' \
	2>/dev/null && { echo $$p; break; }; done)
BIN := .venv/bin
NOTEBOOKS := $(wildcard notebooks/*/*.ipynb)

.PHONY: lab test lint notebooks clean

# Jupyter prints the address, for a machine without a browser; in a container, where
# one is root, it asks to be told that this is meant.
lab: .venv/lab
	$(BIN)/jupyter lab --notebook-dir=notebooks $(if $(filter 0,$(shell id -u)),--allow-root)

test: .venv/test lint
	$(BIN)/python -m pytest --nbval --durations=10

lint: .venv/test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

notebooks: .venv/lab
	$(BIN)/python notebooks/execute.py $(NOTEBOOKS)

clean:
	rm -rf .venv

.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11, 3.12 or 3.13 is needed."; exit 1; }
	$(PYTHON) -m venv .venv

.venv/lab: requirements.txt pyproject.toml | .venv/bin/python
	$(BIN)/pip install --quiet -r requirements.txt
	@touch $@

.venv/test: pyproject.toml .venv/lab
	$(BIN)/pip install --quiet -e '.[test]'
	@touch $@
