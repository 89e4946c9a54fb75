package viz_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/sim"
	"github.com/synohm/synohm/viz"
)

func TestTraces(t *testing.T) {
	x, y := make([]float64, 1000), make([]float64, 1000)
	for i := range x {
		x[i], y[i] = float64(i), math.Sin(float64(i)/50)
	}
	y[10], y[11] = math.NaN(), math.Inf(1) // left out
	line := viz.Series{Name: "a", X: x, Y: y}
	one, err := viz.Traces("t", "time (ms)", "v (mV)", []viz.Series{line, {Name: "b", X: x[:1], Y: y[:1]}})
	require.NoError(t, err)
	three, err := viz.Traces("t", "time (ms)", "v (mV)", []viz.Series{line}, []viz.Series{line}, []viz.Series{line})
	require.NoError(t, err)
	require.Greater(t, three.Bounds().Dy(), one.Bounds().Dy(), "panels take height")
	flat, err := viz.Traces("t", "x", "y", []viz.Series{{Name: "c", X: []float64{3}, Y: []float64{-70}}})
	require.NoError(t, err)
	require.False(t, flat.Bounds().Empty())

	_, err = viz.Traces("t", "x", "y", []viz.Series{{Name: "c", X: x, Y: y[:5]}})
	require.ErrorContains(t, err, "series c has 1000 x and 5 y")
	for name, series := range map[string][]viz.Series{"none": {}, "no values": {{Name: "c"}}, "no numbers": {{Name: "c", X: []float64{1}, Y: []float64{math.NaN()}}}} {
		_, err = viz.Traces(name, "x", "y", series)
		require.ErrorContains(t, err, name+" has nothing to draw")
	}
}

// A raster of the end of a long run is not squeezed to the right.
func TestRasterOfTheEnd(t *testing.T) {
	spikes := func(from float64) sim.Snapshot {
		s := sim.Snapshot{Name: "a", Kind: sim.KindSpikes, Unit: "ms", Shape: []int{50, 2}}
		for i := range 50 {
			s.Values = append(s.Values, from+float64(10*i), float64(i))
		}
		return s
	}
	// left is the first column with a dot.
	left := func(s sim.Snapshot) int {
		img, err := viz.Raster("t", s)
		require.NoError(t, err)
		for x := range img.Bounds().Dx() {
			for y := range img.Bounds().Dy() {
				if c := img.RGBAAt(x, y); c.R == 0 && c.G == 114 && c.B == 178 {
					return x
				}
			}
		}
		return -1
	}
	begin, end := left(spikes(0)), left(spikes(100000))
	require.Positive(t, begin)
	require.InDelta(t, begin, end, 60)
	_, err := viz.Raster("nothing", sim.Snapshot{Name: "a", Kind: sim.KindSpikes, Unit: "ms"})
	require.NoError(t, err)
}
