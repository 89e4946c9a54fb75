package tasks_test

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/internal/testdeps"
	"github.com/synohm/synohm/tasks"
	"github.com/synohm/synohm/tasks/events"
)

func TestRunIsTheSameBitsAgainAndForAnyWorkers(t *testing.T) {
	file := smallConfig(t)
	var first *tasks.Result
	var files map[string]string
	for _, workers := range []int{2, 2, 1, 5} {
		r := run(t, load(t, file), workers)
		got := tree(t, r.RunDir)
		if first == nil {
			first, files = r, got
			require.NotEmpty(t, r.Spikes)
			require.Greater(t, r.Metrics["test_accuracy"], 0.6)
			require.Greater(t, r.Metrics["mean_spikes_per_neuron"], 0.5)
			require.Equal(t, 160.0, r.Metrics["trials"])
			continue
		}
		require.Equal(t, first.Spikes, r.Spikes)
		require.Equal(t, first.Metrics, r.Metrics)
		require.Equal(t, files, got, "every file of the run folder")
	}
	other := run(t, load(t, file, "seed=2"), 2)
	require.NotEqual(t, first.Spikes, other.Spikes)
}

func TestRunFolder(t *testing.T) {
	file := smallConfig(t)
	r := run(t, load(t, file, "populations[liquid].size=60"), 2)
	files := tree(t, r.RunDir)
	var names []string
	for n := range files {
		names = append(names, n)
	}
	require.ElementsMatch(t, []string{
		"DONE", "config.input.yaml", "config.resolved.yaml", "config.nondefault.yaml", "metrics.jsonl", "readout.npz", "spikes.liquid.npz", "tiles.csv",
		"plots/raster.png", "plots/confusion.png", "plots/accuracy.png", "plots/weights-in.png", "plots/weights-rec.png",
	}, names)
	input, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, string(input), files["config.input.yaml"])

	lines := strings.Split(strings.TrimSpace(files["metrics.jsonl"]), "\n")
	require.Len(t, lines, 26, "one a epoch, and the results")
	var last map[string]any
	require.NoError(t, json.Unmarshal([]byte(lines[25]), &last))
	require.Equal(t, r.Metrics["test_accuracy"], last["test_accuracy"])
	require.Equal(t, r.Spikes, last["spikes_sha256"])

	// The resolved file, and what differs from the defaults, run to the same.
	for _, name := range []string{"config.resolved.yaml", "config.nondefault.yaml"} {
		again := filepath.Join(t.TempDir(), name)
		require.NoError(t, os.WriteFile(again, []byte(files[name]), 0o644))
		require.Equal(t, r.Metrics, run(t, load(t, again), 2).Metrics, name)
	}
}

// One word changes what the weights are made of; the network stays.
func TestSubstrateIsOneWord(t *testing.T) {
	file := smallConfig(t)
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	seen := map[string]bool{}
	for _, word := range []string{"ideal", "quantised", "crossbar"} {
		other := filepath.Join(t.TempDir(), word+".yaml")
		require.NoError(t, os.WriteFile(other, bytes.Replace(text, []byte("substrate: crossbar"), []byte("substrate: "+word), 1), 0o644))
		r := run(t, load(t, other), 2)
		require.Greater(t, r.Metrics["test_accuracy"], 0.5, word)
		require.Equal(t, word == "crossbar", r.Metrics["cell_reads"] > 0, word)
		require.False(t, seen[r.Spikes], "%s behaves as another substrate", word)
		seen[r.Spikes] = true
		require.Equal(t, r.Spikes, run(t, load(t, file, "substrate="+word), 1).Spikes, "--set does the same")
	}
}

func TestRidgeReadout(t *testing.T) {
	r := run(t, load(t, smallConfig(t), "task.readout={kind: ridge, lambdas: [1, 100]}", "task.compare=false"), 2)
	require.Greater(t, r.Metrics["test_accuracy"], 0.6)
	require.NotContains(t, r.Metrics, "test_accuracy_event_counts")
}

// Trained without noise or with it drawn for every cell, the liquid is the
// same network: only the reads differ.
func TestNoiseDrawnPerCell(t *testing.T) {
	file := smallConfig(t)
	sub := "substrates=[{name: chip, kind: crossbar, noise_draw: cell}]"
	a := run(t, load(t, file, sub, "substrate=chip", "populations[liquid].size=40", "task.compare=false"), 2)
	b := run(t, load(t, file, "populations[liquid].size=40", "task.compare=false"), 2)
	require.NotEqual(t, a.Spikes, b.Spikes)
	require.Equal(t, tree(t, a.RunDir)["plots/weights-in.png"], tree(t, b.RunDir)["plots/weights-in.png"], "the same cells")
	require.InDelta(t, b.Metrics["mean_spikes_per_neuron"], a.Metrics["mean_spikes_per_neuron"], 0.1)
}

