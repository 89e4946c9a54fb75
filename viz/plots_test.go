package viz_test

import (
	"bytes"
	"image/png"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/sim"
	"github.com/synohm/synohm/viz"
)

func matrix(rows, cols int, v ...float64) sim.Snapshot {
	return sim.Snapshot{Name: "w", Kind: sim.KindMatrix, Unit: "uS", Shape: []int{rows, cols}, Values: v}
}

func spikes(v ...float64) sim.Snapshot {
	return sim.Snapshot{Name: "liquid", Kind: sim.KindSpikes, Unit: "ms", Shape: []int{len(v) / 2, 2}, Values: v}
}

// count returns how many pixels of a picture have a colour that passes.
func count(t *testing.T, data []byte, pass func(r, g, b uint32) bool) (n int) {
	img, err := png.Decode(bytes.NewReader(data))
	require.NoError(t, err)
	for y := range img.Bounds().Dy() {
		for x := range img.Bounds().Dx() {
			r, g, b, _ := img.At(x, y).RGBA()
			if pass(r>>8, g>>8, b>>8) {
				n++
			}
		}
	}
	return n
}

func blue(r, g, b uint32) bool { return r == 0 && g == 114 && b == 178 }

func TestRasterShowsItsSpikes(t *testing.T) {
	draw := func(s ...sim.Snapshot) int {
		img, err := viz.Raster("title", s...)
		require.NoError(t, err)
		var b bytes.Buffer
		require.NoError(t, viz.WritePNG(&b, img))
		return count(t, b.Bytes(), blue)
	}
	require.Zero(t, draw(spikes()), "an empty raster is drawn, without spikes")
	one := draw(spikes(0, 0, 100, 50))
	require.Positive(t, one)
	require.Greater(t, draw(spikes(0, 0, 50, 20, 70, 33, 100, 50)), one)
	require.Positive(t, draw(spikes(1, 2), spikes()))
}

func TestCurvesWithErrorBarsAndNames(t *testing.T) {
	a := viz.Series{Name: "a", X: []float64{0, 1, 2}, Y: []float64{1, 3, 2}, E: []float64{0.1, 0, 0.3}}
	for _, names := range [][]string{nil, {"ideal", "quantised", "crossbar"}} {
		least := 500 // points, bars and lines
		if names != nil {
			least = 200 // no lines
		}
		img, err := viz.Curves("t", viz.Axis{Label: "x", Names: names}, viz.Panel{YLabel: "y", Series: []viz.Series{a, {Name: "b", X: []float64{0}, Y: []float64{2}}}})
		require.NoError(t, err)
		var b bytes.Buffer
		require.NoError(t, viz.WritePNG(&b, img))
		require.Greater(t, count(t, b.Bytes(), blue), least)
	}
}

// A confusion matrix without confusion is dark on the diagonal only: a tenth
// of the field, not more and not less.
func TestConfusionColours(t *testing.T) {
	m := make([][]int, 10)
	for i := range m {
		m[i] = make([]int, 10)
		m[i][i] = 7
	}
	img, err := viz.Confusion("t", m)
	require.NoError(t, err)
	var b bytes.Buffer
	require.NoError(t, viz.WritePNG(&b, img))
	dark := count(t, b.Bytes(), func(r, g, b uint32) bool { return r == 8 && b > 100 })
	all := img.Bounds().Dx() * img.Bounds().Dy()
	require.InDelta(t, 0.09, float64(dark)/float64(all), 0.04)
}

func TestHeatmap(t *testing.T) {
	for name, s := range map[string]sim.Snapshot{
		"both signs": matrix(2, 2, -1, 0, 0.5, 1), "one sign": matrix(1, 3, 1, 2, 3), "flat": matrix(1, 1, 4),
	} {
		img, err := viz.Heatmap("t", "x", "y", s)
		require.NoError(t, err, name)
		require.Positive(t, img.Bounds().Dx())
	}
}

