package tasks_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/synohm/synohm/neurons"
	"github.com/synohm/synohm/tasks"
)

// plain is the balanced network without pictures, which take longer than all
// else.
var plain = strings.Replace(balanced, "report: 0.1 ms", "report: 0.1 ms, plots: false", 1)

// everySource has all that drives a population or heads a projection.
const everySource = `synohm: 1
time: {step: 0.1 ms, warm_up: 2.2 ms, run: 30 ms}
populations:
  - {name: a, model: iaf_psc_alpha, size: 40}
sources:
  - {name: poisson, model: poisson_generator, to: a, params: {rate: 8 kHz}, weight: 100 pA, delay: 0.5 ms}
  - {name: sine, model: inhomogeneous_poisson, to: a, params: {rate: 5 kHz, amplitude: 4 kHz, frequency: 50 Hz}, weight: 100 pA, delay: 7 ms}
  - {name: given, model: spike_generator, to: a, params: {spike_times: [1 ms, 9 ms, 17 ms, 29 ms]}, weight: 900 pA, delay: 3 ms}
  - {name: noise, model: noise_generator, to: a, params: {mean: 200 pA, std: 300 pA, dt: 0.7 ms}}
  - {name: steps, model: step_current_generator, to: a, params: {amplitude_times: [5 ms, 20 ms], amplitude_values: [100 pA, -50 pA]}}
  - {name: constant, model: dc_generator, to: a, params: {amplitude: 100 pA, start: 3 ms}}
  - {name: trains, model: poisson_generator, size: 20, params: {rate: 200 Hz}}
projections:
  - {name: in, from: trains, to: a, rule: {kind: fixed_indegree, n: 4}, weight: 300 pA, delay: 2 ms}
  - {name: aa, from: a, to: a, rule: {kind: fixed_indegree, n: 4}, weight: -100 pA, delay: {low: 0.4 ms, high: 2 ms}}
record:
  - {what: spikes, of: a}
  - {what: spikes, of: trains, neurons: 3-9}
  - {what: rate, of: trains, every: 3 ms}
  - {what: weights, of: aa, every: 5 ms, synapses: 11}
task: {kind: simulate, report: 0.1 ms, plots: false}
`

// stateful are small networks that together have every kind of state. What
// brings a new kind of state (a synapse, a rule, a source) brings its line.
func stateful(t testing.TB) map[string]string {
	nets := map[string]string{"balanced": plain, "sources": everySource}
	for _, m := range neurons.Builtin() {
		if len(m.Inputs) == 0 {
			continue
		}
		unit := func(value float64) string { return strings.TrimSpace(fmt.Sprint(value, " ", m.Inputs[0].Unit)) }
		record := "{what: spikes, of: a}"
		for _, v := range m.Variables {
			record += fmt.Sprintf(", {what: %s, of: a, every: 0.7 ms, neurons: 0-4}", v.Name)
		}
		nets["model "+m.Name] = fmt.Sprintf(`synohm: 1
time: {step: 0.1 ms, warm_up: 2.2 ms, run: 25 ms}
populations: [{name: a, model: %s, size: 33}]
sources: [{name: drive, model: poisson_generator, to: a, params: {rate: 8 kHz}, weight: %s, delay: 0.5 ms}]
projections: [{name: aa, from: a, to: a, rule: {kind: fixed_indegree, n: 3}, weight: %s, delay: {low: 0.4 ms, high: 2 ms}}]
record: [%s]
task: {kind: simulate, report: 0.1 ms, plots: false}
`, m.Name, unit(2), unit(1), record)
	}
	cats := tasks.Catalogs()
	for _, kind := range []string{"synapses", "plasticity"} {
		for _, e := range cats[kind] {
			key := map[string]string{"synapses": "synapse", "plasticity": "plasticity"}[kind]
			required := map[string]string{
				"stdp": ", w_max: 80 pA", "stdp_triplet": ", w_max: 80 pA", "vogels_sprekeler": ", w_max: 80 pA",
				"stdp_dopamine": ", w_max: 80 pA", "stochastic_release": ", p: 0.5",
			}
			more := fmt.Sprintf("%s: {kind: %s%s}", key, e.Name, required[e.Name])
			if e.Name == "stdp_dopamine" {
				more += ", modulator: b"
			}
			for _, substrate := range []string{"ideal", "quantised"} {
				nets[key+" "+e.Name+" "+substrate] = fmt.Sprintf(`synohm: 1
time: {step: 0.1 ms, warm_up: 2.2 ms, run: 25 ms}
substrate: %s
populations:
  - {name: a, model: iaf_psc_exp, size: 33}
  - {name: b, model: iaf_psc_exp, size: 3}
sources:
  - {name: drive, model: poisson_generator, to: a, params: {rate: 20 kHz}, weight: 200 pA, delay: 0.5 ms}
  - {name: reward, model: poisson_generator, to: b, params: {rate: 20 kHz}, weight: 200 pA, delay: 0.5 ms}
projections:
  - {name: aa, from: a, to: a, rule: {kind: fixed_indegree, n: 5}, weight: {low: 20 pA, high: 40 pA}, delay: {low: 0.4 ms, high: 2 ms}, %s}
record: [{what: spikes, of: a}, {what: weights, of: aa, every: 5 ms, synapses: 20}]
task: {kind: simulate, report: 0.1 ms, plots: false}
`, substrate, more)
			}
		}
	}
	return nets
}