func TestInterruptedRunKeepsWhatThereIs(t *testing.T) {
	for _, phase := range []string{"liquid", "read-out"} {
		t.Run(phase, func(t *testing.T) {
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			res, err := tasks.Run(ctx, load(t, smallConfig(t)), tasks.RunOptions{Workers: 2, Runs: t.TempDir(), Progress: func(p string, done, total int) {
				if p == phase && done >= 3 {
					cancel()
				}
			}})
			require.ErrorIs(t, err, context.Canceled)
			files := tree(t, res.RunDir)
			require.NotContains(t, files, "DONE")
			require.Contains(t, files["metrics.jsonl"], `"trials":`)
			require.Contains(t, files, "spikes.liquid.npz")
			manifest, err := os.ReadFile(filepath.Join(res.RunDir, "manifest.json"))
			require.NoError(t, err)
			require.Contains(t, string(manifest), `"outcome": "interrupted"`)
			if phase == "read-out" {
				require.Contains(t, files, "readout.npz", "the best weights so far")
				require.Contains(t, files["metrics.jsonl"], `"epoch":3`)
				require.Equal(t, 160.0, res.Metrics["trials"])
			} else {
				require.Less(t, res.Metrics["trials"], 160.0)
			}
		})
	}
}

// Recordings on disk go the same way as images.
func TestRecordings(t *testing.T) {
	dir := t.TempDir()
	var train, test strings.Builder
	for i := 1; i <= 60; i++ {
		class := i % 4
		var s events.Stream
		for k := range 400 { // a dot that moves along its own line
			s.Events = append(s.Events, events.Event{T: int32(k * 700), X: uint16(2 + k%30), Y: uint16(4 + 8*class), On: k%3 > 0})
		}
		var b bytes.Buffer
		require.NoError(t, events.WriteNMNIST(&b, s))
		name := string(rune('0'+i/10)) + string(rune('0'+i%10))
		require.NoError(t, os.WriteFile(filepath.Join(dir, name+".bin"), b.Bytes(), 0o644))
		line := name + " " + string(rune('0'+class)) + "\n"
		if i <= 40 {
			train.WriteString(line)
		} else {
			test.WriteString(line)
		}
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "train.txt"), []byte(train.String()), 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "test.txt"), []byte(test.String()), 0o644))
	file := smallConfig(t)
	data := "task.data={kind: nmnist, path: " + dir + ", train: 40, validation: 8, test: 20}"
	r := run(t, load(t, file, data), 2)
	require.Equal(t, 1.0, r.Metrics["test_accuracy"])

	_, err := tasks.Run(context.Background(), load(t, file, data, "task.data.test=21"), tasks.RunOptions{Workers: 1, Runs: t.TempDir()})
	require.ErrorContains(t, err, "21 test recordings are asked for, there are 20")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "05.bin"), []byte("abc"), 0o644))
	res, err := tasks.Run(context.Background(), load(t, file, data), tasks.RunOptions{Workers: 1, Runs: t.TempDir()})
	require.ErrorContains(t, err, "05.bin: byte 0: truncated")
	require.NotNil(t, res)
}

// NumPy alone reads a run folder: the example of the documents does its work.
func TestPythonExampleReadsTheRunFolder(t *testing.T) {
	python := testdeps.Python(t, "numpy")
	r := run(t, load(t, smallConfig(t)), 2)
	out, err := exec.Command(python, filepath.Join(testdeps.ModuleRoot(t), "docs", "read_run.py"), r.RunDir).CombinedOutput()
	require.NoError(t, err, string(out))
	require.Contains(t, string(out), "test accuracy")
	require.Contains(t, string(out), "spikes of trial 0")
}

func BenchmarkLiquidTrials(b *testing.B) {
	x := load(b, smallConfig(b), "task.compare=false", "task.readout.epochs=1")
	n := 0
	for b.Loop() {
		run(b, x, 2)
		n += 160
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "trials/s")
}

// NumPy computes the same spikes from the recorded input and weights.
func TestNumPyComputesTheSameSpikes(t *testing.T) {
	python := testdeps.Python(t, "numpy")
	for _, substrate := range []string{"ideal", "quantised"} {
		r := run(t, load(t, smallConfig(t), "substrate="+substrate, "task.compare=false",
			"record=[{what: spikes, of: liquid, trials: 20}, {what: input, of: camera, trials: 20}, {what: weights, of: in}, {what: weights, of: rec}]"), 2)
		out, err := exec.Command(python, filepath.Join(testdeps.ModuleRoot(t), "docs", "liquid_numpy.py"), r.RunDir, "10").CombinedOutput()
		require.NoError(t, err, string(out))
		require.Contains(t, string(out), "spikes of 20 trials are the same")
	}
}

func TestRecordRefusesNamesOfOtherThings(t *testing.T) {
	for set, rule := range map[string]string{
		"record=[{what: spikes, of: in}]":     `record[0].of: in: there is no population of this name`,
		"record=[{what: input, of: liquid}]":  `there is no source of this name`,
		"record=[{what: weights, of: liqid}]": `there is no projection of this name`,
	} {
		_, err := tasks.Load(smallConfig(t), []string{set}, nil)
		require.ErrorContains(t, err, rule)
	}
}

// What would take too much memory is refused before anything is allocated.
func TestMemoryIsBounded(t *testing.T) {
	for _, sets := range [][]string{
		{"task.data.train=1000000", "populations[liquid].size=10000"},
		{"populations[liquid].size=16384", "task.data.test=1000000"},
		{"record=[{what: spikes, of: liquid, trials: 1000000}]", "task.data.test=1000000", "populations[liquid].size=1000"},
	} {
		_, err := tasks.Load(smallConfig(t), sets, nil)
		require.ErrorContains(t, err, "GB of memory, at most 16 GB are allowed")
	}
}
