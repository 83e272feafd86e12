# Two commands do everything: `make demo` and `make test`. Python 3.11 or newer, no GPU needed.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed

.PHONY: demo test lint check clean

$(INSTALLED): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	touch $@

demo: $(INSTALLED)  ## train a tiny fleet, find the best of it, leave a site in public/
	$(BIN)/gems demo --out public

test: $(INSTALLED)  ## all tests
	$(BIN)/python -m pytest -q

lint: $(INSTALLED)  ## format, lint, types, import rules
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache --no-logo

check: lint test  ## what must pass before a change is done

clean:
	rm -rf $(VENV) public build dist
