package viz

import (
	"fmt"
	"image"
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
)

// Sample is numbers of one distribution, with values that a dashed line marks.
type Sample struct {
	Name   string
	Values []float64
	Marks  []float64
}

const histogramBins = 100

// Histogram draws the distributions of samples over each other, with common
// bins and the share of each sample that falls into a bin. Where one is so narrow
// that the others would lie flat, each is drawn over its own fullest bin.
func Histogram(title, xlabel string, samples ...Sample) (*image.RGBA, error) {
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, s := range samples {
		for _, x := range s.Values {
			if math.IsNaN(x) || math.IsInf(x, 0) {
				return nil, fmt.Errorf("viz: sample %s holds %g, which a histogram cannot show", s.Name, x)
			}
			lo, hi = min(lo, x), max(hi, x)
		}
	}
	if lo > hi {
		return nil, fmt.Errorf("viz: there is nothing to draw a histogram of")
	}
	if pad := 1e-3*math.Abs(lo) + 1e-9; hi-lo < pad {
		lo, hi = lo-pad/2, hi+pad/2 // numbers that are all the same
	}
	p := newPlot(title, xlabel, "share, % a bin")
	p.Add(plotter.NewGrid())
	all, least := make([][]float64, len(samples)), math.Inf(1)
	top := 0.0
	for i, s := range samples {
		all[i] = make([]float64, histogramBins)
		most := 0.0
		for _, x := range s.Values {
			bin := min(max(int(float64(histogramBins)*((x-lo)/(hi-lo))), 0), histogramBins-1)
			all[i][bin] += 100 / float64(len(s.Values))
			most = max(most, all[i][bin])
		}
		if most > 0 {
			top, least = max(top, most), min(least, most)
		}
	}
	const flat = 8 // times lower than the highest
	if top > flat*least {
		for _, shares := range all {
			most := slices.Max(shares)
			for b := range shares {
				if most > 0 {
					shares[b] /= most
				}
			}
		}
		top = 1
		p.Y.Label.Text = "share, over that of the fullest bin of each"
	}
	var outlines []*plotter.Line
	for i, s := range samples {
		steps := plotter.XYs{{X: lo}}
		for b, y := range all[i] {
			at := func(k int) float64 { return lo + (hi-lo)*float64(k)/histogramBins }
			steps = append(steps, plotter.XY{X: at(b), Y: y}, plotter.XY{X: at(b + 1), Y: y})
		}
		steps = append(steps, plotter.XY{X: hi})
		col := okabeIto[i%len(okabeIto)]
		area, err := plotter.NewPolygon(steps)
		if err != nil {
			return nil, fmt.Errorf("viz: sample %s: %w", s.Name, err)
		}
		pale := color.NRGBA{col.R, col.G, col.B, 70}
		area.Color, area.LineStyle.Width = pale, 0
		line, err := plotter.NewLine(steps)
		if err != nil {
			return nil, fmt.Errorf("viz: sample %s: %w", s.Name, err)
		}
		line.Color, line.Width = col, vg.Points(1.2)
		p.Add(area)
		outlines = append(outlines, line)
	}
	for i, s := range samples {
		for _, m := range s.Marks {
			mark, err := plotter.NewLine(plotter.XYs{{X: m}, {X: m, Y: 1.05 * top}})
			if err != nil {
				return nil, fmt.Errorf("viz: sample %s: %w", s.Name, err)
			}
			mark.Color, mark.Width, mark.Dashes = outlines[i].Color, vg.Points(1), []vg.Length{vg.Points(4), vg.Points(3)}
			p.Add(mark)
		}
		p.Add(outlines[i])
		p.Legend.Add(s.Name, plot.Thumbnailer(outlines[i]))
	}
	p.Legend.Top = true
	p.Y.Min, p.Y.Max = 0, 1.15*top
	return canvas(8*vg.Inch, 5*vg.Inch, p), nil
}
