# The only list of verbs; `make` prints them. Needs Python >= 3.11 (with venv and pip) and make, nothing else.

PYTHON  ?= python3
MEMBERS := messaging services/publisher services/subscriber lab
BIN     := .venv/bin
READY   := .venv/.ready
# uv from PATH, else one of our own. The interpreter is the machine's: uv shall not download one.
UV      := $(or $(shell command -v uv 2>/dev/null),.tools/bin/uv)
export UV_PYTHON_DOWNLOADS := never

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup demo test lint fix lock bench-smoke docs

help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

setup: $(READY) ## install everything into .venv (the other verbs do this by themselves)

demo: $(READY) ## five patterns, live, on an embedded server (or yours: REDIS_HOST=...)
	@$(BIN)/lab demo

test: $(READY) ## all tests; T="-k name tests/house" selects
	@$(BIN)/pytest $(T)

lint: $(READY) ## look, never write: style, types, imports, pinned versions
	$(BIN)/ruff check --quiet
	$(BIN)/ruff format --check --quiet --diff
	$(BIN)/mypy
	$(BIN)/lint-imports
	tools/lock.sh --check

fix: $(READY) ## repair what can be repaired by itself
	$(BIN)/ruff check --fix-only --quiet
	$(BIN)/ruff format --quiet

lock: $(READY) ## write requirements/ from the pyproject files; UPGRADE=1 takes the newest versions
	tools/lock.sh $(if $(UPGRADE),--upgrade)

bench-smoke: $(READY) ## messages/s of each pattern beside a bare loop
	@$(BIN)/python -m bench.smoke

docs: $(READY) ## write the docs' tables from the code, and the README's picture from a real run of the demo
	@$(BIN)/python tools/guarantee_table.py --write
	@$(BIN)/python tools/settings_reference.py --write
	@$(BIN)/lab demo --svg docs/demo.svg

# ---- how .venv is made -------------------------------------------------------------------------------------------

define CHECK_PYTHON
@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and \
  "Python >= 3.11 is needed, this is " + sys.version.split()[0] + ": make PYTHON=/path/to/a/newer/python3")'
endef

$(READY): requirements/dev.txt $(MEMBERS:%=%/pyproject.toml) $(BIN)/python
	@echo "Installing the pinned packages into .venv ..."
	@$(UV) pip sync --python .venv --require-hashes --build-constraints requirements/dev.txt requirements/dev.txt
	@$(UV) pip install --quiet --python .venv --no-deps --no-build-isolation $(MEMBERS:%=--editable ./%)
	@touch $@

$(BIN)/python: | $(UV)
	$(CHECK_PYTHON)
	@rm -rf .venv
	@$(UV) venv --quiet --python "$$($(PYTHON) -c 'import sys; print(sys.executable)')" .venv

# The version and the hashes are those of requirements/dev.txt.
.tools/bin/uv:
	$(CHECK_PYTHON)
	@echo "Installing uv into .tools ..."
	@rm -rf .tools && $(PYTHON) -m venv .tools
	@sed -n '/^uv==/,/[^\\]$$/p' requirements/dev.txt > .tools/uv.txt
	@.tools/bin/pip install --quiet --disable-pip-version-check --require-hashes -r .tools/uv.txt
