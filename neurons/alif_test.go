package neurons_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/synohm/synohm/internal/philox"
)

// Without a raise the cell is iaf_psc_exp, bit by bit.
func TestALIFWithoutRaise(t *testing.T) {
	a, b := newCell(t, "alif", 0.1, "q_sfa: 0 mV"), newCell(t, "iaf_psc_exp", 0.1)
	s := philox.Stream{Seed: 1, Purpose: philox.Purpose("test.alif")}
	spikes := 0
	for k := range 5000 {
		x := 300 * philox.Normal(s.Word(0, uint32(k)))
		ex, in := float32(max(x, 0)), float32(min(x, 0)/2)
		fired := a.step(x, ex, in)
		require.Equal(t, b.step(x, ex, in), fired)
		require.Equal(t, b.get("v_m"), a.get("v_m"))
		if fired {
			spikes++
		}
	}
	require.Greater(t, spikes, 20)
}

// Under a constant current the membrane has a closed form between spikes, and
// the threshold is a sum over all spikes; a cell spikes at the first time on the
// grid where the one is at the other.
func TestALIFAgainstClosedForm(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const h, tauM, tRef = 0.1, 10.0, 2.0
		pA := rapid.Float64Range(400, 2000).Draw(t, "current")
		raise := rapid.Float64Range(0.1, 10).Draw(t, "q_sfa")
		tau := rapid.Float64Range(5, 500).Draw(t, "tau_sfa")
		c := newCell(t, "alif", h, fmt.Sprintf("q_sfa: %v mV", raise), fmt.Sprintf("tau_sfa: %v ms", tau))
		var spikes []float64
		free := 0.0 // since when the membrane moves
		for k := 1; k <= 1000; k++ {
			now := float64(k) * h
			v, rise := -70.0, 0.0
			if now > free {
				v -= 0.04 * pA * math.Expm1(-(now-free)/tauM)
			}
			for _, s := range spikes {
				rise += raise * math.Exp(-(now-s)/tau)
			}
			fired := c.step(pA)
			if math.Abs(v-(-55+rise)) > 1e-9 {
				require.Equal(t, v > -55+rise, fired, "at %g ms", now)
			}
			if fired {
				v, rise = -70, rise+raise
				spikes = append(spikes, now)
				free = now + tRef
			}
			require.InDelta(t, v, c.get("v_m"), 1e-9)
			require.InDelta(t, rise, c.get("a_th"), 1e-9)
		}
		require.NotEmpty(t, spikes)
	})
}

// A cell that adapts gets slower.
func TestALIFIntervalsGrow(t *testing.T) {
	at := newCell(t, "alif", 0.1).spikes(300, 1000)
	require.Greater(t, len(at), 10)
	for i := 2; i < 6; i++ {
		require.Greater(t, at[i]-at[i-1], at[i-1]-at[i-2])
	}
}
