package tasks_test

import (
	"context"
	"encoding/csv"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/tasks"
)

// onArrays is a network on cells that drift, switch, and are disturbed by reads:
// a whole array in several tiles, and synapses with cells of their own.
const onArrays = `synohm: 1
seed: 3
time: {step: 0.1 ms, warm_up: 5.5 ms, run: 40 ms}
substrates:
  - name: chip
    kind: crossbar
    cell: pcm
    scaling: column
    tile: {rows: 20, cols: 15}
    output: {bits: 8, share: 4}
    follow: 0.05
    follow_every: 2 ms
    compensation: column
    refresh_every: 21 ms
    effects:
      telegraph: {fraction: 0.3, amplitude: 0.3, tau_high: 5 ms, tau_low: 5 ms}
      read_disturb: {per_read: 0.001, towards: high}
  - name: cells
    kind: crossbar
    cell: pcm
    follow: 0
    follow_every: 0.7 ms
    programming: {kind: write-verify, tolerance: 1 uS, writes: 3}
    refresh_every: 17 ms
    effects:
      telegraph: {fraction: 0.3, amplitude: 0.3, tau_high: 5 ms, tau_low: 5 ms}
      read_disturb: {per_read: 0.001, towards: high}
populations:
  - {name: a, model: iaf_psc_exp, size: 33}
sources:
  - {name: drive, model: poisson_generator, to: a, params: {rate: 20 kHz}, weight: 150 pA, delay: 0.5 ms}
projections:
  - {name: array, from: a, to: a, weight: {mean: 10 pA, std: 60 pA}, delay: 1.1 ms, substrate: chip}
  - {name: synapses, from: a, to: a, rule: {kind: fixed_indegree, n: 7}, weight: {low: -80 pA, high: 90 pA}, delay: {low: 0.4 ms, high: 2 ms}, substrate: cells}
record: [{what: spikes, of: a}, {what: weights, of: synapses, every: 5 ms, synapses: 20}]
task: {kind: simulate, report: 0.1 ms, plots: false}
`

// Networks on cells that age give the same bits for any number of workers, and
// cut and resumed: spikes, metrics, what every tile took, weights.
func TestArraysGiveTheSameBits(t *testing.T) {
	file := configuration(t, onArrays)
	whole := run(t, load(t, file), 1)
	want := bits(t, whole.RunDir)
	require.Contains(t, want, "tiles.csv")
	require.Greater(t, whole.Metrics["conversions"], 0.0)
	pulses := 0
	for _, row := range tiles(t, want["tiles.csv"]) {
		if row["projection"] == "array" {
			n, err := strconv.Atoi(row["programming_pulses"])
			require.NoError(t, err)
			pulses += n
		}
	}
	require.Equal(t, 3*2*33*33, pulses, "programmed, and refreshed after 21 and 42 ms")
	for _, other := range []struct{ old, new string }{
		{"telegraph: {fraction: 0.3", "telegraph: {fraction: 0"},
		{"per_read: 0.001", "per_read: 0"},
		{"refresh_every: 21 ms", "refresh_every: 22 ms"},
	} {
		x := load(t, configuration(t, strings.ReplaceAll(onArrays, other.old, other.new)))
		require.NotEqual(t, want["spikes.a.npz"], bits(t, run(t, x, 2).RunDir)["spikes.a.npz"], "%s matters", other.old)
	}
	for _, workers := range []int{2, 3, 8} {
		require.Equal(t, want, bits(t, run(t, load(t, file), workers).RunDir), "%d workers", workers)
	}
	for _, at := range []int{0, 17, 22, 41} {
		out := filepath.Join(t.TempDir(), "r")
		ctx, progress := cut(at)
		_, err := tasks.Run(ctx, load(t, file), tasks.RunOptions{Workers: 3, Out: out, Progress: progress, CheckpointEvery: 6.6})
		require.ErrorIs(t, err, context.Canceled)
		_, err = tasks.Resume(context.Background(), out, tasks.RunOptions{Workers: 2})
		require.NoError(t, err)
		got := bits(t, out)
		require.Len(t, got, len(want))
		for name := range want {
			require.Equal(t, want[name], got[name], "%s, cut at %d ms", name, at)
		}
	}
}

