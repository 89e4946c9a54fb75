# Synohm's chores. `make test` needs Go alone; what else a test wants is brought
# by `make test-deps`, and the test skips with a message where it is missing.
export CGO_ENABLED = 0

.PHONY: test test-deps bench bench-compare bench-peers bench-blas bench-torch lint results results-liquids results-learning

test:
	go vet ./...
	go test ./...

test-deps: # Debian packages: NumPy reads the run folders back; Brian2 with its compiler, and ngspice, are oracles
	apt-get update
	apt-get install -y --no-install-recommends python3-numpy python3-brian g++ make ngspice

BENCH ?= .
COUNT ?= 6
bench:
	go test -run '^$$' -bench '$(BENCH)' ./...

# make bench-compare REF=main~1 BENCH=Liquid
REF ?= HEAD~1
bench-compare:
	rm -rf .bench && git worktree prune && git worktree add -f .bench $(REF)
	cd .bench && go test -run '^$$' -bench '$(BENCH)' -count $(COUNT) ./... > ../bench.old || true
	git worktree remove --force .bench
	go test -run '^$$' -bench '$(BENCH)' -count $(COUNT) ./... > bench.new
	go run golang.org/x/perf/cmd/benchstat@v0.0.0-20260908200009-22c9c6c9d4da bench.old bench.new

# The benchmark networks in Brian2 and here, in turn: the table of
# docs/benchmarks.md, about half an hour.
ROUNDS ?= 5
bench-peers: bench-blas bench-torch
	dpkg -s python3-brian g++ make >/dev/null 2>&1 || (apt-get update && apt-get install -y --no-install-recommends python3-brian g++ make)
	/usr/bin/python3 docs/peers/bench_peers.py --rounds $(ROUNDS)

# Products of matrices in OpenBLAS, by NumPy, and here, in turn: two minutes.
bench-blas:
	dpkg -s python3-numpy libopenblas0 >/dev/null 2>&1 || (apt-get update && apt-get install -y --no-install-recommends python3-numpy libopenblas0)
	/usr/bin/python3 docs/peers/bench_blas.py --rounds $(ROUNDS)

# An epoch of forward-forward learning in PyTorch and here.
bench-torch:
	dpkg -s python3-torch python3-numpy >/dev/null 2>&1 || (apt-get update && apt-get install -y --no-install-recommends python3-torch python3-numpy)
	/usr/bin/python3 docs/peers/torch_ff.py --rounds $(ROUNDS)

lint:
	test -z "$$(gofmt -l .)"
	go vet ./...
	go run honnef.co/go/tools/cmd/staticcheck@v0.8.2 ./...

# The tables of docs/results. Those of lsm.md and crossbar.md take about twenty
# minutes on two cores, those of learning.md some hours. A sweep that was cut goes
# on where it ended, a training in it from its last checkpoint.
SWEEP = go run ./cmd/synohm sweep --progress plain --resume --out
results: results-liquids results-learning

results-liquids:
	mkdir -p runs/results
	$(SWEEP) runs/results/digits configs/lsm-digits.yaml --seeds 3
	$(SWEEP) runs/results/paper configs/lsm-paper.yaml --seeds 3
	$(SWEEP) runs/results/nmnist configs/lsm-nmnist.yaml --seeds 5
	$(SWEEP) runs/results/substrates configs/lsm-digits.yaml --seeds 3 --over substrate=ideal,quantised,crossbar --set task.compare=false
	$(SWEEP) runs/results/crossbar-drift configs/crossbar-drift.yaml --jobs 2
	$(SWEEP) runs/results/crossbar-lines configs/crossbar-lines.yaml --jobs 2
	$(SWEEP) runs/results/crossbar-adc configs/crossbar-adc.yaml --jobs 2
	$(SWEEP) runs/results/crossbar-stuck configs/crossbar-stuck.yaml --jobs 2

results-learning:
	mkdir -p runs/results
	$(SWEEP) runs/results/ff-10 configs/ff-mnist.yaml --seeds 3
	$(SWEEP) runs/results/ff-30 configs/ff-mnist.yaml --seeds 3 --set task.epochs=30 --set task.evaluate=10
	$(SWEEP) runs/results/ff-devices configs/ff-devices.yaml
	$(SWEEP) runs/results/lls configs/lls.yaml
	$(SWEEP) runs/results/lls-random configs/lls.yaml --over task.rule.basis=random
	$(SWEEP) runs/results/feedback configs/feedback-alignment.yaml
	$(SWEEP) runs/results/ewc configs/ewc.yaml
	$(SWEEP) runs/results/zo configs/zo.yaml
	$(SWEEP) runs/results/collab configs/ff-collab.yaml
	$(SWEEP) runs/results/conv configs/ff-conv.yaml
	$(SWEEP) runs/results/unsupervised configs/ff-unsupervised.yaml --seeds 3
	$(SWEEP) runs/results/recurrent configs/ff-recurrent.yaml --seeds 3
	$(SWEEP) runs/results/eqprop configs/eqprop.yaml --seeds 3
	$(SWEEP) runs/results/paper configs/ff-paper.yaml --seeds 3