func TestPicturesRefuse(t *testing.T) {
	_, err := viz.Raster("t")
	require.Error(t, err)
	_, err = viz.Raster("t", matrix(1, 1, 1))
	require.ErrorContains(t, err, "w is a matrix")
	_, err = viz.Heatmap("t", "", "", spikes(1, 2))
	require.Error(t, err)
	_, err = viz.Heatmap("t", "", "", matrix(2, 2, 1))
	require.Error(t, err)
	_, err = viz.Heatmap("t", "", "", matrix(1, 2, 1, math.NaN()))
	require.ErrorContains(t, err, "value 1 of w is NaN")
	_, err = viz.Confusion("t", nil)
	require.Error(t, err)
	_, err = viz.Confusion("t", [][]int{{1, 2}, {3}})
	require.ErrorContains(t, err, "row 1")
	_, err = viz.Curves("t", viz.Axis{}, viz.Panel{Series: []viz.Series{{Name: "s", X: []float64{1}}}})
	require.ErrorContains(t, err, "series s has 1 x, 0 y")
	_, err = viz.Curves("t", viz.Axis{Log: true}, viz.Panel{Series: []viz.Series{{Name: "s", X: []float64{-1}, Y: []float64{1}}}})
	require.ErrorContains(t, err, "a logarithmic axis has no place for")
	_, err = viz.Curves("t", viz.Axis{})
	require.ErrorContains(t, err, "at least one panel")
}

// Panels of a row keep to their own colours: the lowest value of each is the
// darkest of the map, the highest its yellow.
func TestHeatmaps(t *testing.T) {
	half := func(low, high float64) sim.Snapshot { return matrix(1, 2, low, high) }
	img, err := viz.Heatmaps("t", "x", "y", half(1, 2), half(-8, -7), half(1e-9, 1e-6))
	require.NoError(t, err)
	var b bytes.Buffer
	require.NoError(t, viz.WritePNG(&b, img))
	all := float64(img.Bounds().Dx() * img.Bounds().Dy())
	for name, pass := range map[string]func(r, g, b uint32) bool{
		"dark":   func(r, g, b uint32) bool { return r == 0x44 && g == 0x01 && b == 0x54 },
		"yellow": func(r, g, b uint32) bool { return r == 0xfd && g == 0xe7 && b == 0x25 },
	} {
		require.InDelta(t, 0.19, float64(count(t, b.Bytes(), pass))/all, 0.02, name) // axes and bars take the rest
	}
	_, err = viz.Heatmaps("t", "x", "y")
	require.ErrorContains(t, err, "t has no matrix to draw")
	_, err = viz.Heatmaps("t", "x", "y", half(1, 2), half(1, math.Inf(1)))
	require.ErrorContains(t, err, "value 1 of w is +Inf")
}

// A matrix larger than the picture is drawn by means: half of it is high, also
// where its sides are no multiples of anything.
func TestLargeHeatmap(t *testing.T) {
	const rows, cols = 1031, 709
	v := make([]float64, rows*cols)
	for i := range v {
		if i/cols >= rows/2 {
			v[i] = 1
		}
	}
	img, err := viz.Heatmap("t", "x", "y", matrix(rows, cols, v...))
	require.NoError(t, err)
	var b bytes.Buffer
	require.NoError(t, viz.WritePNG(&b, img))
	dark := count(t, b.Bytes(), func(r, g, b uint32) bool { return r == 0x44 && g == 0x01 && b == 0x54 })
	yellow := count(t, b.Bytes(), func(r, g, b uint32) bool { return r == 0xfd && g == 0xe7 && b == 0x25 })
	require.InEpsilon(t, dark, yellow, 0.03)
	require.Greater(t, dark, img.Bounds().Dx()*img.Bounds().Dy()/4)
}

func TestColumns(t *testing.T) {
	draw := func(n int) int {
		var s viz.Series
		for i := range n {
			s.X, s.Y = append(s.X, float64(i)), append(s.Y, 1+math.Sin(float64(i)))
		}
		s.Y[0] = math.NaN() // left out
		img, err := viz.Columns("t", "x", viz.Panel{YLabel: "y", Series: []viz.Series{s, {Name: "none"}}}, viz.Panel{})
		require.NoError(t, err)
		var b bytes.Buffer
		require.NoError(t, viz.WritePNG(&b, img))
		return count(t, b.Bytes(), blue)
	}
	require.Greater(t, draw(40), 1000)
	require.Greater(t, draw(2), 1000, "one bar")
	require.Positive(t, draw(1000))
	_, err := viz.Columns("t", "x", viz.Panel{Series: []viz.Series{{Name: "s", X: []float64{1}}}})
	require.ErrorContains(t, err, "series s has 1 x and 0 y")
	_, err = viz.Columns("t", "x", viz.Panel{Series: []viz.Series{{X: []float64{1}, Y: []float64{math.NaN()}}}})
	require.ErrorContains(t, err, "t has nothing to draw")
}
