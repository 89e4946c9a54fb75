package devices_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/devices"
)

// k_off (0.1/0.02 - 1) = 2e-3 m/s; k_on (0.4/0.2 - 1)^3 = -10 m/s.
func TestVTEAMSpeeds(t *testing.T) {
	c := oneOf[devices.VTEAM](t, devices.VTEAMModel(), nil)
	apply(t, c, 0.1, 0.75e-6)
	require.InDelta(t, 1.5, state(c), 1e-12)
	require.InEpsilon(t, 525, ohm(c, 0.1), 1e-12)
	apply(t, c, -0.4, 1e-10)
	require.InDelta(t, 0.5, state(c), 1e-12)
	for _, v := range []float64{0.02, -0.2, 0, 0.01} {
		apply(t, c, v, 1)
		require.InDelta(t, 0.5, state(c), 1e-12, "%g V does nothing", v)
	}
	apply(t, c, 0.1, 1)
	require.Equal(t, 3.0, state(c), "the end")
	require.InEpsilon(t, 1000, ohm(c, 1), 1e-12)
	apply(t, c, -0.4, 1)
	require.Zero(t, state(c))
}

// Half way, the exponential resistance is the geometric mean.
func TestVTEAMExponentialResistance(t *testing.T) {
	c := oneOf(t, devices.VTEAMModel(), func(p *devices.VTEAM) {
		p.Resistance, p.XOn, p.XOff, p.XStart = "exponential", 1, 4, 1
	})
	require.InEpsilon(t, 50, ohm(c, 0.1), 1e-12)
	apply(t, c, 0.1, 0.75e-6)
	require.InDelta(t, 2.5, state(c), 1e-12)
	require.InEpsilon(t, math.Sqrt(50*1000), ohm(c, 0.1), 1e-12)
	apply(t, c, 0.1, 1)
	require.InEpsilon(t, 1000, ohm(c, 0.1), 1e-12)
}

// With windows of p = 1, w = x/x_off has closed forms at constant voltage:
// tanh(v t) from 0 with biolek, a logistic curve of rate 4 v with joglekar.
func TestVTEAMWindows(t *testing.T) {
	const v = 2e6 / 3 // 2e-3 m/s over 3 nm, 1/s
	c := oneOf(t, devices.VTEAMModel(), func(p *devices.VTEAM) { p.Shape = "biolek" })
	apply(t, c, 0.1, 1e-6)
	require.InDelta(t, 3*math.Tanh(v*1e-6), state(c), 1e-8)
	apply(t, c, 0.1, 1)
	require.InDelta(t, 3, state(c), 1e-8, "stiff at the end")

	c = oneOf(t, devices.VTEAMModel(), func(p *devices.VTEAM) { p.Shape, p.XStart = "joglekar", 0.3 })
	apply(t, c, 0.1, 1e-6)
	require.InDelta(t, 3/(1+9*math.Exp(-4*v*1e-6)), state(c), 1e-8)
	c = oneOf(t, devices.VTEAMModel(), func(p *devices.VTEAM) { p.Shape = "joglekar" })
	apply(t, c, 0.4, 1)
	require.Zero(t, state(c), "a boundary at an end of that window stays")
}
