package devices

import "math"

// fitNodes are those of a fitted table of steps.
const fitNodes = 6

// least is the smallest gamma, and the smallest node over a typical step: a
// thousandth of a step is in no data, and its logarithm would run away.
const least = 1e-3

// model is the cell of a name, with where its fit begins.
func (g pulseGuess) model(name string) (pulseModel, bool) {
	switch name {
	case "soft-bounds":
		return g.softBounds(), true
	case "linear-step":
		return g.linearStep(), true
	case "pow-step":
		return g.powStep(), true
	case "exp-step":
		return g.expStep(), true
	case "piecewise-step":
		return g.piecewise(fitNodes), true
	}
	return pulseModel{}, false
}

// pulseGuess is a straight line of the step over the weight, from averages of
// pieces of the runs. Fits begin there, and again at equal steps.
type pulseGuess struct {
	up, down           float64 // size of a step at 0
	slopeUp, slopeDown float64 // its change over the weight, negative towards the bound that the run goes to
	low, high          float64 // range of the data
	mean               float64 // step that takes as many pulses through it
}

func guessPulses(d PulseData) pulseGuess {
	var g pulseGuess
	g.low, g.high = d.span()
	g.up, g.slopeUp = stepLine(d.Up)
	down, slopeDown := stepLine(d.Down)
	g.down, g.slopeDown = -down, -slopeDown
	g.mean = (g.high - g.low) / float64(len(d.Up))
	g.up, g.down = max(g.up, 0.01*g.mean), max(g.down, 0.01*g.mean)
	g.slopeUp, g.slopeDown = min(g.slopeUp, -0.01*g.up/g.high), max(g.slopeDown, 0.01*g.down/-g.low)
	return g
}

// stepLine is the straight line of the step over the weight, from averages of
// eight pieces of a run.
func stepLine(run []float64) (at0, slope float64) {
	const pieces = 8
	var level [pieces]float64
	width := float64(len(run)) / pieces
	for k := range level {
		level[k] = average(run[int(float64(k)*width):int(float64(k+1)*width)])
	}
	var n, sx, sy, sxx, sxy float64
	for k := 1; k < pieces; k++ {
		x, y := (level[k]+level[k-1])/2, (level[k]-level[k-1])/width
		n, sx, sy, sxx, sxy = n+1, sx+x, sy+y, sxx+float64(x*x), sxy+float64(x*y)
	}
	if v := float64(n*sxx) - float64(sx*sx); v > 0 {
		slope = (float64(n*sxy) - float64(sx*sy)) / v
	}
	return (sy - float64(slope*sx)) / n, slope
}

// fittedSteps are the shared parameters of steps up and down within bounds,
// without spread.
func fittedSteps(up, down, high, low float64, round func(float64) float64) StepParams {
	p := StepParams{DwMin: round(max(up, down)), WMax: round(high), WMin: round(low), CorruptRange: 1000, UpdatePeriod: 1e-6, GMax: 25}
	p.UpDown = up/down - 1
	if up > down {
		p.UpDown = 1 - down/up
	}
	const most = 0.999999 // a direction without any step is none to fit
	p.UpDown = clamp(round(p.UpDown), -most, most)
	return p
}

// Fitted bounds lie between half the end of the data and so many ranges of the
// data beyond it. Far bounds are never reached and only trade with the size of a
// step. Steps that shrink to nothing at a bound need it further out than those
// that end there.
const (
	hardReach = 0.5
	softReach = 4
)

// upper and lower are the bounds of a fitted number, which may be any; place is
// the number of a bound at a distance from 0, where the data end at end.
func (g pulseGuess) upper(x, reach float64) float64 { return g.bound(x, g.high, reach) }
func (g pulseGuess) lower(x, reach float64) float64 { return -g.bound(x, -g.low, reach) }

func (g pulseGuess) bound(x, end, reach float64) float64 {
	near, far := end/2, end+float64(reach*(g.high-g.low))
	return near + (far-near)/(1+math.Exp(-x))
}

func (g pulseGuess) place(bound, end, reach float64) float64 {
	near, far := end/2, end+float64(reach*(g.high-g.low))
	part := min(max((bound-near)/(far-near), 0.02), 0.98)
	return math.Log(part / (1 - part))
}

func (p *StepParams) steps() *StepParams { return p }

