# The two commands to start with: make demo, make test.

SHELL       := /bin/bash
GO          ?= go
BIN         := $(CURDIR)/bin
VERSION     ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo devel)
STATICCHECK := $(BIN)/staticcheck-v0.8.2
GOVULNCHECK := $(BIN)/govulncheck-v1.9.0
DEMO        ?= demo

.PHONY: build demo test lint bench vuln packages clean

# The program, without cgo: one file that runs on any Linux of its kind.
build:
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '-s -w -X main.buildVersion=$(VERSION)' -o $(BIN)/etl ./cmd/etl

# Exports go in, hours come out of Loket, everything is compared. DEMO is a new
# folder; only the one in this checkout is thrown away first.
demo: build
	rm -rf demo
	$(BIN)/etl demo --dir '$(DEMO)'

# Everything that must hold before a change goes in. Brings what it needs along.
test: packages lint
	@[ -d ../shared/standards ] || printf '\n*** NOT CHECKED: schemas and samples that may not be shipped (../shared/standards is not there);\n*** the tests that read them say so with -v.\n\n' >&2
	CGO_ENABLED=1 $(GO) test -race -count=1 -timeout 30m ./...
	CGO_ENABLED=0 $(GO) test -count=1 -timeout 30m ./pipelines

lint: $(STATICCHECK)
	@unformatted=$$("$$($(GO) env GOROOT)/bin/gofmt" -l .) && if [ -n "$$unformatted" ]; then \
	  echo "not formatted by gofmt:"; echo "$$unformatted"; exit 1; fi
	CGO_ENABLED=0 $(GO) vet ./...
	CGO_ENABLED=0 $(STATICCHECK) ./...

# Rows per second and peak memory on a generated export; see docs of `etl bench`.
bench: build
	$(BIN)/etl bench
	$(GO) test -run '^$$' -bench . -benchmem -timeout 30m ./formats/... ./validate/... ./mappings/...

# Needs the vulnerability database, so it is no part of make test.
vuln: $(GOVULNCHECK)
	$(GOVULNCHECK) ./...

packages:
	@bash .ci/packages.sh

$(STATICCHECK):
	GOBIN=$(BIN) CGO_ENABLED=0 $(GO) install honnef.co/go/tools/cmd/staticcheck@v0.8.2
	mv $(BIN)/staticcheck $@

$(GOVULNCHECK):
	GOBIN=$(BIN) CGO_ENABLED=0 $(GO) install golang.org/x/vuln/cmd/govulncheck@v1.9.0
	mv $(BIN)/govulncheck $@

clean:
	rm -rf bin demo
