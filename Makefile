# All commands that developers and CI run. The tools are not in go.mod, because they would add many
# modules and change versions that the service uses. Go's build cache keeps them between runs.
GO            ?= go
SQLC          := CGO_ENABLED=0 $(GO) run github.com/sqlc-dev/sqlc/cmd/sqlc@v1.31.1
GOLANGCI_LINT := $(GO) run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
GOVULNCHECK   := golang.org/x/vuln/cmd/govulncheck@v1.9.0

PACKAGES ?= ./...
REQUESTS ?= 1000000
FUZZTIME ?= 15s
RACE      = $(if $(filter 0,$(shell $(GO) env CGO_ENABLED)),,-race)

.DEFAULT_GOAL := help
.PHONY: help run build test container bench failover chaos fuzz fuzz-http lint vuln generate types verify rules clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: build ## serve on port 3000 (PORT); installs a database server if there is none
	@[ -n "$$DATABASE_URL" ] || grep -qsE '^ *(export +)?(DATABASE_URL|IDENTIKIT_MYSQLD) *[=:] *[^ #]' .env || \
		.ci/install-database >/dev/null
	@bin/identikit serve

build: ## compile bin/identikit
	$(GO) build -trimpath -o bin/identikit ./cmd/identikit

# Without Go's test cache, which does not consider the database server. The screenshots of the pages are in
# artifacts/ afterwards.
test: ## run every test (PACKAGES=./internal/api for some), with real databases and a real browser
	@server=$$(.ci/test-server) && browser=$$(.ci/install-browser) && axe=$$(.ci/install-axe) && race=-race && \
	rm -rf artifacts && mkdir artifacts && \
	if [ "$$($(GO) env CGO_ENABLED)" = 0 ]; then race=; echo "No C compiler: testing without the race detector."; fi && \
	set -x && IDENTIKIT_TEST_SERVER=$$server IDENTIKIT_BROWSER="$$browser" IDENTIKIT_AXE="$$axe" \
		$(GO) test -count=1 -timeout 30m $$race -artifacts -outputdir "$(CURDIR)/artifacts" $(PACKAGES) && \
	case "$$race $(PACKAGES)" in -race*...* | -race*/identity*) \
		$(GO) test -count=1 -run LikeLibrary ./internal/identity ;; esac # not built with -race
	@case "$(PACKAGES)" in *...* | */cmd/identikit*) set -x && \
		IDENTIKIT_TEST_SERVER=$$(.ci/test-server) $(GO) test -count=1 -tags no_console -run '^TestNoConsole$$' ./cmd/identikit ;; esac
	@case "$(PACKAGES)" in ./...) set -x && cd client && $(GO) test -count=1 $(RACE) ./... && \
		cd e2e && $(GO) test -count=1 $(RACE) ./... ;; esac

container: ## build the image and run compose.yaml with it; needs Docker and curl
	.ci/container

bench: ## measure how fast it is, on DATABASE_URL or a private server (BENCH=-short for a quick look)
	$(GO) run ./cmd/bench $(BENCH)

failover: ## measure what faults of a three-node group do; needs Docker (FAILOVER='-only kill' for one)
	$(GO) run ./cmd/failover $(FAILOVER)

chaos: ## attack random requests with random faults for an hour; needs Docker (CHAOS='-for 3m')
	$(GO) run ./cmd/chaos $(CHAOS)

fuzz: ## fuzz the parsers of external input, each target for FUZZTIME (15s: about a minute in total)
	@set -e; for package in identity importer; do \
		for name in $$($(GO) test -list '^Fuzz' ./internal/$$package | grep '^Fuzz'); do \
			$(GO) test -run '^$$' -fuzz "^$$name\$$" -fuzztime $(FUZZTIME) ./internal/$$package; \
		done; \
	done

fuzz-http: ## send 1,000,000 malformed requests (REQUESTS=20000 for fewer; FUZZ_SEED repeats a run)
	IDENTIKIT_TEST_SERVER=$$(.ci/test-server) FUZZ_REQUESTS=$(REQUESTS) \
		$(GO) test -count=1 -v -timeout 3h -run '^TestMalformedRequests$$' ./cmd/identikit

lint: ## run the linters, including the import rules of the packages
	$(GOLANGCI_LINT) run
	cd client && $(GOLANGCI_LINT) run --config ../.golangci.yaml
	cd client/e2e && $(GOLANGCI_LINT) run --config ../../.golangci.yaml

vuln: ## check for known vulnerabilities in called code
	GO="$(GO)" .ci/vulncheck $(GOVULNCHECK)

generate: ## compile queries/ to internal/store
	$(SQLC) generate

types: ## generate client/typescript from the OpenAPI document and check it; needs Node.js (with CI set: only check)
	.ci/typescript/run

verify: ## check that generated code, go.mod, formatting and the table of docs/scaling.md are current
	$(SQLC) diff
	$(SQLC) vet
	$(GO) mod tidy -diff
	@files=$$(gofmt -l cmd db internal .ci client) && if [ -n "$$files" ]; then echo "gofmt -w" $$files; exit 1; fi
	$(GO) vet ./...
	$(GO) vet -tags no_console ./cmd/identikit ./internal/api ./internal/console
	cd client && $(GO) mod tidy -diff && $(GO) vet ./...
	cd client/e2e && $(GO) mod tidy -diff && $(GO) vet ./...
	cd .ci/tidb && $(GO) mod tidy -diff && $(GO) vet ./... && $(GO) test -count=1 ./...

rules: ## check the alert rules and the board of ops/ with promtool; gets it if there is none
	.ci/check-rules "$$(.ci/install-promtool)"

clean: ## remove build output
	rm -rf bin artifacts
