# The only list of verbs; `make` prints them. Needs Python >= 3.11 (with venv and pip) and make, nothing else.

PYTHON  ?= python3
MEMBERS := messaging services/publisher services/subscriber lab
VENV    ?= .venv
BIN     := $(VENV)/bin
READY   := $(VENV)/.ready
# uv from PATH, else one of our own. The interpreter is the machine's: uv shall not download one.
UV      := $(or $(shell command -v uv 2>/dev/null),.tools/bin/uv)
export UV_PYTHON_DOWNLOADS := never
# Where nothing can be written below HOME, as in many a container, what uv downloads is kept here.
CACHE   := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/uv
ifeq ($(shell mkdir -p '$(CACHE)' 2>/dev/null && [ -w '$(CACHE)' ] && echo yes),)
export UV_CACHE_DIR ?= $(CURDIR)/.tools/cache
endif
# What looks through the chart, only where there is a Helm to render it with (tests/chart/helm.py looks there too).
HELM        := $(or $(HELM),$(shell command -v helm 2>/dev/null))
CHART_TOOLS := $(if $(HELM),.tools/chart/.ready)
# Tests run side by side, since most of their time is waiting for leases, blocks and restarts.
JOBS        ?= 4
FAST_TESTS  := tests/house tests/messaging tests/services tests/telemetry tests/lab tests/support -k 'not redis-7 and not redis-8'
COMPARE     := $(BIN)/lab compare
TAG         ?= $(shell sed -n 's/^version = "\(.*\)"$$/\1/p' messaging/pyproject.toml)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup demo test test-pythons lab-truth lab-power lint fix lock bench-smoke bench-ledger bench-page compare docs images watch e2e e2e-full

help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

setup: $(READY) ## install everything into .venv (the other verbs do this by themselves)

demo: $(READY) ## five patterns, live, on an embedded server (or yours: REDIS_HOST=...)
	@$(BIN)/lab demo

test: $(READY) $(CHART_TOOLS) ## all tests; T="-k name tests/house" selects
	@$(BIN)/pytest --numprocesses $(JOBS) $(T)

test-pythons: ## the part of the tests that asks least of the machine, with every other Python >= 3.11 that it has
	@tools/pythons.sh $(MAKE) test JOBS=$(JOBS) CHART_TOOLS= T="$(or $(T),$(FAST_TESTS))"

lab-truth: $(READY) ## every scenario of the lab, and what it must show: a quarter of an hour
	@$(BIN)/pytest -m slow tests/lab $(T)

# RUNS=3, S=drops (a saboteur), P=queue (a pattern). With S alone its row is kept anew, for the table in docs/lab.md.
lab-power: $(READY) ## plant bugs, and count how often the lab finds them: a third of an hour
	@$(BIN)/python -m tests.lab.saboteurs.power --jobs $(JOBS) $(if $(RUNS),--runs $(RUNS)) $(if $(S),--saboteur $(S)) $(if $(P),--pattern $(P)) \
	  $(if $(RUNS)$(P),,--keep docs/comparison/power.json)

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

images: ## build the services' and the lab's images; TAG=... names them otherwise
	docker build --file services/publisher/Dockerfile --tag messaging-publisher:$(TAG) .
	docker build --file services/subscriber/Dockerfile --tag messaging-subscriber:$(TAG) .
	docker build --file lab/Dockerfile --tag messaging-lab:$(TAG) .

watch: $(READY) ## who gets how much in a cluster, live; NAMESPACE=... RELEASE=...
	@$(BIN)/lab watch $(if $(NAMESPACE),--namespace $(NAMESPACE)) $(if $(RELEASE),--release $(RELEASE))

e2e: $(READY) ## tests on the cluster that KUBECONFIG names; needs docker, kubectl, helm and kind (or E2E_IMAGES)
	@$(BIN)/pytest tests/e2e -m "e2e and not full" $(T)

e2e-full: $(READY) ## the longest of them too
	@$(BIN)/pytest tests/e2e -m e2e $(T)

bench-ledger: $(READY) ## what the lab's ledger costs: the library with and without it, in turn
	@$(BIN)/python -m bench.ledger

bench-page: $(READY) ## what the live page costs: 50 replicas, 50,000 messages/s, one browser
	@$(BIN)/python -m bench.page