// bits are the files of a run that must be the same.
func bits(t testing.TB, dir string) map[string]string {
	files := tree(t, dir)
	maps.DeleteFunc(files, func(name, _ string) bool {
		return strings.HasPrefix(name, "checkpoints/") || strings.HasPrefix(name, "config.")
	})
	return files
}

// cut runs until so many ms are simulated, and is interrupted there.
func cut(ms int) (context.Context, func(phase string, done, total int)) {
	ctx, cancel := context.WithCancel(context.Background())
	return ctx, func(phase string, done, total int) {
		if phase == tasks.PhaseSimulate && done >= ms {
			cancel()
		}
	}
}

// A run that is cut and resumed, again and again, ends with the bits of the
// uncut one, whatever the numbers of workers.
func TestResumeEqualsTheUncutRun(t *testing.T) {
	for name, text := range stateful(t) {
		t.Run(name, func(t *testing.T) {
			file := configuration(t, text)
			x := load(t, file)
			uncut := run(t, x, 2)
			require.NotEmpty(t, uncut.Rates)
			want := bits(t, uncut.RunDir)
			length := int(x.Time.WarmUp + x.Time.Run)
			n := 0
			rapid.Check(t, func(rt *rapid.T) {
				if n++; n > 6 {
					return // enough for one run of the tests
				}
				out := filepath.Join(t.TempDir(), "r")
				workers := rapid.IntRange(1, 4)
				at := rapid.IntRange(0, length-2).Draw(rt, "cut")
				ctx, progress := cut(at)
				o := tasks.RunOptions{
					Workers: workers.Draw(rt, "workers"), Out: out, Progress: progress,
					CheckpointEvery: rapid.SampledFrom([]float64{0, 6.6, 20}).Draw(rt, "every"),
				}
				_, err := tasks.Run(ctx, load(t, file), o)
				require.ErrorIs(rt, err, context.Canceled)
				require.True(rt, tasks.Resumable(out))
				if rapid.Bool().Draw(rt, "again") {
					ctx, progress := cut(rapid.IntRange(at, length-1).Draw(rt, "second cut"))
					_, err := tasks.Resume(ctx, out, tasks.RunOptions{Workers: workers.Draw(rt, "workers then"), Progress: progress})
					require.ErrorIs(rt, err, context.Canceled)
				}
				_, err = tasks.Resume(context.Background(), out, tasks.RunOptions{Workers: workers.Draw(rt, "workers at last")})
				require.NoError(rt, err)
				require.Equal(rt, want, bits(t, out))
			})
		})
	}
}

