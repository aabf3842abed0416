# Two commands for a fresh machine with Python 3.11 or later: `make demo` and `make test`.
# What they install goes to .venv, once; later runs start at once and need no network.

PROMPT ?= What items are in the bedroom?
WORKERS ?= 2
WEIGHTS := smollm2-135m
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input \
	--only-binary xllamacpp --constraint constraints.txt
DEMO_READY := .venv/.ready-demo
TEST_READY := .venv/.ready-test

.DEFAULT_GOAL := help
.PHONY: help demo test selftest docs docs-update browser lint types format constraints weights clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):[^#]*## /  make \1	/p' Makefile | expand -t 22

demo: $(DEMO_READY) weights ## install what is needed (once) and compare every path on one prompt
	@$(BIN)/throughline compare "$(PROMPT)"

test: $(TEST_READY) weights browser ## install the test extra (once) and run the whole suite with coverage
	@rm -f .coverage .coverage.*
	@$(BIN)/coverage run -m pytest -n $(WORKERS) --dist loadfile
	@$(BIN)/coverage combine --quiet
	@$(BIN)/coverage report

docs: $(TEST_READY) ## run every page of the handbook and compare what it prints
	@$(BIN)/python -m tests.docs

docs-update: $(TEST_READY) ## the same, and write down what it prints
	@$(BIN)/python -m tests.docs --update

selftest: $(DEMO_READY) ## bring about every known fault, and see whether compare names it and no other
	@$(BIN)/throughline selftest

lint: $(TEST_READY) ## format check and lint
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .

types: $(TEST_READY) ## strict types, over source and tests
	@$(BIN)/mypy

format: $(TEST_READY) ## format the source and mend what lint can mend
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

clean: ## remove what these commands made, .venv included (the weights stay in their cache)
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage .coverage.* build dist
	@find . -name __pycache__ -prune -exec rm -rf {} +

constraints: ## write constraints.txt anew, from the newest versions in a clean environment
	@dir=$$(mktemp -d) && trap 'rm -rf "$$dir"' EXIT && python3 -m venv "$$dir/venv" && \
	"$$dir/venv/bin/python" -m pip install --quiet --disable-pip-version-check '.[test,local,web]' && \
	{ sed -n '/^#/p' constraints.txt; "$$dir/venv/bin/python" -m pip freeze --exclude throughline; } > "$$dir/new" && \
	cp "$$dir/new" constraints.txt && git --no-pager diff --stat -- constraints.txt

# The HTML report is tested in the system's Chromium. Those tests are skipped where there is none.
browser: ## install Chromium for the tests of the HTML report, where that can be done by its name
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || \
	{ [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && echo "Installing Chromium (once)" && \
	{ apt-get update -qq >/dev/null 2>&1 || true; } && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends chromium >/dev/null; } || \
	echo "Chromium cannot be installed here; going on without the browser tests (on Debian, as root: apt install chromium)." >&2

# Without an engine the weights would be of no use; which model then answers, and why, the comparison says itself.
weights: $(DEMO_READY)
	@! $(BIN)/python -c 'import xllamacpp' 2>/dev/null || $(BIN)/throughline model pull $(WEIGHTS) >/dev/null || \
	echo "The embedded model cannot be had here; going on with the scripted model." >&2

# The first Python of 3.11 or later; a name may be on PATH and still not run, so each is asked.
$(BIN)/python:
	@for python in $(PYTHON) python3 python3.14 python3.13 python3.12 python3.11; do \
		if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
			echo "Making .venv with $$("$$python" --version)"; \
			"$$python" -m venv .venv && exit 0; \
			rm -rf .venv; \
			echo "$$python cannot make a virtual environment: install its venv package (on Debian: apt install python3-venv)." >&2; \
			exit 1; \
		fi; \
	done; \
	echo "throughline needs Python 3.11 or later, and none is on PATH: install one, or name it with make PYTHON=/path/to/python." >&2; \
	exit 1

$(DEMO_READY): pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing throughline and its dependencies into .venv (once)"
	@$(PIP) --editable '.[local]' || { \
		echo "The engine of the embedded model cannot be installed here; installing without it." >&2; \
		$(PIP) --editable .; \
	}
	@touch $@

$(TEST_READY): pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing throughline and its test extra into .venv (once)"
	@$(PIP) --editable '.[test,local]' || { \
		echo "The engine of the embedded model cannot be installed here; installing without it." >&2; \
		$(PIP) --editable '.[test]'; \
	}
	@touch $(DEMO_READY) $@
