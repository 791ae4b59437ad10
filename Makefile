# Everything a person does here; `make help` lists it.

SHELL := /bin/bash
.DEFAULT_GOAL := help

ME := $(shell id -u)
PYTHON ?= python3
PARALLEL_WORKERS ?= 2

# The environment is .venv; somebody who cannot run the one another user made gets their own.
VENV := $(shell if [ ! -e .venv ] || { .venv/bin/python -c '' 2>/dev/null && { [ -O .venv ] || [ -w .venv ]; }; }; then echo .venv; else echo .venv-$(ME); fi)
BIN := $(VENV)/bin
# The machine decides whom to trust: a company or a sandbox may have an authority of its own.
UV := env -u VIRTUAL_ENV UV_PYTHON_DOWNLOADS=never UV_SYSTEM_CERTS=1 $(BIN)/uv
MEMBERS := $(wildcard libs/*) $(wildcard services/*)

# Each user has their own working data, so that the state of one does not break the other.
VAR := var/$(ME)
export VAR
export RUFF_CACHE_DIR := $(VAR)/ruff
export MYPY_CACHE_DIR := $(VAR)/mypy
export HYPOTHESIS_STORAGE_DIRECTORY := $(VAR)/hypothesis
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help setup demo dev test lint types imports check cards mails ops-sheet sim mutants nightly \
	deploy-check rehearse rehearse-images sbom licences benchmarks lock clean

help: ## list what there is
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

setup: $(VENV)/.installed ## prepare everything (idempotent)
	@mkdir -p -m 1777 var 2>/dev/null; chmod 1777 var 2>/dev/null; mkdir -p $(VAR)
	@$(BIN)/python -m techub_devstack.servers.chromium install

$(VENV)/.installed: requirements/all.lock $(wildcard libs/*/pyproject.toml services/*/pyproject.toml)
	@echo "Python environment in $(VENV) …"
	@$(PYTHON) -c 'import sys; sys.exit("TecHub needs Python 3.11 or newer") if sys.version_info < (3, 11) else None'
	@[ -x $(BIN)/python ] || $(PYTHON) -m venv $(VENV)
	@$(BIN)/uv --version >/dev/null 2>&1 || { $(BIN)/python -m ensurepip >/dev/null && $(BIN)/python -m pip install \
		--quiet --disable-pip-version-check "$$(grep -oE '^uv==[0-9.]+' requirements/all.lock)"; }
	@$(UV) pip sync --quiet --python $(BIN)/python --require-hashes requirements/all.lock
	@$(UV) pip install --quiet --python $(BIN)/python --no-deps $(addprefix -e ,$(MEMBERS))
	@touch $@

demo: setup ## one profile becomes pictures, watched (AI=double|real, ONCE=1, LOGIN=…, KILL=service, LOGS=1)
	@VAR=$(VAR)/demo $(BIN)/python -m techub_devstack.demo

dev: setup ## the whole stack with everybody's logs, until Ctrl-C
	@VAR=$(VAR)/demo $(BIN)/python -m techub_devstack.demo dev

test: setup ## all tests (PARALLEL_WORKERS=n)
	@$(BIN)/python -m pytest -o cache_dir=$(VAR)/pytest -n $(PARALLEL_WORKERS) --dist loadfile --no-loadscope-reorder \
		-q -m "not slow"

nightly: setup ## the long campaigns: every trouble at every step (PARALLEL_WORKERS=n)
	@status=0; $(BIN)/python -m pytest -o cache_dir=$(VAR)/pytest -n $(PARALLEL_WORKERS) --dist worksteal -q -m slow \
		-o timeout=300 --junitxml=$(VAR)/nightly.xml || status=$$?; \
		$(BIN)/python tools/nightly_summary.py $(VAR)/nightly.xml; exit $$status

lint: setup ## ruff, and the words nobody may commit
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check

types: setup ## mypy --strict
	@$(BIN)/mypy

imports: setup ## who may import whom
	@$(BIN)/lint-imports --no-cache

check: lint types imports test ## everything CI runs

cards: setup ## a contact sheet of every variant and sample, to look at
	@$(BIN)/python tools/contact_sheet.py $(VAR)/cards

ops-sheet: setup ## every page of /ops over hundreds of mixed runs, to look at
	@$(BIN)/python tools/ops_sheet.py $(VAR)/ops

mails: setup ## every mail as a picture, light and dark, to look at
	@$(BIN)/python tools/mail_sheet.py $(VAR)/mails

sim: setup ## 10,000 seeded schedules of everything going wrong (SCHEDULES=n, SEED=n replays one)
	@$(BIN)/python -m tests.simulation --workers $(PARALLEL_WORKERS) $(if $(SEED),--seed $(SEED),--schedules $(or $(SCHEDULES),10000))

mutants: setup ## planted bugs, and what catches each
	@$(BIN)/python -m tests.simulation.mutants

deploy-check: setup ## images, compose and manifests, checked without a cluster
	@$(BIN)/python tools/deploy_check.py

rehearse: setup ## rolling restarts, a NATS cluster, scaling, all under load (half an hour; PARTS=…)
	@$(BIN)/python tools/rehearse.py $(PARTS)

rehearse-images: setup ## every image's install steps into an empty directory, services from there
	@$(BIN)/python tools/rehearse_images.py

sbom: setup ## a CycloneDX document per image, below var
	@$(BIN)/python tools/supply_chain.py sbom $(VAR)/sbom

licences: setup ## write docs/licences.md
	@$(BIN)/python tools/supply_chain.py licences

benchmarks: setup ## measure against references, write docs/benchmarks.md
	@$(BIN)/python benchmarks/run.py

lock: setup ## resolve dependencies anew and write requirements/*.lock
	@UV="$(BIN)/uv" $(BIN)/python tools/lock.py

clean: ## remove environments and working data of this user
	rm -rf $(VENV) $(VAR)
