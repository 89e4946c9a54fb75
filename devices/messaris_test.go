package devices_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/devices"
)

// The analytic step R = (R0 + s r (r - R0) t)/(1 + s (r - R0) t) of the source,
// with s and r of either sign of the voltage written out.
func TestMessarisStep(t *testing.T) {
	step := func(r0, s, r, seconds float64) float64 {
		return (r0 + s*r*(r-r0)*seconds) / (1 + s*(r-r0)*seconds)
	}
	for _, c := range []struct{ start, volt, seconds float64 }{
		{1600, -1, 1e-6}, {1600, -1, 1e-4}, {1700, -1.5, 1e-5}, {2900, 1.2, 1e-6}, {3000, 1.4, 1e-7},
	} {
		s, r := 600.10075*(math.Exp(-c.volt/0.0212028)-1), 2699.2336-672.930205*c.volt
		if c.volt < 0 {
			s, r = -34.5988399*(math.Exp(c.volt/0.05343997)-1), 649.413746-1474.32358*c.volt
		}
		cell := oneOf(t, devices.MessarisModel(), func(p *devices.Messaris) { p.RStart = c.start })
		apply(t, cell, c.volt, c.seconds)
		require.InEpsilon(t, step(c.start, s, r, c.seconds), state(cell), 1e-12, "%+v", c)
		cell = oneOf(t, devices.MessarisModel(), func(p *devices.Messaris) { p.RStart, p.Tolerance = c.start, 1e-12 })
		trace(t, cell, constant(c.volt), c.seconds, 5)
		require.InEpsilon(t, step(c.start, s, r, c.seconds), state(cell), 1e-9, "%+v by integration", c)
	}
}

// Negative voltage raises the resistance to r_n(V) and not beyond, positive
// voltage lowers it to r_p(V); what is there already stays.
func TestMessarisRests(t *testing.T) {
	c := oneOf[devices.Messaris](t, devices.MessarisModel(), nil)
	apply(t, c, -1.2, 1e6)
	require.InDelta(t, 649.413746+1474.32358*1.2, state(c), 1e-4)
	high := state(c)
	apply(t, c, -1, 1e6)
	require.Equal(t, high, state(c), "a smaller voltage does nothing more")
	apply(t, c, 1.2, 1e6)
	require.InDelta(t, 2699.2336-672.930205*1.2, state(c), 1e-4)
	apply(t, c, 0, 1e6)
	require.InDelta(t, 2699.2336-672.930205*1.2, state(c), 1e-4, "no voltage")
	apply(t, c, -3, 1e6)
	require.Equal(t, 3000.0, state(c), "r_off")
	apply(t, c, 3, 1e6)
	require.Equal(t, 1600.0, state(c), "r_on")
}

func TestMessarisCurrent(t *testing.T) {
	c := oneOf[devices.Messaris](t, devices.MessarisModel(), nil)
	require.InEpsilon(t, 0.32046175/1600*math.Sinh(2.71689828*0.5), c.Current(0, 0.5), 1e-14)
	require.InEpsilon(t, -0.32046175/1600*math.Sinh(2.71689828*0.5), c.Current(0, -0.5), 1e-14)
}
