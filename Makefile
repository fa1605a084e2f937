# Midway: `make help` lists what there is.
.DEFAULT_GOAL := help
.PHONY: help setup demo test check smoke format lock
MAKEFLAGS += --no-print-directory
export PYTHON

BIN := .venv/bin
RUN := $(BIN)/python
ARGS ?=

help: ## show this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1|\2/p' Makefile | awk -F '|' '{ printf "%-14s %s\n", $$1, $$2 }'

setup: ## build the virtual environment and write .env, where they are missing
	@sh scripts/setup.sh dev

demo: ## run all of Midway on this machine; needs no account, no server
	@sh scripts/setup.sh demo
	@$(RUN) manage.py demo $(ARGS)

test: ## run the tests; ARGS="-k words" chooses some
	@sh scripts/setup.sh dev
	@$(RUN) -m pytest $(ARGS)

check: ## format, lint, types, import contracts, migrations, deployment
	@sh scripts/setup.sh dev
	@sh scripts/check.sh

smoke: ## take one order from payment entry to settlement, in the real processes
	@sh scripts/setup.sh demo
	@$(RUN) manage.py smoke

format: ## put all Python into the house's format
	@sh scripts/setup.sh dev
	@$(BIN)/ruff check --fix --quiet . || true
	@$(BIN)/ruff format .

lock: ## pin the dependencies of pyproject.toml anew, with hashes (needs uv)
	@sh scripts/lock.sh
