package devices_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/synohm/synohm/devices"
)

// From one end of the range p pulses follow NeuroSim's response, and p_max of
// them reach the other end.
func TestSoftBoundsPmaxFollowsItsResponse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		high := rapid.Float64Range(0.1, 3).Draw(t, "range_max")
		low := rapid.Float64Range(-3, -0.1).Draw(t, "range_min")
		pMax := float64(rapid.IntRange(2, 400).Draw(t, "p_max"))
		alpha := rapid.Float64Range(1e-3, 5).Draw(t, "curvature") / pMax
		cell := pulsedCell(t, "soft-bounds-pmax", func(p *devices.SoftBoundsPmax) {
			p.RangeMax, p.RangeMin, p.PMax, p.Alpha = high, low, pMax, alpha
		}).(devices.Nominal).Nominal()
		b := (high - low) / (1 - math.Exp(-pMax*alpha))
		c := cell.Make(2, 0, 0).(devices.Weighted)
		c.SetWeights(0, []float64{low, high})
		for p := 1.0; p <= pMax; p++ {
			c.Pulse(0, nil, []int32{1, -1})
			w := weights(c, 2)
			require.InDelta(t, low+b*(1-math.Exp(-alpha*p)), w[0], 1e-9)
			require.InDelta(t, high-b*(1-math.Exp(-alpha*p)), w[1], 1e-9)
		}
		c.Pulse(0, nil, []int32{5, -5})
		require.InDeltaSlice(t, []float64{high, low}, weights(c, 2), 1e-9)
	})
}

// NeuroSim's cell of 31 levels: G(P) = B (1 - exp(-P/A)) + Gmin, A = 1/alpha.
// With A = 10 of 31 and Gmin 0, Gmax 1, the middle pulse 15 is at
// (1 - exp(-1.5))/(1 - exp(-3.1)).
func TestSoftBoundsPmaxIsNeuroSimsCell(t *testing.T) {
	cell := pulsedCell(t, "soft-bounds-pmax", func(p *devices.SoftBoundsPmax) {
		p.PMax, p.Alpha, p.GMin, p.GMax = 31, 0.1, 0.476, 10 // uS
	}).(devices.Nominal).Nominal()
	c := cell.Make(1, 0, 0).(devices.Weighted)
	c.SetWeights(0, []float64{-1})
	c.Pulse(0, nil, []int32{15})
	var g [1]float32
	c.Conductance(0, g[:], nil)
	require.InDelta(t, 0.476+9.524*(1-math.Exp(-1.5))/(1-math.Exp(-3.1)), g[0], 1e-5)
}

func TestSoftBoundsPmaxIsChecked(t *testing.T) {
	p := devices.SoftBoundsPmax{RangeMax: 1, RangeMin: -1, PMax: 1, Alpha: 1e-9, GMin: 3, GMax: 2}
	require.ErrorContains(t, p.Validate(), "alpha")
	require.ErrorContains(t, p.Validate(), "g_max")
}
