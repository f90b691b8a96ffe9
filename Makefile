# Every target sets up what it needs. `make` alone lists them.

PYTHON = .venv/bin/python
HOST = 127.0.0.1
PORT ?= 8000
WORKERS = $(shell expr $$(nproc) + 1)
# Whose tests are done takes half of another's: neighbours stay together, and so do the servers that they share.
PYTEST = $(PYTHON) -m pytest -q -n $(WORKERS) --dist worksteal
# Python keeps what it compiles, whatever the environment says: or each of many processes compiles all of ours again.
export PYTHONDONTWRITEBYTECODE =
SETUP = command -v python3 >/dev/null || { echo "setup: Python 3.11 to 3.13 is needed: sudo apt-get install python3 python3-venv"; exit 1; }; \
	python3 scripts/setup.py

.DEFAULT_GOAL := help
.PHONY: help run test test-postgres chaos check format bench screens coverage lock clean setup setup-dev setup-tests

help: ## list the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 16

run: setup ## serve on 127.0.0.1:8000 (make run PORT=9000 HOST=0.0.0.0)
	@$(PYTHON) scripts/check_port.py $(HOST) $(PORT)
	@$(PYTHON) manage.py migrate --verbosity 0
	@$(PYTHON) manage.py welcome --host $(HOST) --port $(PORT)
	@exec $(PYTHON) -m chatproject.server --verbosity 0 --bind $(HOST) --port $(PORT) chatproject.asgi:application

# pytest ends with 1 where tests failed, with 2 to 4 where it broke off, and with 5 where ARGS chose none of them.
test: setup-tests ## run every test, browser included, and those of the database on PostgreSQL too (make test ARGS="-k stop")
	@$(PYTEST) $(ARGS); sqlite=$$?; [ $$sqlite -lt 2 ] || exit $$sqlite; \
	TEST_DATABASE=postgres $(PYTEST) -m "database and not browser" $(ARGS) || [ $$? -eq 5 ] && exit $$sqlite

test-postgres: setup-tests ## run every test on PostgreSQL
	@TEST_DATABASE=postgres $(PYTEST) $(ARGS)

chaos: setup-tests ## kill, freeze and cut at random while people ask, and check every bill (make chaos FAULTS=500 SEED=7)
	@TEST_DATABASE=postgres FAULTS=$(or $(FAULTS),100) ANSWERS=$(or $(ANSWERS),200) SEED=$(SEED) \
		$(PYTHON) -m pytest -q -s tests/faults/test_chaos.py tests/faults/test_bills.py $(ARGS)

check: setup-dev ## lint, types, migrations
	@$(PYTHON) -m ruff format --check --quiet .
	@$(PYTHON) -m ruff check --quiet .
	@$(PYTHON) -m mypy
	@$(PYTHON) manage.py check
	@$(PYTHON) manage.py makemigrations --check --dry-run

format: setup-dev ## put the code into its form
	@$(PYTHON) -m ruff check --quiet --fix .
	@$(PYTHON) -m ruff format --quiet .

coverage: setup-tests ## run every test and show which lines none of them reached
	@$(PYTEST) --cov --cov-report=term $(ARGS)

bench: setup-tests ## measure what a token costs the server, and a piece of text the page
	@$(PYTHON) -m benchmarks $(ARGS)

screens: setup-tests ## take pictures of the pages, in build/screens
	@$(PYTHON) scripts/screens.py $(ARGS)

lock: ## choose newer versions within the ranges of pyproject.toml (needs uv)
	@python3 scripts/lock.py $(ARGS)

clean: ## remove what was built (the database and the secret key in var/ stay)
	@rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis .coverage htmlcov build
	@find chat chatproject tests benchmarks scripts -name __pycache__ -prune -exec rm -rf {} + 2>/dev/null || true

setup:
	@$(SETUP)

setup-dev:
	@$(SETUP) --dev

setup-tests:
	@$(SETUP) --dev --system
