package tasks_test

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/internal/config"
	"github.com/synohm/synohm/tasks"
)

// sourced is a network of cells that spike in the step in which anything of
// 20 mV arrives, since that brings them from rest over the threshold.
func sourced(size int, run, cell, rest string) string {
	return fmt.Sprintf(`synohm: 1
time: {step: 0.1 ms, run: %s}
populations:
  - {name: cells, model: iaf_psc_delta, size: %d, params: {%s}}
%s
task: {kind: simulate}
`, run, size, cell, rest)
}

func build(t testing.TB, text string) (*tasks.Experiment, error) {
	tree, err := config.Parse("test.yaml", []byte(text))
	require.NoError(t, err)
	return tasks.Build(tree, nil, nil)
}

// spike is a neuron and its spike's time in steps.
type spike struct{ stamp, id int }

// digest is spikes_sha256 of the spikes of populations.
func digest(populations ...[]spike) string {
	all := sha256.New()
	for _, spikes := range populations {
		one := sha256.New()
		for _, s := range spikes {
			b := binary.LittleEndian.AppendUint64(nil, uint64(s.stamp-1)) // the step it is made in
			one.Write(binary.LittleEndian.AppendUint32(b, uint32(s.id)))
		}
		all.Write(one.Sum(nil))
	}
	return hex.EncodeToString(all.Sum(nil))
}

// every is the same spike times of several cells.
func every(cells int, stamps ...int) (out []spike) {
	for _, s := range stamps {
		for i := range cells {
			out = append(out, spike{s, i})
		}
	}
	return out
}

// Spikes that are known exactly: at the source's times and the delay.
func TestSourcesActAtTheirTimes(t *testing.T) {
	const relay = "t_ref: 0 ms"
	for name, c := range map[string]struct {
		size       int
		cell, rest string
		want       string
	}{
		"spike_generator": {20, relay,
			"sources: [{name: s, model: spike_generator, to: cells, weight: 20 mV, delay: 1.5 ms, params: {spike_times: [0.1 ms, 1 ms, 2 ms, 3.5 ms]}}]",
			digest(every(20, 16, 25, 35, 50))},
		"factors of spikes": {3, relay,
			"sources: [{name: s, model: spike_generator, to: cells, weight: 5 mV, params: {spike_times: [1 ms, 5 ms], spike_weights: [2, 4]}}]",
			digest(every(3, 51))},
		"trains of spike_generator": {3, relay, `sources: [{name: s, model: spike_generator, size: 3, params: {spike_trains: [[2 ms, 3 ms], [], [1 ms, 2 ms]]}}]
projections: [{name: p, from: s, to: cells, rule: one_to_one, weight: 20 mV, delay: 1.5 ms}]`,
			digest([]spike{{25, 2}, {35, 0}, {35, 2}, {45, 0}}, []spike{{10, 2}, {20, 0}, {20, 2}, {30, 0}})},
		"one list for all trains": {2, relay, `sources: [{name: s, model: spike_generator, size: 20, params: {spike_times: [1 ms, 2 ms]}}]
projections: [{name: p, from: s, to: cells, weight: 1 mV, delay: 0.3 ms}]`,
			digest(every(2, 13, 23), every(20, 10, 20))},
		// R2 of NEST's tests: a spike at 5.0 ms; then 2 ms of refractory time
		// and 4.8 ms as from rest.
		"dc_generator": {2, "t_ref: 2 ms",
			"sources: [{name: s, model: dc_generator, to: cells, delay: 0.1 ms, params: {amplitude: 1 nA, start: 0.1 ms}}]",
			digest(every(2, 50, 118))},
		"step_current_generator": {2, "t_ref: 2 ms",
			"sources: [{name: s, model: step_current_generator, to: cells, params: {amplitude_times: [0.1 ms, 7 ms], amplitude_values: [1 nA, 0 nA]}}]",
			digest(every(2, 50))},
		"noise_generator": {2, "t_ref: 2 ms",
			"sources: [{name: s, model: noise_generator, to: cells, params: {mean: 1 nA, dt: 0.5 ms, start: 0.1 ms}}]",
			digest(every(2, 50, 118))},
		"two sources add": {2, "t_ref: 2 ms", `sources:
  - {name: a, model: dc_generator, to: cells, params: {amplitude: 0.4 nA, start: 0.1 ms}}
  - {name: b, model: dc_generator, to: cells, params: {amplitude: 0.6 nA, start: 0.1 ms}}`,
			digest(every(2, 50, 118))},
	} {
		t.Run(name, func(t *testing.T) {
			x, err := build(t, sourced(c.size, "14 ms", c.cell, c.rest))
			require.NoError(t, err)
			for _, workers := range []int{1, 3} {
				require.Equal(t, c.want, run(t, x, workers).Spikes, "%d workers", workers)
			}
		})
	}
}

