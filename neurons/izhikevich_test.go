package neurons_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/neurons"
	"github.com/synohm/synohm/sim"
)

// The cells of figure 2 of the paper, as the comment of the model lists them.
var izhikevichCells = map[string][]string{
	"RS":  {"a: 0.02", "b: 0.2", "c: -65 mV", "d: 8 mV/ms"},
	"IB":  {"a: 0.02", "b: 0.2", "c: -55 mV", "d: 4 mV/ms"},
	"CH":  {"a: 0.02", "b: 0.2", "c: -50 mV", "d: 2 mV/ms"},
	"FS":  {"a: 0.1", "b: 0.2", "c: -65 mV", "d: 2 mV/ms"},
	"LTS": {"a: 0.02", "b: 0.25", "c: -65 mV", "d: 2 mV/ms"},
}

// Spikes in 300 ms of 10 pA from v = -65 mV, u = b v, computed independently of
// this code with both schemes, in steps.
func TestIzhikevichSpikeTimes(t *testing.T) {
	for _, x := range []struct {
		cell, scheme string
		h            float64
		count        int
		first        []int
	}{
		{"RS", "consistent", 0.1, 8, []int{34, 271, 722, 1173, 1624, 2075, 2526, 2977}},
		{"FS", "consistent", 0.1, 40, []int{34, 80, 143, 218, 295, 371, 447, 524}},
		{"CH", "consistent", 0.1, 27, nil},
		{"IB", "consistent", 0.1, 11, nil},
		{"LTS", "consistent", 0.1, 25, nil},
		{"RS", "published", 1, 7, []int{4, 31, 79, 141, 195, 243, 292}},
		{"FS", "published", 1, 19, nil},
		{"CH", "published", 1, 14, nil},
		{"IB", "published", 1, 9, nil},
		{"LTS", "published", 1, 14, nil},
	} {
		t.Run(x.cell+" "+x.scheme, func(t *testing.T) {
			params := append([]string{"scheme: " + x.scheme}, izhikevichCells[x.cell]...)
			at := newCell(t, "izhikevich", x.h, params...).spikes(300, 10)
			require.Len(t, at, x.count)
			if x.first != nil {
				require.Equal(t, x.first, at[:len(x.first)])
			}
			require.Equal(t, at, newCell(t, "izhikevich", x.h, append(params, "i_e: 10 pA")...).spikes(300, 0), "i_e is such a current")
		})
	}
}

// A weight moves the membrane by its size in mV beside what the equation does,
// in both schemes; at 1 ms the published one takes it in two halves.
func TestIzhikevichJump(t *testing.T) {
	a, b := newCell(t, "izhikevich", 0.1), newCell(t, "izhikevich", 0.1)
	a.step(0)
	b.step(0, 2.5)
	require.InDelta(t, 2.5, b.get("v_m")-a.get("v_m"), 1e-12)
	require.Equal(t, a.get("u_m"), b.get("u_m"))

	// At v = -65, u = -13: dv/dt = 169 - 325 + 140 + 13 = -3; the first half step
	// ends at -65 - 1.5 + 1, where dv/dt is 0.04 65.5^2 - 327.5 + 153 = -2.89.
	c := newCell(t, "izhikevich", 1, "scheme: published")
	c.step(0, 2)
	v := -65.5 - 2.89/2 + 1
	require.InDelta(t, v, c.get("v_m"), 1e-12)
	require.InDelta(t, -13+0.02*(0.2*v+13), c.get("u_m"), 1e-12)

	require.True(t, newCell(t, "izhikevich", 0.1).step(0, 200))
}

// Both schemes come to the same trajectory as the step shrinks, at first order.
func TestIzhikevichSchemesConverge(t *testing.T) {
	at := func(scheme string, h float64) float64 {
		c := newCell(t, "izhikevich", h, "scheme: "+scheme)
		for range int(2/h + 0.5) {
			require.False(t, c.step(10))
		}
		return c.get("v_m")
	}
	exact := at("consistent", 2.0/(1<<17))
	for _, scheme := range []string{"consistent", "published"} {
		ratio := (at(scheme, 2.0/(1<<7)) - exact) / (at(scheme, 2.0/(1<<8)) - exact)
		require.InDelta(t, 2, ratio, 0.1, scheme)
	}
}

func TestIzhikevichRefusesStepsThatGrow(t *testing.T) {
	m, err := neurons.Find("izhikevich")
	require.NoError(t, err)
	_, err = m.New(neurons.Block{Part: sim.Part{Hi: 1}, StepMS: 100}, decoded(t, m))
	require.ErrorContains(t, err, "below 2/a = 100 ms")
	require.ErrorContains(t, (&neurons.IzhikevichParams{C: 30, VTh: 30}).Validate(), "below v_th")
}
