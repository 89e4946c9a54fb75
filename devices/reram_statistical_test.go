package devices

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/synohm/synohm/devices/lines"
)

// The spread at r = 0, 1/4, 1/2, 3/4 and 1 of aihwkit's ReRamWan2022NoiseModel
// (src/aihwkit/inference/noise/reram.py), fitted at g_max 40 uS.
var wanTable = []struct {
	seconds float64
	s       [5]float64
}{
	{1, [5]float64{0.348, 2.258270, 2.022938, 1.532988, 1.103}},
	{86400, [5]float64{0.701, 3.720758, 3.909, 3.366477, 2.651}},
	{172800, [5]float64{0.782, 3.663789, 3.929125, 3.374352, 2.677}},
}

func TestReRAMWanReference(t *testing.T) {
	p := &ReRAMWan{GMax: 40, NoiseScale: 1}
	half := &ReRAMWan{GMax: 20, NoiseScale: 1}
	for _, row := range wanTable {
		for i, s := range row.s {
			require.InDelta(t, s, p.spread(10*float64(i), row.seconds), 1e-6)
			require.InDelta(t, s/2, half.spread(5*float64(i), row.seconds), 1e-6, "scaled with g_max")
		}
		g, sigma := programmedAt(p, 20, many, row.seconds)
		requireRectified(t, g, 20, row.s[2])
		require.Zero(t, sigma[0])
	}
	// Much of a small target's distribution is cut at 0.
	g, _ := programmedAt(p, 0, many, 86400)
	requireRectified(t, g, 0, 0.701)
	// Just after programming the cell is as at 1 s, as it is in aihwkit.
	at0, _ := programmedAt(p, 20, 50, 0)
	at1, _ := programmedAt(p, 20, 50, 1)
	require.Equal(t, at0, at1)
	_, sigma := programmedAt(&ReRAMWan{GMax: 40, NoiseScale: 1, ReadNoise: 0.01}, 20, 5, 1)
	require.InDelta(t, 0.4, sigma[2], 1e-6)
}

// Between two measured times the spread is between theirs and on a straight
// line in the logarithm of the time; beyond, the line goes on.
func TestReRAMWanBetweenItsTimes(t *testing.T) {
	p := &ReRAMWan{GMax: 40, NoiseScale: 1}
	require.InDelta(t, (2.022938+3.909)/2, p.spread(20, math.Sqrt(86400)), 1e-6, "half way from 1 s to 1 d in ln t")
	require.InDelta(t, 2*3.929125-3.909, p.spread(20, 4*86400), 1e-6, "as far beyond 2 d as from 1 d to 2 d in ln t")
	rapid.Check(t, func(t *rapid.T) {
		target := rapid.Float64Range(0, 40).Draw(t, "target")
		k := rapid.IntRange(0, 1).Draw(t, "between")
		from, to := wanTable[k].seconds, wanTable[k+1].seconds
		s := p.spread(target, rapid.Float64Range(from, to).Draw(t, "seconds"))
		a, b := p.spread(target, from), p.spread(target, to)
		require.True(t, s >= min(a, b)-1e-9 && s <= max(a, b)+1e-9)
		require.GreaterOrEqual(t, p.spread(target, rapid.Float64Range(0, 1e10).Draw(t, "any")), 0.0)
	})
}

// CrossSim's RRAMWan by hand: 1.053 + 0.2374 G - 1.167e-2 G^2 + 1.536e-4 G^3.
func TestRRAMWanCrossSimReference(t *testing.T) {
	for target, s := range map[float64]float64{0: 1.053, 10: 2.4136, 20: 2.3618, 39.26: 1.68064143} {
		require.InDelta(t, s, (&RRAMWanCrossSim{}).law().program(target, 1)-target, 1e-6)
		g, _ := programmedAt(&RRAMWanCrossSim{}, target, many, 1e5)
		requireRectified(t, g, target, s)
	}
}

func cmo(acceptance float64) *ReRAMCMO {
	return &ReRAMCMO{Acceptance: acceptance, GMin: 9, GMax: 88.2, ProgScale: 1, DriftScale: 1, ReadScale: 1}
}

