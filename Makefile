# Two commands do everything: `make demo` shows Parat on a demo city, `make test` passes all tests.
# Both first install what the machine lacks (.ci/install says what and why).

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# Where the demo listens, where it keeps its data, and how large the city is (1 = about 20,000 buildings).
LISTEN ?= 127.0.0.1:8080
DATA ?= parat-data/demo
SCALE ?= 1

# A toolchain that .ci/install has just put there is not on the PATH of this shell yet.
export PATH := $(HOME)/.cargo/bin:$(PATH)
# The page's sources; its build is repeated when one of them changes.
PAGE := $(shell find web -path web/node_modules -prune -o -path web/dist -prune -o -type f -print 2>/dev/null)

.PHONY: help
help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 12

.PHONY: demo
demo: build ## Make a demo city, pass it through the gate, serve it, print a map URL
	./target/release/parat demo --data "$(DATA)" --scale "$(SCALE)" --listen "$(LISTEN)"

.PHONY: test
test: install web/dist/index.html ## Run all tests
	cargo test --locked

.PHONY: build
build: install web/dist/index.html ## Build the program: target/release/parat
	cargo build --locked --release

.PHONY: lint
lint: install web/dist/index.html ## Check formatting, lints, documentation and the page's types
	cargo fmt --check
	cargo clippy --locked --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --locked --no-deps --document-private-items --quiet
	cd web && npm run --silent check

.PHONY: bench
bench: build ## Run the benches; each prints its figure and a ratio to a yardstick of the same run
	cargo bench --locked

.PHONY: install
install:
	@.ci/install

web/dist/index.html: $(PAGE)
	cd web && npm ci --no-audit --no-fund --silent && npm run --silent build
	@touch $@
