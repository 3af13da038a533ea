# The library's own commands; a generated project brings its own Makefile.
PYTHON ?= python3
# Which PyTorch, as in the projects: TORCH_CPU and TORCH_INDEX.
include common/torch/variables.mk
TEMPLATE ?= house-prices
# Two processes; the tests of a file stay together, since they share what they have rendered.
SIDE_BY_SIDE := -n 2 --dist loadfile
# Where Python may not write bytecode, each of the suite's many processes would compile all that it
# imports again.
INSTALL := uv pip install --quiet $(if $(PYTHONDONTWRITEBYTECODE),--compile-bytecode)
BIN := .venv/bin
SOURCES := pyproject.toml common/pyproject.toml common/torch/variables.mk $(wildcard templates/*/*/pyproject.toml)

.DEFAULT_GOAL := help
.PHONY: help demo setup test test-thorough test-containers lint render screenshots clean check-python

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: check-python  ## generate house-prices, train it, serve it, ask it (TEMPLATE=sentiment-bot or cv-api for those)
	@$(PYTHON) tools/demo.py $(TEMPLATE)

setup: .venv/installed  ## make .venv with what the tests need

.venv/installed: $(SOURCES) | check-python
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet uv
	@# The CPU build, whatever the machine has: these tests need no GPU, and uv leaves it as it is.
	[ "$$(uname -s)" != Linux ] || $(BIN)/python -c "import torch" 2>/dev/null || \
		$(BIN)/python -m pip install --quiet --no-deps --index-url $(TORCH_INDEX) "$(TORCH_CPU)"
	VIRTUAL_ENV=.venv $(BIN)/$(INSTALL) --group dev
	$(BIN)/python tools/render.py build/projects
	for project in build/projects/*/pyproject.toml; do \
		VIRTUAL_ENV=.venv $(BIN)/$(INSTALL) --no-sources --requirements $$project --extra train --extra dev --extra ray || exit 1; \
	done
	touch $@

test: setup  ## the whole suite: renders every template and runs what it renders
	$(BIN)/python -m pytest $(SIDE_BY_SIDE)

test-thorough: setup  ## only the tests that take minutes each
	$(BIN)/python -m pytest $(SIDE_BY_SIDE) -m thorough

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
