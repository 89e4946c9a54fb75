package neurons_test

import (
	"context"
	"math"
	"sort"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/synohm/synohm/internal/config"
	"github.com/synohm/synohm/internal/kernels"
	"github.com/synohm/synohm/neurons"
	"github.com/synohm/synohm/neurons/drives"
	"github.com/synohm/synohm/sim"
)

// eventCell makes an event engine of one cell with settings in YAML, driven by
// spikes at given times.
func eventCell(t testing.TB, model, settings string, times []float64, weight float32, delay float64) *sim.EventEngine {
	m, err := neurons.Find(model)
	require.NoError(t, err)
	p := m.Entry.New()
	if p != nil {
		tree, err := config.Parse("test.yaml", []byte(settings))
		require.NoError(t, err)
		require.Empty(t, tree.Decode(p, nil))
	}
	g, err := drives.SpikeGeneratorModel().Event(drives.EventSetting{Size: 1, Weight: weight, Delay: delay}, &drives.SpikeGeneratorParams{SpikeTimes: times, Active: drives.Active{Stop: 1e12}})
	require.NoError(t, err)
	e, err := sim.NewEventEngine(&sim.EventNetwork{
		Populations: []sim.EventPopulationSpec{{Name: "cell", Size: 1, Channels: len(m.Inputs), New: func() (sim.EventPopulation, error) { return m.NewEvent(1, p) }}},
		Drives:      []sim.EventDriveSpec{{Name: "spikes", Drive: g}},
	})
	require.NoError(t, err)
	return e
}

// timesOf runs to a time and returns the times of the spikes.
func timesOf(t testing.TB, e *sim.EventEngine, until float64) (times []float64) {
	require.NoError(t, e.Run(context.Background(), until, func(_ int, at float64, _ int32) { times = append(times, at) }))
	return times
}

// valueAt runs to a time and samples a variable.
func valueAt(t testing.TB, e *sim.EventEngine, at float64, variable string) float64 {
	timesOf(t, e, at)
	v := make([]float64, 1)
	require.NoError(t, e.Population(0).Sample(at, variable, nil, v))
	w := make([]float64, 1)
	require.NoError(t, e.Population(0).Sample(at, variable, []int32{0}, w))
	require.Equal(t, v, w)
	return v[0]
}

// NEST's test_iaf_ps_dc_accuracy.sli and test_iaf_ps_dc_t_accuracy.sli: the
// potential after 5 and 500 ms, and the crossing -10 ln(1 - 15 250/(10 1000)).
func TestExactTimesUnderAConstantCurrent(t *testing.T) {
	for _, model := range []string{"iaf_psc_delta", "iaf_psc_exp", "iaf_psc_alpha"} {
		t.Run(model, func(t *testing.T) {
			free := eventCell(t, model, "{e_l: 0 mV, v_reset: 0 mV, v_th: 1000 mV, i_e: 1000 pA}", nil, 0, 0)
			require.InDelta(t, 40*-math.Expm1(-0.5), valueAt(t, free, 5, "v_m"), 1e-13)
			require.InDelta(t, 40*-math.Expm1(-50), valueAt(t, free, 500, "v_m"), 1e-9)
			spiking := eventCell(t, model, "{e_l: 0 mV, v_reset: 0 mV, v_th: 15 mV, t_ref: 2 ms, i_e: 1000 pA}", nil, 0, 0)
			times := timesOf(t, spiking, 100)
			period := 4.700036292457356 + 2
			require.Len(t, times, 15)
			for k, at := range times {
				require.InDelta(t, 4.700036292457356+float64(k)*period, at, 1e-13*float64(1+10*k))
			}
		})
	}
}

