package drives

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// A time is on the grid where it is near a point of it, whatever rounding the
// numbers have seen; else it is refused, or goes to the end of its step.
func TestGridTimes(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		step := rapid.SampledFrom([]float64{0.001, 0.01, 0.025, 0.1, 0.125, 0.3, 1, 10}).Draw(rt, "step")
		k := rapid.Int64Range(1, 10_000_000).Draw(rt, "k")
		off := rapid.Float64Range(-0.49, 0.49).Draw(rt, "off") * step
		ms := float64(k)*step + off
		got, err := gridTimes("times", []float64{ms}, step, true)
		require.NoError(rt, err)
		_, strict := gridTimes("times", []float64{ms}, step, false)
		switch near := nearGrid(step); {
		case math.Abs(off) < near*0.99:
			require.NoError(rt, strict)
			require.Equal(rt, []int64{k}, got)
		case math.Abs(off) > near*1.01:
			require.ErrorContains(rt, strict, "times: ")
			want := k
			if off > 0 {
				want++
			}
			require.Equal(rt, []int64{want}, got)
		}
	})
}

// No number of a file makes a time that cannot be counted.
func TestFarTimes(t *testing.T) {
	for _, ms := range []float64{1e12, 1e300, math.MaxFloat64} {
		at, err := onGrid("stop", ms, 0.1)
		require.NoError(t, err)
		require.Positive(t, at)
		times, err := gridTimes("times", []float64{ms}, 0.1, false)
		require.NoError(t, err)
		require.Positive(t, times[0])
	}
	a := Active{Start: 0.2, Stop: 1e12}
	_, err := a.window(0.3)
	require.ErrorContains(t, err, "start: ")
	a.Start = 0.3
	w, err := a.window(0.3)
	require.NoError(t, err, "the default of stop is on any grid")
	require.True(t, w.has(1) && w.has(4_000_000_000) && !w.has(0))
}

func TestPieces(t *testing.T) {
	p := pieces{from: []int64{2, 5, 9}, values: []float64{1, 2, 3}}
	for step, want := range []float64{0, 0, 1, 1, 1, 2, 2, 2, 2, 3, 3} {
		require.Equal(t, want, p.at(int64(step)), "step %d", step)
	}
	require.Zero(t, (&pieces{}).at(7))
}
