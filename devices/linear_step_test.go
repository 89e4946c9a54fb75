package devices_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/devices"
)

// Without noise w_n = (scale/s) (1 - (1 - s)^n) with s = gamma scale/w_max: the
// solution of w' = w + scale - s w.
func TestLinearStepClosedForm(t *testing.T) {
	for name, p := range map[string]struct{ dw, wMax, wMin, gammaUp, gammaDown float64 }{
		"capacitor": {0.005, 1, -1, 0.05, 0.05},
		"ecram":     {0.002, 1.1724, -0.8276, 0.1153, 0.5085},
		"ecram-mo":  {2.8214e-4, 1.1714, -0.8286, 0.4152, 0.7342},
	} {
		line := func(n, dw, gamma, bound float64) float64 {
			s := gamma * dw / bound
			return dw / s * (1 - math.Pow(1-s, n))
		}
		up := follow(t, plain(t, name), 150)
		down := follow(t, plain(t, name), -150)
		for _, n := range []int{1, 10, 150} {
			require.InDelta(t, line(float64(n), p.dw, p.gammaUp, p.wMax), up[n], 1e-12, name)
			require.InDelta(t, -line(float64(n), p.dw, p.gammaDown, -p.wMin), down[n], 1e-12, name)
		}
	}
	// gamma below 1 reaches the bound and stays there.
	path := follow(t, plain(t, "capacitor"), 300)
	require.Equal(t, 1.0, path[300])
}

// A step at the bound is 1 - gamma of that at 0. Multiplicative noise shrinks
// with it, additive noise does not.
func TestLinearStepNoiseKinds(t *testing.T) {
	const n = 20_000
	for mult, want := range map[bool]float64{true: 0.3 * 0.002 * 0.25, false: 0.3 * 0.002} {
		c := pulsedCell(t, "linear-step", func(p *devices.LinearStep) {
			withoutSpread(p)
			p.DwMin, p.WMax, p.WMin, p.GammaUp, p.MultNoise = 0.002, 1, -1, 1.5, mult
		}).Make(n, 4, 0).(devices.Weighted)
		w := make([]float64, n)
		for i := range w {
			w[i] = 0.5
		}
		c.SetWeights(0, w)
		c.Pulse(0, nil, fill[int32](n, 1))
		mean, std := meanStd(hiddenWeights(c))
		require.InDelta(t, 0.5+0.002*0.25, mean, 5*want/math.Sqrt(n))
		require.InDelta(t, want, std, 5*want/math.Sqrt(2*n))
	}
}

// A capacitor loses 1e-6 of its charge an update of 1 us: to 1/e in 1 s, and in
// pieces as at once.
func TestCapacitorLeaks(t *testing.T) {
	c := plain(t, "capacitor").(devices.Nominal).Nominal().Make(1, 1, 0).(devices.Weighted)
	c.Pulse(0, nil, []int32{100})
	var w [1]float64
	c.Weights(0, w[:])
	start := w[0]
	c.Weights(1e-6, w[:])
	require.InDelta(t, start*(1-1e-6), w[0], 1e-15)
	c.Weights(1, w[:])
	require.InEpsilon(t, start*math.Exp(-1), w[0], 1e-6)
	// A pulse at 1 s goes on from what is left.
	c.Pulse(1, nil, []int32{-1})
	left := w[0]
	c.Weights(1, w[:])
	require.InDelta(t, left-0.005*(1+0.05*left), w[0], 1e-12)
}
