# The names that people type. `make help` lists them.

GO       ?= go
FUZZTIME ?= 10s
LIMIT    ?= 40m
TESTFLAGS ?= -race -shuffle=on -p 2 -timeout $(LIMIT)
# The model server shares the cores with the tests, and its threads wait for each
# other in busy loops: beside equals it falls to a tenth of its speed.
TESTRUN   := nice -n 10

# Tools are pinned and run through the module proxy; nothing is installed.
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
GOVULNCHECK := golang.org/x/vuln/cmd/govulncheck@v1.9.0

# The default binary is static and smaller than this many bytes (60 MB).
MAXSIZE := 60000000

.PHONY: help build demo test test-next test-short lint fuzz cover coverage bench bench-stats train-classifier torture vuln clean race-ready

help: ## list these names
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-16s %s\n", $$1, $$2}' Makefile

build: ## bin/haetae, one static program
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '-s -w' -o bin/haetae ./cmd/haetae
	@size=$$(wc -c < bin/haetae); echo "bin/haetae: $$size bytes"; \
	if [ $$size -ge $(MAXSIZE) ]; then echo "bin/haetae is not under $(MAXSIZE) bytes" >&2; exit 1; fi

bin/demo: FORCE
	@CGO_ENABLED=0 $(GO) build -o $@ ./cmd/demo
FORCE:

demo: build bin/demo ## measure a real small model and print the report (PULL=1: a running server may pull it)
	@exec bin/demo

# The classifier's dozens of validation fits take a quarter of an hour under the race
# detector and a minute and a half without it.
test: race-ready bin/demo ## every test, the real server and model among them
	HAETAE_TEST_SERVER=old bin/demo serve -- $(TESTRUN) $(GO) test $(TESTFLAGS) ./...
	$(GO) test ./safetyevals/refusal/train -run Unseen -full

# Only what depends on the server's dialect runs against the newer kind: the
# runner's own tests, and the tests elsewhere that have Real in their name.
test-next: race-ready bin/demo ## the real-server tests against the newer kind of Ollama (0.30 on)
	HAETAE_TEST_SERVER=next bin/demo serve -- $(TESTRUN) ./.ci/real-tests $(GO) test $(TESTFLAGS)

test-short: ## the tests that need no model server, without the race detector
	$(GO) test -short -shuffle=on ./...

race-ready:
	@cc=$$($(GO) env CC); command -v $${cc%% *} >/dev/null || { \
	echo "make: the race detector needs the C compiler $$cc, which is not on PATH: on Debian apt-get install g++" >&2; exit 1; }

lint: ## gofmt, go vet, pinned staticcheck
	@bad=$$(gofmt -l $$(git ls-files -co --exclude-standard '*.go')); \
	if [ -n "$$bad" ]; then echo "not formatted by gofmt:" >&2; echo "$$bad" >&2; exit 1; fi
	$(GO) vet ./...
	$(GO) run $(STATICCHECK) ./...

fuzz: ## every fuzz target for FUZZTIME (10s) each
	@GO="$(GO)" FUZZTIME="$(FUZZTIME)" ./.ci/fuzz

cover: race-ready bin/demo ## the tests' coverage by function, in coverage.out
	HAETAE_TEST_SERVER=old bin/demo serve -- $(TESTRUN) $(GO) test -p 2 -timeout $(LIMIT) -coverpkg=./... -coverprofile=coverage.out ./...
	$(GO) tool cover -func=coverage.out | tail -n 1

coverage: ## the coverage of every interval into docs/, beside what others print (up to an hour)
	$(GO) test ./results/stats -run '^TestCoverage' -count=1 -v -full -pages '$(CURDIR)/docs' -timeout 90m

bench: build ## the budgets of docs/PERFORMANCE.md, measured; exits 1 on a miss
	$(GO) run ./cmd/bench

bench-stats: ## the speed of the statistics beside scipy, statsmodels and krippendorff; exits 1 on a miss
	$(GO) run ./cmd/benchstats

train-classifier: ## fit the outcome classifier, validate it, write weights and docs/CLASSIFIER.md
	$(GO) run ./cmd/train-classifier

torture: race-ready ## the kill tests with 1,000 kills in place of 50
	HAETAE_KILLS=1000 $(GO) test -run Kill -timeout 6h -v ./cmd/haetae

vuln: ## known vulnerabilities in what the program calls
	$(GO) run $(GOVULNCHECK) ./...

clean: ## remove bin/ and the demo's results; the cache of servers and models stays
	rm -rf bin demo
