# Everything that developers and CI run. The tools stay out of go.mod: they would multiply it and
# move versions that the service itself uses. go's build cache keeps them between runs.
GO            ?= go
SQLC          := CGO_ENABLED=0 $(GO) run github.com/sqlc-dev/sqlc/cmd/sqlc@v1.31.1
GOLANGCI_LINT := $(GO) run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
GOVULNCHECK   := golang.org/x/vuln/cmd/govulncheck@v1.9.0

PACKAGES ?= ./...
FUZZTIME ?= 15s

.DEFAULT_GOAL := help
.PHONY: help run build test bench fuzz lint vuln generate verify clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: build ## serve on port 3000 (PORT); installs a database server where there is none
	@[ -n "$$DATABASE_URL" ] || grep -qsE '^ *(export +)?(DATABASE_URL|IDENTIKIT_MYSQLD) *[=:] *[^ #]' .env || \
		.ci/install-database >/dev/null
	@bin/identikit serve

build: ## compile bin/identikit
	$(GO) build -trimpath -o bin/identikit ./cmd/identikit

# Not from go's cache: it does not know the server.
test: ## run every test (PACKAGES=./internal/api for some), with real databases
	@server=$$(.ci/test-server) && race=-race && \
	if [ "$$($(GO) env CGO_ENABLED)" = 0 ]; then race=; echo "No C compiler: testing without the race detector."; fi && \
	set -x && IDENTIKIT_TEST_SERVER=$$server $(GO) test -count=1 $$race $(PACKAGES) && \
	if [ -n "$$race" ]; then $(GO) test -count=1 -run LikeLibrary ./internal/identity; fi # not built with -race

bench: ## measure what the README promises, on DATABASE_URL or a private server (BENCH=-short for a minute)
	$(GO) run ./internal/bench $(BENCH)

fuzz: ## fuzz the parsers of external input, each target for FUZZTIME (15s: a minute in all)
	@set -e; for package in identity importer; do \
		for name in $$($(GO) test -list '^Fuzz' ./internal/$$package | grep '^Fuzz'); do \
			$(GO) test -run '^$$' -fuzz "^$$name\$$" -fuzztime $(FUZZTIME) ./internal/$$package; \
		done; \
	done

lint: ## look for mistakes, and for imports across the borders between packages
	$(GOLANGCI_LINT) run

vuln: ## check what the code calls for known vulnerabilities
	GO="$(GO)" .ci/vulncheck $(GOVULNCHECK)

generate: ## compile queries/ to internal/store
	$(SQLC) generate

verify: ## check that generated code, go.mod and formatting are current
	$(SQLC) diff
	$(SQLC) vet
	$(GO) mod tidy -diff
	@files=$$(gofmt -l cmd db internal) && if [ -n "$$files" ]; then echo "gofmt -w" $$files; exit 1; fi
	$(GO) vet ./...

clean: ## remove what was built
	rm -rf bin
