package devices_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/devices"
)

// Without a reference it is soft bounds; its own formula is another order of
// the same operations.
func TestSoftBoundsReferenceWithoutReference(t *testing.T) {
	a := follow(t, pulsedCell(t, "soft-bounds-reference", func(p *devices.SoftBoundsReference) { p.UpDown = 0.3 }), 300, -900)
	b := follow(t, pulsedCell(t, "soft-bounds", func(p *devices.SoftBounds) { p.UpDown = 0.3 }), 300, -900)
	require.InDeltaSlice(t, b, a, 1e-12)
}

// A cell that is read against its symmetry point stands still at w = 0 under
// pulses up and down in turn, and comes back to it from anywhere.
func TestSymmetryPointIsSubtracted(t *testing.T) {
	cell := pulsedCell(t, "soft-bounds-reference", func(p *devices.SoftBoundsReference) {
		p.DwMin, p.WMax, p.WMin, p.UpDown, p.Subtract = 0.01, 1, -0.6, 0.4, true
	})
	path := follow(t, cell, 1, -1)
	// (su - sd)/(su/b_max - sd/b_min) = (0.01 - 0.006)/(0.01 + 0.01) = 0.2: an up
	// step there is 0.01 (1 - 0.2).
	require.InDelta(t, 0.008, path[1], 1e-15)
	require.InDelta(t, 0, path[2], 1e-4)
	pulses := make([]int32, 0, 2000)
	pulses = append(pulses, 500)
	for range 1000 {
		pulses = append(pulses, -1, 1)
	}
	path = follow(t, cell, pulses...)
	require.Greater(t, path[500], 0.75)
	require.InDelta(t, 0, path[len(path)-1], 0.01)
}

// References of the array have a spread of 0.05, whatever the cells are: with
// equal steps and bounds, what is read at the bound spreads by the same.
func TestReferencesSpread(t *testing.T) {
	const n = 100_000
	cell := pulsedCell(t, "reram-array-om", func(p *devices.SoftBoundsReference) { withoutSpread(p); p.RefStd = 0.05 })
	c := cell.Make(n, 5, 0).(devices.Weighted)
	w := make([]float64, n)
	for i := range w {
		w[i] = 10
	}
	c.SetWeights(0, w)
	mean, std := meanStd(hiddenWeights(c))
	require.InDelta(t, 1, mean, 5*0.05/math.Sqrt(n))
	require.InDelta(t, 0.05, std, 5*0.05/math.Sqrt(2*n))
}

// Additive noise at the bound is that at 0; multiplicative noise is none.
func TestSoftBoundsReferenceNoiseKinds(t *testing.T) {
	const n = 20_000
	for mult, want := range map[bool]float64{true: 0, false: 0.3 * 0.002} {
		c := pulsedCell(t, "soft-bounds-reference", func(p *devices.SoftBoundsReference) {
			withoutSpread(p)
			p.DwMin, p.WMax, p.WMin, p.MultNoise = 0.002, 1, -1, mult
		}).Make(n, 4, 0).(devices.Weighted)
		w := make([]float64, n)
		for i := range w {
			w[i] = 1
		}
		c.SetWeights(0, w)
		c.Pulse(0, nil, fill[int32](n, 1)) // half of the noise is cut at the bound
		below := 0
		var second float64
		for _, x := range hiddenWeights(c) {
			if x < 1 {
				below++
				second += (1 - x) * (1 - x)
			}
		}
		if mult {
			require.Zero(t, below)
			continue
		}
		require.InDelta(t, 0.5, float64(below)/n, 5*0.5/math.Sqrt(n))
		require.InEpsilon(t, want*want, second/float64(below), 0.08)
	}
}

// The slopes' own spread moves the bounds.
func TestSlopeSpreadMovesTheBounds(t *testing.T) {
	const n = 50_000
	c := pulsedCell(t, "soft-bounds-reference", func(p *devices.SoftBoundsReference) { withoutSpread(p); p.SlopeUpDtod = 0.1 }).Make(n, 6, 0).(devices.Weighted)
	w := make([]float64, n)
	for i := range w {
		w[i] = 100
	}
	c.SetWeights(0, w)
	var inverse []float64
	for _, x := range hiddenWeights(c) {
		inverse = append(inverse, 0.6/x)
	}
	mean, std := meanStd(inverse)
	require.InDelta(t, 1, mean, 5*0.1/math.Sqrt(n))
	require.InDelta(t, 0.1, std, 5*0.1/math.Sqrt(2*n))
}
