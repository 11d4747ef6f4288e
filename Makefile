# Every way to build, run and check Unclip; `make help` lists them. The work is done by scripts/, Bazel and the `unclip` command.

PROMPT ?= a large red heart above a small blue star on a white background
BAZEL ?= bazel
# Off a terminal Bazel writes a line every 30 seconds in place of its progress display.
BAZEL_OUTPUT := $(shell [ -t 2 ] || echo --curses=no --color=no --show_progress_rate_limit=30)

# The shell, not make, sees what is in them.
export PROMPT
export BAZEL
ifdef LIBTORCH
export LIBTORCH
endif

.DEFAULT_GOAL := help
.PHONY: help setup build demo up top test check tidy format bench load cost judge edits sampling clean

help: ## List these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-9s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))
	@echo
	@echo 'Settings: PROMPT="..." (demo), UP_ARGS="--threads 1 ..." (up), TEST_ARGS="//base/... --no-pytest" (test),'
	@echo '          BENCH_ARGS="--threads 1" (bench), LOAD_ARGS="--rates 1,2" (load), COST_ARGS (cost), JUDGE_ARGS (judge), EDITS_ARGS (edits),'
	@echo '          LIBTORCH=FOLDER (a LibTorch of your own).'

setup: ## Install all that the commands below need and the machine lacks (each does its own share of this)
	@scripts/setup.sh build test check

build: ## Build everything
	@scripts/setup.sh build
	@$(BAZEL) build $(BAZEL_OUTPUT) //...

demo: ## PROMPT="...": start the cluster, draw one picture, say where it is, stop the cluster
	@scripts/setup.sh build
	@$(BAZEL) build $(BAZEL_OUTPUT) //tools:unclip
	@bazel-bin/tools/unclip demo "$$PROMPT"

up: ## Start the cluster and leave it running until Ctrl-C
	@scripts/setup.sh build
	@$(BAZEL) build $(BAZEL_OUTPUT) //tools:unclip
	@mkdir -p out
	@exec bazel-bin/tools/unclip up --metrics-targets out/metrics-targets.json $(UP_ARGS)

top: ## Show what the cluster that `make up` runs is doing, refreshed every second
	@exec bazel-bin/tools/unclip top --targets out/metrics-targets.json

test: ## Run all tests; the last line is the count
	@scripts/setup.sh test
	@python3 scripts/run_tests.py $(TEST_ARGS)

check: ## Check format, lint (changed files), protos, build files and layering
	@scripts/setup.sh check
	@python3 scripts/run_checks.py $(CHECK_ARGS)

tidy: ## Run clang-tidy on all C++ files (check: on changed ones only)
	@scripts/setup.sh check
	@python3 scripts/run_checks.py --all-files clang-tidy

format: ## Format all C++ files, protos and build files in place, and mend the deps of targets
	@scripts/setup.sh check
	@python3 scripts/run_checks.py --fix clang-format buf-format include-graph buildifier

bench: ## Measure this cluster beside the reference implementation (BENCH_ARGS="--threads 1")
	@scripts/setup.sh bench
	@$(BAZEL) build $(BAZEL_OUTPUT) //tools:unclip
	@bench/.venv/bin/python bench/compare.py $(BENCH_ARGS)

load: ## Put a load on a cluster and tell how it bears it (LOAD_ARGS="--rates 1,2 --concurrency 1,16")
	@scripts/setup.sh test
	@$(BAZEL) build $(BAZEL_OUTPUT) //tools:unclip
	@tests/.venv/bin/python bench/load.py $(LOAD_ARGS)

cost: ## Measure what the gateway and its calls cost a picture, with engines that compute nothing (COST_ARGS="--rate 500")
	@scripts/setup.sh build
	@$(BAZEL) build $(BAZEL_OUTPUT) //bench/rpc_cost
	@mkdir -p out/bench
	@bazel-bin/bench/rpc_cost/rpc_cost $(COST_ARGS)

judge: ## Draw the 200 prompts of tests/world and judge the pictures, beside the reference implementation's
	@scripts/setup.sh test bench
	@$(BAZEL) build $(BAZEL_OUTPUT) //tools:unclip
	@tests/.venv/bin/python tests/e2e/right_picture/judge.py --reference $(JUDGE_ARGS)

edits: ## Judge variations and edits of pictures of tests/world (EDITS_ARGS="--count 50 --suites variations,resampling")
	@scripts/setup.sh test
	@$(BAZEL) build $(BAZEL_OUTPUT) //tools:unclip
	@tests/.venv/bin/python tests/e2e/right_picture/judge_edits.py $(EDITS_ARGS)

sampling: ## Judge and time samplers, steps and savings: what the speeds are chosen from (SAMPLING_ARGS="--suites decoder")
	@scripts/setup.sh test
	@$(BAZEL) build $(BAZEL_OUTPUT) //tools:unclip
	@tests/.venv/bin/python bench/sampling.py $(SAMPLING_ARGS)

clean: ## Remove what was built and installed into this folder (not Bazel's disk cache)
	@if command -v $(BAZEL) >/dev/null; then $(BAZEL) clean; fi
	@rm -rf .deps bench/.venv tests/.venv out
