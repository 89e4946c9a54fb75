// Package configs_test runs every shipped configuration, shortened.
package configs_test

import (
	"bytes"
	"context"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/synohm/synohm/internal/config"
	"github.com/synohm/synohm/internal/kernels"
	"github.com/synohm/synohm/internal/testdeps"
	"github.com/synohm/synohm/tasks"
)

var update = flag.Bool("update", false, "write schema.json anew")

func files(t *testing.T) []string {
	all, err := filepath.Glob("*.yaml")
	require.NoError(t, err)
	require.NotEmpty(t, all)
	return append(all, benchmarks(t)...)
}

func benchmarks(t *testing.T) []string {
	all, err := filepath.Glob("bench/*.yaml")
	require.NoError(t, err)
	require.Len(t, all, 6)
	return all
}

func TestSchemaIsFresh(t *testing.T) {
	want, err := tasks.Schema()
	require.NoError(t, err)
	if *update {
		require.NoError(t, os.WriteFile("schema.json", want, 0o644))
	}
	got, err := os.ReadFile("schema.json")
	require.NoError(t, err)
	require.Equal(t, string(want), string(got), "the grammar has changed; remedy: go test ./configs -update")
}

func TestConfigurationsFollowTheSchema(t *testing.T) {
	text, err := os.ReadFile("schema.json")
	require.NoError(t, err)
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	require.NoError(t, err)
	c := jsonschema.NewCompiler()
	require.NoError(t, c.AddResource("schema.json", doc))
	schema, err := c.Compile("schema.json")
	require.NoError(t, err)
	for _, name := range files(t) {
		t.Run(name, func(t *testing.T) {
			data, err := os.ReadFile(name)
			require.NoError(t, err)
			var v any
			require.NoError(t, yaml.Unmarshal(data, &v))
			require.NoError(t, schema.Validate(v))
		})
	}
}

// Each begins with the line that editors need, and says in its head which
// paper it follows and how long it takes.
func TestConfigurationsIntroduceThemselves(t *testing.T) {
	for _, name := range files(t) {
		data, err := os.ReadFile(name)
		require.NoError(t, err)
		head, _, _ := strings.Cut(string(data), "synohm: 1")
		require.True(t, strings.HasPrefix(head, "# yaml-language-server: $schema="+strings.Repeat("../", strings.Count(name, "/"))+"schema.json\n"), name)
		require.Regexp(t, `et al\.|\b(19|20)\d\d\b`, head, "%s names no paper with its year", name)
		require.Regexp(t, `Takes\s+(# )?about`, head, "%s does not say how long it takes", name)
	}
}

func TestConfigurationsRunShortened(t *testing.T) {
	for _, name := range files(t) {
		if strings.HasPrefix(name, "bench/") {
			continue // TestBenchmarkNetworks
		}
		t.Run(name, func(t *testing.T) {
			sets := []string{"task.data.train=150", "task.data.validation=30", "task.data.test=60", "task.readout.epochs=10"}
			if strings.HasPrefix(name, "crossbar") {
				sets = sets[:3] // its read-out is solved in one step
			}
			if strings.Contains(name, "nmnist") {
				sets = append(sets, "task.data.path="+testdeps.Data(t, "nmnist600/nmnist600.zip"))
			}
			if strings.Contains(name, "intfire") {
				sets = []string{"time.warm_up=50 ms", "time.run=100 ms"}
			}
			if training(t, name) {
				epochs := "task.epochs=3"
				switch name {
				case "zo.yaml": // estimates of a gradient are mostly noise
					epochs = "task.epochs=10"
				case "ff-ensembles.yaml": // activities begin far below the threshold
					epochs = "task.epochs=10"
				}
				res := run(t, name, 2, "task.data={kind: mnist, train: 1000, test: 200}", epochs, "task.batch=20", "task.evaluate=0")
				// Nine tenths are chance.
				require.Less(t, res.Metrics["test_error"], 0.6)
				return
			}
			res := run(t, name, 2, sets...)
			if res.Task == "simulate" {
				for p, rate := range res.Rates {
					require.InDelta(t, 21, rate, 6, p) // 20.9 Hz in the whole run
				}
				return
			}
			// A tenth is chance; with 120 training examples it is far above.
			require.Greater(t, res.Metrics["test_accuracy"], 0.35)
		})
	}
}

// training tells whether a file trains layers.
func training(t *testing.T, name string) bool {
	x, err := tasks.Load(name, nil, nil)
	require.NoError(t, err)
	return x.Task.Variant.Kind == "train"
}