// NEST's test_iaf_ps_psp_accuracy.sli: a spike of 500 pA at 1.132123512 ms,
// delay 1 ms, tau_syn 0.3 ms, against the closed form.
func TestExactPostsynapticPotential(t *testing.T) {
	const tauM, tauS, c, w = 10, 0.3, 250, 500
	b := 1/tauS - 1.0/tauM
	psp := map[string]func(x float64) float64{
		"iaf_psc_alpha": func(x float64) float64 {
			return w * math.E / (tauS * c) * ((math.Exp(-x/tauM)-math.Exp(-x/tauS))/(b*b) - x*math.Exp(-x/tauS)/b)
		},
		"iaf_psc_exp":   func(x float64) float64 { return w / (c * b) * (math.Exp(-x/tauM) - math.Exp(-x/tauS)) },
		"iaf_psc_delta": func(x float64) float64 { return w * math.Exp(-x/tauM) },
	}
	for model, closed := range psp {
		t.Run(model, func(t *testing.T) {
			settings := "{e_l: 0 mV, v_reset: 0 mV, v_th: 1000 mV, tau_syn_ex: 0.3 ms}"
			if model == "iaf_psc_delta" {
				settings = "{e_l: 0 mV, v_reset: 0 mV, v_th: 1000 mV}"
			}
			e := eventCell(t, model, settings, []float64{1.132123512}, w, 1)
			for _, at := range []float64{3, 6} {
				require.InEpsilon(t, closed(at-2.132123512), valueAt(t, e, at, "v_m"), 1e-12)
			}
		})
	}
}

// The oracle follows the rules of NEURON's IntFire1 arrival by arrival.
func TestIntFire1AgreesWithAReplay(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		times := rapid.SliceOfN(rapid.Float64Range(0.001, 40), 1, 60).Draw(rt, "times")
		sort.Float64s(times)
		w := float32(rapid.Float64Range(0.05, 1.2).Draw(rt, "weight"))
		var want []float64
		m, last, ready := 0.0, 0.0, -1.0
		for _, at := range times {
			at += 0.5
			if at <= ready {
				continue
			}
			m = m*kernels.Exp(-(at-last)/7) + float64(w)
			last = at
			if m > 1 {
				m, last, ready = 0, at+3, at+3
				want = append(want, at)
			}
		}
		e := eventCell(t, "intfire1", "{tau: 7 ms, refrac: 3 ms}", times, w, 0.5)
		require.Equal(rt, want, timesOf(t, e, 100))
		require.Equal(rt, m*kernels.Exp(-max(0, 100-last)/7), valueAt(t, e, 100, "m"))
	})
}

func TestIntFire1NeedsMoreThanOne(t *testing.T) {
	require.Empty(t, timesOf(t, eventCell(t, "intfire1", "{}", []float64{1}, 1, 1), 10))
	require.Equal(t, []float64{2}, timesOf(t, eventCell(t, "intfire1", "{}", []float64{1}, 1.0001, 1), 10))
}

func TestParrotRepeatsEveryArrival(t *testing.T) {
	require.Equal(t, []float64{1.25, 1.25, 3.5}, timesOf(t, eventCell(t, "parrot", "{}", []float64{1, 1, 3.25}, 1, 0.25), 10))
}

// What arrives up to the end of the refractory time is lost, the end included.
func TestArrivalsInTheRefractoryTimeAreLost(t *testing.T) {
	for _, c := range []struct {
		model    string
		settings string
		weight   float32
	}{{"intfire1", "{refrac: 2 ms}", 2}, {"iaf_psc_delta", "{t_ref: 2 ms}", 20}} {
		t.Run(c.model, func(t *testing.T) {
			e := eventCell(t, c.model, c.settings, []float64{1, 1, 2, 3, 3.0000000001}, c.weight, 1)
			require.Equal(t, []float64{2, 4.0000000001}, timesOf(t, e, 10))
		})
	}
}

func TestEventModelsAreThoseWithAClosedForm(t *testing.T) {
	require.Equal(t, []string{"iaf_psc_delta", "intfire1", "iaf_psc_exp", "iaf_psc_alpha", "parrot"}, neurons.EventModels())
	for _, name := range neurons.EventModels() {
		m, err := neurons.Find(name)
		require.NoError(t, err)
		p := m.Entry.New()
		if p != nil {
			config.Defaults(p, nil)
		}
		c, err := m.NewEvent(3, p)
		require.NoError(t, err)
		require.Equal(t, 3, c.Size())
		for _, v := range m.Variables {
			require.NoError(t, c.Sample(1, v.Name, nil, make([]float64, 3)))
			got, err := sim.Values(c, v.Name)
			require.NoError(t, err, "initial values can be set")
			require.Len(t, got, 3)
		}
		require.Error(t, c.Sample(1, "none", nil, make([]float64, 3)))
	}
}
