package tasks

import (
	"context"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/internal/config"
	"github.com/synohm/synohm/sim"
)

const plasticText = `synohm: 1
time: {step: 0.1 ms, run: 300 ms}
populations:
  - {name: exc, model: iaf_psc_delta, size: 120, params: {v_th: -60 mV}}
  - {name: dop, model: iaf_psc_delta, size: 20, params: {v_th: -60 mV}}
sources:
  - {name: drive-exc, model: poisson_generator, to: exc, params: {rate: 5 kHz}, weight: 0.3 mV}
  - {name: drive-dop, model: poisson_generator, to: dop, params: {rate: 5 kHz}, weight: 0.3 mV}
projections:
  - name: ee
    from: exc
    to: exc
    rule: {kind: fixed_indegree, n: 20}
    weight: 0.2 mV
    delay: {mean: 2 ms, std: 0.5 ms, min: 0.5 ms}
    PLASTIC
  - {name: inhibition, from: dop, to: exc, weight: -0.1 mV, delay: 0.5 ms}
task: {kind: simulate}
`

// plasticNet loads the network with some lines in its plastic projection.
func plasticNet(lines ...string) (*Experiment, error) {
	tree, err := config.Parse("plastic.yaml", []byte(strings.Replace(plasticText, "PLASTIC", strings.Join(lines, "\n    "), 1)))
	if err != nil {
		return nil, err
	}
	return Build(tree, nil, nil)
}

func plasticEngine(t *testing.T, workers int, lines ...string) (*sim.Engine, *sim.Network) {
	x, err := plasticNet(lines...)
	require.NoError(t, err)
	net, err := newSpiking(x).build(context.Background(), RunOptions{Workers: workers})
	require.NoError(t, err)
	e, err := sim.NewEngine(net, workers)
	require.NoError(t, err)
	return e, net
}

// state is what a checkpoint keeps, by name.
func stateOf(e *sim.Engine) map[string]any {
	out := map[string]any{}
	for _, v := range e.Saved() {
		out[v.Name] = v.Values
	}
	return out
}

var plasticCases = map[string][]string{
	"stdp":                        {"plasticity: {kind: stdp, w_max: 0.4 mV, lambda: 0.1}"},
	"additive":                    {"plasticity: {kind: stdp, w_max: 400 uV, lambda: 0.1, dependence: additive}"},
	"power":                       {"plasticity: {kind: stdp_power, w_0: 0.1 mV}"},
	"power without parameters":    {"plasticity: stdp_power"},
	"triplet":                     {"plasticity: {kind: stdp_triplet, w_max: 0.4 mV}"},
	"vogels_sprekeler":            {"plasticity: {kind: vogels_sprekeler, w_max: 0.4 mV}"},
	"dopamine":                    {"plasticity: {kind: stdp_dopamine, w_max: 0.4 mV, w_0: 0.01 mV}", "modulator: dop"},
	"stdp over depressing":        {"plasticity: {kind: stdp, w_max: 0.4 mV}", "synapse: {kind: tsodyks2, u: 0.6}"},
	"stdp over failing":           {"plasticity: {kind: stdp, w_max: 0.4 mV}", "synapse: {kind: stochastic_release, p: 0.5}"},
	"stdp on integers":            {"plasticity: {kind: stdp, w_max: 0.4 mV, lambda: 0.5}", "substrate: quantised"},
	"depressing":                  {"synapse: {kind: tsodyks, u: 0.6}"},
	"failing, drawn for synapses": {"synapse: {kind: stochastic_release, p: 0.5, quantal: 4}"},
}

// A network whose synapses change has the same bits for any number of workers,
// and goes on with them after its state was saved and loaded.
func TestPlasticNetworks(t *testing.T) {
	ctx := context.Background()
	for name, lines := range plasticCases {
		t.Run(name, func(t *testing.T) {
			whole, net := plasticEngine(t, 1, lines...)
			before := net.Projections[0].Weights.Snapshot("w").Values
			require.NoError(t, whole.Run(ctx, 1000, nil))
			cut := whole.Saved()
			require.NoError(t, whole.Run(ctx, 2000, nil))
			want := stateOf(whole)
			if strings.Contains(lines[0], "plasticity") {
				require.NotEqual(t, before, net.Projections[0].Weights.Snapshot("w").Values)
				require.Contains(t, want, "projection/ee/weight")
			}
			for _, workers := range []int{2, 3} {
				e, _ := plasticEngine(t, workers, lines...)
				require.NoError(t, e.Run(ctx, 2000, nil))
				require.Equal(t, want, stateOf(e), "%d workers", workers)
				e, _ = plasticEngine(t, workers, lines...)
				require.NoError(t, e.Load(func(name string) (any, error) {
					for _, v := range cut {
						if v.Name == name {
							return v.Values, nil
						}
					}
					return nil, fmt.Errorf("no %s", name)
				}))
				require.NoError(t, e.Run(ctx, 2000, nil))
				require.Equal(t, want, stateOf(e), "%d workers, loaded", workers)
			}
		})
	}
}

