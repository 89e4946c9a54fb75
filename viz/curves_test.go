package viz

import (
	"image"
	"image/color"
	"testing"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"pgregory.net/rapid"
)

// centres are the middles of the spots of a colour along x, from left to right.
func centres(img *image.RGBA, c color.RGBA) (at []float64) {
	b := img.Bounds()
	first, last := -1, -1
	for x := b.Min.X; x <= b.Max.X; x++ {
		found := false
		for y := b.Min.Y; x < b.Max.X && y < b.Max.Y/2; y++ { // the legend stands below
			found = found || img.RGBAAt(x, y) == c
		}
		switch {
		case found && first < 0:
			first, last = x, x
		case found:
			last = x
		case first >= 0:
			at = append(at, float64(first+last)/2)
			first = -1
		}
	}
	return at
}

// On a logarithmic axis equal factors are equal distances; 0 stands to the left
// of the others by 0.4 of a decade. Every point is a series with a colour of its own.
func TestLogarithmicAxis(t *testing.T) {
	var series []Series
	for _, x := range []float64{0, 1, 10, 1000} {
		series = append(series, Series{X: []float64{x}, Y: []float64{1}})
	}
	series = append(series, Series{X: []float64{1}, Y: []float64{0}})
	img, err := Curves("", Axis{Log: true}, Panel{Series: series})
	require.NoError(t, err)
	var at []float64
	for _, c := range okabeIto[:4] {
		spots := centres(img, c)
		require.Len(t, spots, 1)
		at = append(at, spots[0])
	}
	decade := (at[3] - at[1]) / 3
	require.Greater(t, decade, 200.0, "pixels")
	require.InDelta(t, decade, at[2]-at[1], 2)
	require.InDelta(t, 0.4*decade, at[1]-at[0], 2)
}

func TestTicksOfALogarithmicAxis(t *testing.T) {
	day := 86400.0
	panels := []Panel{{Series: []Series{{X: []float64{1, 365 * day}, Y: []float64{1, 2}}}}}
	x := Axis{Log: true, Ticks: []Tick{{365 * day, "1 year"}, {1, "1 s"}, {360 * day, "360 d"}, {day, "1 d"}}}
	a, err := x.place(panels)
	require.NoError(t, err)
	var labels []string
	for _, k := range a.ticks() {
		labels = append(labels, k.Label)
	}
	require.Equal(t, []string{"1 s", "1 d", "360 d", ""}, labels, "in order, and none over another")

	labels = nil
	for _, k := range (decades{}).Ticks(-0.3, 4.3) {
		if k.Label != "" {
			labels = append(labels, k.Label)
		}
	}
	require.Equal(t, []string{"1", "10", "100", "1000", "10000"}, labels)
	rapid.Check(t, func(t *rapid.T) {
		lo := rapid.Float64Range(-12, 6).Draw(t, "lo")
		hi := lo + rapid.Float64Range(1, 14).Draw(t, "decades")
		n := 0
		for _, k := range (decades{}).Ticks(lo, hi) {
			if k.Label != "" {
				n++
			}
		}
		require.GreaterOrEqual(t, n, 1)
		require.LessOrEqual(t, n, 9)
	})
}

// Panels share the axis, and each has its own values.
func TestCurvesInPanels(t *testing.T) {
	line := Series{Name: "a", X: []float64{0, 1}, Y: []float64{2, 3}}
	one, err := Curves("t", Axis{}, Panel{YLabel: "y", Series: []Series{line}})
	require.NoError(t, err)
	two, err := Curves("t", Axis{}, Panel{YLabel: "y", Series: []Series{line}}, Panel{YLabel: "z", Series: []Series{{X: []float64{1}, Y: []float64{1e6}}}})
	require.NoError(t, err)
	require.Equal(t, one.Bounds().Dx(), two.Bounds().Dx())
	require.Greater(t, two.Bounds().Dy(), one.Bounds().Dy())
}

// The legend stands in the corner that curves leave free.
func TestLegendStandsInAFreeCorner(t *testing.T) {
	for _, c := range []struct {
		name      string
		y         []float64
		top, left bool
	}{
		{"rising", []float64{0, 1, 2, 3}, false, false},
		{"falling", []float64{3, 2, 1, 0}, true, false},
		{"falling late", []float64{3, 3, 3, 3, 3, 3, 3, 0}, false, true},
	} {
		p := plot.New()
		var pts plotter.XYs
		for i, y := range c.y {
			pts = append(pts, plotter.XY{X: float64(i), Y: y})
		}
		p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = 0, float64(len(pts)-1), 0, 3
		freeCorner(p, pts)
		require.Equal(t, []bool{c.top, c.left}, []bool{p.Legend.Top, p.Legend.Left}, c.name)
	}
}

// Points that stand apart have no line between them, and are whole at the ends.
func TestPointsApart(t *testing.T) {
	series := []Series{{X: []float64{0, 1}, Y: []float64{1, 1}}, {X: []float64{0.5}, Y: []float64{0}}}
	img, err := Curves("", Axis{Apart: true}, Panel{Series: series})
	require.NoError(t, err)
	spots := centres(img, okabeIto[0])
	require.Len(t, spots, 2)
	require.Less(t, spots[1], float64(img.Bounds().Dx())*0.97)
	img, err = Curves("", Axis{}, Panel{Series: series})
	require.NoError(t, err)
	require.Len(t, centres(img, okabeIto[0]), 1)
}
