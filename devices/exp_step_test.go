package devices_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/devices"
)

// Values that aihwkit 1.1 gives for its ReRamESPresetDevice without noise: from
// 0 so many pulses up, then down from where that ends.
func TestReRAMESFollowsTheReference(t *testing.T) {
	path := follow(t, plain(t, "reram-es"), 1000, -1000)
	for n, want := range map[int]float64{
		1: 0.001481255, 100: 0.146007534, 500: 0.705555444, 1000: 1,
		1001: 0.986920337, 1100: 0.377377084, 1500: -0.406992787, 2000: -0.998149653,
	} {
		require.InDelta(t, want, path[n], 1e-8, "after %d pulses", n)
	}
}

// A phase-change cell: dw = 0.01 (1 + 27.235 exp(-2.5 w)) up, and down with
// 2.235 exp(2.5 w), z being -w.
func TestPCMPulsedFollowsItsEquation(t *testing.T) {
	path := follow(t, plain(t, "pcm-pulsed"), 30, -5)
	w := 0.0
	for n := range 30 {
		w = min(2, w+0.01*(1+27.235*math.Exp(-2.5*w)))
		require.InDelta(t, w, path[n+1], 1e-12)
	}
	for n := range 5 {
		w = max(0, w-0.01*(1+2.235*math.Exp(2.5*w)))
		require.InDelta(t, w, path[n+31], 1e-12)
	}
}

// Complex noise: 0.6 (|dw| + 0.042 + 0.108 |w|) at w = 1.
func TestExpStepComplexNoise(t *testing.T) {
	const n = 100_000
	c := pulsedCell(t, "pcm-pulsed", func(p *devices.ExpStep) { withoutSpread(p) }).Make(n, 3, 0).(devices.Weighted)
	w := make([]float64, n)
	for i := range w {
		w[i] = 1
	}
	c.SetWeights(0, w)
	c.Pulse(0, nil, fill[int32](n, 1))
	dw := 0.01 * (1 + 27.235*math.Exp(-2.5))
	sigma := 0.6 * (dw + 0.042 + 0.108)
	mean, std := meanStd(hiddenWeights(c))
	require.InDelta(t, 1+dw, mean, 5*sigma/math.Sqrt(n))
	require.InDelta(t, sigma, std, 5*sigma/math.Sqrt(2*n))
}

// Exponentials beyond all numbers leave a weight that is one.
func TestExpStepStaysANumber(t *testing.T) {
	for _, a := range []float64{-1e6, 0, 1e6} {
		c := pulsedCell(t, "exp-step", func(p *devices.ExpStep) {
			p.AUp, p.ADown, p.GammaUp, p.GammaDown, p.A, p.B = a, a, 1000, -1000, 1000, 1000
			p.CorruptProb = 0.5
		}).Make(100, 1, 0)
		c.(devices.Pulsed).Pulse(0, nil, fill[int32](100, 20))
		c.(devices.Pulsed).Pulse(0, nil, fill[int32](100, -20))
		for _, w := range weights(c, 100) {
			require.False(t, math.IsNaN(w) || math.IsInf(w, 0))
		}
	}
}