// Rates that are known: a cell spikes in every step in which at least one
// spike arrives. The bars are five standard errors.
func TestPoissonSourcesHaveTheirRates(t *testing.T) {
	const cells, steps, h = 100, 10_000, 1e-4 // s
	some := func(mean float64) float64 { return 1 - math.Exp(-mean) }
	for name, c := range map[string]struct {
		rest string
		p    float64 // of a spike in a step
		of   float64 // part of the time
	}{
		"poisson_generator": {"sources: [{name: s, model: poisson_generator, to: cells, weight: 20 mV, delay: 0.3 ms, params: {rate: 1 kHz}}]", some(0.1), 1},
		"trains of poisson_generator": {`sources: [{name: s, model: poisson_generator, size: 100, params: {rate: 1 kHz}}]
projections: [{name: p, from: s, to: cells, rule: one_to_one, weight: 20 mV, delay: 0.3 ms}]`, 0.1, 1},
		"list": {"sources: [{name: s, model: inhomogeneous_poisson, to: cells, weight: 20 mV, params: {rate_times: [500 ms, 900 ms], rate_values: [2 kHz, 0 Hz]}}]", some(0.2), 0.4},
		"trains of a list": {`sources: [{name: s, model: inhomogeneous_poisson, size: 100, params: {rate_times: [500 ms, 900 ms], rate_values: [1 kHz, 0 Hz]}}]
projections: [{name: p, from: s, to: cells, rule: one_to_one, weight: 20 mV}]`, 0.1, 0.4},
	} {
		t.Run(name, func(t *testing.T) {
			x, err := build(t, sourced(cells, "1 s", "t_ref: 0 ms", c.rest))
			require.NoError(t, err)
			one := run(t, x, 1)
			require.InDelta(t, c.p*c.of/h, one.Rates["cells"], 5*math.Sqrt(c.p*(1-c.p)*c.of/(cells*steps))/h)
			require.Equal(t, one.Spikes, run(t, x, 3).Spikes)
		})
	}
}

// Noise and changing rates give the same spikes for any number of workers.
func TestRandomSourcesForAnyWorkers(t *testing.T) {
	x, err := build(t, sourced(100, "100 ms", "", `sources:
  - {name: noise, model: noise_generator, to: cells, params: {mean: 300 pA, std: 500 pA, dt: 0.3 ms}}
  - {name: sine, model: inhomogeneous_poisson, to: cells, weight: 1 mV, params: {rate: 1 kHz, amplitude: 1 kHz, frequency: 50 Hz}}
  - {name: trains, model: inhomogeneous_poisson, size: 70, params: {rate: 100 Hz, amplitude: 90 Hz, frequency: 50 Hz}}
projections: [{name: p, from: trains, to: cells, rule: {kind: fixed_indegree, n: 10}, weight: 1 mV, delay: 0.5 ms}]`))
	require.NoError(t, err)
	one := run(t, x, 1)
	require.Greater(t, one.Rates["cells"], 10.0)
	for _, workers := range []int{2, 5} {
		require.Equal(t, one.Spikes, run(t, x, workers).Spikes, "%d workers", workers)
	}
}

// Mistakes are found before the run, at the field that they are in.
func TestSourcesRefuse(t *testing.T) {
	for name, c := range map[string]struct{ source, want string }{
		"rate of a sender":    {"{name: s, model: poisson_generator, params: {rate: 2 kHz}}", "test.yaml:5: sources[s].params.rate: 2 kHz: makes 0.2 spikes in a step of 0.1 ms; a train that projections come from"},
		"rate of a drive":     {"{name: s, model: poisson_generator, to: cells, weight: 1 mV, params: {rate: 1e7 Hz}}", ""},
		"current to none":     {"{name: s, model: dc_generator, params: {amplitude: 1 pA}}", "sources[s].to: is missing: the population that dc_generator drives"},
		"weight of a sender":  {"{name: s, model: poisson_generator, weight: 1 mV, params: {rate: 1 Hz}}", "sources[s].weight: 1 mV: belongs to the projections that come from it"},
		"delay of a sender":   {"{name: s, model: poisson_generator, delay: 1 ms, params: {rate: 1 Hz}}", "sources[s].delay: 1 ms: belongs to the projections that come from it"},
		"size of a drive":     {"{name: s, model: poisson_generator, to: cells, size: 3, weight: 1 mV, params: {rate: 1 Hz}}", "sources[s].size: 3: has no meaning beside to"},
		"weight of a current": {"{name: s, model: dc_generator, to: cells, weight: 1 mV}", "sources[s].weight: 1 mV: has no meaning for a current"},
		"off the grid":        {"{name: s, model: spike_generator, to: cells, weight: 1 mV, params: {spike_times: [1 ms, 1.05 ms]}}", "sources[s].params.spike_times: 1.05 ms is off the grid of 0.1 ms"},
		"off the grid, sent":  {"{name: s, model: spike_generator, params: {spike_times: [1.05 ms]}}", "sources[s].params.spike_times: 1.05 ms is off the grid of 0.1 ms"},
		"start":               {"{name: s, model: dc_generator, to: cells, params: {start: 0.25 ms}}", "sources[s].params.start: 0.25 ms: is off the grid of 0.1 ms; the next ones on it are 0.2 and 0.3 ms"},
		"dt":                  {"{name: s, model: noise_generator, to: cells, params: {dt: 0.25 ms}}", "sources[s].params.dt: 0.25 ms: is off the grid of 0.1 ms; the next ones on it are 0.2 and 0.3 ms"},
		"stop":                {"{name: s, model: dc_generator, to: cells, params: {start: 2 ms, stop: 1 ms}}", "sources[s].params.stop: 1 ms: must not be before start"},
		"trains":              {"{name: s, model: spike_generator, size: 2, params: {spike_trains: [[1 ms]]}}", "sources[s].params.spike_trains: has 1 lists for 2 trains"},
		"delay off the grid":  {"{name: s, model: dc_generator, to: cells, delay: 0.25 ms}", "sources[s].delay"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := build(t, sourced(2, "1 ms", "", "sources: ["+c.source+"]"))
			if c.want == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, c.want)
		})
	}
}
