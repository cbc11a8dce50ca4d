# One .venv for everything; each target makes what it lacks.
# TensorFlow Addons, which the Conditional Gradient lesson compares with, has wheels
# for Python 3.11 only, so that version is tried first.
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' \
	2>/dev/null && { echo $$p; break; }; done)
BIN := .venv/bin
# What the notebooks compute does not depend on whether this machine has a GPU.
export NOTEBOOK_PRESET ?= quick
NOTEBOOKS := $(wildcard notebooks/*/*.ipynb)

.PHONY: lab test test-browser test-cluster test-colab test-binder badges demo handout site lint notebooks bench clean

# Jupyter prints the address, for a machine without a browser; in a container, where
# one is root, it asks to be told that this is meant.
lab: .venv/lab
	$(BIN)/jupyter lab --notebook-dir=notebooks $(if $(filter 0,$(shell id -u)),--allow-root)

# Says what is done and for how long, or where it failed: $(call part,name,command).
part = @echo "== $(1)"; start=$$(date +%s); $(2) \
	&& echo "== $(1): passed, $$(($$(date +%s) - start)) s" \
	|| { echo "== $(1): failed; what comes after was not tried."; exit 1; }

# What fails soonest comes first. Two processes, each with one thread: more would wait
# for one another. Units and notebooks are one run, in which no process waits between.
test: export TF_NUM_INTRAOP_THREADS = 1
test: export TF_NUM_INTEROP_THREADS = 1
test: export OMP_NUM_THREADS = 1
test: .venv/test
	$(call part,Style,$(MAKE) --no-print-directory lint)
	$(call part,Translations,$(BIN)/python tools/translate.py check)
	@echo "== Unit tests, then every notebook again: some 15 minutes on two cores"
	@$(BIN)/python -m pytest --nbval -n 2 --dist loadscope --no-loadscope-reorder --durations=10

# A learner in JupyterLab: needs Debian's chromium; screenshots go to tests/artifacts.
test-browser: .venv/test
	$(BIN)/pip install --quiet -e '.[browser,site]'
	$(BIN)/python -m pytest -s tests/browser

# What a badge launches, in environments of their own, which are kept in ~/.cache. The
# memory that a notebook takes on Binder is printed; it needs the package libjemalloc2.
test-colab: .venv/test
	$(BIN)/python -m pytest -s --durations=10 tests/colab
test-binder: .venv/test
	$(BIN)/python -m pytest -s --durations=10 tests/binder

# Badges and setup cells lead to REPOSITORY, on BRANCH, from now on.
badges: .venv/test
	$(BIN)/python tools/stamp.py write $(if $(REPOSITORY),--repository $(REPOSITORY)) \
	$(if $(BRANCH),--branch $(BRANCH))

# A Slurm of two nodes on this machine: needs root and Debian's slurm-wlm and munge; one
# test needs openmpi-bin.
test-cluster: .venv/test
	$(BIN)/pip install --quiet -e '.[cluster]'
	$(BIN)/python -m pytest -rs --durations=5 tests/cluster

# Each prints ratios of two things measured in turn, in one run.
bench: .venv/test
	$(BIN)/python tests/bench

# The moving picture on the front page, in each language.
demo: .venv/test
	$(BIN)/python tools/demo.py en th zh

# A lesson for a class: without solutions and outputs, and one with them.
handout: .venv/test
	$(BIN)/python tools/handout.py notebooks/$(or $(LANGUAGE),en)/$(LESSON).ipynb

# The lessons as pages to read, in build/site; nothing is run.
site: .venv/test
	$(BIN)/pip install --quiet -e '.[site]'
	$(BIN)/python tools/website/build.py

lint: .venv/test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

# From the English notebooks to those of all languages, run and with their outputs.
# Debian's chromium draws the pictures of the explorers.
notebooks: .venv/test
	$(BIN)/pip install --quiet -e '.[browser]'
	$(BIN)/python tools/stamp.py write
	$(BIN)/python tools/translate.py extract
	$(BIN)/python tools/translate.py build
	$(BIN)/python tools/translate.py check
	$(BIN)/python tools/execute.py $(NOTEBOOKS)

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