// Values of the constants of aihwkit's ReRamCMONoiseModel
// (src/aihwkit/inference/noise/reram.py).
func TestReRAMCMOReference(t *testing.T) {
	for target, s := range map[float64]float64{9: 0.112831, 50: 0.575732, 88.2: 1.007021} {
		require.InDelta(t, s, cmo(2).law().program(target, 1)-target, 1e-6)
		g, _ := programmedAt(cmo(2), target, many, 0)
		requireRectified(t, g, target, s)
	}
	// 0.00081107 + 0.00106879 * 50, the other acceptance.
	require.InDelta(t, 0.05425057, cmo(0.2).law().program(50, 1)-50, 1e-9)

	for _, row := range []struct{ seconds, shift, relax, read float64 }{
		{3600, -0.728810, 0.755851, 0.217502},
		{86400, -1.011664, 0.889366, 0.233157},
	} {
		for _, xi := range []float64{0, 1} {
			// Programmed so that the relaxed cell conducts the 50 uS of the table.
			prog := 50 - row.shift - row.relax*xi
			g, sigma := make([]float32, 1), make([]float32, 1)
			cmo(2).later(row.seconds, run{prog: []float32{float32(prog)}, trait: []float32{float32(xi)}}, g, sigma)
			require.InDelta(t, 50, g[0], 6e-6)
			require.InDelta(t, row.read, sigma[0], 1e-6)
		}
		// Programming and relaxation are drawn apart, so their variances add;
		// 40 uS is far from either bound. s = 0.0112185391 + 0.01129027418 * 40.
		g, _ := programmedAt(cmo(2), 40, many, row.seconds)
		requireRectified(t, g, 40+row.shift, math.Hypot(0.46282951, row.relax))
	}
	// The bounds: cells that relax beyond them stop there.
	g, _ := programmedAt(cmo(2), 9, 1000, 86400)
	for _, x := range g {
		require.GreaterOrEqual(t, x, float32(9))
	}
	g, _ = programmedAt(cmo(2), 88.2, 1000, 1)
	for _, x := range g {
		require.LessOrEqual(t, x, float32(88.2))
	}
	// What falls into the first second counts as at 1 s: ln 1 = 0.
	g, _ = programmedAt(cmo(2), 40, many, 1e-3)
	requireRectified(t, g, 40, math.Hypot(0.46282951, 0.41183342))
}

func TestReRAMCMORefuses(t *testing.T) {
	require.NoError(t, cmo(2).Validate())
	require.NoError(t, cmo(0.2).Validate())
	bad := cmo(1)
	bad.GMin = 90
	require.ErrorContains(t, bad.Validate(), "acceptance: is one of 2 % and 0.2 %")
	require.ErrorContains(t, bad.Validate(), "g_min: must be below g_max")
}

// CrossSim's RRAMMilo by hand: spread 4.782321 - 0.009107 G.
func TestReRAMMiloReference(t *testing.T) {
	for target, s := range map[float64]float64{50: 4.326971, 100: 3.871621, 225: 2.733246} {
		require.InDelta(t, s, (&ReRAMMilo{}).law().program(target, 1)-target, 1e-9)
		g, sigma := programmedAt(&ReRAMMilo{}, target, many, 3600)
		requireRectified(t, g, target, s)
		require.Zero(t, sigma[0])
	}
	// At 100 uS, L = -4 and by hand a = -8.2e-6 A/V^2, b = -6e-7 A/V^3.
	for volt, want := range map[float64]float64{0: 0, 0.1: 9.9174e-6, -0.1: -1.00814e-5, 0.5: 4.7875e-5, -0.5: -5.1975e-5} {
		i, _ := (&ReRAMMilo{}).Current(100e-6, volt)
		require.InDelta(t, want, i, 1e-15)
	}
	// At 225 uS, worked out with decimal numbers.
	i, slope := (&ReRAMMilo{}).Current(225e-6, 0.5)
	require.InDelta(t, 1.1205753687620136e-4, i, 1e-15)
	require.InDelta(t, 2.2314636760726952e-4, slope, 1e-15)
}

var _ lines.Curve = (*ReRAMMilo)(nil)

// The slope is the derivative, and current rises with voltage for every cell
// that noise can make, so that a network of them has one solution.
func TestReRAMMiloCurve(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := rapid.Float64Range(0, 300e-6).Draw(t, "g")
		volt := rapid.Float64Range(-0.5, 0.5).Draw(t, "volt")
		const h = 1e-5
		_, slope := (&ReRAMMilo{}).Current(g, volt)
		up, _ := (&ReRAMMilo{}).Current(g, volt+h)
		down, _ := (&ReRAMMilo{}).Current(g, volt-h)
		require.InDelta(t, (up-down)/(2*h), slope, 1e-12)
		require.GreaterOrEqual(t, slope, 0.0)
		if g > 0 {
			require.Greater(t, slope, 0.0)
		}
	})
}
