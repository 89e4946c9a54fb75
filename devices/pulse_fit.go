package devices

import (
	"context"
	"fmt"
	"math"
	"strings"

	"github.com/synohm/synohm/internal/leastsquares"
	"github.com/synohm/synohm/internal/progress"
)

// PulseFit is a pulsed cell that was fitted to a measured response.
type PulseFit struct {
	Name     string  // of the cell in the catalogue
	Params   any     // its settings, spreads between cells none
	Cell     Nominal // with these
	Free     int     // parameters that were fitted, the two starts of the runs among them
	RMSE     float64 // in the unit of the data
	R2       float64 // share of the variance of the data that the curve has
	BIC      float64 // Bayesian information criterion of independent normal residuals
	Up, Down []float64
	Scale    PulseScale

	StepNoise, WriteNoise float64 // standard deviations of a step at w = 0 and of a write, in the unit of the data
}

// FittedCells are the cells that can be fitted to a response.
func FittedCells() []string {
	return []string{"soft-bounds", "linear-step", "pow-step", "exp-step", "piecewise-step"}
}

// FitPulses fits cells to a response, all of FittedCells where none is named, by
// least squares of the values after each pulse. Where a run starts is fitted
// too. From what is left over cycle-to-cycle and write noise are estimated. A
// context that is cancelled ends it with its error, and hears how far it is.
func FitPulses(ctx context.Context, d PulseData, names ...string) ([]PulseFit, error) {
	if len(names) == 0 {
		names = FittedCells()
	}
	w, scale := d.normalised()
	g := guessPulses(w)
	var fits []PulseFit
	for k, name := range names {
		progress.Report(ctx, "cells", k, len(names))
		m, ok := g.model(name)
		if !ok {
			return nil, fmt.Errorf("%q is not fitted to pulses; these are: %s", name, strings.Join(FittedCells(), ", "))
		}
		f, err := fitPulses(ctx, w, scale, m)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %s: %w", d.File, m.name, err)
		}
		fits = append(fits, f)
	}
	progress.Report(ctx, "cells", len(names), len(names))
	return fits, nil
}

// pulseModel is a cell to fit.
type pulseModel struct {
	name   string
	starts [][]float64
	// cell makes the cell of fitted numbers, each parameter passed through
	// round; nil where they make none. Cycle and write noise are added.
	cell func(x []float64, round func(float64) float64) fittable
	// additive noise is that of a step at w = 0, whatever the step is.
	additive bool
	// before are cells that are fitted first. Of each, like makes a model that
	// can follow its curve, and where that begins.
	before []pulseModel
	like   func(cell fittable, low, high float64) (m pulseModel, start []float64)
}

// fittable is a pulsed cell whose noise can be set.
type fittable interface {
	Nominal
	steps() *StepParams
	Validate() error
}

func exactly(x float64) float64 { return x }

// digits rounds to six digits, which is more than a fit knows.
func digits(x float64) float64 {
	if x == 0 {
		return 0
	}
	unit := math.Pow(10, math.Floor(math.Log10(math.Abs(x)))-5)
	if unit < 1 { // dividing by a power of ten gives the nearest number
		return math.Round(x/unit) / math.Round(1/unit)
	}
	return math.Round(x/unit) * unit
}

// curve is the response that fitted numbers make, the last two of them where the
// runs begin; no cell where they make none.
func (m *pulseModel) curve(x []float64, n int, round func(float64) float64) (up, down []float64, cell fittable) {
	k := len(x) - 2
	cell = m.cell(x[:k], round)
	if cell == nil || cell.Validate() != nil {
		return nil, nil, nil
	}
	up, down = response(cell, x[k], x[k+1], n)
	return up, down, cell
}