// Weights after a run of an engine are those of a replay of the spikes that it
// reported, in NEST's order of events: spike by spike, over all pairs.
func TestEngineKeepsNESTsOrder(t *testing.T) {
	ctx := context.Background()
	e, net := plasticEngine(t, 2, "plasticity: {kind: stdp, w_max: 0.4 mV, lambda: 0.1, alpha: 1.2, tau_plus: 10 ms, tau_minus: 30 ms}")
	w := net.Projections[0].Weights.(sim.PlasticWeights)
	spikes := make([][]int, 120) // stamped with the ends of their steps
	require.NoError(t, e.Run(ctx, 1500, func(b *sim.Epoch) error {
		for k := range b.Steps {
			b.Spikes(0, k, func(ids []int32) {
				for _, i := range ids {
					spikes[i] = append(spikes[i], int(b.First)+k+1)
				}
			})
		}
		return nil
	}))
	decay := func(steps int, tau float64) float64 { return math.Exp(-float64(steps) * 0.1 / tau) }
	changed := 0
	for source := range int32(120) {
		for part := range 2 {
			row, _, err := w.Row(ctx, sim.Key{}, source, part)
			require.NoError(t, err)
			for i, at := range row.Targets {
				u, pre, post, d := 0.5, spikes[source], spikes[int(row.Base)+int(at)], row.DelayOf(i)
				for j, t := range pre {
					for _, s := range post {
						if s+d > t || j > 0 && s+d <= pre[j-1] {
							continue
						}
						up := 0.0
						for _, before := range pre[:j] {
							up += decay(s+d-before, 10)
						}
						u += 0.1 * (1 - u) * up
					}
					down := 0.0
					for _, s := range post {
						if s+d < t {
							down += decay(t-d-s, 30)
						}
					}
					u = max(0, u-0.12*u*down)
				}
				require.InDelta(t, 0.4*u, row.Weights[i], 1e-6, "synapse %d of source %d, part %d", i, source, part)
				if len(pre) > 0 && len(post) > 0 {
					changed++
				}
			}
		}
	}
	require.Greater(t, changed, 1000)
}

// A liquid has static synapses.
func TestLiquidRefusesPlasticity(t *testing.T) {
	tree, err := config.Parse("liquid.yaml", []byte(`synohm: 1
time: {step: 10 ms, run: 300 ms}
sources:
  - {name: camera, model: event_frames, params: {crop: 32, pool: 2, polarity: on}}
populations:
  - {name: liquid, model: lif_discrete, size: 50}
projections:
  - {name: in, from: camera, to: liquid}
  - {name: rec, from: liquid, to: liquid, synapse: tsodyks}
task: {kind: liquid, of: liquid, data: mnist}
`))
	require.NoError(t, err)
	_, err = Build(tree, nil, nil)
	require.ErrorContains(t, err, "liquid.yaml:9: projections[rec]: the liquid's synapses are static")
}

