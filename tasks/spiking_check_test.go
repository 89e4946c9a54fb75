package tasks_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/tasks"
)

func problems(t *testing.T, text string) string {
	file := filepath.Join(t.TempDir(), "net.yaml")
	require.NoError(t, os.WriteFile(file, []byte(text), 0o644))
	_, err := tasks.Load(file, nil, nil)
	if err == nil {
		return ""
	}
	return err.Error()
}

// Mistakes of every kind are told at once, each with its line; what hangs on
// something that is wrong is left out.
func TestMistakesOfASimulationAtOnce(t *testing.T) {
	all := problems(t, `synohm: 1
time: {step: 0.1 ms, run: 1 s}
populations:
  - {name: a, model: iaf_psc_exp, size: 10}
  - {name: b, model: iaf_psc_alpha, size: 10, init: [{name: vm, value: 1 mV}]}
  - {name: c, model: iaf_cond_exp, size: 10, params: {tau_syn_ex: 0 ms}}
sources: [{name: s, model: poisson_generator, to: d, params: {rate: 1 kHz}, weight: 1 pA}]
projections:
  - {name: p1, from: a, to: b, rule: {kind: fixed_indegree, n: 20, multapses: false}, weight: 1 pA, delay: 0.25 ms}
  - {name: p2, from: a, to: b, weight: 1 mV, delay: 0.05 ms}
  - {name: p3, from: a, to: a, weight: 1 pA, plasticity: {kind: stdp, w_max: 2 nS}}
  - {name: p4, from: a, to: c, weight: 1 mV}
recrod: []
task: {kind: simulate}
`)
	for _, want := range []string{
		`net.yaml:5: populations[b].init[vm].name: vm: iaf_psc_alpha has no such variable; did you mean "v_m"?`,
		"net.yaml:6: populations[c].params.tau_syn_ex: 0 ms: must be in (0, inf) ms",
		"net.yaml:7: sources[s].to: d: there is no population of this name",
		"net.yaml:9: projections[p1].rule: ", "multapses: true",
		"net.yaml:9: projections[p1].delay: ", "off the grid of 0.1 ms; the next ones on it are 0.2 and 0.3",
		`net.yaml:10: projections[p2].weight.value: 1 mV: unit "mV" does not fit here; units that fit: pA`,
		"net.yaml:10: projections[p2].delay: ", "below the step of 0.1 ms",
		`net.yaml:11: projections[p3].plasticity.w_max: 2 nS: unit "nS" does not fit here`,
		`net.yaml:13: recrod: unknown key; did you mean "record"?`,
	} {
		require.Contains(t, all, want)
	}
	require.NotContains(t, all, "p4", "its target is wrong already")
}

func TestSimulationsThatCannotBe(t *testing.T) {
	net := func(head, sources, projections string) string {
		return "synohm: 1\n" + head + "\npopulations: [{name: a, model: iaf_psc_exp, size: 1000000}, {name: c, model: iaf_cond_exp, size: 10}]\n" +
			"sources: [" + sources + "]\nprojections: [" + projections + "]\ntask: {kind: simulate}\n"
	}
	const time, event = "time: {step: 0.1 ms, run: 1 s}", "time: {mode: event, run: 1 s}"
	for name, c := range map[string]struct{ text, want string }{
		"what is under way takes too much memory": {net(time, "", "{name: p, from: a, to: a, rule: one_to_one, weight: 1 pA, delay: 6553.5 ms}"), "GB of memory, at most 16 GB"},
		"synapses take too much memory":           {net(time, "", "{name: p, from: a, to: a, rule: {kind: fixed_indegree, n: 4000}, weight: {low: 1 pA, high: 2 pA}}"), "GB of memory, at most 16 GB"},
		"conductances of the wrong sign":          {net(time, "", "{name: p, from: c, to: c, weight: {mean: 1 nS, std: 1 nS}}"), "cut the distribution at 0"},
		"scale without rates":                     {net("scale: 0.5\n"+time, "", "{name: p, from: a, to: a, rule: one_to_one, weight: 1 pA}"), "populations[a].rate: "},
		"scale of events without rates":           {net("scale: 0.5\n"+event, "", "{name: p, from: a, to: a, rule: one_to_one, weight: 1 pA, delay: 1 ms}"), "populations[a].rate: "},
		"scale with trains at the head":           {net("scale: 0.5\n"+time, "{name: s, model: poisson_generator, params: {rate: 1 Hz}}", "{name: p, from: s, to: a, weight: 1 pA}"), "sources[s]: that projections come from cannot be used with a scale"},
		"scale with depression":                   {net("scale: 0.5\n"+time, "", "{name: p, from: a, to: a, rule: one_to_one, weight: 1 pA, synapse: tsodyks}"), "projections[p].synapse: tsodyks: cannot be used with a scale"},
	} {
		t.Run(name, func(t *testing.T) { require.Contains(t, problems(t, c.text), c.want) })
	}
}

