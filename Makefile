# Every target makes the virtual environment itself; only Python 3.11 to 3.13 and git are needed.
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null && { echo $$p; break; }; done)
BIN := .venv/bin
PARALLEL ?= auto
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-annotate --no-header


.PHONY: help demo test test-real check coverage lint docs format lock console screenshots bench clean
help:  ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 11

.venv/ready: requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11, 3.12 or 3.13 is needed (set PYTHON=/path/to/python3)"; exit 1; }
	@$(PYTHON) -m venv .venv || { echo "On Debian: apt-get install python3-venv"; exit 1; }
	@echo "Installing the pinned dependencies into .venv ..."
	@awk '/^uv==/ {found = 1} found {print} found && !/\\$$/ {exit}' requirements.lock > .venv/uv.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r .venv/uv.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

demo: .venv/ready  ## simulated providers, the gateway and a few hundred requests: what it does, in a minute
	$(BIN)/routergate demo

test: .venv/ready  ## the tests
	$(BIN)/pytest -n $(PARALLEL) --dist loadgroup

test-real: .venv/ready .venv-real/ready  ## the gateway before a real inference server: transformers serve, on a tiny model made here
	$(BIN)/pytest -m real tests/real

.venv-real/ready: tests/real/requirements.txt
	@$(PYTHON) -m venv .venv-real
	@echo "Installing an inference server into .venv-real ..."
	@nice .venv-real/bin/pip install --quiet --disable-pip-version-check -r tests/real/requirements.txt
	@touch $@

lint: .venv/ready  ## format, style, types and the shape of the imports
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	PYTHONPATH=src $(BIN)/lint-imports --no-cache

CORE := domain classify check quality economics route meter dispatch spend deciding gateway
coverage: .venv/ready  ## does every branch of the core have a test?
	$(BIN)/pytest -q -n $(PARALLEL) --cov-branch --cov-report=term-missing:skip-covered --cov-fail-under=100 \
		$(CORE:%=--cov=routergate.%) $(filter-out tests/deciding tests/gateway,$(CORE:%=tests/%)) tests/test_gateway.py tests/config \
		tests/telemetry tests/accounts tests/capture tests/test_allowances.py

check: lint docs coverage test  ## everything that a change must pass

docs: .venv/ready  ## are the generated references and the schema up to date, and does the site build?
	$(BIN)/python -m routergate.docs --check
	$(BIN)/python deploy/grafana/generate --check
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet --strict

format: .venv/ready  ## put the sources into shape
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(BIN)/python -m routergate.docs
	$(BIN)/python deploy/grafana/generate

lock: .venv/ready  ## resolve the dependencies anew
	$(COMPILE) --all-extras --group dev --group docs pyproject.toml -o requirements.lock
	$(COMPILE) --extra embedded --extra invoices --constraint requirements.lock pyproject.toml -o requirements.runtime.lock

console:  ## the console's assets, from its sources (needs Node.js 20.19 or later)
	cd console && npm ci --ignore-scripts --no-audit --no-fund --silent && npm run --silent build -- --logLevel warn

screenshots: .venv/ready  ## the pictures of the console in its documentation, taken anew
	$(BIN)/pytest -q -m screenshots tests/console

bench: .venv/ready  ## what the gateway costs beside bare relays, written into docs/performance.md (Linux)
	$(BIN)/python -m benchmarks.overhead --write docs/performance.md

clean:  ## remove what the other targets made
	rm -rf .venv .venv-real .routergate .site console/node_modules
