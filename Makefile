# Everything a newcomer needs: `make demo` runs the main job, `make test` passes the tests.
# Both make `.venv` first, from requirements.lock (every package pinned by hash).

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
UV     := $(shell command -v uv 2>/dev/null || echo .uv/bin/uv)
export UV_PYTHON_DOWNLOADS := never
# Compiled once, and not anew by each of the hundreds of programs that a demonstration or the tests start.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: setup demo test prove explore mutants soak check bench golden examples screenshots format lock sbom pin-images clean

setup: $(VENV)/.ready

$(VENV)/.ready: requirements.lock pyproject.toml | $(UV)
	$(UV) venv --quiet --allow-existing --python $(PYTHON) $(VENV)
	$(UV) pip sync --quiet --compile-bytecode --python $(BIN)/python --require-hashes requirements.lock
	$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

.uv/bin/uv:
	$(PYTHON) -m venv .uv
	.uv/bin/python -m pip install --quiet --disable-pip-version-check uv

demo: setup
	$(BIN)/kapstan demo

# Two cores that run six tests at once starve one now and then. What failed is tried once more, alone: what fails then as
# well has failed, and the first report stands above it.
test: setup
	$(BIN)/pytest || { test $$? -eq 1 && $(BIN)/pytest -n 0 --last-failed --last-failed-no-failures none --maxfail 3; }

# Twenty thousand random stories through the rules: minutes to hours, before a release.
prove: setup
	PROVE_EXAMPLES=$${PROVE_EXAMPLES:-20000} $(BIN)/pytest -x -n $$(nproc) tests/proofs/test_course_machine.py

# A small course followed wherever it may go: what docs/explored.md shows, anew, in minutes of a core.
explore: setup
	$(BIN)/python -m tests.support.exploration.page

# Every small change of the rules, and which of them nobody notices: what docs/mutants.md shows, anew; or of some rooms
# what lives in them, as `make mutants ROOMS="clearance dosing"`.
mutants: setup
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m tests.support.mutation.page $(ROOMS)

# Everything on, and one thing after another taken away: what docs/reliability.md shows, anew. As root.
soak: setup
	$(BIN)/python -m tests.support.soak.page --minutes $${MINUTES:-30}

# How fast it is, beside the least that Temporal takes: all of it in a quarter of an hour, or one as `make bench-page`.
bench: setup
	$(BIN)/python -m bench

bench-%: setup
	$(BIN)/python -m bench $*

check: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# AGAIN=1 replaces the histories of a release that has not been made yet.
golden: setup
	$(BIN)/python -m tests.support.replay.record $(if $(AGAIN),--again)

# What is made of what is shipped: the examples of answers in /openapi.json, as the example course really gets them, and
# the page of each protocol.
examples: setup
	$(BIN)/python -m tests.support.openapi_examples
	$(BIN)/python -m docs.protocol_pages

# The pictures in the README, of a floor of `kapstan demo --serve`; with Debian's Chromium.
screenshots: setup
	$(BIN)/python docs/screenshots.py

format: setup
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock: | $(UV)
	$(UV) pip compile --quiet --universal --python-version 3.11 --extra dev --extra embedded --extra otel --generate-hashes --no-emit-index-url \
		--no-header --output-file requirements.lock pyproject.toml

# What ships, as a software bill of materials: kapstan.cdx.json. The image carries the same, made as it is built.
sbom: setup
	$(BIN)/python deploy/sbom.py > kapstan.cdx.json

# When a release is made, where Docker and the network are: each image by its digest. `deploy/pin_images.py --check`.
pin-images:
	$(PYTHON) deploy/pin_images.py

clean:
	rm -rf $(VENV) .uv .kapstan kapstan.cdx.json
