package tasks_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/internal/npz"
	"github.com/synohm/synohm/internal/testdeps"
	"github.com/synohm/synohm/tasks"
)

// balanced is a small random network in the manner of Brunel (2000), with
// delays that differ and weights that differ. The warm-up ends within an
// epoch, and so does the run.
const balanced = `synohm: 1
seed: 3
time: {mode: stepped, step: 0.1 ms, warm_up: 10.3 ms, run: 60.4 ms}
populations:
  - {name: exc, model: iaf_psc_delta, size: 80, params: &cell {c_m: 1 pF, tau_m: 20 ms, t_ref: 2 ms, e_l: 0 mV, v_reset: 0 mV, v_th: 20 mV}, init: [{name: v_m, low: 0 mV, high: 20 mV}]}
  - {name: inh, model: iaf_psc_delta, size: 20, params: *cell}
sources:
  - {name: drive-exc, model: poisson_generator, to: exc, params: {rate: 20 kHz}, weight: 0.1 mV, delay: 1.5 ms}
  - {name: drive-inh, model: poisson_generator, to: inh, params: {rate: 20 kHz}, weight: 0.1 mV, delay: 1.5 ms}
projections:
  - {name: ee, from: exc, to: exc, rule: {kind: fixed_indegree, n: 10}, weight: {mean: 0.5 mV, std: 0.1 mV}, delay: {low: 1.5 ms, high: 3 ms}}
  - {name: ei, from: exc, to: inh, rule: {kind: fixed_indegree, n: 10}, weight: 0.5 mV, delay: 1.5 ms}
  - {name: ie, from: inh, to: exc, rule: {kind: fixed_indegree, n: 5}, weight: -2.5 mV, delay: 1.5 ms}
  - {name: ii, from: inh, to: inh, rule: {kind: fixed_indegree, n: 5}, weight: -2.5 mV, delay: 1.5 ms}
record:
  - {what: spikes, of: exc}
  - {what: spikes, of: inh, neurons: "0-9,15"}
  - {what: v_m, of: exc, every: 1 ms, neurons: "0-9,50"}
  - {what: v_m, of: inh, every: 0.3 ms}
  - {what: rate, of: exc, every: 10 ms}
  - {what: rate, of: inh, every: 7.7 ms, neurons: "0-4"}
  - {what: weights, of: ee, every: 11 ms, synapses: 30}
  - {what: weights, of: ii}
task: {kind: simulate, report: 0.1 ms}
`

// configuration writes a text as a file.
func configuration(t testing.TB, text string) string {
	file := filepath.Join(t.TempDir(), "net.yaml")
	require.NoError(t, os.WriteFile(file, []byte(text), 0o644))
	return file
}

// read opens a recording.
func read[T any](t testing.TB, res *tasks.Result, file, array string) (values []T, shape []int) {
	z, err := npz.Open(filepath.Join(res.RunDir, file+".npz"), 1<<24)
	require.NoError(t, err)
	defer z.Close()
	a, err := z.Read(array)
	require.NoError(t, err)
	return a.Data.([]T), a.Shape
}