// Short-term dynamics stand before weights of every kind and shape, a whole
// matrix of drawn weights among them.
func TestDynamicsBeforeAllWeights(t *testing.T) {
	for _, synapse := range []string{"tsodyks", "tsodyks2", "{kind: stochastic_release, p: 0.5}"} {
		for _, substrate := range []string{"ideal", "quantised", "crossbar"} {
			for _, rule := range []string{"all_to_all", "{kind: fixed_indegree, n: 10}"} {
				t.Run(synapse+" "+substrate+" "+rule, func(t *testing.T) {
					text := `synohm: 1
time: {step: 0.1 ms, run: 20 ms}
substrate: ` + substrate + `
populations: [{name: a, model: iaf_psc_exp, size: 20}]
sources: [{name: s, model: poisson_generator, to: a, params: {rate: 20 kHz}, weight: 200 pA}]
projections: [{name: p, from: a, to: a, rule: ` + rule + `, weight: {mean: 0 pA, std: 100 pA}, synapse: ` + synapse + `}]
task: {kind: simulate, plots: false}
`
					if substrate == "crossbar" && strings.Contains(synapse, "release") {
						require.Contains(t, problems(t, text), "choose a pulsed cell, such as ecram, or one that is programmed, such as pcm")
						return
					}
					require.Positive(t, runText(t, text).Rates["a"])
				})
			}
		}
	}
}

// A cell that begins above its threshold spikes at once, in either mode, and a
// network of events keeps its rate when it is made smaller.
func TestEventModeBeginsAndScalesAsSteps(t *testing.T) {
	for _, mode := range []string{"stepped", "event"} {
		res := runText(t, `synohm: 1
time: {mode: `+mode+`, step: 0.1 ms, run: 100 ms}
populations: [{name: a, model: iaf_psc_exp, size: 1, init: [{name: v_m, value: 0 mV}]}]
task: {kind: simulate, plots: false}
`)
		require.InDelta(t, 10, res.Rates["a"], 1e-9, mode)
	}
	rate := func(mode, scale string) float64 {
		return runText(t, `synohm: 1
scale: `+scale+`
time: {mode: `+mode+`, step: 0.1 ms, warm_up: 100 ms, run: 1 s}
populations: [{name: a, model: iaf_psc_exp, size: 200, rate: 39 Hz}]
sources: [{name: s, model: poisson_generator, to: a, params: {rate: 8 kHz}, weight: 30 pA, delay: 1 ms}]
projections: [{name: p, from: a, to: a, rule: {kind: fixed_indegree, n: 40}, weight: -20 pA, delay: 1 ms}]
task: {kind: simulate, plots: false}
`).Rates["a"]
	}
	whole := rate("stepped", "1")
	require.InDelta(t, 39, whole, 1, "the rate that the file gives is its own")
	for _, mode := range []string{"stepped", "event"} {
		require.InEpsilon(t, whole, rate(mode, "0.5"), 0.08, mode)
	}
}

func runText(t *testing.T, text string) *tasks.Result {
	file := filepath.Join(t.TempDir(), "net.yaml")
	require.NoError(t, os.WriteFile(file, []byte(text), 0o644))
	x, err := tasks.Load(file, nil, nil)
	require.NoError(t, err)
	res, err := tasks.Run(t.Context(), x, tasks.RunOptions{Workers: 2, Runs: t.TempDir()})
	require.NoError(t, err)
	return res
}

// A leaky cell in white noise fires at Siegert's rate: mean input at the
// threshold of 15 mV, sigma^2 = 1.5 mV^2, tau_m 10 ms, t_ref 2 ms give
// 27.1095934379 Hz (NEST's test_siegert_neuron). The noise is 1.2247 mV
// sqrt(h/tau_m) c_m/h in a step; crossings between grid points are missed, which
// costs less than half a per cent at this step, and 11,000 spikes have an error
// of about as much.
func TestSiegertsRate(t *testing.T) {
	res := runText(t, `synohm: 1
time: {step: 0.02 ms, warm_up: 200 ms, run: 2 s}
populations:
  - {name: a, model: iaf_psc_delta, size: 200, params: {c_m: 250 pF, tau_m: 10 ms, t_ref: 2 ms, e_l: 0 mV, v_reset: 0 mV, v_th: 15 mV}}
sources:
  - {name: noise, model: noise_generator, to: a, params: {mean: 375 pA, std: 684.65 pA, dt: 0.02 ms}}
task: {kind: simulate, plots: false}
`)
	require.InEpsilon(t, 27.1095934379, res.Rates["a"], 0.02)
}