func TestPlasticProblems(t *testing.T) {
	for _, c := range []struct{ lines, want string }{
		{"plasticity: stdp", "projections[ee].plasticity.w_max: is missing (largest weight"},
		{"plasticity: {kind: stdp, w_max: 0.4}", "projections[ee].plasticity.w_max: 0.4: "},
		{"plasticity: {kind: stdp, w_max: 4 pA}", "projections[ee].plasticity.w_max: 4 pA: "},
		{"plasticity: {kind: stdp, w_max: -4 mV}", "projections[ee].plasticity.w_max: -4 mV: must have the sign of the mean weight"},
		{"plasticity: {kind: stdp, w_max: 0 mV}", "projections[ee].plasticity.w_max: 0 mV: must not be zero"},
		{"plasticity: {kind: stdp, w_max: 4 mV, tau_plus: 0 ms}", "projections[ee].plasticity.tau_plus: 0 ms: "},
		{"plasticity: {kind: stdp, w_max: 4 mV, dependence: additive, mu_plus: 0.5}", "projections[ee].plasticity.mu_plus: 0.5: has a meaning for dependence: guetig alone"},
		{"plasticity: {kind: stdp_dopamine, w_max: 4 mV, w_min: 5 mV}\n    modulator: dop", "projections[ee].plasticity.w_min: 5 mV: must be weaker than w_max"},
		{"plasticity: {kind: stdp_dopamine, w_max: 4 mV}", "projections[ee].modulator: is missing"},
		{"plasticity: {kind: stdp_dopamine, w_max: 4 mV}\n    modulator: dopa", `did you mean "dop"?`},
		{"plasticity: {kind: stdp_dopamine, w_max: 4 mV}\n    modulator: drive-dop", "projections[ee].modulator: drive-dop: drives a population"},
		{"plasticity: {kind: stdp, w_max: 4 mV}\n    modulator: dop", "projections[ee].modulator: dop: has no meaning for stdp"},
		{"modulator: dop", "projections[ee].modulator: dop: has no meaning without"},
		{"plasticity: {kind: stpd, w_max: 4 mV}", "is not in the catalogue of plasticity"},
		{"plasticity: {kind: stdp, w_max: 4 mV}\n    substrate: crossbar", "so no rule can change weights"},
		{"synapse: {kind: stochastic_release, p: 1.5}", "projections[ee].synapse.p: 1.5: "},
		{"synapse: {kind: tsodyks, tau_rec: 0 ms}", "projections[ee].synapse.tau_rec: 0 ms: "},
	} {
		t.Run(c.lines, func(t *testing.T) {
			_, err := plasticNet(c.lines)
			require.ErrorContains(t, err, c.want)
			require.Contains(t, err.Error(), "plastic.yaml:")
		})
	}
}

// A smaller network scales the parameters that are weights with its weights: a
// quarter of the scale doubles them.
func TestPlasticWeightsScale(t *testing.T) {
	x, err := plasticNet("plasticity: {kind: stdp, w_max: 0.4 mV, lambda: 1000, alpha: 0, dependence: additive}")
	require.NoError(t, err)
	x.Scale = 0.25
	net, err := newSpiking(x).build(context.Background(), RunOptions{Workers: 1})
	require.NoError(t, err)
	e, err := sim.NewEngine(net, 1)
	require.NoError(t, err)
	require.NoError(t, e.Run(context.Background(), 3000, nil))
	most := 0.0
	for i, w := range net.Projections[0].Weights.Snapshot("w").Values {
		if i%3 == 2 {
			most = max(most, w)
		}
	}
	require.InDelta(t, 0.8, most, 1e-6)
}

func TestWeightRecorder(t *testing.T) {
	ctx := context.Background()
	var want [][]float32
	for _, workers := range []int{1, 3} {
		e, net := plasticEngine(t, workers, plasticCases["stdp"]...)
		w := net.Projections[0].Weights.(sim.PlasticWeights)
		r, err := newWeightRecorder(ctx, w, workers, 100)
		require.NoError(t, err)
		var got [][]float32
		for until := int64(0); until <= 2000; until += 500 {
			require.NoError(t, e.Run(ctx, until, nil))
			now, err := r.sample()
			require.NoError(t, err)
			got = append(got, append([]float32(nil), now...))
		}
		require.Len(t, got[0], 100)
		require.NotEqual(t, got[0], got[len(got)-1])
		if want == nil {
			want = got
		}
		require.Equal(t, want, got, "%d workers", workers)

		all := w.Snapshot("w").Values // source, target, weight
		sources, targets := r.ids()
		for i, x := range got[len(got)-1] {
			at := 3 * (i * (len(all) / 3) / 100)
			require.Equal(t, []float64{float64(sources[i]), float64(targets[i]), float64(x)}, all[at:at+3])
		}
		few, err := newWeightRecorder(ctx, w, workers, math.MaxInt32)
		require.NoError(t, err)
		now, err := few.sample()
		require.NoError(t, err)
		require.Len(t, now, w.Synapses())
	}
	_, net := plasticEngine(t, 1, "synapse: {kind: tsodyks}")
	_, err := newWeightRecorder(ctx, net.Projections[0].Weights.(sim.PlasticWeights), 1, 5)
	require.ErrorContains(t, err, "share one weight")
}
