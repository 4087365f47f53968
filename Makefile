VENV := .venv
PYTHON := $(VENV)/bin/python
INSTALLED := $(VENV)/.installed

# Settings of the demo's stack: empty keeps what the stack has (F16 and 768 at first).
QUANT ?=
DIMS ?=
# Name of the demo's stack: another name makes another one beside it. For `make clean-images`, that of your stack.
STACK ?= cpu
# Id of the stack whose images `make clean-images` removes, where Pulumi no longer knows it.
STACK_ID ?=
# Name of the index whose documents `make down` may delete, also those that people put there.
DELETE_DATA ?=

# Percent of the lines of components and jinactl that the tests without an engine must run through.
COVERAGE := 85

# What the stack sets for the Docker provider, else the variable of the environment.
stack_config = $$(pulumi config get $(1) --stack "$(STACK)" 2>/dev/null || echo "$$$(2)")

.DEFAULT_GOAL := help
.PHONY: help demo search demo-environment down demo-kubernetes down-kubernetes test test-fast test-kubernetes prepare bench lint format settings pictures clean-images clean

help: ## List what make can do
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo "  make demo QUANT=Q8_0 DIMS=256       with another quantisation and other dims"
	@echo "  make search QUERY='pods restart'    with a query of your own"

demo: $(INSTALLED) ## Bring the whole stack up on this machine and ask it five questions
	@$(PYTHON) -m sandbox.demo up --stack "$(STACK)" --quant "$(QUANT)" --dims "$(DIMS)"

# The text goes through the environment, where neither make nor the shell looks for a $ or a ` in it.
search: override export QUERY := $(value QUERY)
search: $(INSTALLED) ## Ask the demo's stack a question: make search QUERY="..."
	@test -n "$$QUERY" || { echo 'What do you search for? make search QUERY="pods keep restarting"' >&2; exit 2; }
	@$(PYTHON) -m sandbox.demo search --stack "$(STACK)" -- "$$QUERY"

demo-environment: $(INSTALLED) ## Print what a shell needs to run pulumi on the demo's stack
	@$(PYTHON) -m sandbox.demo environment --stack "$(STACK)"

down: $(INSTALLED) ## Take the demo's stack away again
	@$(PYTHON) -m sandbox.demo down --stack "$(STACK)" --delete-data "$(DELETE_DATA)"

demo-kubernetes: $(INSTALLED) ## Bring the whole stack up on a cluster of Kubernetes, which is compiled and started for it
	@$(PYTHON) -m sandbox.kubernetes.demo up --quant "$(QUANT)" --dims "$(DIMS)"

down-kubernetes: $(INSTALLED) ## Take that cluster away again, with everything in it
	@$(PYTHON) -m sandbox.kubernetes.demo down

prepare: $(INSTALLED) ## Prepare everything that the demo and the tests run on
	@$(PYTHON) -m sandbox.demo prepare

# The files of the end-to-end tests take minutes each: they go first, so that short ones fill both workers at the end.
test: test-fast prepare ## Run all tests: unit, contract, end to end
	@$(PYTHON) -m tests.contract.clients.installed
	$(PYTHON) -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder -m sandbox tests/e2e tests/contract

# Twenty minutes of compiling come first, once; then the tests take some minutes.
test-kubernetes: prepare ## Run the tests on real clusters of Kubernetes, which are compiled and started for them
	$(PYTHON) -m sandbox.kubernetes.prepare
	$(PYTHON) -m pytest -m kubernetes tests/kubernetes

test-fast: $(INSTALLED) ## Run the tests that need no Docker engine, with the coverage (two minutes)
	$(PYTHON) -m pytest --numprocesses 2 --dist loadfile -m "not sandbox and not kubernetes" --cov --cov-fail-under $(COVERAGE) tests

bench: prepare ## Measure the server (half an hour on a quiet machine; see docs/benchmarks.md)
	$(PYTHON) -m benchmarks.server

lint: $(INSTALLED) ## Check format, lint and types
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy

format: $(INSTALLED) ## Format the code, and mend what lint can mend
	$(VENV)/bin/ruff format .
	$(VENV)/bin/ruff check --fix .

settings: $(INSTALLED) ## Write the tables of settings, privileges and outputs in docs/
	$(PYTHON) -m tools.generated

pictures: $(INSTALLED) ## Draw the pictures of the README, that of the demo from a run of it
	$(PYTHON) -m tools.stack_picture
	$(PYTHON) -m tools.kubernetes_picture
	$(PYTHON) -m sandbox.demo up --stack "$(STACK)" --picture docs/demo.svg
	@eval "$$($(PYTHON) -m sandbox.demo environment --stack "$(STACK)")" && \
		$(PYTHON) -m tools.search_page_picture --stack "$(STACK)"

clean-images: $(INSTALLED) ## Remove a stack's images that no container uses: make clean-images STACK=cpu
	@IMAGE_REMOVAL_UNUSED_ALONE=true IMAGE_REMOVAL_OWNER="$(or $(STACK_ID),$$(pulumi stack output stackId --stack "$(STACK)"))" \
		DOCKER_HOST="$(call stack_config,docker:host,DOCKER_HOST)" \
		DOCKER_CERT_PATH="$(call stack_config,docker:certPath,DOCKER_CERT_PATH)" \
		$(PYTHON) -m components.commands.image_removal

clean: ## Remove the virtual environment and what tools left in the tree
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache

$(INSTALLED): requirements.txt requirements-dev.txt sandbox/create-venv.sh
	@sandbox/create-venv.sh $(VENV)
	@touch $@