// interrupted makes a run folder with two checkpoints, cut at 40 ms.
func interrupted(t testing.TB) (file, out string) {
	file = configuration(t, plain)
	out = filepath.Join(t.TempDir(), "r")
	ctx, progress := cut(40)
	_, err := tasks.Run(ctx, load(t, file), tasks.RunOptions{Workers: 2, Out: out, Progress: progress, CheckpointEvery: 10})
	require.ErrorIs(t, err, context.Canceled)
	return file, out
}

func checkpointFiles(t testing.TB, out string) []string {
	names, err := filepath.Glob(filepath.Join(out, "checkpoints", "*"))
	require.NoError(t, err)
	return names // 300 before 4xx: both have three digits
}

// The last two checkpoints are kept. Where the last is damaged, the one before
// serves, and the user is told.
func TestDamagedCheckpointFallsBack(t *testing.T) {
	for name, damage := range map[string]func(t *testing.T, path string){
		"cut": func(t *testing.T, path string) { require.NoError(t, os.Truncate(path, 5000)) },
		"changed": func(t *testing.T, path string) {
			data, err := os.ReadFile(path)
			require.NoError(t, err)
			data[len(data)/2] ^= 4
			require.NoError(t, os.WriteFile(path, data, 0o644))
		},
		"empty": func(t *testing.T, path string) { require.NoError(t, os.WriteFile(path, nil, 0o644)) },
	} {
		t.Run(name, func(t *testing.T) {
			file, out := interrupted(t)
			files := checkpointFiles(t, out)
			require.Len(t, files, 2)
			damage(t, files[1])
			var notes []string
			_, err := tasks.Resume(context.Background(), out, tasks.RunOptions{Workers: 1, Note: func(s string) { notes = append(notes, s) }})
			require.NoError(t, err)
			require.Len(t, notes, 2)
			require.Contains(t, notes[0], "is damaged")
			require.Contains(t, notes[1], "going on from the checkpoint of step ")
			require.Equal(t, bits(t, run(t, load(t, file), 2).RunDir), bits(t, out))
		})
	}
	t.Run("all", func(t *testing.T) {
		_, out := interrupted(t)
		for _, f := range checkpointFiles(t, out) {
			require.NoError(t, os.Truncate(f, 100))
		}
		_, err := tasks.Resume(context.Background(), out, tasks.RunOptions{Workers: 1})
		require.ErrorContains(t, err, "no checkpoint can be used; start the run anew")
	})
	t.Run("parts are gone", func(t *testing.T) {
		_, out := interrupted(t)
		require.NoError(t, os.RemoveAll(filepath.Join(out, ".recordings")))
		_, err := tasks.Resume(context.Background(), out, tasks.RunOptions{Workers: 1})
		require.ErrorContains(t, err, "no checkpoint can be used")
	})
}

// A checkpoint that lost what was recorded before it is of no use: the one
// before is taken.
func TestShortPartsFallBack(t *testing.T) {
	file, out := interrupted(t)
	part := filepath.Join(out, ".recordings", "spikes.exc.timestamps")
	info, err := os.Stat(part)
	require.NoError(t, err)
	require.NoError(t, os.Truncate(part, info.Size()-8))
	var notes []string
	_, err = tasks.Resume(context.Background(), out, tasks.RunOptions{Workers: 2, Note: func(s string) { notes = append(notes, s) }})
	require.NoError(t, err)
	require.Contains(t, notes[0], "bytes, ")
	require.Equal(t, bits(t, run(t, load(t, file), 2).RunDir), bits(t, out))
}