// tiles reads a CSV whose first line names the columns.
func tiles(t *testing.T, text string) (rows []map[string]string) {
	lines, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	require.NoError(t, err)
	for _, l := range lines[1:] {
		row := map[string]string{}
		for i, name := range lines[0] {
			row[name] = l[i]
		}
		rows = append(rows, row)
	}
	return rows
}

// All that is wrong with a substrate comes at once, with the line.
func TestSubstrateMistakes(t *testing.T) {
	_, err := tasks.Load(configuration(t, `synohm: 1
time: {step: 0.1 ms, run: 1 ms}
substrates:
  - name: chip
    kind: crossbar
    cell: pcm
    cell_params: {g_max: -1 uS}
    lines: {solve: exakt, r_word: -1 ohm}
    output: {bits: 40}
    mapping: {kind: slices, bits: 4, bits_per_cell: 6}
    scaling: columns
    v_read: 0.1
    refresh_every: 1 ms
    age: 1 year
    effects: {stuck: {on: 0.7, off: 0.7}}
populations: [{name: a, model: iaf_psc_exp, size: 3}]
sources: [{name: drive, model: poisson_generator, to: a, params: {rate: 20 kHz}, weight: 150 pA, delay: 0.5 ms}]
projections: [{name: p, from: a, to: a, weight: {std: 1 pA}, delay: 1 ms, substrate: chip}]
task: {kind: simulate}
`), nil, nil)
	require.Error(t, err)
	for _, says := range []string{
		"net.yaml:7: substrates[chip].cell_params.g_max: -1", "net.yaml:8: substrates[chip].lines.solve: ", "net.yaml:8: substrates[chip].lines.r_word: ",
		"net.yaml:9: substrates[chip].output.bits: ", "net.yaml:10: substrates[chip].mapping.bits_per_cell: ", "must be at most 3",
		"net.yaml:11: substrates[chip].scaling: ", "net.yaml:12: substrates[chip].v_read: ", "net.yaml:15: substrates[chip].effects.stuck",
	} {
		require.ErrorContains(t, err, says)
	}
	// What goes with the cells, not with the settings alone, is found where they
	// are used.
	_, err = tasks.Load(configuration(t, strings.NewReplacer(
		"rule: {kind: fixed_indegree, n: 7}, weight: {low: -80 pA, high: 90 pA}", "rule: {kind: fixed_indegree, n: 7}, weight: {mean: 0 pA, std: 1 pA}",
		"follow: 0\n", "lines: {solve: exact}\n    output: {bits: 3}\n    scaling: row\n    mapping: reference\n    compensation: column\n",
		"cell: pcm", "cell: reram-formed",
	).Replace(onArrays)), nil, nil)
	require.Error(t, err)
	for _, says := range []string{
		"substrates[chip]: cells that are formed and never programmed cannot be refreshed; leave refresh_every out", "net.yaml:37: projections[array]: weights of mean 10 ",
		"net.yaml:38: projections[synapses]: ", "leave lines out", "leave input and output out", "choose another mapping", "set scaling to matrix", "set compensation to none",
	} {
		require.ErrorContains(t, err, says)
	}
}

// A test later than the cells were measured is refused before anything runs.
func TestLiquidsAreNotOlderThanTheirCells(t *testing.T) {
	sets := []string{"substrates=[{name: chip, kind: crossbar, cell: reram-wan}]", "substrate=chip", "task.test_at=30 d"}
	_, err := tasks.Load(smallConfig(t), sets, nil)
	require.ErrorContains(t, err, "task.test_at: 30 d: projection ")
	require.ErrorContains(t, err, "measured were 0 to 172800 s; extrapolate: true goes on with a warning")
	sets[0] = "substrates=[{name: chip, kind: crossbar, cell: reram-wan, refresh_every: 1 d}]"
	_, err = tasks.Load(smallConfig(t), sets, nil)
	require.NoError(t, err)
}