// search finds the numbers of the least squares, and the model that they are of;
// nil where no start is a cell.
func (m pulseModel) search(ctx context.Context, d PulseData) (best []float64, of pulseModel) {
	n := len(d.Up)
	sum := math.Inf(1)
	begin := func(m pulseModel, x []float64) {
		residuals := func(x, r []float64) {
			up, down, cell := m.curve(x, n, exactly)
			for i := range n {
				if cell == nil {
					r[i], r[n+i] = math.NaN(), math.NaN()
					continue
				}
				r[i], r[n+i] = up[i]-d.Up[i], down[i]-d.Down[i]
			}
		}
		if s, err := leastsquares.Minimize(ctx, x, 2*n, residuals, leastsquares.Settings{}); err == nil && s < sum {
			best, of, sum = x, m, s
		}
	}
	few := max(1, n/50)
	for _, start := range m.starts {
		begin(m, append(append([]float64{}, start...), average(d.Up[:few]), average(d.Down[:few])))
	}
	for _, b := range m.before {
		x, b := b.search(ctx, d)
		if x == nil {
			continue
		}
		up, down, cell := b.curve(x, n, exactly)
		from := x[len(x)-2:]
		for _, run := range [][]float64{up, append(up, from...)} { // a run may begin beyond where the others end
			low, high := PulseData{Up: run, Down: down}.span()
			like, start := m.like(cell, low, high)
			begin(like, append(start, from...))
		}
	}
	return best, of
}

func fitPulses(ctx context.Context, d PulseData, scale PulseScale, m pulseModel) (PulseFit, error) {
	best, m := m.search(ctx, d)
	if best == nil {
		return PulseFit{}, fmt.Errorf("no start of the fit is a legal cell")
	}
	up, down, cell := m.curve(best, len(d.Up), digits)
	if cell == nil { // rounded out of what the cell allows
		up, down, cell = m.curve(best, len(d.Up), exactly)
	}
	f := PulseFit{Name: m.name, Params: cell, Cell: cell, Free: len(best), Scale: scale}
	f.setNoise(d, cell, best[len(best)-2:], m.additive)
	f.judge(d, up, down)
	return f, nil
}

// response is the path of the nominal cell from two weights, up and down.
func response(cell Nominal, upFrom, downFrom float64, n int) (up, down []float64) {
	c := cell.Nominal().Make(2, 0, 0).(Weighted)
	c.SetWeights(0, []float64{upFrom, downFrom})
	return walk(c, n)
}

// walk gives the first of two cells up pulses, the second one down pulses.
func walk(c Weighted, n int) (up, down []float64) {
	up, down = make([]float64, n), make([]float64, n)
	w, pulses := make([]float64, 2), []int32{1, -1}
	for i := range n {
		c.Pulse(0, nil, pulses)
		c.Weights(0, w)
		up[i], down[i] = w[0], w[1]
	}
	return up, down
}

// SetConductances gives the cell the conductances of its bounds, where uS is that
// of a value of 1 in the data. It tells whether it could: not where the lower
// bound lies below 0.
func (f *PulseFit) SetConductances(uS float64) bool {
	p := f.Params.(fittable).steps()
	low := uS * (f.Scale.Offset + float64(f.Scale.Factor*p.WMin))
	high := uS * (f.Scale.Offset + float64(f.Scale.Factor*p.WMax))
	if !(low >= 0) {
		return false
	}
	p.GMin, p.GMax = digits(low), digits(high)
	return true
}

// judge compares curves with the data, both in weights, and keeps all in the
// unit of the data.
func (f *PulseFit) judge(d PulseData, up, down []float64) {
	n := float64(len(d.Up) + len(d.Down))
	mean := (average(d.Up) + average(d.Down)) / 2
	var left, all float64
	for _, part := range [][2][]float64{{d.Up, up}, {d.Down, down}} {
		for i, v := range part[0] {
			e := v - part[1][i]
			left += float64(e * e)
			all += float64((v - mean) * (v - mean))
		}
	}
	f.RMSE, f.R2 = math.Sqrt(left/n)*f.Scale.Factor, 1-left/all
	f.BIC = float64(n*math.Log(max(left, 1e-300)/n)) + float64(float64(f.Free)*math.Log(n))
	back := func(w []float64) []float64 {
		v := make([]float64, len(w))
		for i, x := range w {
			v[i] = f.Scale.Offset + float64(f.Scale.Factor*x)
		}
		return v
	}
	f.Up, f.Down = back(up), back(down)
}
