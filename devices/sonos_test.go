package devices

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// A, B of the spread A (1 - exp(-m/B)) by day, and the drift polynomials at
// 400 and 1200 nA (worked out exactly from the decimal coefficients), of
// CrossSim's SONOS (simulator/devices/custom/SONOS.py); nA.
var sonosTable = []struct{ a, b, drift400, drift1200 float64 }{
	{19.88665, 176.3115, 0, 0},
	{25.59102, 186.85544, -13.102362, -33.577085},
	{28.72753, 193.56834, -13.624484, -39.998912},
	{31.04318, 198.90332, -15.366256, -45.994901},
	{33.76214, 204.77023, -16.047494, -50.551891},
	{34.57909, 207.34309, -17.373170, -52.557133},
}

func TestSONOSReference(t *testing.T) {
	for day, row := range sonosTable {
		for target, drift := range map[float64]float64{400: row.drift400, 1200: row.drift1200} {
			mean, std := sonosCurrent(target, 86400*float64(day))
			require.InDelta(t, target+drift, mean, 1e-6, "day %d", day)
			require.InDelta(t, row.a*(1-math.Exp(-mean/row.b)), std, 1e-12, "day %d", day)
		}
		mean, std := sonosCurrent(400, 86400*float64(day))
		g, _ := programmedAt(&SONOS{IMax: 1600}, 4, many, 86400*float64(day))
		requireRectified(t, g, mean/100, std/100)
	}
	// No current, no spread at first; then p0 of the day moves it a little.
	mean, std := sonosCurrent(0, 0)
	require.Equal(t, []float64{0, 0}, []float64{mean, std})
	mean, _ = sonosCurrent(0, 86400)
	require.InDelta(t, 0.683650, mean, 1e-12)
	// Half way between two days: the mean of both.
	mean, _ = sonosCurrent(400, 1.5*86400)
	require.InDelta(t, 400+(-13.102362-13.624484)/2, mean, 1e-6)
	// Beyond 1400 nA the drift stands still: at day 1, -38.921 nA.
	for _, target := range []float64{1400, 1600, 1800, 3200} {
		mean, _ = sonosCurrent(target, 86400)
		require.InDelta(t, target-38.921, mean, 1e-3)
	}
	// Noise of a read of the current, 12.58037 (1 - exp(-I/215.36557)).
	g, sigma := programmedAt(&SONOS{IMax: 1600}, 10, 50, 86400)
	for i := range g {
		require.InDelta(t, 12.58037*(1-math.Exp(-float64(g[i])*100/215.36557))/100, sigma[i], 1e-7)
	}
}

// Within and beyond the measured range nothing is negative or endless.
func TestSONOSStaysSane(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		target := rapid.Float64Range(0, 3200).Draw(t, "target")
		mean, std := sonosCurrent(target, rapid.Float64Range(0, 1e10).Draw(t, "seconds"))
		require.True(t, mean >= 0 && std >= 0 && !math.IsInf(mean+std, 0))
	})
}
