# Every target does its own set-up in .venv; nothing but Python 3.11 or newer is needed.
#
#   make demo      install, then the main job: synthetic surveys, codebook, tables, pictures
#   make test      install with the test tools, then all tests
#   make docs      the documentation, in docs/_build/html
#   make validation  run what is compared with other programs; the tables of docs/validation.md
#   make examples  put the real output of the examples back into the README and the manual
#   make lint      ruff and mypy
#   make bench     speed, measured in one run and only printed
#   make wheel     what is published, in dist/
#   make clean     removes .venv and everything made
#
# Another Python: make test PYTHON=python3.12

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet

.PHONY: help demo test docs validation examples lint bench wheel clean
.DEFAULT_GOAL := help

help:
	@sed -n 's/^#   //p' Makefile

demo: $(VENV)/.installed
	$(BIN)/childdata demo

test: $(VENV)/.installed-test
	$(BIN)/python -m pytest

docs: $(VENV)/.installed-test
	rm -rf docs/api/generated docs/examples
	$(BIN)/python -m sphinx -W --keep-going -b html docs docs/_build/html
	@echo "open docs/_build/html/index.html"

validation: $(VENV)/.installed-test
	$(BIN)/python docs/validate.py

examples: $(VENV)/.installed-test
	$(BIN)/python docs/refresh.py

lint: $(VENV)/.installed-test
	$(BIN)/ruff check .
	$(BIN)/mypy

bench: $(VENV)/.installed-test
	@for script in benchmarks/*.py; do echo "== $$script"; $(BIN)/python "$$script" || exit 1; done

wheel: $(VENV)/.installed-test
	$(PIP) build
	$(BIN)/python -m build --outdir dist .

clean:
	rm -rf $(VENV) build dist docs/_build docs/api/generated docs/examples childdata-demo
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamps carry the date of the last successful installation: a change of the metadata installs again.
$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	    echo "childdata needs Python 3.11 or newer; '$(PYTHON)' is older or not there."; \
	    echo "Name another one: make demo PYTHON=python3.12"; exit 1; }
	@echo "making $(VENV) (a few minutes, once)"
	@$(PYTHON) -m venv $(VENV) || { \
	    echo "'$(PYTHON) -m venv' failed; on Debian and Ubuntu: apt install python3-venv"; exit 1; }
	@touch $@

$(VENV)/.installed: pyproject.toml $(VENV)/.made
	$(PIP) --editable .
	@touch $@

$(VENV)/.installed-test: pyproject.toml $(VENV)/.made
	$(PIP) --editable '.[test,docs]'
	@touch $@ $(VENV)/.installed
