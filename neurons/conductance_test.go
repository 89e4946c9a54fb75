package neurons

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/internal/config"
	"github.com/synohm/synohm/sim"
)

// cells makes cells of a model with the parameters of a YAML mapping.
func cells(t testing.TB, m Model, size int, step float64, yaml string) sim.Population {
	p, err := m.New(Block{Part: sim.Part{Lo: 0, Hi: size}, StepMS: step}, decoded(t, m, yaml))
	require.NoError(t, err)
	return p
}

func decoded(t testing.TB, m Model, yaml string) any {
	tree, err := config.Parse("test.yaml", []byte(yaml+"\n"))
	require.NoError(t, err)
	p := m.Entry.New()
	require.Empty(t, tree.Decode(p, nil))
	return p
}

// refused tells which rule parameters break.
func refused(t *testing.T, m Model, yaml string) string {
	tree, err := config.Parse("test.yaml", []byte(yaml+"\n"))
	require.NoError(t, err)
	problems := tree.Decode(m.Entry.New(), nil)
	require.NotEmpty(t, problems, "%s is taken", yaml)
	return problems.Error()
}

func value(t testing.TB, p sim.Population, name string) []float64 {
	v, err := sim.Values(p, name)
	require.NoError(t, err)
	return v
}

// quiet is a step without input for models with conductances.
func quiet(size int) sim.Input {
	return sim.Input{Channels: [][]float32{make([]float32, size), make([]float32, size)}}
}

// stamps runs the first cell without input and returns the steps at whose end
// its spikes are stamped.
func stamps(p sim.Population, steps int) (at []int) {
	in := quiet(p.Size())
	for k := range steps {
		if len(p.Advance(in, nil)) > 0 {
			at = append(at, k+1)
		}
	}
	return at
}

// grid is the first grid point at or after each time, in steps.
func grid(times []float64, step float64) (at []int) {
	for _, t := range times {
		at = append(at, int(math.Ceil(t/step)))
	}
	return at
}

// finite holds that no state is NaN or infinite.
func finite(t *testing.T, p sim.Population) {
	for _, v := range p.State() {
		f, _ := v.Values.([]float64)
		for _, x := range f {
			require.False(t, math.IsNaN(x) || math.IsInf(x, 0), "%s is %g", v.Name, x)
		}
	}
}

// Whatever arrives, however stiff, a step ends and leaves numbers.
func TestConductanceModelsStayFinite(t *testing.T) {
	for _, c := range []struct {
		model Model
		yaml  string
	}{
		{IAFCondExpModel(), "integrator: rkf45"},
		{IAFCondExpModel(), "integrator: exp_euler"},
		{IAFCondExpModel(), "{integrator: exp_euler, g_l: 0 nS, tau_syn_in: 0.2 ms, e_in: 0 mV}"},
		{IAFCondExpModel(), "{integrator: rkf45, g_l: 0 nS, c_m: 1e300 pF}"},
		{IAFCondExpModel(), "{integrator: exp_euler, c_m: 1e300 pF}"},
		{IAFCondExpModel(), "{integrator: exp_euler, c_m: 1e-300 pF}"},
		{AEIFCondExpModel(), "{g_l: 0 nS}"},
		{AEIFCondExpModel(), "{delta_t: 0 mV, c_m: 1e300 pF}"},
		{AEIFCondExpModel(), "{delta_t: 0.0761 mV}"}, // nearly the sharpest rise that is allowed
		{AEIFCondExpModel(), "{v_peak: -50.4 mV, tau_w: 2 ms, tau_syn_ex: 2 ms}"},
		{HHCondExpTraubModel(), "integrator: rkf45"},
		{HHCondExpTraubModel(), "integrator: exp_euler"},
		{HHCondExpTraubModel(), "{integrator: exp_euler, g_l: 0 nS, g_na: 0 nS, g_k: 0 nS}"},
		{HHCondExpTraubModel(), "{integrator: rkf45, g_l: 0 nS, g_na: 0 nS, g_k: 0 nS, c_m: 1e300 pF}"},
	} {
		t.Run(c.model.Name+" "+c.yaml, func(t *testing.T) {
			p := cells(t, c.model, 1, 0.1, c.yaml)
			in := quiet(1)
			in.Current = make([]float64, 1)
			for _, x := range []struct {
				ex, in  float32
				current float64
			}{{}, {1, 1, 0}, {1e4, 0, 0}, {0, 1e7, 0}, {1e12, 1e12, 0}, {0, 0, 1e9}, {0, 0, -1e9}, {}, {}} {
				in.Channels[0][0], in.Channels[1][0], in.Current[0] = x.ex, x.in, x.current
				p.Advance(in, nil)
				finite(t, p)
			}
		})
	}
}

// A conductance that the integrator cannot follow is followed by exponential
// Euler, and the cell says so.
func TestUnresolvedSteps(t *testing.T) {
	for _, m := range []Model{IAFCondExpModel(), AEIFCondExpModel(), HHCondExpTraubModel()} {
		t.Run(m.Name, func(t *testing.T) {
			p := cells(t, m, 2, 0.1, "{e_ex: -66 mV, tau_syn_ex: 10 ms}")
			value(t, p, "g_ex")[0] = 1e9
			p.Advance(quiet(2), nil)
			require.Equal(t, []float64{1, 0}, value(t, p, "unresolved"))
			require.InDelta(t, -66, value(t, p, "v_m")[0], 1e-3, "the reversal potential")
			require.InEpsilon(t, 1e9*math.Exp(-0.01), value(t, p, "g_ex")[0], 1e-12)
		})
	}
}

func BenchmarkConductanceModels(b *testing.B) {
	for _, c := range []struct {
		name  string
		model Model
		in    float32 // nS, for 10 to 50 spikes a second
		yaml  string
	}{
		{"iaf_cond_exp/exp_euler", IAFCondExpModel(), 5, "{integrator: exp_euler, tau_syn_ex: 5 ms, tau_syn_in: 10 ms}"},
		{"iaf_cond_exp/rkf45", IAFCondExpModel(), 5, "{integrator: rkf45, tau_syn_ex: 5 ms, tau_syn_in: 10 ms}"},
		{"aeif_cond_exp/rkf45", AEIFCondExpModel(), 3, "{tau_syn_ex: 5 ms, tau_syn_in: 10 ms}"},
		{"hh_cond_exp_traub/exp_euler", HHCondExpTraubModel(), 7, "integrator: exp_euler"},
		{"hh_cond_exp_traub/rkf45", HHCondExpTraubModel(), 7, "integrator: rkf45"},
	} {
		b.Run(c.name, func(b *testing.B) {
			const n = 1000
			p := cells(b, c.model, n, 0.1, c.yaml)
			in := quiet(n)
			var spikes []int32
			step, total := 0, 0
			for b.Loop() {
				for i := range n { // a spike of each kind in every eighth step
					in.Channels[0][i] = 6 * float32((i+step)&7/7)
					in.Channels[1][i] = c.in * float32((i+step+4)&7/7)
				}
				spikes = p.Advance(in, spikes[:0])
				total += len(spikes)
				step++
			}
			b.ReportMetric(float64(b.N)*n/b.Elapsed().Seconds(), "updates/s")
			b.ReportMetric(float64(total)/float64(b.N)/n/0.1e-3, "spikes/s/cell")
		})
	}
}