# Each keeps its result.json in docs/comparison, from which `make docs` writes the tables.
compare: $(READY) ## every pattern against every fault, for the docs' tables: two and a half hours
	-$(COMPARE) --scenario steady,throughput --keep docs/comparison/steady.json
	-$(COMPARE) --scenario burst --patterns queue,reliable-queue,stream --batch 1,10,100 --keep docs/comparison/batch.json
	-$(COMPARE) --repeat 2 --scenario "" --keep docs/comparison/memory.json --faults redis-kill
	-$(COMPARE) --repeat 2 --scenario "" --keep docs/comparison/server.json \
	  --faults redis-stall,memory-full
	-$(COMPARE) --repeat 2 --scenario "" --keep docs/comparison/failover.json --faults failover,split-brain
	-$(COMPARE) --repeat 2 --scenario "" --keep docs/comparison/crash.json --faults machine-crash,kill-before-reply
	-$(COMPARE) --repeat 2 --scenario "" --keep docs/comparison/services.json \
	  --faults slow-handler,poison,buffer-overflow
	-$(COMPARE) --repeat 2 --scenario "" --keep docs/comparison/draining.json --faults rollout,scale-down
	-$(COMPARE) --repeat 2 --scenario "" --keep docs/comparison/strikes.json \
	  --faults consumer-kill,consumer-freeze,publisher-kill,slow-network
	-$(COMPARE) --repeat 2 --scenario "" --keep docs/comparison/network.json --faults reply-cut,network-cut,flush

docs: $(READY) ## write the docs' tables from the code, and the pictures from real runs (needs Chromium)
	@$(BIN)/python tools/chart.py --write
	@$(BIN)/python tools/dashboard.py --write
	@$(BIN)/python tools/guarantee_table.py --write
	@$(BIN)/python tools/settings_reference.py --write
	@$(BIN)/python tools/comparison_tables.py --write
	@$(BIN)/python tools/power_table.py --write
	@$(BIN)/lab demo --svg docs/demo.svg
	@$(BIN)/python tools/screenshots.py

# ---- how .venv is made -------------------------------------------------------------------------------------------

define CHECK_PYTHON
@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and \
  "Python >= 3.11 is needed, this is " + sys.version.split()[0] + ": make PYTHON=/path/to/a/newer/python3")'
endef

# Another PYTHON than the one that made it: made anew.
OTHER := $(if $(wildcard $(BIN)/python),$(if $(filter-out file,$(origin PYTHON)),$(shell \
  version='import sys; print(sys.version)'; [ "$$($(PYTHON) -c "$$version")" = "$$($(BIN)/python -c "$$version")" ] || echo yes)))
ifneq ($(OTHER),)
.PHONY: $(BIN)/python
endif

$(READY): requirements/dev.txt $(MEMBERS:%=%/pyproject.toml) $(BIN)/python
	@echo "Installing the pinned packages into $(VENV) ..."
	@$(UV) pip sync --python $(VENV) --require-hashes --build-constraints requirements/dev.txt requirements/dev.txt
	@$(UV) pip install --quiet --python $(VENV) --no-deps --no-build-isolation $(MEMBERS:%=--editable ./%)
	@$(PYTHON) -X utf8 tools/relative_paths.py $(VENV)
	@touch $@

$(BIN)/python: | $(UV)
	$(CHECK_PYTHON)
	@rm -rf $(VENV)
	@$(UV) venv --quiet --python "$$($(PYTHON) -c 'import sys; print(sys.executable)')" $(VENV)

.tools/chart/.ready: requirements/chart.txt $(BIN)/python
	@echo "Installing what looks through the chart into .tools/chart ..."
	@$(UV) venv --quiet --clear --python $(VENV) .tools/chart
	@$(UV) pip sync --quiet --python .tools/chart --require-hashes requirements/chart.txt
	@touch $@

# The version and the hashes are those of requirements/dev.txt.
.tools/bin/uv:
	$(CHECK_PYTHON)
	@echo "Installing uv into .tools ..."
	@rm -rf .tools && $(PYTHON) -m venv .tools
	@sed -n '/^uv==/,/[^\\]$$/p' requirements/dev.txt > .tools/uv.txt
	@.tools/bin/pip install --quiet --disable-pip-version-check --require-hashes -r .tools/uv.txt