// inRange tells whether parameters are what the configuration takes.
func inRange(p StepParams) bool {
	return p.DwMin > 0 && p.DwMin <= 10 && p.WMax <= 1000 && p.WMin >= -1000
}

func (g pulseGuess) softBounds() pulseModel {
	return pulseModel{
		name: "soft-bounds", additive: true,
		starts: [][]float64{
			{math.Log(g.up), math.Log(g.down), g.place(g.up/-g.slopeUp, g.high, softReach), g.place(g.down/g.slopeDown, -g.low, softReach)},
			{math.Log(g.mean), math.Log(g.mean), g.place(9*g.high, g.high, softReach), g.place(-9*g.low, -g.low, softReach)},
		},
		cell: func(x []float64, round func(float64) float64) fittable {
			p := &SoftBounds{StepParams: fittedSteps(math.Exp(x[0]), math.Exp(x[1]), g.upper(x[2], softReach), g.lower(x[3], softReach), round)}
			if !inRange(p.StepParams) {
				return nil
			}
			return p
		},
	}
}

// linearStep has gamma of each direction and where the steps end.
func (g pulseGuess) linearStep() pulseModel {
	gamma := func(slope, end, step float64) float64 { return math.Log(min(max(slope*end/step, 0.01), 5)) }
	return pulseModel{
		name: "linear-step", additive: true,
		starts: [][]float64{{
			math.Log(g.up), math.Log(g.down), gamma(-g.slopeUp, g.high, g.up), gamma(g.slopeDown, -g.low, g.down),
			g.place(g.high, g.high, hardReach), g.place(-g.low, -g.low, hardReach),
		}, {
			math.Log(g.mean), math.Log(g.mean), math.Log(0.05), math.Log(0.05),
			g.place(1.2*g.high, g.high, hardReach), g.place(-1.2*g.low, -g.low, hardReach),
		}},
		cell: func(x []float64, round func(float64) float64) fittable {
			p := &LinearStep{
				StepParams: fittedSteps(math.Exp(x[0]), math.Exp(x[1]), g.upper(x[4], hardReach), g.lower(x[5], hardReach), round),
				GammaUp:    round(least + math.Exp(x[2])), GammaDown: round(least + math.Exp(x[3])), MeanBound: true,
			}
			if !inRange(p.StepParams) || max(p.GammaUp, p.GammaDown) > 10 {
				return nil
			}
			return p
		},
	}
}

func (g pulseGuess) powStep() pulseModel {
	m := pulseModel{
		name: "pow-step",
		cell: func(x []float64, round func(float64) float64) fittable {
			p := &PowStep{
				StepParams: fittedSteps(math.Exp(x[0]), math.Exp(x[1]), g.upper(x[4], hardReach), g.lower(x[5], hardReach), round),
				GammaUp:    round(least + math.Exp(x[2])), GammaDown: round(least + math.Exp(x[3])),
			}
			if !inRange(p.StepParams) || max(p.GammaUp, p.GammaDown) > 100 {
				return nil
			}
			return p
		},
	}
	for _, gamma := range []float64{0.1, 0.5, 1, 2} {
		grow := math.Pow(2, gamma) // half way the step is 2^-gamma
		m.starts = append(m.starts, []float64{
			math.Log(g.mean * grow), math.Log(g.mean * grow), math.Log(gamma), math.Log(gamma),
			g.place(1.2*g.high, g.high, hardReach), g.place(-1.2*g.low, -g.low, hardReach),
		}, []float64{
			math.Log(g.up * grow), math.Log(g.down * grow), math.Log(gamma), math.Log(gamma),
			g.place(1.05*g.high, g.high, hardReach), g.place(-1.05*g.low, -g.low, hardReach),
		})
	}
	return m
}

