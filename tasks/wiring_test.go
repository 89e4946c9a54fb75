package tasks_test

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/internal/config"
	"github.com/synohm/synohm/tasks"
)

// Rules and substrates of all kinds in one network: an array, pairs of cells,
// integers and ideal memory.
const mixedText = `synohm: 1
seed: 1
time: {mode: stepped, step: 0.1 ms, run: 40 ms}
populations:
  - {name: exc, model: iaf_psc_delta, size: 100, params: {c_m: 1 pF, tau_m: 20 ms, t_ref: 2 ms, e_l: 0 mV, v_reset: 0 mV, v_th: 20 mV}}
sources:
  - {name: drive, model: poisson_generator, to: exc, params: {rate: 20 kHz}, weight: 0.2 mV, delay: 1.5 ms}
projections:
  - {name: array, from: exc, to: exc, weight: {mean: 0 mV, std: 0.2 mV}, delay: 1.5 ms, substrate: crossbar}
  - {name: near, from: exc, to: exc, rule: {kind: distance, sigma: 0.1 mm, layout: random, delay_per_mm: 2 ms}, weight: {mean: 0 mV, std: 0.2 mV}, delay: 1.5 ms, substrate: crossbar}
  - {name: total, from: exc, to: exc, rule: {kind: fixed_total_number, n: 1000, multapses: false}, weight: {mean: 0.1 mV, std: 0.1 mV, min: 0 mV}, delay: {mean: 1.5 ms, std: 0.75 ms, min: 0.1 ms}, substrate: quantised}
  - {name: out, from: exc, to: exc, rule: {kind: fixed_outdegree, n: 10, autapses: false}, weight: -0.2 mV, delay: 1.5 ms}
task: {kind: simulate}
`

func mixed(t *testing.T, text string) (*tasks.Experiment, error) {
	tree, err := config.Parse("mixed.yaml", []byte(text))
	require.NoError(t, err)
	return tasks.Build(tree, nil, nil)
}

func TestRulesAndSubstratesForAnyNumberOfWorkers(t *testing.T) {
	var first *tasks.Result
	for workers := 1; workers <= 4; workers++ {
		x, err := mixed(t, mixedText)
		require.NoError(t, err)
		res, err := tasks.Run(context.Background(), x, tasks.RunOptions{Workers: workers, Runs: t.TempDir()})
		require.NoError(t, err)
		require.Positive(t, res.Rates["exc"])
		require.Positive(t, res.Metrics["cell_reads"])
		if first == nil {
			first = res
		}
		require.Equal(t, first.Spikes, res.Spikes)
		for _, m := range []string{"cell_reads", "read_energy_j", "synapses"} {
			require.Equal(t, first.Metrics[m], res.Metrics[m], m)
		}
	}
}

func TestWiringThatCannotBeMet(t *testing.T) {
	for name, c := range map[string][3]string{
		"total":      {"n: 1000,", "n: 100000,", "projections[total].rule: fixed_total_number of 100000 with 10000 pairs"},
		"out-degree": {"n: 10, autapses: false", "n: 100, autapses: false, multapses: false", "projections[out].rule: fixed_outdegree of 100 with 99 targets"},
		"delays":     {", min: 0.1 ms", "", "projections[total].delay: delays down to"},
		"mean":       {"delay_per_mm: 2 ms}, weight: {mean: 0 mV", "delay_per_mm: 2 ms}, weight: {mean: 1 mV", "projections[near]: weights of mean 1 cannot be had"},
		"memory":     {"rule: {kind: fixed_outdegree, n: 10,", "rule: {kind: fixed_outdegree, n: 42000000,", "would take about"},
	} {
		t.Run(name, func(t *testing.T) {
			text := strings.Replace(mixedText, c[0], c[1], 1)
			if name == "memory" { // with weights and delays of their own 4.2 thousand million synapses are too many
				text = strings.Replace(text, "weight: -0.2 mV, delay: 1.5 ms", "weight: {mean: -0.2 mV, std: 0.1 mV}, delay: 1.5 ms", 1)
			}
			require.NotEqual(t, mixedText, text)
			_, err := mixed(t, text)
			require.ErrorContains(t, err, c[2])
		})
	}
}
