# Everything runs from .venv, which these targets make and keep up to date from pyproject.toml and constraints.txt.
# Two stamps: .venv/.runtime (enough for the demo) and .venv/.dev (all tools). Delete .venv, or `make clean`, to begin again.

.DEFAULT_GOAL := help
.SHELLFLAGS := -eu -c
.DELETE_ON_ERROR:
.PHONY: help setup demo test lint docs dashboards servers stack test-stack soak bench wheel lock clean

BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
BENCHMARKS = $(filter-out benchmarks/_%,$(wildcard benchmarks/*.py))

help:  ## Show this list
	@echo "make TARGET [ARGS='...'] [PYTHON=python3.x]"
	@sed -nE 's/^([a-z-]+):.*  ## (.*)/  \1\t\2/p' Makefile

setup: .venv/.dev  ## Make .venv with everything that the other targets need

demo: .venv/.runtime  ## Play synthetic support traffic and show its metrics (ARGS=--exit ends after the summary)
	@$(BIN)/otel-agent-analytics demo $(ARGS)

# `python -m pytest` puts this folder on the import path before plugins are loaded: .ci/run names one of ours.
test: .venv/.dev  ## Run the tests, one worker per core (ARGS='-n0 tests/test_x.py' for one file in one process)
	@$(BIN)/python -m pytest -p tests.same_worker -n auto $(ARGS)

lint: .venv/.dev  ## Check style, format and types
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

wheel: .venv/.dev  ## Build dist/*.whl, install it in an environment of its own, and try it there
	@rm -rf dist
	@$(PIP) wheel --no-deps --wheel-dir dist .
	@$(BIN)/python -m pytest -n0 tests/wheel/outside.py $(ARGS)

docs: .venv/.dev  ## Write the generated pages in docs/ anew (ARGS=--check only looks)
	@$(BIN)/python docs/generate.py $(ARGS)

dashboards: .venv/.dev  ## Build grafana/dashboards and grafana/rules anew from grafana/source (ARGS=--check only looks)
	@$(BIN)/python -m grafana.source $(ARGS)

servers: $(BIN)/python  ## Build the real servers that tests and the stack use: 20 minutes the first time, with Go 1.26.5 or newer
	@$(BIN)/python tests/servers/build.py
	@$(BIN)/python -m tests.grafana.install_parsers

stack: .venv/.dev servers  ## Run Collector, analyzer, Prometheus, Alertmanager, Loki and a trace store on this machine, no container
	@$(BIN)/python -m tests.servers.stack $(ARGS)

test-stack: .venv/.dev servers  ## Run the tests that need these servers; here a skip is a failure
	@CI=true $(BIN)/python -m pytest -p tests.ci_no_skips -p tests.same_worker -n auto tests/servers tests/rules tests/grafana tests/collector_config $(ARGS)

soak: .venv/.dev  ## Kill the analyzer again and again, and send it bad bodies (SOAK_KILLS=1000 SOAK_CONVERSATIONS=20000 SOAK_BODIES=1000000 for longer)
	@SOAK_KILLS=$${SOAK_KILLS:-100} SOAK_CONVERSATIONS=$${SOAK_CONVERSATIONS:-2000} SOAK_BODIES=$${SOAK_BODIES:-100000} \
	  $(BIN)/python -m pytest -n 4 -rP -o faulthandler_timeout=0 tests/service/test_kill.py tests/service/test_fuzz.py $(ARGS)

bench: .venv/.dev  ## Run each program in benchmarks/
	@for program in $(BENCHMARKS); do echo "== $$program"; $(BIN)/python "$$program" $(ARGS); done
	@$(if $(BENCHMARKS),,echo "There are no benchmarks yet.")

lock:  ## Write constraints.txt anew, from what pyproject.toml resolves to today
	@rm -rf .venv
	@$(MAKE) --no-print-directory $(BIN)/python
	@echo "Resolving ..."
	@$(PIP) install -e '.[distro,dev]'
	@$(BIN)/python -m pip freeze --exclude-editable >constraints.new
	@{ echo "# Written by 'make lock'. Do not edit."; LC_ALL=C sort --ignore-case constraints.new; } >constraints.txt
	@rm constraints.new
	@touch .venv/.runtime .venv/.dev
	@echo "constraints.txt has $$(grep -c == constraints.txt) packages."

clean:  ## Remove .venv, caches and build results
	@rm -rf .venv build dist .hypothesis .mypy_cache .pytest_cache .ruff_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/.runtime: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing into .venv ..."
	@$(PIP) install -c constraints.txt -e '.[users,serve]'
	@touch $@

.venv/.dev: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing into .venv, development tools too ..."
	@$(PIP) install -c constraints.txt -e '.[distro,dev]'
	@touch .venv/.runtime $@

# The first Python that is new enough and can make an environment. A version manager may leave names on the path that do
# not run, so each one is tried.
$(BIN)/python:
	@bare=; \
	for python in $(or $(PYTHON),python3.13 python3.12 python3.11 python3); do \
	  "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue; \
	  "$$python" -c 'import ensurepip, venv' 2>/dev/null || { bare="$$bare $$python"; continue; }; \
	  echo "Making .venv with $$("$$python" --version) ..."; \
	  exec "$$python" -m venv --clear .venv; \
	done; \
	if [ "$$bare" ]; then \
	  echo "Found$$bare, but without the module ensurepip: install it (Debian, Ubuntu: apt-get install python3-venv)." >&2; \
	else \
	  echo "No Python 3.11 or newer among: $(or $(PYTHON),python3.13 python3.12 python3.11 python3)." \
	    "Install one, or name it: make setup PYTHON=/path/to/python3." >&2; \
	fi; \
	exit 1