// expStep has a = (w_max - w_min)/2 and b = 0, so that z is the weight.
func (g pulseGuess) expStep() pulseModel {
	m := pulseModel{
		name: "exp-step",
		cell: func(x []float64, round func(float64) float64) fittable {
			p := &ExpStep{
				StepParams: fittedSteps(math.Exp(x[0]), math.Exp(x[1]), g.upper(x[6], hardReach), g.lower(x[7], hardReach), round),
				AUp:        round(x[2]), GammaUp: round(x[3]), ADown: round(x[4]), GammaDown: round(x[5]),
			}
			p.A = round((p.WMax - p.WMin) / 2)
			if !inRange(p.StepParams) || max(math.Abs(p.AUp), math.Abs(p.ADown)) > 1e6 || max(math.Abs(p.GammaUp), math.Abs(p.GammaDown)) > 1000 {
				return nil
			}
			return p
		},
	}
	for _, rate := range []float64{-4, -2, -1, 1, 2, 4} {
		rate /= g.high - g.low
		// scale (1 - A exp(rate w)) has the step and the slope of the line at 0.
		part := func(step, slope float64) (scale, a float64) {
			scale = step - slope/rate
			return scale, (scale - step) / scale
		}
		up, aUp := part(g.up, g.slopeUp)
		down, aDown := part(g.down, -g.slopeDown)
		if up > 0 && down > 0 {
			m.starts = append(m.starts, []float64{math.Log(up), math.Log(down), aUp, rate, aDown, rate, g.place(1.05*g.high, g.high, hardReach), g.place(-1.05*g.low, -g.low, hardReach)})
		}
	}
	return m
}

// piecewise has a table of each direction over the range of the data. A table of
// so many numbers has local minima, and where the data crowd at a bound their
// noise goes beyond it. So it is fitted again over the range of fitted straight
// lines, beginning as these, and leaves no more than they do.
func (g pulseGuess) piecewise(nodes int) pulseModel {
	start, flat := make([]float64, 2*nodes), make([]float64, 2*nodes)
	for k := range flat {
		flat[k] = math.Log(g.mean)
	}
	for k := range nodes {
		w := nodeAt(k, nodes, g.low, g.high)
		start[k] = math.Log(max(g.up+float64(g.slopeUp*w), 0.05*g.up))
		start[nodes+k] = math.Log(max(g.down+float64(g.slopeDown*w), 0.05*g.down))
	}
	m := g.table(nodes, g.low, g.high)
	m.starts = [][]float64{start, flat}
	m.before = []pulseModel{g.linearStep(), g.softBounds()}
	m.like = func(cell fittable, low, high float64) (pulseModel, []float64) {
		low, high = min(low, g.low/2), max(high, g.high/2) // 0 is between them
		begin := make([]float64, 2*nodes)
		for k := range nodes {
			up, down := lineAt(cell, nodeAt(k, nodes, low, high), low, high)
			begin[k], begin[nodes+k] = math.Log(max(up, least*g.mean)), math.Log(max(down, least*g.mean))
		}
		return g.table(nodes, low, high), begin
	}
	return m
}

// nodeAt is where node k of a table stands.
func nodeAt(k, nodes int, low, high float64) float64 {
	return low + float64((high-low)*float64(k)/float64(nodes-1))
}

// lineAt are the sizes of the steps up and down of a cell whose steps follow a
// straight line, by two places from which a step does not end at a bound.
func lineAt(cell Nominal, w, low, high float64) (up, down float64) {
	quarter := (high - low) / 4
	at := func(a float64) (up, down float64) {
		u, d := response(cell, a, a, 1)
		return u[0] - a, a - d[0]
	}
	middle := low + 2*quarter
	up0, down0 := at(middle)
	up1, _ := at(middle - quarter)
	_, down1 := at(middle + quarter)
	part := (w - middle) / quarter
	return up0 + float64(part*(up0-up1)), down0 + float64(part*(down1-down0))
}

// table is a cell whose steps are a table over a range.
func (g pulseGuess) table(nodes int, low, high float64) pulseModel {
	typical := (g.up + g.down) / 2
	node := func(v float64) float64 { return float64(least*typical) + math.Exp(v) }
	return pulseModel{
		name: "piecewise-step",
		cell: func(x []float64, round func(float64) float64) fittable {
			step := 0.0 // the largest of all makes the unit
			for _, v := range x {
				step = max(step, node(v))
			}
			p := &PiecewiseStep{StepParams: fittedSteps(step, step, high, low, round)}
			if !inRange(p.StepParams) {
				return nil
			}
			for k, v := range x {
				part := round(node(v) / step)
				if k < nodes {
					p.Up = append(p.Up, part)
				} else {
					p.Down = append(p.Down, part)
				}
			}
			return p
		},
	}
}
