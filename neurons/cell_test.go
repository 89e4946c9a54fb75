package neurons_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/internal/config"
	"github.com/synohm/synohm/neurons"
	"github.com/synohm/synohm/sim"
)

// cell is one neuron of a model that a test steps by hand.
type cell struct {
	sim.Population
	h  float64 // ms
	in sim.Input
}

// newCell makes a cell with default parameters changed by "key: value" texts.
func newCell(t require.TestingT, model string, h float64, params ...string) *cell {
	m, err := neurons.Find(model)
	require.NoError(t, err)
	p, err := m.New(neurons.Block{Part: sim.Part{Lo: 0, Hi: 1}, StepMS: h}, decoded(t, m, params...))
	require.NoError(t, err)
	c := &cell{Population: p, h: h, in: sim.Input{Step: -1}}
	for range m.Inputs {
		c.in.Channels = append(c.in.Channels, make([]float32, 1))
	}
	if m.Current {
		c.in.Current = make([]float64, 1)
	}
	return c
}

func decoded(t require.TestingT, m neurons.Model, params ...string) any {
	p := m.Entry.New()
	if p == nil {
		return nil
	}
	tree, err := config.Parse("test.yaml", []byte("{"+strings.Join(params, ", ")+"}"))
	require.NoError(t, err)
	require.Empty(t, tree.Decode(p, nil))
	return p
}

// step advances by one step: current during it, weights that arrive at its end.
func (c *cell) step(current float64, weights ...float32) (spiked bool) {
	c.in.Step++
	for i := range c.in.Channels {
		c.in.Channels[i][0] = 0
		if i < len(weights) {
			c.in.Channels[i][0] = weights[i]
		}
	}
	if c.in.Current != nil {
		c.in.Current[0] = current
	}
	return len(c.Advance(c.in, nil)) > 0
}

// now is the time at the end of the last step, ms.
func (c *cell) now() float64 { return float64(c.in.Step+1) * c.h }

// get is the value of a variable.
func (c *cell) get(name string) float64 {
	v, err := sim.Values(c, name)
	if err != nil {
		panic(err)
	}
	return v[0]
}

// spikes steps for a time and returns the stamps of the spikes, in steps.
func (c *cell) spikes(ms, current float64) (at []int) {
	for range int(math.Round(ms / c.h)) {
		if c.step(current) {
			at = append(at, int(c.in.Step+1))
		}
	}
	return at
}

// point is a potential at a time.
type point struct{ ms, mV float64 }

// follow steps on, with a current that may depend on the step, and compares.
func follow(t *testing.T, c *cell, points []point, tolerance float64, current func(step int64) float64) {
	for _, p := range points {
		for k := int64(math.Round(p.ms / c.h)); c.in.Step+1 < k; {
			c.step(current(c.in.Step + 1))
		}
		require.InEpsilon(t, p.mV, c.get("v_m"), tolerance, "V at %g ms, step %g ms", p.ms, c.h)
	}
}

// linear are the cells that behave alike under a current: a leaky membrane.
var linear = []struct {
	model  string
	params []string
}{
	{"iaf_psc_delta", nil},
	{"iaf_psc_exp", nil},
	{"iaf_psc_alpha", nil},
	{"alif", []string{"q_sfa: 0 mV"}},
}

// eachLinear runs a test for all of them.
func eachLinear(t *testing.T, f func(t *testing.T, model string, params []string)) {
	for _, m := range linear {
		t.Run(m.model, func(t *testing.T) { f(t, m.model, m.params) })
	}
}

// Values of NEST's test_iaf_psc_alpha_i0: a current from the beginning.
func TestConstantCurrent(t *testing.T) {
	eachLinear(t, func(t *testing.T, model string, params []string) {
		c := newCell(t, model, 0.1, append(params, "i_e: 1000 pA")...)
		none := func(int64) float64 { return 0 }
		follow(t, c, []point{
			{0.1, -69.602}, {0.2, -69.2079}, {0.3, -68.8178}, {0.4, -68.4316}, {0.5, -68.0492},
			{4.3, -56.0204}, {4.4, -55.7615}, {4.5, -55.5051}, {4.6, -55.2513}, {4.7, -55.0001}, {4.8, -70},
		}, 1e-6, none)
		// It crosses at -tau_m ln(1 - 15 mV c_m/(tau_m i_e)) = 4.700036292457356 ms.
		c.Reset()
		c.in.Step = -1
		require.Equal(t, 48, c.spikes(10, 0)[0])
	})
}

// Values of NEST's test_iaf_psc_alpha_basic: a generator that is on from step 1,
// whose current comes 0.1 ms later and so acts in the steps from 0.2 ms on.
func TestInjectedCurrent(t *testing.T) {
	eachLinear(t, func(t *testing.T, model string, params []string) {
		c := newCell(t, model, 0.1, params...)
		follow(t, c, []point{
			{0.1, -70}, {0.2, -70}, {0.3, -69.602}, {0.4, -69.2079}, {0.5, -68.8178}, {0.6, -68.4316}, {0.7, -68.0492},
			{4.5, -56.0204}, {4.9, -55.0001}, {5.0, -70}, {6.0, -70}, {7.0, -70}, {7.1, -69.602}, {7.2, -69.2079},
		}, 1e-6, func(step int64) float64 {
			if step >= 2 {
				return 1000
			}
			return 0
		})
	})
}

