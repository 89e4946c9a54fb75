package viz

import (
	"fmt"
	"image"
	"math"

	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
)

// Traces draws values over time as lines without points, for series that have
// many. What is no finite number is left out.
func Traces(title, xlabel, ylabel string, series ...Series) (*image.RGBA, error) {
	p := newPlot(title, xlabel, ylabel)
	p.Add(plotter.NewGrid())
	drawn := 0
	for i, s := range series {
		if len(s.X) != len(s.Y) {
			return nil, fmt.Errorf("viz: series %s has %d x and %d y", s.Name, len(s.X), len(s.Y))
		}
		var pts plotter.XYs
		for k := range s.X {
			if y := s.Y[k]; !math.IsNaN(y) && !math.IsInf(y, 0) {
				pts = append(pts, plotter.XY{X: s.X[k], Y: y})
			}
		}
		if len(pts) == 0 {
			continue
		}
		l, err := plotter.NewLine(pts)
		if err != nil {
			return nil, fmt.Errorf("viz: series %s: %w", s.Name, err)
		}
		l.Color, l.Width = okabeIto[i%len(okabeIto)], vg.Points(1)
		p.Add(l)
		p.Legend.Add(s.Name, l)
		drawn += len(pts)
	}
	if drawn == 0 {
		return nil, fmt.Errorf("viz: %s has nothing to draw", title)
	}
	p.Legend.Top = true
	if !(p.X.Max > p.X.Min) {
		p.X.Max = p.X.Min + 1
	}
	pad := 0.05 * (p.Y.Max - p.Y.Min)
	if pad == 0 {
		pad = 1
	}
	p.Y.Min, p.Y.Max = p.Y.Min-pad, p.Y.Max+pad
	return canvas(8*vg.Inch, 5*vg.Inch, p), nil
}
