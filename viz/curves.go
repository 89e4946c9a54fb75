package viz

import (
	"cmp"
	"fmt"
	"image"
	"math"
	"slices"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Series is a named line with optional standard deviations.
type Series struct {
	Name    string
	X, Y, E []float64 // E nil for no error bars
}

// Axis is what curves are drawn over.
type Axis struct {
	Label string
	Names []string // stand for the values 0, 1, ..., side by side; no lines
	Log   bool     // values of 0 stand to the left of the others, which are above 0
	Apart bool     // larger points without lines, which would mean nothing between them
	Ticks []Tick   // in place of round numbers; labels that would touch are left out
}

// Tick is a place on an axis with its label.
type Tick struct {
	At    float64
	Label string
}

// Curves draws lines with points, error bars and a legend, the panels one below
// the other over the same axis.
func Curves(title string, x Axis, panels ...Panel) (*image.RGBA, error) {
	if len(panels) == 0 {
		return nil, fmt.Errorf("viz: curves need at least one panel")
	}
	axis, err := x.place(panels)
	if err != nil {
		return nil, err
	}
	plots := make([]*plot.Plot, len(panels))
	for i, panel := range panels {
		p := newPlot("", "", panel.YLabel)
		p.Add(plotter.NewGrid())
		if i == 0 {
			p.Title.Text = title
		}
		if err := axis.draw(p, panel, i == 0); err != nil {
			return nil, err
		}
		if i == len(panels)-1 {
			p.X.Label.Text = x.Label
		}
		plots[i] = p
	}
	height := 5 * vg.Inch
	if len(panels) > 1 {
		height = vg.Length(1+2.6*float64(len(panels))) * vg.Inch
	}
	return canvas(8*vg.Inch, height, plots...), nil
}

// placed is an axis with its ends. Logarithms are taken here: values are drawn
// on a linear axis of their decades.
type placed struct {
	Axis
	zero     float64 // where a 0 stands among the decades
	min, max float64
}

// place finds the ends of the axis over all panels.
func (x Axis) place(panels []Panel) (*placed, error) {
	a := &placed{Axis: x, min: math.Inf(1), max: math.Inf(-1)}
	zero := false
	for _, p := range panels {
		for _, s := range p.Series {
			if len(s.X) != len(s.Y) || s.E != nil && len(s.E) != len(s.X) || len(s.X) == 0 {
				return nil, fmt.Errorf("viz: series %s has %d x, %d y and %d errors", s.Name, len(s.X), len(s.Y), len(s.E))
			}
			for _, v := range s.X {
				if x.Log && v < 0 {
					return nil, fmt.Errorf("viz: series %s has x = %g, which a logarithmic axis has no place for", s.Name, v)
				}
				if x.Log && v == 0 {
					zero = true
					continue
				}
				v = a.at(v)
				a.min, a.max = math.Min(a.min, v), math.Max(a.max, v)
			}
		}
	}
	switch {
	case x.Names != nil:
		a.min, a.max = -0.5, float64(len(x.Names))-0.5
	case x.Log:
		if a.min > a.max { // zeros alone
			a.min, a.max = 0, 0
		}
		a.zero = a.min - 0.4 // of a decade below the smallest of the others
		if zero {
			a.min = a.zero
		}
		pad := 0.03 * (a.max - a.min)
		if pad == 0 {
			pad = 0.3
		}
		a.min, a.max = a.min-pad, a.max+pad
	}
	return a, nil
}

// at is where a value is drawn.
func (a *placed) at(v float64) float64 {
	switch {
	case !a.Log:
		return v
	case v == 0:
		return a.zero
	}
	return math.Log10(v)
}

// ticks are those that were asked for. A label whose neighbour to the left is
// too near is left out.
func (a *placed) ticks() plot.ConstantTicks {
	const letter = 0.0105 // width over that of the field
	var out plot.ConstantTicks
	end := math.Inf(-1)
	ticks := slices.Clone(a.Ticks)
	slices.SortFunc(ticks, func(s, t Tick) int { return cmp.Compare(s.At, t.At) })
	for _, t := range ticks {
		k := plot.Tick{Value: a.at(t.At), Label: t.Label}
		half := letter * float64(len([]rune(t.Label))+1) / 2
		if at := (k.Value - a.min) / (a.max - a.min); at-half < end {
			k.Label = ""
		} else {
			end = at + half
		}
		out = append(out, k)
	}
	return out
}

// draw adds the series of a panel to a plot.
func (a *placed) draw(p *plot.Plot, panel Panel, legend bool) error {
	var all plotter.XYs
	for i, s := range panel.Series {
		pts := make(plotter.XYs, len(s.X))
		for k := range pts {
			pts[k] = plotter.XY{X: a.at(s.X[k]), Y: s.Y[k]}
			if a.Names != nil { // side by side, or their bars would hide each other
				pts[k].X += 0.6 / float64(len(panel.Series)) * (float64(i) - float64(len(panel.Series)-1)/2)
			}
		}
		all = append(all, pts...)
		l, sc, err := plotter.NewLinePoints(pts)
		if err != nil {
			return fmt.Errorf("viz: series %s: %w", s.Name, err)
		}
		col := okabeIto[i%len(okabeIto)]
		l.Color, sc.Color, l.Width = col, col, vg.Points(1.6)
		sc.Shape, sc.Radius = draw.CircleGlyph{}, vg.Points(2)
		lines := a.Names == nil && !a.Apart // a line between names would mean nothing
		if lines {
			p.Add(l)
		}
		if a.Apart {
			sc.Radius = vg.Points(4)
		}
		p.Add(sc)
		if s.E != nil {
			e := make(plotter.YErrors, len(s.E))
			for k, d := range s.E {
				e[k].Low, e[k].High = -d, d
			}
			b, err := plotter.NewYErrorBars(struct {
				plotter.XYs
				plotter.YErrors
			}{pts, e})
			if err != nil {
				return fmt.Errorf("viz: series %s: %w", s.Name, err)
			}
			b.Color = col
			p.Add(b)
		}
		if !legend || s.Name == "" {
			continue
		}
		if !lines {
			p.Legend.Add(s.Name, sc)
			continue
		}
		p.Legend.Add(s.Name, l, sc)
	}
	switch {
	case a.Names != nil:
		p.NominalX(a.Names...)
	case a.Log:
		p.X.Tick.Marker = decades{}
	}
	if a.Ticks != nil {
		p.X.Tick.Marker = a.ticks()
	}
	if a.Names != nil || a.Log {
		p.X.Min, p.X.Max = a.min, a.max
	}
	if a.Apart && a.Names == nil && !a.Log { // whole points at the ends
		pad := 0.03 * (p.X.Max - p.X.Min)
		p.X.Min, p.X.Max = p.X.Min-pad, p.X.Max+pad
	}
	pad := 0.05 * (p.Y.Max - p.Y.Min)
	p.Y.Min, p.Y.Max = p.Y.Min-pad, p.Y.Max+pad
	freeCorner(p, all)
	return nil
}

// freeCorner puts the legend where the fewest points are; the lower right
// corner, where curves that rise leave room, comes first.
func freeCorner(p *plot.Plot, all plotter.XYs) {
	if !(p.X.Max > p.X.Min && p.Y.Max > p.Y.Min) {
		return
	}
	least := math.MaxInt
	for _, c := range []struct{ top, left bool }{{false, false}, {true, false}, {false, true}, {true, true}} {
		n := 0
		for _, q := range all {
			x, y := (q.X-p.X.Min)/(p.X.Max-p.X.Min), (q.Y-p.Y.Min)/(p.Y.Max-p.Y.Min)
			if c.left {
				x = 1 - x
			}
			if c.top {
				y = 1 - y
			}
			if x > 0.6 && y < 0.3 {
				n++
			}
		}
		if n < least {
			least = n
			p.Legend.Top, p.Legend.Left = c.top, c.left
		}
	}
}

// decades are the ticks of an axis of logarithms: powers of ten, with small
// ones in between.
type decades struct{}

func (decades) Ticks(lo, hi float64) (ticks []plot.Tick) {
	first, last := math.Floor(lo), math.Ceil(hi)
	skip := math.Ceil((last - first) / 8)
	for e := first; e <= last; e++ {
		for k := 1.0; k < 10; k++ {
			t := plot.Tick{Value: e + math.Log10(k)}
			if k == 1 && math.Mod(e, skip) == 0 {
				t.Label = strconv.FormatFloat(math.Pow(10, e), 'g', 6, 64)
			}
			if t.Value >= lo && t.Value <= hi {
				ticks = append(ticks, t)
			}
		}
	}
	return ticks
}