// Values of NEST's test of step lengths: with 1450 pA the first spike is at
// 3 ms for all of them, and points that they share agree.
func TestStepLengths(t *testing.T) {
	all := []point{
		{0.1, -69.4229}, {0.5, -67.1713}, {1, -64.4806}, {2, -59.4864}, {2.5, -57.1704}, {2.9, -55.3993},
		{3, -70}, {4, -70}, {5, -70}, {5.1, -69.4229}, {6.9, -59.9636},
	}
	eachLinear(t, func(t *testing.T, model string, params []string) {
		for _, h := range []float64{0.1, 0.2, 0.5, 1} {
			var on []point
			for _, p := range all {
				if k := p.ms / h; math.Abs(k-math.Round(k)) < 1e-9 {
					on = append(on, p)
				}
			}
			constant := newCell(t, model, h, append(params, "i_e: 1450 pA")...)
			follow(t, constant, on, 1e-6, func(int64) float64 { return 0 })
			injected := newCell(t, model, h, params...)
			follow(t, injected, on, 1e-6, func(int64) float64 { return 1450 })
			at := newCell(t, model, h, params...).spikes(9, 1450)
			require.Equal(t, []int{int(math.Round(3 / h)), int(math.Round(8 / h))}, at, "step %g ms", h)
		}
	})
}

// The rate under a current in continuous time is
// 1000/(t_ref + tau_m ln(R I/(R I - 15 mV))) with R = tau_m/c_m = 0.04 mV/pA. On
// the grid every interval is the first time on it that is not below that.
func TestRateOverCurrent(t *testing.T) {
	const h = 0.01
	eachLinear(t, func(t *testing.T, model string, params []string) {
		for _, r := range []struct{ pA, hz float64 }{
			{400, 33.64071163}, {500, 63.04000219}, {750, 111.96362949}, {1000, 149.25292287}, {2000, 245.31487545},
		} {
			at := newCell(t, model, h, params...).spikes(2000, r.pA)
			require.Greater(t, len(at), 60)
			period := float64(at[len(at)-1]-at[0]) * h / float64(len(at)-1)
			exact := 1000 / r.hz
			require.InDelta(t, exact+h/2, period, h/2+1e-6, "%g pA", r.pA)
			require.InDelta(t, r.hz, 1000/period, r.hz*r.hz*h/1000+1e-6)
			// t_ref counts from the spike, so the first interval is shorter by it.
			require.Equal(t, at[1]-at[0], at[0]+200)
		}
	})
	require.Empty(t, newCell(t, "iaf_psc_exp", h).spikes(500, 375), "at 375 pA the potential comes to the threshold after an infinite time")
}

// Nothing that follows from parameters of absurd size is let through.
func TestConstantsAreFinite(t *testing.T) {
	for _, model := range []string{"iaf_psc_exp", "iaf_psc_alpha", "alif"} {
		for _, params := range [][]string{
			{"c_m: 1e-320 pF"}, {"i_e: 1e308 pA", "c_m: 1 pF"}, {"tau_m: 1e300 ms", "tau_syn_ex: 1e300 ms", "c_m: 1e-300 pF"},
		} {
			t.Run(fmt.Sprint(model, params), func(t *testing.T) {
				m, err := neurons.Find(model)
				require.NoError(t, err)
				_, err = m.New(neurons.Block{Part: sim.Part{Hi: 1}, StepMS: 1e3}, decoded(t, m, params...))
				require.ErrorContains(t, err, "for a step of 1000 ms")
			})
		}
	}
}

// A smaller network is given the current that it loses; the cell is moved by it
// as by i_e.
func TestScalable(t *testing.T) {
	for _, model := range []string{"iaf_psc_exp", "iaf_psc_alpha", "alif"} {
		t.Run(model, func(t *testing.T) {
			m, err := neurons.Find(model)
			require.NoError(t, err)
			p := decoded(t, m, "i_e: 100 pA", "tau_syn_ex: 0.5 ms", "tau_syn_in: 3 ms").(neurons.Scalable)
			more := p.WithCurrent(250)
			require.Equal(t, decoded(t, m, "i_e: 350 pA", "tau_syn_ex: 0.5 ms", "tau_syn_in: 3 ms"), more)
			require.Equal(t, decoded(t, m, "i_e: 100 pA", "tau_syn_ex: 0.5 ms", "tau_syn_in: 3 ms"), p, "the parameters themselves stay")

			// The charge is the sum of the recorded current, but for the error of
			// the sum, which is of second order for a smooth current.
			const h = 0.001
			ex, in := p.Charge()
			for channel, want := range []float64{ex, in} {
				c := newCell(t, model, h, "tau_syn_ex: 0.5 ms", "tau_syn_in: 3 ms")
				w := []float32{0, 0}
				w[channel] = 1
				c.step(0, w...)
				name := []string{"i_syn_ex", "i_syn_in"}[channel]
				sum := -c.get(name) / 2 // trapezium
				for range int(60 / h) {
					sum += c.get(name)
					c.step(0)
				}
				require.InEpsilon(t, want, sum*h, 1e-6)
			}
		})
	}
	m, err := neurons.Find("izhikevich")
	require.NoError(t, err)
	_, ok := m.Params.(neurons.Scalable)
	require.False(t, ok)
}
