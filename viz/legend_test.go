package viz_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/viz"
)

// A legend stands in a box with a grey border, in whichever corner it is; a plot
// without one has none.
func TestLegendsAreFramed(t *testing.T) {
	border := func(r, g, b uint32) bool { return r == g && g == b && r >= 150 && r <= 175 }
	pixels := func(name string, y ...float64) int {
		x := make([]float64, len(y))
		for i := range x {
			x[i] = float64(i)
		}
		img, err := viz.Curves("t", viz.Axis{Label: "x"}, viz.Panel{YLabel: "y", Series: []viz.Series{{Name: name, X: x, Y: y}}})
		require.NoError(t, err)
		var b bytes.Buffer
		require.NoError(t, viz.WritePNG(&b, img))
		return count(t, b.Bytes(), border)
	}
	for _, y := range [][]float64{{0, 1, 2, 3, 4}, {4, 3, 2, 1, 0}, {4, 0, 0, 0, 4}, {0, 4, 4, 4, 0}} {
		require.Greater(t, pixels("a name that takes some room", y...), pixels("", y...)+150, "%v", y)
	}
}

// Of a narrow and a wide sample both can be seen: the wide one fills a good part
// of the picture, where by its share alone it would lie flat.
func TestHistogramOfNarrowAndWide(t *testing.T) {
	wide, narrow := make([]float64, 1000), make([]float64, 1000)
	for i := range wide {
		wide[i], narrow[i] = float64(i)/1000, 0.5
	}
	img, err := viz.Histogram("t", "x", viz.Sample{Name: "wide", Values: wide}, viz.Sample{Name: "narrow", Values: narrow})
	require.NoError(t, err)
	var b bytes.Buffer
	require.NoError(t, viz.WritePNG(&b, img))
	pale := count(t, b.Bytes(), func(r, g, b uint32) bool { return r < 220 && b > 220 && g > r && b > g })
	require.Greater(t, float64(pale), 0.3*float64(img.Bounds().Dx()*img.Bounds().Dy()))
}
