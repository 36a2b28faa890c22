# `make demo` and `make test` do all the set-up that they need on a fresh machine.

.PHONY: help bench demo release test torture fuzz lint check generate audit

help: ## shows this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: ## tells the story: a router vanishes, and everybody knows (KEEP=1 stays up)
	@scripts/demo

release: ## builds the collector with the dashboard in it: target/release/bellwether
	@scripts/setup web && scripts/web build
	cargo build --release -p bellwether-collector

bench: ## measures instrumentation and collector beside others, and writes docs/benchmarks.md
	@scripts/bench

test: ## sets up, then formats, lints, licences, documentation and every test
	@scripts/test

torture: ## the long versions: power cuts and kills by the thousand, a minute of overload
	@scripts/torture

fuzz: ## throws bytes at what reads OTLP, five minutes for each target
	@scripts/fuzz

lint: ## formatting and clippy, warnings are errors
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --all-features -- -D warnings

generate: ## writes what is generated again: constants and docs of the conventions, dashboards, types of the live one
	cargo run -q -p bellwether-proto --bin semconv
	cargo run -q -p bellwether-dashboards
	scripts/web types

audit: ## advisories, where the network allows
	scripts/audit