// What is recorded agrees with itself: rates are counts of spikes, parts of
// populations are parts of the whole, and every worker count gives the same.
func TestSimulationRecordings(t *testing.T) {
	file := configuration(t, balanced)
	res := run(t, load(t, file), 1)
	whole := tree(t, res.RunDir)
	for _, workers := range []int{3} {
		require.Equal(t, whole, tree(t, run(t, load(t, file), workers).RunDir), "%d workers", workers)
	}
	require.NotContains(t, strings.Join(keys(whole), " "), ".recordings")
	for _, name := range []string{"plots/raster.png", "plots/rates.png", "plots/v_m.exc.png"} {
		require.Contains(t, whole, name)
	}

	at, _ := read[float64](t, res, "spikes.exc", "timestamps")
	id, _ := read[int64](t, res, "spikes.exc", "node_ids")
	require.Len(t, id, len(at))
	require.InDelta(t, res.Rates["exc"], float64(len(at))/80/60.4e-3, 1e-9)
	for i := range at {
		require.Greater(t, at[i], 10.3+0.05)
		require.Less(t, at[i], 70.7+0.05)
		if i > 0 {
			require.True(t, at[i] > at[i-1] || at[i] == at[i-1] && id[i] > id[i-1], "spike %d is out of order", i)
		}
	}
	ends, _ := read[float64](t, res, "rate.exc", "timestamps")
	rate, _ := read[float64](t, res, "rate.exc", "rate")
	require.Len(t, rate, 6)
	for b := range rate {
		require.InDelta(t, 20.3+10*float64(b), ends[b], 1e-9)
		n := 0
		for _, x := range at {
			if x > ends[b]-10+0.05 && x < ends[b]+0.05 {
				n++
			}
		}
		require.InDelta(t, float64(n)/80/10e-3, rate[b], 1e-9)
	}
	times, _ := read[float64](t, res, "v_m.inh", "timestamps")
	v, shape := read[float64](t, res, "v_m.inh", "v_m")
	require.Equal(t, []int{len(times), 20}, shape)
	require.Len(t, times, 201) // multiples of 0.3 ms above 10.3 and up to 70.7
	require.InDelta(t, 10.5, times[0], 1e-9)
	require.InDelta(t, 70.5, times[200], 1e-9)

	// A cell is at its reset right after its spike, and below the threshold.
	spikes, _ := read[float64](t, res, "spikes.inh", "timestamps")
	ids, _ := read[int64](t, res, "spikes.inh", "node_ids")
	checked := 0
	for i := range spikes {
		for k := range times {
			if d := times[k] - spikes[i]; d > -0.05 && d < 2 {
				require.Zero(t, v[20*k+int(ids[i])], "neuron %d at %g ms", ids[i], times[k])
				checked++
			}
		}
	}
	require.Greater(t, checked, 20)
	for _, x := range v {
		require.Less(t, x, 20.0)
	}
	_, shape = read[float32](t, res, "weights.ee", "weights")
	require.Equal(t, []int{6, 30}, shape) // at 11, 22, ... 66 ms
	w, shape := read[float32](t, res, "weights.ii", "weights")
	require.Equal(t, []int{1, 100}, shape)
	require.Equal(t, float32(-2.5), w[0])
	for _, n := range ids {
		require.True(t, n < 10 || n == 15, "neuron %d was not asked for", n)
	}
}

func keys(m map[string]string) (out []string) {
	for k := range m {
		out = append(out, k)
	}
	return out
}

// NumPy and nothing else reads a run folder.
func TestNumPyReadsRecordings(t *testing.T) {
	python := testdeps.Python(t, "numpy")
	res := run(t, load(t, configuration(t, plain)), 2)
	out, err := exec.Command(python, filepath.Join(testdeps.ModuleRoot(t), "docs", "read_run.py"), res.RunDir).CombinedOutput()
	require.NoError(t, err, string(out))
	require.Contains(t, string(out), "spikes of exc: ")
	require.Contains(t, string(out), "v_m of inh (mV): 201 times, 20 neurons")
	require.Contains(t, string(out), "rate of exc (Hz): 6 bins")
	require.Contains(t, string(out), "weights of ee (mV): 6 times, 30 synapses")
	out, err = exec.Command(python, "-c", `
import sys, numpy as np
z = np.load(sys.argv[1] + "/spikes.exc.npz")
assert z["population"].item() == "exc" and z["timestamps_unit"].item() == "ms"
assert z["timestamps"].dtype == np.float64 and z["node_ids"].dtype == np.int64
k = np.rint(z["timestamps"] / 0.1)
assert (z["timestamps"] == k * 0.1).all() and k.min() > 103 and k.max() <= 707
assert (np.lexsort((z["node_ids"], z["timestamps"])) == np.arange(len(k))).all()
v = np.load(sys.argv[1] + "/v_m.exc.npz")
assert v["node_ids"].tolist() == list(range(10)) + [50] and v["v_m"].shape == (60, 11) and v["unit"].item() == "mV"
`, res.RunDir).CombinedOutput()
	require.NoError(t, err, string(out))
}

// Recording changes nothing of what it records.
func TestRecordingDoesNotDisturb(t *testing.T) {
	file := configuration(t, plain)
	require.Equal(t, run(t, load(t, file, "record=[]"), 2).Spikes, run(t, load(t, file), 2).Spikes)
}

