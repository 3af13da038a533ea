# The library's own commands; a generated project brings its own Makefile.
PYTHON ?= python3
BIN := .venv/bin
SOURCES := pyproject.toml common/pyproject.toml $(wildcard templates/*/*/pyproject.toml)

.DEFAULT_GOAL := help
.PHONY: help demo setup test test-thorough test-containers lint render screenshots clean check-python

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: check-python  ## generate house-prices, train it, serve it, ask it for one price
	@$(PYTHON) tools/demo.py

setup: .venv/installed  ## make .venv with what the tests need

.venv/installed: $(SOURCES) | check-python
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet uv
	VIRTUAL_ENV=.venv $(BIN)/uv pip install --quiet --group dev
	$(BIN)/python tools/render.py build/projects
	for project in build/projects/*/pyproject.toml; do \
		VIRTUAL_ENV=.venv $(BIN)/uv pip install --quiet --requirements $$project --extra train --extra dev --extra ray || exit 1; \
	done
	touch $@

test: setup  ## the whole suite: renders every template and runs what it renders
	$(BIN)/python -m pytest

test-thorough: setup  ## only the tests that take minutes each
	$(BIN)/python -m pytest -m thorough

test-containers: setup  ## only the tests that need a Docker engine
	$(BIN)/python -m pytest -m container

lint: setup  ## style of the library itself
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

render: setup  ## write every template's project to build/projects/
	$(BIN)/python tools/render.py build/projects

screenshots: setup  ## run every template on its sample, and take the pictures of its page and report
	$(BIN)/python tools/screenshots.py

clean:  ## remove what these commands made
	rm -rf .venv build demo

check-python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' || \
		{ echo "error: $(PYTHON) is not Python 3.11 to 3.13. Name one that is: make PYTHON=python3.13" >&2; exit 2; }
