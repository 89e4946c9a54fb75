package viz_test

import (
	"bytes"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/viz"
)

// Half of one sample is in the first bin and half in the last, so that its
// colour stands at both ends and not between; the other is in the middle.
func TestHistogramShowsWhereTheNumbersAre(t *testing.T) {
	img, err := viz.Histogram("title", "x", viz.Sample{Name: "ends", Values: []float64{0, 0, 10, 10}}, viz.Sample{Name: "middle", Values: []float64{5}, Marks: []float64{5}})
	require.NoError(t, err)
	var out bytes.Buffer
	require.NoError(t, viz.WritePNG(&out, img))
	orange := func(r, g, b uint32) bool { return r == 230 && g == 159 && b == 0 }
	require.Greater(t, count(t, out.Bytes(), blue), 300)
	require.Greater(t, count(t, out.Bytes(), orange), 300)
	width := img.Bounds().Dx()
	pale := [3]int{}
	for x := range width {
		for y := range img.Bounds().Dy() {
			if c := img.RGBAAt(x, y); int(c.B) > int(c.R)+40 && c.R > 100 { // the filled area of the first sample
				pale[3*x/width]++
			}
		}
	}
	require.Greater(t, pale[0], 100)
	require.Greater(t, pale[2], 100)
	require.Less(t, pale[1], pale[0]/10)
}

func TestHistogramOfOddNumbers(t *testing.T) {
	for _, v := range [][]float64{{0}, {3, 3, 3}, {1e-12, 2e-12}, {1e9, 1e9}} {
		_, err := viz.Histogram("t", "x", viz.Sample{Name: "s", Values: v, Marks: v[:1]})
		require.NoError(t, err)
	}
	_, err := viz.Histogram("t", "x", viz.Sample{Name: "s"})
	require.ErrorContains(t, err, "nothing to draw")
	_, err = viz.Histogram("t", "x", viz.Sample{Name: "s", Values: []float64{math.NaN()}})
	require.ErrorContains(t, err, "NaN")
}
