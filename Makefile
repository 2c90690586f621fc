# Everything starts from Python 3.10 or newer, make and a package index; the rest goes into .venv, once.

PYTHON ?= $(shell for name in python3 python python3.14 python3.13 python3.12 python3.11 python3.10; do \
	"$$name" -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null && echo "$$name" && break; done)
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/installed
SOURCES := $(wildcard perfprof tests benchmarks) # not the links at the top level

.DEFAULT_GOAL := help
.PHONY: help demo test check lint docs self venv clean

help:
	@echo "make demo    watch perfprof repair a slow shop, on SQLite and on PostgreSQL"
	@echo "make test    run all tests; make test ARGS='-m \"not slow\"' leaves out what takes minutes"
	@echo "make check   all that has to hold before a commit, the tests last"
	@echo "make venv    set up .venv and nothing else (PYTHON=... chooses the interpreter)"

demo: $(STAMP)
	$(BIN)/perfprof demo
	$(BIN)/perfprof demo --postgres

test: $(STAMP)
	$(BIN)/python -m pytest $(ARGS)

check: lint docs self test

lint: $(STAMP)
	$(BIN)/black --check $(SOURCES)
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: $(STAMP)
	$(BIN)/perfprof docs --check

self: $(STAMP)
	$(BIN)/perfprof check perfprof

venv: $(STAMP)

$(STAMP): pyproject.toml
	@test -n "$(PYTHON)" || { echo "perfprof needs Python 3.10 or newer; none was found (make PYTHON=... )" >&2; exit 1; }
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	@touch $@

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
