# One way in. `make help` lists what there is.
#
#   make demo ARGS=--once        arguments for the program, pytest or uv
#   make demo PYTHON=python3.12  another Python than python3
#
# demo and test share .venv: requirements-dev.lock holds every pin of requirements.lock and more. The stamp
# files in .venv say what is installed there, so that a second call starts at once.

SHELL := bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ATHERIS := 3.0.0
PACKAGES := agent collectors coverage exporters maps
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_NO_INPUT := 1
# apt puts daemons such as snmpd here, which is not on every user's path.
export PATH := $(PATH):/usr/sbin:/sbin

.DEFAULT_GOAL := help
.PHONY: help demo test lint bench fuzz docs dashboards lock clean distclean
.DELETE_ON_ERROR:

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(VENV)/.project ## start a simulated province and show it (ARGS=--once writes out/ and ends)
	@exec $(BIN)/phusong demo $(ARGS)

test: $(VENV)/.dev $(VENV)/.project ## run all tests (ARGS='-k snmp'), with the tools they need
	@tests/install-tools.sh
	@exec tests/run.sh $(BIN)/python $(ARGS)

lint: $(VENV)/.dev $(VENV)/.project ## formatting, ruff, mypy --strict, import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy --strict $(PACKAGES:%=-p phusong.%)
	$(BIN)/lint-imports --no-logo

bench: $(VENV)/.dev $(VENV)/.project ## measure against the peers: table, out/bench.json, out/bench.png
	@exec $(BIN)/python tests/benchmarks/run.py $(ARGS)

fuzz: $(VENV)/.dev $(VENV)/.project ## attack the SNMP client with atheris (ARGS=-max_total_time=600)
	@$(BIN)/python -c 'import atheris' 2>/dev/null || $(BIN)/pip install --quiet 'atheris==$(ATHERIS)'
	@mkdir -p out/fuzz
	@exec $(BIN)/python tests/fuzz/fuzz_reply.py -max_len=4096 $(or $(ARGS),-max_total_time=60) out/fuzz tests/fuzz/corpus

docs: $(VENV)/.project ## write docs/metrics.md from the table of metrics
	@$(BIN)/python -m phusong.exporters.metrics > docs/metrics.md.new
	@mv docs/metrics.md.new docs/metrics.md

dashboards: $(VENV)/.dev $(VENV)/.project ## write the Grafana dashboards in exporters/grafana
	@$(BIN)/python -m phusong.exporters.grafana.build

# The header and the pins name no index and no folder: whoever installs uses the index of their own machine.
LOCK := UV_CUSTOM_COMPILE_COMMAND='make lock' uv pip compile --quiet --universal \
    --python-version 3.11 --fork-strategy fewest --generate-hashes --no-annotate \
    --no-emit-index-url --no-emit-find-links --extra coverage --extra report
lock: ## pin the dependencies again (ARGS=--upgrade takes the newest versions); needs uv
	@command -v uv >/dev/null || [ -x $(BIN)/uv ] || { echo 'make lock needs uv: pip install uv' >&2; exit 1; }
	@export PATH="$$PATH:$(abspath $(BIN))"; build='setuptools>=77'; \
	echo "$$build" | $(LOCK) $(ARGS) pyproject.toml - -o requirements.lock && \
	echo "$$build" | $(LOCK) $(ARGS) --extra cluster --extra dev -c requirements.lock pyproject.toml - -o requirements-dev.lock

clean: ## remove what was written: out/, build/ and caches
	rm -rf out build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find $(PACKAGES) tests -name __pycache__ -prune -exec rm -rf {} +

distclean: clean ## the same, and .venv
	rm -rf $(VENV)

# $(call install,LOCKFILE): pins with hashes, one line of progress for each package that has to be fetched.
define install
@echo "Installing $(1) ($$(grep -c '^[a-z0-9].*==' $(1)) packages, each checked by its hash)"
@set -o pipefail; n=0; \
$(BIN)/python -m pip install --progress-bar off --require-hashes -r $(1) | while read -r line; do \
    case $$line in \
        Collecting*) n=$$((n + 1)); line=$${line#Collecting }; echo "  $$n $${line%% *}";; \
        Installing*) echo "  unpacking";; \
    esac; \
done
endef

$(VENV)/.created:
	@command -v $(PYTHON) >/dev/null \
	    || { echo "$(PYTHON) is not there: install Python 3.11 or newer, or name it: make demo PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	    || { echo "$(PYTHON) is $$($(PYTHON) -V 2>&1); 3.11 or newer is needed: make demo PYTHON=python3.12" >&2; exit 1; }
	@echo "Creating $(VENV) with $$($(PYTHON) -V)"
	@if $(PYTHON) -c 'import venv, ensurepip' 2>/dev/null; then \
	    $(PYTHON) -m venv $(VENV); \
	elif $(PYTHON) -m pip --version >/dev/null 2>&1; then \
	    $(PYTHON) -m venv --without-pip $(VENV) && $(PYTHON) -m pip --python $(BIN)/python install --quiet pip; \
	else \
	    echo "$(PYTHON) has neither venv nor pip: apt-get install python3-venv (Debian, Ubuntu)" >&2; exit 1; \
	fi
	@touch $@

$(VENV)/.base: requirements.lock $(VENV)/.created
	$(call install,requirements.lock)
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.base
	$(call install,requirements-dev.lock)
	@touch $@

$(VENV)/.project: pyproject.toml $(VENV)/.base
	@$(BIN)/python -m pip install -qq --no-deps --no-build-isolation -e .
	@touch $@
