# Everything a person or CI runs. `make help` lists it.
# Needs only Python >= 3.12, make and the package registries; the rest is installed into .venv from uv.lock.

UV_VERSION := 0.13.9
PYTHON ?= $(shell for candidate in python3.12 python3.13 python3.14 python3 python; do \
	"$$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 12))' 2>/dev/null \
	&& command -v "$$candidate" && break; done)
export UV_PYTHON_DOWNLOADS := never
BIN := .venv/bin
READY := .venv/.ready
PACKAGES := dashboard/node_modules/.ready
PAGE := dashboard/dist/index.html
NODE := 20.19
HAS_NODE := node -e 'const [a, b] = process.versions.node.split("."); process.exit(+a + b / 100 < $(NODE) ? 1 : 0)' 2>/dev/null && command -v npm >/dev/null
NO_NODE := no Node.js $(NODE) or newer with npm on PATH (Debian 13, Ubuntu 25.04: apt install nodejs npm; elsewhere: https://nodejs.org)
LEAN := .venv-edge/.ready

.DEFAULT_GOAL := help

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: setup
setup: $(READY) ## install everything into .venv (the other targets do it by themselves)

.PHONY: dashboard
dashboard: ## build the page into dashboard/dist (needs Node.js)
	@$(HAS_NODE) || { echo "The page cannot be built: there is $(NO_NODE)." >&2; exit 1; }
	@$(MAKE) -s $(PAGE)
	@echo "The page is in dashboard/dist. Serve it with DASHBOARD_DIR=$(CURDIR)/dashboard/dist"

.PHONY: dashboard-dev
dashboard-dev: $(PACKAGES) ## work on the page: it changes in the browser as you save [SUNGAZE_URL=http://127.0.0.1:8000]
	@cd dashboard && SUNGAZE_URL="$(or $(SUNGAZE_URL),http://127.0.0.1:8000)" npm run --silent dev

# What wants the page but does without it where it cannot be built.
.PHONY: page
page:
	@if $(HAS_NODE); then $(MAKE) -s $(PAGE); else echo "Going on without the page: there is $(NO_NODE)."; fi

.PHONY: demo
demo: $(READY) ## watch a simulated house travel through the whole pipeline [DEMO_SECONDS=30 DEMO_HISTORY_DAYS=400]
	@$(MAKE) -s page || echo "The page could not be built; the demo goes on without it."
	@$(BIN)/sungaze-sim demo $(if $(DEMO_SECONDS),--seconds $(DEMO_SECONDS))

.PHONY: test
test: $(READY) page ## run every test, on real parts, and measure coverage [ARGS="-k spool"]
	@rm -f .coverage .coverage.*
	@$(if $(ARGS),:,if $(HAS_NODE); then cd dashboard && npm run --silent test; fi)
	@$(BIN)/python -m pytest -n 2 --dist loadgroup $(if $(ARGS),$(ARGS),--cov --cov-report=term:skip-covered)

.PHONY: soak
soak: $(READY) ## hours of a living house, with faults: does memory, a file or the database drift? [HOURS=1 SEED=1]
	@$(BIN)/python -m faults.soak --hours $(or $(HOURS),1) --seed $(or $(SEED),1)

.PHONY: faults
faults: $(READY) ## what can go wrong, done to real processes; nothing lost, nothing twice [SEED=1 SEEDS=1 MINUTES=3]
	@$(BIN)/python -m faults --seed $(or $(SEED),1) --seeds $(or $(SEEDS),1) --minutes $(or $(MINUTES),3) $(ARGS)

.PHONY: faults-long
faults-long: $(READY) ## the same for an hour [SEED=1]
	@$(BIN)/python -m faults --seed $(or $(SEED),1) --minutes 60 $(ARGS)

.PHONY: check
check: $(READY) ## lint, format, types, structure, lock: what CI demands besides the tests
	@$(BIN)/ruff check --quiet
	@$(BIN)/ruff format --check --quiet
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/uv lock --check --quiet
	@$(BIN)/python -m pytest -q tests/test_structure.py tests/test_docs.py
	@if $(HAS_NODE); then $(MAKE) -s $(PACKAGES) && cd dashboard && npm run --silent check; \
	else echo "The page's own checks are skipped: there is $(NO_NODE)."; fi
	@echo "check: clean"

.PHONY: format
format: $(READY) ## put the code into shape
	@$(BIN)/ruff check --fix --quiet || true
	@$(BIN)/ruff format --quiet

.PHONY: bench
bench: $(READY) $(LEAN) ## measure every figure, or some, beside the published ones [PARTS="ingest series"]
	@$(BIN)/python bench/run.py $(PARTS)

.PHONY: bench-publish
bench-publish: $(READY) ## take the last figures over into bench/results.json and the tables of the docs
	@$(BIN)/python bench/run.py --publish

.PHONY: screenshots
screenshots: $(READY) page ## take the pictures of the page in docs/screenshots anew (needs Chromium)
	@$(BIN)/python bench/screenshots.py

.PHONY: fuzz
fuzz: $(READY) ## feed what comes from outside with bytes, guided by coverage [TARGET=ingest SECONDS=60]
	@$(BIN)/uv sync --frozen --all-packages --group fuzz --quiet
	@$(BIN)/python -m fuzz --seconds $(or $(SECONDS),60) $(TARGET)

.PHONY: images
images: ## build the container images sungaze-edge and sungaze-vps (needs Docker)
	@docker build -f edge/Dockerfile -t sungaze-edge .
	@docker build -f vps/Dockerfile -t sungaze-vps .

.PHONY: clean
clean: ## remove what the other targets made
	@rm -rf dashboard/node_modules dashboard/dist .venv .venv-edge .demo .bench .coverage* .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(READY): uv.lock pyproject.toml edge/pyproject.toml vps/pyproject.toml simulator/pyproject.toml
	@if [ -z "$(PYTHON)" ]; then \
		echo "Sungaze needs Python 3.12 or newer, and none was found on PATH." >&2; \
		echo "Install one (Debian 13, Ubuntu 24.04: apt install python3 python3-venv; any system: pipx install uv && uv python install 3.12)" >&2; \
		echo "or name it: make PYTHON=/path/to/python3.12 $(MAKECMDGOALS)" >&2; exit 1; fi
	@echo "Setting up .venv with $$($(PYTHON) --version) ..."
	@$(PYTHON) -m venv .venv || { echo "On Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check "uv==$(UV_VERSION)"
	@$(BIN)/uv sync --frozen --all-packages --quiet
	@touch $@

# No package's own scripts are run: none is needed, and one is enough to do harm.
$(PACKAGES): dashboard/package.json dashboard/package-lock.json
	@echo "Setting up dashboard/node_modules with Node.js $$(node --version) ..."
	@cd dashboard && npm ci --no-audit --no-fund --ignore-scripts --loglevel=error >/dev/null
	@touch $@

$(PAGE): $(PACKAGES) $(shell find dashboard/src dashboard/public dashboard/build -type f 2>/dev/null) $(wildcard dashboard/*.html dashboard/*.ts)
	@echo "Building the page ..."
	@cd dashboard && npm run --silent build -- --logLevel warn

# The edge exactly as it is installed on a Raspberry Pi: nothing but what it runs, so that its memory is the real one.
$(LEAN): $(READY) $(shell find edge/src -type f -not -name '*.pyc')
	@UV_PROJECT_ENVIRONMENT=.venv-edge $(BIN)/uv sync --frozen --package sungaze-edge --no-dev --no-editable --compile-bytecode --reinstall-package sungaze-edge --python $(BIN)/python --quiet
	@touch $@
