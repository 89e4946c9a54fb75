package neurons

import (
	"math"

	"github.com/synohm/synohm/internal/kernels"
	"github.com/synohm/synohm/sim"
)

// pscEvent is iaf_psc_exp and iaf_psc_alpha at exact times. Between events
// both are the same linear equations,
//
//	dV/dt = -(V - v_inf)/tau_m + (I_ex + I_in)/c_m,  v_inf = e_l + i_e tau_m/c_m
//	dI/dt = J - I/tau_syn,  dJ/dt = -J/tau_syn
//
// with J = 0 for exponential currents: a weight jumps I there, and J by
// e/tau_syn times itself for alpha-shaped ones. The solution is closed; where V
// crosses the threshold is found by search, see crossing.
type pscEvent struct {
	eventClock
	pscEventParams
	inf                  float64   // mV
	v                    []float64 // mV, at last
	ex, jex, in, jin     []float64 // pA, pA/ms, at last
	alpha                bool
	scale                [2]float64 // of the jump of a channel
	tauEx, tauIn, tauMax float64
}

// pscEventParams is what the two models have in common.
type pscEventParams struct{ eL, cM, tauM, tRef, vTh, vReset float64 }

var _ sim.EventPopulation = (*pscEvent)(nil)

func newIAFPscExpEvent(size int, p *IAFPscExpParams) *pscEvent {
	n := &pscEvent{
		pscEventParams: pscEventParams{p.EL, p.CM, p.TauM, p.TRef, p.VTh, p.VReset},
		inf:            p.EL + float64(p.IE*p.TauM/p.CM), scale: [2]float64{1, 1}, tauEx: p.TauSynEx, tauIn: p.TauSynIn,
	}
	return n.make(size)
}

func newIAFPscAlphaEvent(size int, p *IAFPscAlphaParams) *pscEvent {
	n := &pscEvent{
		pscEventParams: pscEventParams{p.EL, p.CM, p.TauM, p.TRef, p.VTh, p.VReset}, alpha: true,
		inf: p.EL + float64(p.IE*p.TauM/p.CM), scale: [2]float64{math.E / p.TauSynEx, math.E / p.TauSynIn}, tauEx: p.TauSynEx, tauIn: p.TauSynIn,
	}
	return n.make(size)
}

func (n *pscEvent) make(size int) *pscEvent {
	n.tauMax = max(n.tauM, n.tauEx, n.tauIn)
	n.eventClock = newEventClock(size)
	for _, x := range []*[]float64{&n.v, &n.ex, &n.jex, &n.in, &n.jin} {
		*x = make([]float64, size)
	}
	n.Reset()
	return n
}

// Size returns the number of cells.
func (n *pscEvent) Size() int { return len(n.v) }

// Reset puts every cell to rest, without currents.
func (n *pscEvent) Reset() {
	n.reset()
	for i := range n.v {
		n.v[i] = n.eL
	}
	for _, x := range [][]float64{n.ex, n.jex, n.in, n.jin} {
		clear(x)
	}
}

// State is the potential and the currents, and the times they belong to.
func (n *pscEvent) State() []sim.Variable {
	s := []sim.Variable{{Name: "v_m", Values: n.v}, {Name: "i_syn_ex", Values: n.ex}, {Name: "i_syn_in", Values: n.in}}
	if n.alpha {
		s = append(s, sim.Variable{Name: "di_syn_ex", Values: n.jex}, sim.Variable{Name: "di_syn_in", Values: n.jin})
	}
	return append(s, n.state()...)
}

// pscCurrent is a synaptic current and what drives it.
type pscCurrent struct{ i, j, tau float64 }

func (c pscCurrent) after(h float64) pscCurrent {
	p := kernels.Exp(-h / c.tau)
	return pscCurrent{float64((c.i + float64(c.j*h)) * p), float64(c.j * p), c.tau}
}

// bounds are the smallest and the largest value up to h, which may be
// infinite. There is at most one extremum within.
func (c pscCurrent) bounds(h float64) (low, high float64) {
	low, high = c.i, c.i
	end := 0.0
	if !math.IsInf(h, 1) {
		end = c.after(h).i
	}
	low, high = min(low, end), max(high, end)
	if at := c.tau - c.i/c.j; c.j != 0 && at > 0 && at < h {
		top := c.after(at).i
		low, high = min(low, top), max(high, top)
	}
	return low, high
}

// pscState is one cell that is not refractory.
type pscState struct {
	v      float64
	ex, in pscCurrent
}

func (n *pscEvent) after(s pscState, h float64) pscState {
	if h == 0 {
		return s
	}
	v := n.inf + float64((s.v-n.inf)*kernels.Exp(-h/n.tauM))
	for _, c := range [2]pscCurrent{s.ex, s.in} {
		if c.i != 0 || c.j != 0 {
			first, second := pscPropagators(h, n.tauM, c.tau)
			v += float64((float64(first*c.i) + float64(second*c.j)) / n.cM)
		}
	}
	return pscState{v, s.ex.after(h), s.in.after(h)}
}

// at is the state of a cell at a time; while it is refractory its currents go
// on and its potential does not.
func (n *pscEvent) at(t float64, neuron int32) pscState {
	s := pscState{n.v[neuron], pscCurrent{n.ex[neuron], n.jex[neuron], n.tauEx}, pscCurrent{n.in[neuron], n.jin[neuron], n.tauIn}}
	last := n.last[neuron]
	if held := min(t, n.ready[neuron]) - last; held > 0 {
		s.ex, s.in = s.ex.after(held), s.in.after(held)
		last += held
	}
	return n.after(s, max(0, t-last))
}

func (n *pscEvent) set(t float64, neuron int32, s pscState) {
	n.v[neuron], n.ex[neuron], n.jex[neuron], n.in[neuron], n.jin[neuron] = s.v, s.ex.i, s.ex.j, s.in.i, s.in.j
	n.last[neuron] = t
}

// Deliver adds to a current, which makes no spike at once.
func (n *pscEvent) Deliver(t float64, neuron int32, channel int, weight float32) (spike bool) {
	s := n.at(t, neuron)
	c := &s.ex
	if channel == 1 {
		c = &s.in
	}
	jump := float64(float64(weight) * n.scale[channel])
	if n.alpha {
		c.j += jump
	} else {
		c.i += jump
	}
	n.set(t, neuron, s)
	return false
}

// Fire resets a cell; its currents go on.
func (n *pscEvent) Fire(t float64, neuron int32) {
	s := n.at(t, neuron)
	s.v = n.vReset
	n.set(t, neuron, s)
	n.ready[neuron] = t + n.tRef
}

// Next is where the potential crosses the threshold.
func (n *pscEvent) Next(neuron int32) float64 {
	from := max(n.last[neuron], n.ready[neuron])
	return from + n.crossing(n.at(from, neuron), from)
}

// Sample gives the potential or a current.
func (n *pscEvent) Sample(t float64, variable string, neurons []int32, into []float64) error {
	get, ok := map[string]func(s pscState) float64{
		"v_m":      func(s pscState) float64 { return s.v },
		"i_syn_ex": func(s pscState) float64 { return s.ex.i },
		"i_syn_in": func(s pscState) float64 { return s.in.i },
	}[variable]
	if !ok {
		return noVariable(variable)
	}
	sample(neurons, into, func(i int32) float64 { return get(n.at(t, i)) })
	return nil
}
