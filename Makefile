# Two commands do everything on a fresh machine: `make demo` and `make test`.
# Needs Python >= 3.11, make and a network; no Docker, no AWS, no keys.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.locked

# Where it is set, every process compiles the project's modules, and every test process the tests: 5 s of CPU each.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup lock demo up test test-slowest test-system test-slow test-kills test-haystack test-browser browser
.PHONY: screenshots docs check lint types clean

LISTED := sed -E 's/:.*\#\# /\t/' | expand -t 24

help: ## show this list
	@for first in setup demo up test check; do grep -hE "^$$first:.*##" $(MAKEFILE_LIST); done | $(LISTED)
	@echo
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | grep -vE '^(setup|demo|up|test|check):' | sort -u | $(LISTED)

setup: $(STAMP) ## make .venv from the locked requirements

# Old pips are slow and old venvs lack wheels: pip only fetches uv, uv does the rest. Compiled once, as in the image:
# every process of a test or a benchmark would do it again where PYTHONDONTWRITEBYTECODE is set.
$(STAMP): requirements/dev.txt pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip sync --quiet --compile-bytecode --require-hashes --python $(BIN)/python requirements/dev.txt
	$(BIN)/uv pip install --quiet --no-deps --no-build-isolation --python $(BIN)/python --editable .
	@touch $@

LOCK := $(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --quiet --upgrade

lock: setup ## resolve requirements/*.in anew into hashed files
	$(LOCK) requirements/worker.in -o requirements/worker.txt
	$(LOCK) requirements/panel.in -c requirements/worker.txt -o requirements/panel.txt
	$(LOCK) requirements/dev.in -c requirements/panel.txt -o requirements/dev.txt
	@for peer in dramatiq $(PEERS) $(sort $(HEADING_PEERS) $(READING_PEERS)); do $(LOCK) requirements/peers-$$peer.in -o requirements/peers-$$peer.txt || exit 1; done

demo: setup ## local stack, PDFS="a.pdf dir/" (or the samples) through the real worker, results and searches
	@$(BIN)/leafmill demo $(PDFS)

up: setup ## local stack, worker and panel until Ctrl-C; prints address and sign-in
	@$(BIN)/leafmill up

# One process more than there are cores: many tests wait (for a lease, a pause, a message that comes again).
TEST_PROCESSES ?= $(shell $(PYTHON) -c "import os; print((os.cpu_count() or 1) + 1)")
TEST := $(BIN)/pytest -n $(TEST_PROCESSES) --dist worksteal --ignore tests/image
QUICK := -m "not slow and not browser and not system"

test: setup ## unit, integration and end-to-end tests
	$(TEST) $(QUICK) tests

test-system: setup ## whole programs: the docs' commands, demo, `leafmill up`, faults, the most telling kills, old data
	$(TEST) -m "system and not slow" tests/integration tests/reliability

test-slowest: setup ## make test, then the 40 tests that took longest
	$(TEST) $(QUICK) --durations 40 tests

test-slow: setup ## kill matrix, soak, fuzz, real documents
	$(BIN)/pytest -n auto -m "slow and not browser" --ignore tests/image tests

test-kills: setup ## of those the quickest: workers killed at every point, and a small soak
	$(BIN)/pytest -n auto -m slow tests/reliability/test_kill_matrix.py tests/reliability/test_paid_once.py
	$(BIN)/pytest -n 0 -m slow tests/reliability/test_soak.py -k "60-6"

test-haystack: setup ## Haystack's own store and retrievers read what ours wrote (fetches qdrant-haystack)
	$(BIN)/uv run --quiet --isolated --no-project --python $(BIN)/python --with-requirements requirements/dev.txt \
		--with qdrant-haystack python -m pytest tests/compat

test-browser: browser ## the panel in Chromium; accessibility by axe-core, which the tests take from npm
	$(BIN)/pytest -m browser tests/browser

screenshots: browser ## take the pictures of docs/screenshots anew, of the samples
	$(BIN)/python scripts/screenshots.py

docs: setup ## write the pages of docs/ that say what the code says: settings, options, metrics
	$(BIN)/python scripts/write_reference.py

browser: setup ## a Chromium for the tests: the machine's own, Debian's, or playwright's
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null \
		|| { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && apt-get update -qq \
			&& apt-get install -y -qq --no-install-recommends chromium >/dev/null; } \
		|| $(BIN)/playwright install chromium

check: lint types test ## the one gate: lint, format, types, template, Dockerfile, tests

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/cfn-lint infra/template.yaml infra/panel.yaml infra/events.yaml infra/key.yaml
	$(BIN)/hadolint Dockerfile.worker
	$(BIN)/python scripts/lint_prose.py

types: setup
	$(BIN)/mypy

include benchmarks/benchmarks.mk infra/image.mk infra/deploy.mk tests/engines.mk

clean: ## remove what make and the tests made
	rm -rf $(VENV) .local .pytest_cache .mypy_cache .ruff_cache .hypothesis
