package devices_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/devices"
)

// R^2 = R0^2 - 2 (r_off - r_on) k V t with k = mu_v r_on/d^2 = 1e4/C, from
// x = 0.1 at 1 V: the closed form of the equations of Strukov et al. (2008).
func TestLinearIonDriftClosedForm(t *testing.T) {
	for _, c := range []struct{ seconds, ohm, x float64 }{
		{0.05, 13847.313819, 0.13538907},
		{0.1, 13260.772979, 0.17227843},
		{0.5, 6974.818994, 0.56762145},
	} {
		cell := oneOf[devices.LinearIonDrift](t, devices.LinearIonDriftModel(), nil)
		apply(t, cell, 1, c.seconds)
		r0 := 16000 - 0.1*15900
		exact := math.Sqrt(r0*r0 - 2*15900*1e4*c.seconds)
		require.InEpsilon(t, exact, ohm(cell, 1), 1e-12)
		require.InDelta(t, c.ohm, ohm(cell, 1), 5.1e-7, "to the digits printed")
		require.InDelta(t, c.x, state(cell), 5.1e-9)
		// The same by integration.
		cell = oneOf(t, devices.LinearIonDriftModel(), func(p *devices.LinearIonDrift) { p.Tolerance = 1e-12 })
		trace(t, cell, constant(1), c.seconds, 3)
		require.InEpsilon(t, exact, ohm(cell, 1), 1e-9)
	}
}

func TestLinearIonDriftThresholds(t *testing.T) {
	c := oneOf[devices.LinearIonDrift](t, devices.LinearIonDriftModel(), nil)
	for _, v := range []float64{0.5499, -0.5499, 0.1} {
		apply(t, c, v, 100)
		require.Equal(t, 0.1, state(c), "%g V", v)
	}
	apply(t, c, 0.55, 0.1)
	require.Greater(t, state(c), 0.1)
	apply(t, c, 1, 1e6)
	require.Equal(t, 1.0, state(c))
	require.InEpsilon(t, 100, ohm(c, 1), 1e-12)
	apply(t, c, -1, 1e6)
	require.Zero(t, state(c))
	require.InEpsilon(t, 16000, ohm(c, 1), 1e-12)
}

// Without thresholds charge alone decides, whatever the waveform: the flux is
// R0 q - (r_off - r_on) k q^2/2 without a window, and with one
// the integral of dx/f(x) from x0 to x is k q.
func TestLinearIonDriftFluxAndCharge(t *testing.T) {
	logit := func(x float64) float64 { return math.Log(x / (1 - x)) }
	for _, c := range []struct {
		window string
		j      float64
		of     func(x float64) float64 // integral of dx/f
	}{
		{"none", 1, func(x float64) float64 { return x }},
		{"joglekar", 1, func(x float64) float64 { return logit(x) / 4 }},    // f = 4 x (1-x)
		{"biolek", 1, math.Atanh},                                           // f = 1 - x^2, rising
		{"prodromakis", 3, func(x float64) float64 { return logit(x) / 3 }}, // f = j x (1-x)
		{"benderli-wey", 1, logit},
	} {
		t.Run(c.window, func(t *testing.T) {
			const volt, n = 1.2, 2000
			hz := 0.5
			if c.window == "none" {
				hz = 2 // faster, or it comes to its end
			}
			cell := oneOf(t, devices.LinearIonDriftModel(), func(p *devices.LinearIonDrift) {
				p.VPos, p.VNeg, p.Shape, p.J, p.Tolerance = 0, 0, c.window, c.j, 1e-12
			})
			half := trace(t, cell, sine(volt, hz), 0.5/hz, n)
			x := half.State.Values.([]float64)
			charge := simpson(half.Amps, half.Times[1])
			require.Greater(t, x[n], 0.15, "it moves far")
			require.InDelta(t, 1e4*charge, c.of(x[n])-c.of(0.1), 1e-9)
			if c.window == "none" {
				flux := volt / (math.Pi * hz) // of half a wave
				r0 := 16000 - 0.1*15900
				require.InEpsilon(t, flux, r0*charge-15900*1e4*charge*charge/2, 1e-9)
			}
		})
	}
}

// The flow jumps at the thresholds, which a sine crosses at asin(0.55)/(2 pi)
// and half a period less that: the flux between them is known.
func TestLinearIonDriftCrossesThresholds(t *testing.T) {
	flux := 2 * math.Sqrt(1-0.55*0.55) / (2 * math.Pi)
	want := (16000 - math.Sqrt(14410*14410-2*15900*1e4*flux)) / 15900
	for _, tol := range []float64{1e-6, 1e-9, 1e-12} {
		for _, n := range []int{1, 3, 40, 1000} {
			c := oneOf(t, devices.LinearIonDriftModel(), func(p *devices.LinearIonDrift) { p.Tolerance = tol })
			trace(t, c, sine(1, 1), 0.5, n)
			require.InDelta(t, want, state(c), 10*tol, "tolerance %g, %d intervals", tol, n)
		}
	}
}

// What the current has moved the same charge moves back, so every cycle is the
// same, however near to its end a window lets the boundary come.
func TestLinearIonDriftCyclesRepeat(t *testing.T) {
	for _, window := range []string{"none", "joglekar", "prodromakis", "benderli-wey"} {
		c := oneOf(t, devices.LinearIonDriftModel(), func(p *devices.LinearIonDrift) {
			p.VPos, p.VNeg, p.Shape, p.J = 0, 0, window, 4
		})
		const n = 200
		x := trace(t, c, sine(1.5, 2), 2, 4*n).State.Values.([]float64)
		require.Less(t, x[n/2], 1.0)
		for k := range 3*n + 1 {
			require.InDelta(t, x[k], x[k+n], 1e-6, window)
		}
	}
}

// The lobes of the loop shrink with the frequency, far up as 1/f: the hallmark
// of a memristor (Adhikari, Sah, Kim, Chua, IEEE Trans. Circuits and Systems I
// 60, 2013).
func TestLinearIonDriftLobesShrink(t *testing.T) {
	area := func(hz float64) (sum float64) {
		c := oneOf(t, devices.LinearIonDriftModel(), func(p *devices.LinearIonDrift) { p.VPos, p.VNeg, p.Shape = 0, 0, "biolek" })
		half := trace(t, c, sine(1, hz), 0.5/hz, 1000)
		for k := range 1000 {
			sum += (half.Volts[k+1] - half.Volts[k]) * (half.Amps[k+1] + half.Amps[k]) / 2
		}
		return math.Abs(sum)
	}
	before := area(1)
	for _, hz := range []float64{3, 10, 30, 100, 1000} {
		now := area(hz)
		require.Less(t, now, before/2, "%g Hz", hz)
		before = now
	}
	require.InEpsilon(t, 10, area(1000)/area(10000), 0.01)
}
