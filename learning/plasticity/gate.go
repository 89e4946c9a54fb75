package plasticity

import "math"

// gate is the equations of a weight with an eligibility under dopamine, between
// events. Times are in ms.
type gate struct {
	aPlus, aMinus, wMin, wMax, b, tauC, tauN float64

	step   float64
	c, n   decay
	mixed  []float64 // (1 - exp(-s t))/s by steps, s = 1/tau_c + 1/tau_n
	simple []float64 // tau_c (1 - exp(-t/tau_c))
}

// pulse is spikes of the modulator in one step.
type pulse struct {
	t     int64
	count int64
	n     float64 // dopamine just after, 1/ms
}

// prepare makes the tables of a step length.
func (g *gate) prepare(step float64) {
	g.step, g.c, g.n = step, newDecay(g.tauC, step), newDecay(g.tauN, step)
	for k := range int64(maxDecay) {
		g.mixed = append(g.mixed, g.mixedAfter(k))
		g.simple = append(g.simple, g.simpleAfter(k))
	}
}

func (g *gate) mixedAfter(steps int64) float64 {
	s := (g.tauC + g.tauN) / (g.tauC * g.tauN)
	return -math.Expm1(-s*float64(steps)*g.step) / s
}

func (g *gate) simpleAfter(steps int64) float64 {
	return -math.Expm1(-float64(steps)*g.step/g.tauC) * g.tauC
}

// piece integrates a weight over steps without an event, from an eligibility
// and a concentration at their beginning.
func (g *gate) piece(w, c, n float64, steps int64) float64 {
	var mixed, simple float64
	if steps < int64(len(g.mixed)) {
		mixed, simple = g.mixed[steps], g.simple[steps]
	} else {
		mixed, simple = g.mixedAfter(steps), g.simpleAfter(steps)
	}
	w += float64(c * (float64(n*mixed) - float64(g.b*simple)))
	return min(max(w, g.wMin), g.wMax)
}

// advance integrates a weight and its eligibility from one time to another,
// with the pulses in between.
func (g *gate) advance(w, c float64, from, to int64, pulses []pulse) (float64, float64) {
	if c == 0 || from >= to {
		return w, c
	}
	i := len(pulses)
	for i > 0 && pulses[i-1].t > from {
		i--
	}
	n := 0.0
	if i > 0 {
		n = pulses[i-1].n * g.n.after(from-pulses[i-1].t)
	}
	for ; i < len(pulses) && pulses[i].t <= to; i++ {
		p := &pulses[i]
		w = g.piece(w, c, n, p.t-from)
		c *= g.c.after(p.t - from)
		n, from = p.n, p.t
	}
	if from < to {
		w = g.piece(w, c, n, to-from)
		c *= g.c.after(to - from)
	}
	return w, c
}
