package viz

import (
	"fmt"
	"image"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
)

// Traces draws values over time as lines without points, for series that have
// many, in panels one below the other. What is no finite number is left out.
func Traces(title, xlabel, ylabel string, panels ...[]Series) (*image.RGBA, error) {
	var plots []*plot.Plot
	lo, hi := math.Inf(1), math.Inf(-1)
	for i, series := range panels {
		p := newPlot("", "", ylabel)
		p.Add(plotter.NewGrid())
		for k, s := range series {
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
			l.Color, l.Width = okabeIto[(i+k)%len(okabeIto)], vg.Points(1)
			p.Add(l)
			p.Legend.Add(s.Name, l)
		}
		if !(p.Y.Max >= p.Y.Min) {
			continue // nothing to draw in this panel
		}
		// Room above for the legend.
		span := p.Y.Max - p.Y.Min
		if span == 0 {
			span = 1
		}
		p.Legend.Top = true
		p.Y.Min, p.Y.Max = p.Y.Min-0.05*span, p.Y.Max+(0.1+0.1*float64(len(panels)))*span
		lo, hi = math.Min(lo, p.X.Min), math.Max(hi, p.X.Max)
		plots = append(plots, p)
	}
	if len(plots) == 0 {
		return nil, fmt.Errorf("viz: %s has nothing to draw", title)
	}
	plots[0].Title.Text, plots[len(plots)-1].X.Label.Text = title, xlabel
	if !(hi > lo) {
		hi = lo + 1
	}
	for _, p := range plots {
		p.X.Min, p.X.Max = lo, hi
	}
	return canvas(8*vg.Inch, max(4, 1.7*vg.Length(len(plots)))*vg.Inch, plots...), nil
}
