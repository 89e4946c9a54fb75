# Synohm's chores. `make test` needs Go alone; what else a test wants is brought
# by `make test-deps`, and the test skips with a message where it is missing.
export CGO_ENABLED = 0

.PHONY: test test-deps bench bench-compare lint results

test:
	go vet ./...
	go test ./...

test-deps: # Debian packages: NumPy reads the run folders back
	apt-get update
	apt-get install -y --no-install-recommends python3-numpy

bench:
	go test -run '^$$' -bench . ./...

# make bench-compare REF=main~1
REF ?= HEAD~1
bench-compare:
	rm -rf .bench && git worktree add -f .bench $(REF)
	cd .bench && go test -run '^$$' -bench . -count 6 ./... > ../bench.old || true
	git worktree remove --force .bench
	go test -run '^$$' -bench . -count 6 ./... > bench.new
	go run golang.org/x/perf/cmd/benchstat@v0.0.0-20250710210952-ca2f8cb1a9b8 bench.old bench.new

lint:
	test -z "$$(gofmt -l .)"
	go vet ./...
	go run honnef.co/go/tools/cmd/staticcheck@v0.8.2 ./...

# The rows of docs/results/lsm.md.
results:
	for c in lsm-digits lsm-paper; do for s in 1 2 3; do go run ./cmd/synohm run configs/$$c.yaml --seed $$s --json --progress plain; done; done
	for s in 1 2 3 4 5; do go run ./cmd/synohm run configs/lsm-nmnist.yaml --seed $$s --json --progress plain; done
