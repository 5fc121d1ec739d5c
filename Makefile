# `make help` lists what there is. Nothing here needs root, and all it installs stays in this folder.

HOST ?= 127.0.0.1
PORT ?= 8000

# The first Python that runs and is new enough: a name alone may be a shim that only fails.
PYTHON := $(shell for name in python3 python3.14 python3.13 python3.12; do \
	$$name -c 'import sys; sys.exit(sys.version_info < (3, 12))' >/dev/null 2>&1 && echo $$name && break; done)
VENV_PYTHON := .venv/bin/python
MANAGE := $(VENV_PYTHON) manage.py

.DEFAULT_GOAL := help
.PHONY: run test fuzz bench lint format requirements messages clean help python dev

run: python ## Run LRS Tracker at http://localhost:8000 (PORT=, HOST=, DATABASE_URL=, REDIS_URL=)
	@$(PYTHON) -m lrs_tracker.ports $(HOST) $(PORT)
	@$(PYTHON) -m lrs_tracker.bootstrap
	@LOCAL=$${LOCAL:-1} exec $(MANAGE) serve --attached --demo --host $(HOST) --port $(PORT)

test: dev ## Run every check and test, as CI does
	@$(VENV_PYTHON) -m tests.everything

fuzz: dev ## Try every operation of the API with made-up requests, with three seeds
	@$(VENV_PYTHON) -m pytest -m fuzz

bench: dev ## Measure speed and size and print a table
	@$(VENV_PYTHON) -m tests.bench

lint: dev ## Check format, style, types, templates, layers and migrations
	@$(VENV_PYTHON) -m tests.everything lint

format: dev ## Put code in shape
	@.venv/bin/ruff check --fix --quiet .
	@.venv/bin/ruff format --quiet .

requirements: dev ## Lock the newest packages that the .in files allow
	@for name in requirements requirements-dev; do \
		.venv/bin/pip-compile --quiet --upgrade --generate-hashes --strip-extras --allow-unsafe --no-emit-options \
			--no-emit-index-url --no-emit-find-links --no-emit-trusted-host --output-file $$name.txt $$name.in || exit 1; \
	done

messages: dev ## Collect the strings to translate and compile the catalogues
	@$(VENV_PYTHON) -m lrs_tracker.catalogues

clean: ## Remove everything that was installed or built, but not var/ with its data
	@rm -rf .venv node_modules static/dist staticfiles test-results .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

help: ## List the commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

dev: python
	@$(PYTHON) -m lrs_tracker.bootstrap --dev

python:
	@test -n "$(PYTHON)" || { echo "LRS Tracker needs Python 3.12 or newer, and none was found."; exit 1; }