// A file with a sweep block makes its whole plot, shortened: its axes and
// metrics are those that there are.
func TestSweepsOfConfigurations(t *testing.T) {
	swept := 0
	for _, name := range files(t) {
		sets := []string{"populations[liquid].size=20", "task.data.train=40", "task.data.validation=10", "task.data.test=10"}
		x, err := tasks.Load(name, nil, nil)
		require.NoError(t, err)
		if x.Sweep == nil {
			continue
		}
		if training(t, name) {
			sets = []string{"task.data={kind: mnist, train: 100, test: 20}", "task.epochs=1", "task.batch=20"}
		}
		swept++
		t.Run(name, func(t *testing.T) {
			// The ends of the first axis, and all of the others.
			over := slices.Clone(x.Sweep.Over)
			over[0].Values = []config.Scalar{over[0].Values[0], over[0].Values[len(over[0].Values)-1]}
			plan, err := tasks.PlanSweep(name, sets, nil, over, 1, "")
			require.NoError(t, err)
			res, err := tasks.RunSweep(context.Background(), plan, tasks.SweepOptions{RunOptions: tasks.RunOptions{Workers: 2, Runs: t.TempDir()}, Jobs: 2})
			require.NoError(t, err)
			require.FileExists(t, filepath.Join(res.RunDir, "plots", "sweep.png"))
			for _, s := range res.Summary {
				for _, metric := range append([]string{plan.Metric}, plan.Below...) {
					require.Contains(t, s.Mean, metric, "%v", s.Values)
				}
			}
			whole, err := tasks.PlanSweep(name, nil, nil, nil, 0, "")
			require.NoError(t, err)
			require.GreaterOrEqual(t, whole.Seeds, 3, "error bars")
		})
	}
	require.GreaterOrEqual(t, swept, 5)
}

func run(t *testing.T, name string, workers int, sets ...string) *tasks.Result {
	x, err := tasks.Load(name, sets, nil)
	require.NoError(t, err)
	res, err := tasks.Run(context.Background(), x, tasks.RunOptions{Workers: workers, Runs: t.TempDir()})
	require.NoError(t, err)
	return res
}

// The benchmark networks, shortened, send the same spikes for any number of
// workers and by the portable kernels, at rates near those of the whole runs.
func TestBenchmarkNetworks(t *testing.T) {
	rates := map[string][2]float64{ // Hz, lowest and highest of a population
		"brunel-delta": {28, 36}, "brunel-alpha": {25, 33}, "cuba": {2, 12}, "coba": {10, 30},
		"microcircuit": {0.1, 14}, "stdp-balanced": {3, 13},
	}
	for _, file := range benchmarks(t) {
		name := strings.TrimSuffix(filepath.Base(file), ".yaml")
		t.Run(name, func(t *testing.T) {
			sets := []string{"time.warm_up=60 ms", "time.run=60 ms", "task.plots=false"}
			one := run(t, file, 1, sets...)
			for _, workers := range []int{2, 3, 8} {
				require.Equal(t, one.Spikes, run(t, file, workers, sets...).Spikes, "%d workers", workers)
			}
			defer func() { require.NoError(t, kernels.Use("auto")) }()
			for _, form := range kernels.Forms() {
				require.NoError(t, kernels.Use(form))
				require.Equal(t, one.Spikes, run(t, file, 2, sets...).Spikes, "kernels %s", form)
			}
			for p, rate := range one.Rates {
				require.True(t, rate >= rates[name][0] && rate <= rates[name][1], "%s fires at %g Hz", p, rate)
			}
		})
	}
}

// Run as their files say, the networks fire at the rates that are known of them.
func TestRatesOfBenchmarkNetworks(t *testing.T) {
	for name, bounds := range map[string][2]float64{ // Hz, of all cells
		"brunel-delta": {31.5, 32.6}, // three seeds of NEST 31.9 to 32.1, Brian2 32.06
		"brunel-alpha": {28, 30},     // Brian2 28.9, docs/benchmarks.md
		"cuba":         {5.3, 5.6},   // three networks of Bernoulli pairs, 5.29 to 5.51
		"coba":         {17.6, 19.3}, // the same
	} {
		t.Run(name, func(t *testing.T) {
			res := run(t, "bench/"+name+".yaml", 2, "task.plots=false")
			rate := 0.8*res.Rates["exc"] + 0.2*res.Rates["inh"] // four of five cells are excitatory
			require.True(t, rate >= bounds[0] && rate <= bounds[1], "%g Hz", rate)
		})
	}
	// Standard deviation from seed to seed 0.03 to 0.2 Hz; Brian2 at the same
	// scale, docs/results/spiking.md.
	t.Run("microcircuit", func(t *testing.T) {
		res := run(t, "bench/microcircuit.yaml", 2, "task.plots=false")
		for p, want := range map[string][2]float64{
			"L23E": {0.450, 0.028}, "L23I": {2.075, 0.043}, "L4E": {3.903, 0.065}, "L4I": {4.991, 0.030},
			"L5E": {6.667, 0.198}, "L5I": {7.726, 0.082}, "L6E": {0.850, 0.027}, "L6I": {6.990, 0.053},
		} {
			require.InDelta(t, want[0], res.Rates[p], 3*want[1], p)
		}
	})
}

// One word puts the weights of a training onto cells that pulses change.
func TestOneWordTrainsOnDevices(t *testing.T) {
	res := run(t, "ff-mnist.yaml", 2, "substrate=ecram", "layers=[{name: first, size: 40, gain: 1.25}]",
		"task.data={kind: mnist, train: 1000, test: 200}", "task.epochs=4", "task.batch=20", "task.evaluate=0", "task.plots=false", "task.rule.theta=40")
	require.Less(t, res.Metrics["test_error"], 0.75, "nine tenths are chance")
	require.Positive(t, res.Metrics["programming_pulses"])
}