func TestResumeRefuses(t *testing.T) {
	resume := func(dir string) error {
		_, err := tasks.Resume(context.Background(), dir, tasks.RunOptions{Workers: 1})
		return err
	}
	file, out := interrupted(t)
	edit := func(t *testing.T, name, old, new string) {
		path := filepath.Join(out, name)
		before, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Contains(t, string(before), old)
		require.NoError(t, os.WriteFile(path, []byte(strings.Replace(string(before), old, new, 1)), 0o644))
		t.Cleanup(func() { require.NoError(t, os.WriteFile(path, before, 0o644)) })
	}
	t.Run("changed configuration", func(t *testing.T) {
		edit(t, "config.resolved.yaml", "size: 80", "size: 81")
		require.ErrorContains(t, resume(out), "config.resolved.yaml was changed")
	})
	t.Run("another version", func(t *testing.T) {
		edit(t, "manifest.json", `"synohm": "`+tasks.Version, `"synohm": "0.0.1`)
		require.ErrorContains(t, resume(out), "is of version 0.0.1, this is "+tasks.Version+"; resume it with the program that began it")
	})
	t.Run("checkpoint of another run", func(t *testing.T) {
		other := filepath.Join(t.TempDir(), "r")
		ctx, progress := cut(10)
		_, err := tasks.Run(ctx, load(t, file, "seed=4"), tasks.RunOptions{Workers: 1, Out: other, Progress: progress})
		require.ErrorIs(t, err, context.Canceled)
		data, err := os.ReadFile(checkpointFiles(t, other)[0])
		require.NoError(t, err)
		foreign := filepath.Join(out, "checkpoints", "600.npz")
		require.NoError(t, os.WriteFile(foreign, data, 0o644))
		defer os.Remove(foreign)
		require.ErrorContains(t, resume(out), "does not fit: it is of version "+tasks.Version+" and configuration ")
	})
	t.Run("done", func(t *testing.T) {
		res := run(t, load(t, file), 1)
		require.ErrorContains(t, resume(res.RunDir), "is done; there is nothing to resume")
	})
	t.Run("no checkpoint", func(t *testing.T) {
		res := run(t, load(t, file), 1)
		require.NoError(t, os.Remove(filepath.Join(res.RunDir, "DONE")))
		require.ErrorContains(t, resume(res.RunDir), "has no checkpoint to go on from; start it anew, with --checkpoint-every")
	})
	t.Run("no folder", func(t *testing.T) {
		require.ErrorContains(t, resume(filepath.Join(out, "nowhere")), "manifest.json")
	})
	t.Run("task without checkpoints", func(t *testing.T) {
		res := run(t, load(t, smallConfig(t), "task.readout.epochs=1", "populations[liquid].size=10", "task.compare=false"), 1)
		require.NoError(t, os.Remove(filepath.Join(res.RunDir, "DONE")))
		require.ErrorContains(t, resume(res.RunDir), "is of the task liquid, which keeps no checkpoints")
	})
	t.Run("still going on", func(t *testing.T) {
		place := filepath.Join(t.TempDir(), "r")
		var inside error
		_, err := tasks.Run(context.Background(), load(t, file), tasks.RunOptions{Workers: 1, Out: place, CheckpointEvery: 5, Progress: func(phase string, done, _ int) {
			if phase == tasks.PhaseSimulate && done > 30 && inside == nil {
				inside = resume(place)
			}
		}})
		require.NoError(t, err)
		require.ErrorContains(t, inside, "belongs to a run that is still going on")
	})
}

// A checkpoint says what is wrong where the disk refuses it.
func TestUnwritableCheckpoint(t *testing.T) {
	out := filepath.Join(t.TempDir(), "r")
	made := false
	_, err := tasks.Run(context.Background(), load(t, configuration(t, plain)), tasks.RunOptions{Workers: 2, Out: out, CheckpointEvery: 10, Progress: func(phase string, _, _ int) {
		if phase == tasks.PhaseSimulate && !made {
			made = true
			require.NoError(t, os.WriteFile(filepath.Join(out, "checkpoints"), nil, 0o644))
		}
	}})
	require.Error(t, err)
	require.False(t, errors.Is(err, context.Canceled))
	require.ErrorContains(t, err, "checkpoints")
	require.NoFileExists(t, filepath.Join(out, "DONE"))
	require.NoFileExists(t, filepath.Join(out, "spikes.exc.npz"))
}
