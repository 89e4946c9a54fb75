package devices_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/synohm/synohm/devices"
)

// b (1 - (1 - dw/b)^n) with dw 0.002 and b 1.25 is 0.184956744 after 100 and
// 0.997952525 after 1000 pulses: aihwkit 1.1 gives the same.
func TestSoftBoundsClosedForm(t *testing.T) {
	cell := pulsedCell(t, "soft-bounds", func(p *devices.SoftBounds) { p.DwMin, p.WMax, p.WMin = 0.002, 1.25, -0.75 })
	path := follow(t, cell, 1000)
	require.InDelta(t, 0.184956744, path[100], 1e-9)
	require.InDelta(t, 0.997952525, path[1000], 1e-9)
	down := follow(t, cell, -1000)
	for _, n := range []int{1, 100, 1000} {
		require.InDelta(t, 1.25*(1-math.Pow(1-0.002/1.25, float64(n))), path[n], 1e-12)
		require.InDelta(t, -0.75*(1-math.Pow(1-0.002/0.75, float64(n))), down[n], 1e-12)
	}
	// The preset has the same nominal cell.
	sb := follow(t, plain(t, "reram-sb"), 1000)
	require.InDelta(t, 0.997952525, sb[1000], 1e-9)
}

// Soft bounds are linear steps with gamma 1 and each cell's own bounds.
func TestSoftBoundsAreLinearStepsOfGammaOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		mult := rapid.Bool().Draw(t, "mult")
		runs := rapid.SliceOfN(rapid.Int32Range(-50, 50), 1, 5).Draw(t, "pulses")
		soft := pulsedCell(t, "soft-bounds", func(p *devices.SoftBounds) { p.MultNoise = mult }).Make(5, 2, 0)
		line := pulsedCell(t, "linear-step", func(p *devices.LinearStep) {
			p.GammaUp, p.GammaDown, p.GammaUpDtod, p.GammaDownDtod = 1, 1, 0, 0
			p.MultNoise, p.MeanBound = mult, false
		}).Make(5, 2, 0)
		for _, k := range runs {
			soft.(devices.Pulsed).Pulse(0, nil, fill[int32](5, k))
			line.(devices.Pulsed).Pulse(0, nil, fill[int32](5, k))
		}
		require.Equal(t, weights(soft, 5), weights(line, 5))
	})
}
