package devices_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/devices"
)

// Power 1 is soft bounds with the step at the middle halved; power 0 is equal
// steps; power 2 follows its recursion, which goes as 1/n to the bound.
func TestPowStepLimits(t *testing.T) {
	set := func(gamma float64) devices.Cell {
		return pulsedCell(t, "pow-step", func(p *devices.PowStep) {
			p.DwMin, p.WMax, p.WMin, p.GammaUp, p.GammaDown = 0.01, 1, -1, gamma, gamma
		})
	}
	one := follow(t, set(1), 500)
	require.InDelta(t, 1-math.Pow(1-0.005, 500), one[500], 1e-12)
	zero := follow(t, set(0), 50)
	require.InDelta(t, 0.5, zero[50], 1e-12)
	two := follow(t, set(2), 20_000)
	// The distance to the bound falls as d' = d - 0.01 (d/2)^2, so 1/d grows by
	// 0.0025 a pulse and a little more.
	require.InEpsilon(t, 1/(1+0.0025*20_000), 1-two[20_000], 0.01)
	require.Equal(t, one[10], -follow(t, set(1), -10)[10])
}

// Powers over cells: mean 1 and spread 0.1, seen in the step from the middle,
// 0.5^g.
func TestPowStepSpread(t *testing.T) {
	const n = 50_000
	c := pulsedCell(t, "pow-step", func(p *devices.PowStep) {
		withoutSpread(p)
		p.DwMinStd, p.GammaDtod, p.GammaUpDownDtod = 0, 0.1, 0.05
	}).Make(n, 2, 0)
	c.(devices.Pulsed).Pulse(0, nil, fill[int32](n, 1))
	var g []float64
	for _, w := range hiddenWeights(c) {
		g = append(g, math.Log2(0.001/w))
	}
	mean, std := meanStd(g)
	want := math.Hypot(0.1, 0.05)
	require.InDelta(t, 1, mean, 5*want/math.Sqrt(n))
	require.InDelta(t, want, std, 5*want/math.Sqrt(2*n))
}
