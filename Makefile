# Two commands are enough: `make run` and `make test`. Both install what is missing, into .venv and .tools.
# One lock holds the development tools too: what is tested is what runs, and no command undoes another's installation.

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/ready
WORKED_ON := $(or $(strip $(HOME_DIR)),demo-home)
DEMO := $(if $(strip $(HOME_DIR)),,demo-home/tallyhouse.yaml)

.PHONY: help install run dev test check golden soak bench lock

help:  ## this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /\1\t/' | expand -t 10

# Rewritten only when what it was made from has changed.
$(READY): requirements.lock requirements-uv.lock pyproject.toml bootstrap.py
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Tallyhouse needs Python 3.11 or newer: make PYTHON=python3.12 …")'
	@$(PYTHON) bootstrap.py

install: $(READY)  ## install everything from the lock

run: $(READY) $(DEMO)  ## the main job, on an example company in ./demo-home, or on HOME_DIR=…
	@$(BIN)/tallyhouse --home "$(WORKED_ON)" run

dev: $(READY) $(DEMO)  ## Dagster's UI on 127.0.0.1, with schedules and sensors, on the same home
	@$(BIN)/tallyhouse --home "$(WORKED_ON)" dev

# Written on first use, and yours from then on.
demo-home/tallyhouse.yaml: | $(READY)
	@$(BIN)/tallyhouse init demo-home --demo

# Two workers, each with whole files: homes that are dear to make are shared between them (tests/support/shared.py).
# In the order of their folders: by their number of tests, the longest files would be left for the end, one after another.
test: $(READY)  ## every test but soak and bench; skipped ones say why
	$(BIN)/pytest -rs -n 2 --dist loadfile --no-loadscope-reorder

check: $(READY)  ## format, lint, types, SQL, boundaries, documentation
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/sqlfluff lint dbt_project
	$(BIN)/pytest tests/unit/test_boundaries.py tests/unit/packaging/test_documents.py tests/unit/docs

golden: $(READY)  ## what a change does to the golden month's figures; ACCEPT=1 writes the new ones
	$(BIN)/python -m tests.end_to_end.golden $(if $(strip $(ACCEPT)),--accept)

soak: $(READY)  ## killed runs that must heal, and both commands in a bare Debian; minutes to hours
	$(BIN)/pytest -m soak -rs tests/end_to_end
	tests/end_to_end/bare_root.sh

bench: $(READY)  ## landing and marts against bare DuckDB doing the same work
	$(BIN)/pytest -m bench -s -rs tests/benchmarks

lock:  ## settle the versions anew from pyproject.toml; needs uv
	@uv=$$(command -v uv || echo .tools/uv); \
	set -ex; \
	$$uv pip compile --quiet --upgrade --universal --generate-hashes --no-strip-extras --python-version 3.11 \
		--custom-compile-command 'make lock' --extra dev --extra postgresql --extra s3 --output-file requirements.lock pyproject.toml; \
	$$uv pip compile --quiet --upgrade --universal --generate-hashes --python-version 3.11 \
		--custom-compile-command 'make lock' --group uv --output-file requirements-uv.lock