func TestRecordMistakes(t *testing.T) {
	file := configuration(t, balanced)
	for set, want := range map[string]string{
		"record=[{what: vm, of: exc, every: 1 ms}]":                         `record[0].what: vm: exc has no such variable; did you mean "v_m"?`,
		"record=[{what: v_m, of: exd, every: 1 ms}]":                        `record[0].of: exd: there is no population of this name; did you mean "exc"?`,
		"record=[{what: v_m, of: exc}]":                                     `record[0].every: is missing: the time between two values, such as 10 ms`,
		"record=[{what: v_m, of: exc, every: 0.25 ms}]":                     `record[0].every: 0.25 ms: is 2.5 steps of 0.1 ms; must be a whole number of steps`,
		"record=[{what: rate, of: exc, every: 1 s}]":                        `record[0].every: 1 s: is longer than the run of 60.4 ms; nothing would be kept`,
		"record=[{what: spikes, of: exc, every: 1 ms}]":                     `record[0].every: 1 ms: has no meaning for spikes`,
		"record=[{what: spikes, of: exc, neurons: 70-80}]":                  `record[0].neurons: 70-80: 80 is outside of the population, whose neurons are 0 to 79`,
		"record=[{what: spikes, of: exc, neurons: 'some'}]":                 `record[0].neurons: some: "some" is no choice of neurons; write all, a number, or ranges`,
		"record=[{what: spikes, of: exc, neurons: '5-2'}]":                  `"5-2" is no choice of neurons`,
		"record=[{what: spikes, of: exc, neurons: '-1'}]":                   `"-1" is no choice of neurons`,
		"record=[{what: spikes, of: exc, neurons: '0-79,0-79,0-79'}]":       `names neurons several times`,
		"record=[{what: spikes, of: drive-exc}]":                            `record[0].of: drive-exc: there is no population of this name`,
		"record=[{what: weights, of: eee}]":                                 `record[0].of: eee: there is no projection of this name; did you mean "ee"?`,
		"record=[{what: weights, of: ee, every: 0.05 ms}]":                  `record[0].every: 0.05 ms: is 0.5 steps`,
		"record=[{what: spikes, of: exc}, {what: spikes, of: exc}]":         `record[1]: spikes of exc is in record[0] already; record it once`,
		"record=[{what: spikes, of: exc, synapses: 0}]":                     `record[0].synapses: 0: must be in [1, 10000000]`,
		"record=[{what: v_m, of: exc, every: 1 ms, neurons: '0,,2'}]":       `is no choice of neurons`,
		"record=[{what: v_m, of: exc, every: 1 ms, neurons: '3000000000'}]": `is no choice of neurons`,
	} {
		t.Run(set, func(t *testing.T) {
			_, err := tasks.Load(file, []string{set}, nil)
			require.ErrorContains(t, err, want)
		})
	}
	_, err := tasks.Load(file, []string{"populations[exc].size=4000000", "record=[{what: v_m, of: exc, every: 0.1 ms}]", "projections=[]"}, nil)
	require.ErrorContains(t, err, "record[0]: may take 6.24 GB of memory, at most 2 GB are allowed; record fewer neurons, or less often")
	_, err = tasks.Load(file, []string{"time.run=10000 s", "populations[exc].size=200000", "record=[{what: spikes, of: exc}]", "projections=[]"}, nil)
	require.ErrorContains(t, err, "record: would take about 640 GB, assuming 20 Hz of exc, at most 200 GB are allowed")
	_, err = tasks.Load(file, []string{"time.run=1000 s", "record=[{what: spikes, of: exc, neurons: 7}]"}, nil)
	require.NoError(t, err)
}

// The size of multimeters is known exactly before the run, and more than the
// disk has is refused before there is a folder.
func TestSizeIsToldBefore(t *testing.T) {
	file := configuration(t, balanced)
	var notes []string
	o := tasks.RunOptions{Workers: 1, Runs: filepath.Join(t.TempDir(), "runs"), Note: func(s string) { notes = append(notes, s) }}
	x := load(t, file, "time.run=300 ms", "populations[exc].size=500", "record=[{what: v_m, of: exc, every: 1 ms}]", "task.report=100 ms")
	_, err := tasks.Run(context.Background(), x, o)
	require.NoError(t, err)
	// 300 times of 8 + 500 x 8 bytes, and 500 ids of 8.
	require.Equal(t, []string{"the recordings take about 1.21 MB"}, notes)
}

// What cannot be written ends the run with the reason, and leaves no archive.
func TestUnwritableRecording(t *testing.T) {
	x := load(t, configuration(t, balanced), "record=[{what: spikes, of: exc}]")
	out := filepath.Join(t.TempDir(), "r")
	broken := false
	_, err := tasks.Run(context.Background(), x, tasks.RunOptions{Workers: 2, Out: out, Progress: func(phase string, _, _ int) {
		if phase == tasks.PhaseSimulate && !broken {
			broken = true // no folder of archives: its name belongs to a file
			require.NoError(t, os.Mkdir(filepath.Join(out, "spikes.exc.npz"), 0o777))
		}
	}})
	require.ErrorContains(t, err, "spikes.exc.npz cannot be written")
	require.NoFileExists(t, filepath.Join(out, "DONE"))
	left, err := filepath.Glob(filepath.Join(out, ".part-*"))
	require.NoError(t, err)
	require.Empty(t, left)
}