// Weights that rules change are programmed and read with the same draws however
// many workers share them.
func TestPlasticArraysGiveTheSameBits(t *testing.T) {
	for _, cell := range []string{
		"cell: pcm, programming: {kind: write-verify, tolerance: 1 uS, writes: 4, epochs: 2, delay: 1 ms}",
		"cell: ecram, programming: {kind: write-verify, tolerance: 2 uS, writes: 300, width: 10 us}",
	} {
		file := configuration(t, `synohm: 1
time: {step: 0.1 ms, warm_up: 2.2 ms, run: 25 ms}
substrates: [{name: chip, kind: crossbar, follow: 0, follow_every: 1 ms, `+cell+`, effects: {telegraph: {fraction: 0.3, tau_high: 5 ms, tau_low: 5 ms}, read_disturb: {per_read: 0.001}}}]
substrate: chip
populations: [{name: a, model: iaf_psc_exp, size: 33}]
sources: [{name: drive, model: poisson_generator, to: a, params: {rate: 20 kHz}, weight: 200 pA, delay: 0.5 ms}]
projections:
  - {name: aa, from: a, to: a, rule: {kind: fixed_indegree, n: 5}, weight: {low: 20 pA, high: 40 pA}, delay: {low: 0.4 ms, high: 2 ms}, plasticity: {kind: stdp, w_max: 80 pA}}
record: [{what: spikes, of: a}, {what: weights, of: aa, every: 5 ms}]
task: {kind: simulate, report: 0.1 ms, plots: false}
`)
		want := bits(t, run(t, load(t, file), 1).RunDir)
		for _, workers := range []int{2, 3} {
			got := bits(t, run(t, load(t, file), workers).RunDir)
			for name := range want {
				require.Equal(t, want[name], got[name], "%s with %d workers: %s", cell, workers, name)
			}
		}
		out := filepath.Join(t.TempDir(), "r")
		ctx, progress := cut(13)
		_, err := tasks.Run(ctx, load(t, file), tasks.RunOptions{Workers: 3, Out: out, Progress: progress})
		require.ErrorIs(t, err, context.Canceled)
		_, err = tasks.Resume(context.Background(), out, tasks.RunOptions{Workers: 2})
		require.NoError(t, err)
		got := bits(t, out)
		for name := range want {
			require.Equal(t, want[name], got[name], "%s resumed: %s", cell, name)
		}
	}
}

// What cells warn of comes to the user and into the manifest, wherever they are:
// in an array, alone, or in rows that rules change.
func TestWarningsOfCells(t *testing.T) {
	file := configuration(t, `synohm: 1
time: {step: 0.1 ms, run: 2 ms}
substrates: [{name: chip, kind: crossbar, cell: reram-wan, age: 30 d, extrapolate: true}]
substrate: chip
populations: [{name: a, model: iaf_psc_exp, size: 9}]
sources: [{name: drive, model: poisson_generator, to: a, params: {rate: 20 kHz}, weight: 200 pA, delay: 0.5 ms}]
projections:
  - {name: array, from: a, to: a, weight: {mean: 0 pA, std: 1 pA}, delay: 1 ms}
  - {name: alone, from: a, to: a, rule: {kind: fixed_indegree, n: 2}, weight: 1 pA, delay: 1 ms}
  - {name: learns, from: a, to: a, rule: {kind: fixed_indegree, n: 2}, weight: 1 pA, delay: 1 ms, plasticity: {kind: stdp, w_max: 80 pA}}
record: [{what: spikes, of: a}]
task: {kind: simulate, plots: false}
`)
	var notes []string
	_, err := tasks.Run(context.Background(), load(t, file), tasks.RunOptions{Workers: 1, Runs: t.TempDir(), Note: func(s string) { notes = append(notes, s) }})
	require.NoError(t, err)
	for _, name := range []string{"array", "alone", "learns"} {
		n := 0
		for _, s := range notes {
			if strings.HasPrefix(s, "projection "+name+": extrapolated beyond measurements: ") {
				n++
			}
		}
		require.Equal(t, 1, n, "%s: %s", name, strings.Join(notes, "\n"))
	}
}
