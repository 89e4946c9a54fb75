package viz

import (
	"fmt"
	"image"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
)

// Panel is one of several pictures over the same x.
type Panel struct {
	YLabel string
	Series []Series
}

// Columns draws values that belong to whole numbers, such as the columns of a
// matrix, as bars in panels one below the other; every y begins at zero or holds
// it. What is no finite number is left out. Very many are drawn as lines.
func Columns(title, xlabel string, panels ...Panel) (*image.RGBA, error) {
	const many = 256 // from here on bars would be thinner than a line
	var plots []*plot.Plot
	lo, hi := math.Inf(1), math.Inf(-1)
	for i, panel := range panels {
		p := newPlot("", "", panel.YLabel)
		p.Add(plotter.NewGrid())
		p.X.Tick.Marker = wholeTicks{}
		p.Y.Min, p.Y.Max = 0, 0
		for k, s := range panel.Series {
			if len(s.X) != len(s.Y) {
				return nil, fmt.Errorf("viz: series %s has %d x and %d y", s.Name, len(s.X), len(s.Y))
			}
			var pts plotter.XYs
			for k := range s.X {
				if y := s.Y[k]; !math.IsNaN(y) && !math.IsInf(y, 0) {
					pts = append(pts, plotter.XY{X: s.X[k], Y: y})
					lo, hi = math.Min(lo, s.X[k]), math.Max(hi, s.X[k])
				}
			}
			if len(pts) == 0 {
				continue
			}
			l, err := plotter.NewLine(pts)
			if err != nil {
				return nil, fmt.Errorf("viz: series %s: %w", s.Name, err)
			}
			l.Color = okabeIto[(i*2+k)%len(okabeIto)]
			show := []plot.Thumbnailer{l}
			if len(pts) <= many {
				bars, err := plotter.NewPolygon(barsOf(pts, k, len(panel.Series))...)
				if err != nil {
					return nil, fmt.Errorf("viz: series %s: %w", s.Name, err)
				}
				bars.Color, bars.LineStyle.Width = l.Color, 0
				p.Add(bars)
				show = []plot.Thumbnailer{bars}
			} else {
				p.Add(l)
			}
			if len(panel.Series) > 1 {
				p.Legend.Add(s.Name, show...)
			}
		}
		room := 0.05
		if len(panel.Series) > 1 { // the legend stands above
			room = 0.25
			p.Legend.Top = true
		}
		span := p.Y.Max - p.Y.Min
		if span == 0 {
			span = 1
		}
		if p.Y.Min < 0 {
			p.Y.Min -= 0.05 * span
		}
		p.Y.Max += room * span
		plots = append(plots, p)
	}
	if !(hi >= lo) {
		return nil, fmt.Errorf("viz: %s has nothing to draw", title)
	}
	plots[0].Title.Text, plots[len(plots)-1].X.Label.Text = title, xlabel
	for _, p := range plots {
		p.X.Min, p.X.Max = lo-0.5, hi+0.5
	}
	return canvas(8*vg.Inch, vg.Length(1.2+2.4*float64(len(plots)))*vg.Inch, plots...), nil
}

// barsOf are bars from zero, those of series k of n beside each other.
func barsOf(pts plotter.XYs, k, n int) (bars []plotter.XYer) {
	width := 0.8 / float64(n)
	for _, q := range pts {
		x := q.X - 0.4 + float64(width*float64(k))
		bars = append(bars, plotter.XYs{{X: x}, {X: x, Y: q.Y}, {X: x + width, Y: q.Y}, {X: x + width}})
	}
	return bars
}

// wholeTicks are those of roundTicks that stand at whole numbers.
type wholeTicks struct{}

func (wholeTicks) Ticks(lo, hi float64) (ticks []plot.Tick) {
	for _, t := range (roundTicks{}).Ticks(lo, hi) {
		if t.Value == math.Round(t.Value) {
			ticks = append(ticks, t)
		}
	}
	return ticks
}
