# `make help` lists what there is.
PYTHON ?= python3
PORT ?= 8501
VENV := .venv
PY := $(VENV)/bin/python

.DEFAULT_GOAL := help
.PHONY: help setup run test lint types bench load fuzz screenshots

help: ## this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

setup: $(VENV)/.ready ## the virtual environment that `run` needs

# Made anew whenever the requirements change, so that nothing stale stays inside.
$(VENV)/.ready: requirements.txt
	rm -rf $(VENV)
	$(PYTHON) -m venv $(VENV)
	$(PY) -m pip install --quiet --disable-pip-version-check -r requirements.txt
	touch $@

$(VENV)/.ready-dev: $(VENV)/.ready requirements-dev.txt
	$(PY) -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	touch $@

run: setup ## serve the dashboard on port 8501, or on PORT=...
	$(PY) -m streamlit run serve.py --server.port $(PORT)

# A core for each worker: with more threads than cores they wait for each other.
test: $(VENV)/.ready-dev ## all tests, a real browser included
	$(PY) -m tests.chromium
	OMP_NUM_THREADS=1 $(PY) -m pytest --numprocesses auto --maxprocesses 4

lint: $(VENV)/.ready-dev ## style and formatting
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .

types: $(VENV)/.ready-dev ## type errors, of which there are none
	$(VENV)/bin/basedpyright

bench: $(VENV)/.ready-dev ## speed against the field, side by side in one run
	$(PY) -m tests.chromium
	$(PY) -m benchmarks

load: $(VENV)/.ready-dev ## many people at once, memory, and start times, in real browsers (a quarter of an hour)
	$(PY) -m tests.chromium
	$(PY) -m benchmarks.load

fuzz: $(VENV)/.ready-dev ## thousands of hostile files, checkpoints and addresses, seeded: FUZZ="files --seed 1" for one kind
	$(PY) -m tests.fuzz $(FUZZ)

screenshots: $(VENV)/.ready-dev ## the README's pictures, taken anew
	$(PY) -m tests.chromium
	$(PY) -m tools.screenshots
