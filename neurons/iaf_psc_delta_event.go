package neurons

import (
	"math"

	"github.com/synohm/synohm/internal/kernels"
	"github.com/synohm/synohm/sim"
)

// iafPscDeltaEvent is iaf_psc_delta at exact times. Between events
//
//	V(t) = v_inf + (V(t0) - v_inf) exp(-(t - t0)/tau_m),  v_inf = e_l + i_e tau_m/c_m
//
// so where v_inf is above v_th the cell spikes by itself at
//
//	t = t0 + tau_m ln(1 + (v_th - V(t0))/(v_inf - v_th))
//
// A potential that reaches v_th by an arrival spikes at once.
type iafPscDeltaEvent struct {
	eventClock
	params IAFPscDeltaParams
	inf    float64   // mV
	v      []float64 // mV, at last
}

var _ sim.EventPopulation = (*iafPscDeltaEvent)(nil)

func newIAFPscDeltaEvent(size int, p IAFPscDeltaParams) *iafPscDeltaEvent {
	n := &iafPscDeltaEvent{
		eventClock: newEventClock(size), params: p, v: make([]float64, size),
		inf: p.EL + float64(p.IE*p.TauM/p.CM),
	}
	n.Reset()
	return n
}

// Size returns the number of cells.
func (n *iafPscDeltaEvent) Size() int { return len(n.v) }

// Reset puts every cell to rest.
func (n *iafPscDeltaEvent) Reset() {
	n.reset()
	for i := range n.v {
		n.v[i] = n.params.EL
	}
}

// State is the potential and the times it belongs to.
func (n *iafPscDeltaEvent) State() []sim.Variable {
	return append([]sim.Variable{{Name: "v_m", Values: n.v}}, n.state()...)
}

func (n *iafPscDeltaEvent) at(t float64, neuron int32) float64 {
	return n.inf + float64((n.v[neuron]-n.inf)*kernels.Exp(-n.since(t, neuron)/n.params.TauM))
}

// Deliver jumps the potential.
func (n *iafPscDeltaEvent) Deliver(t float64, neuron int32, _ int, weight float32) (spike bool) {
	if t <= n.ready[neuron] {
		return false
	}
	v := n.at(t, neuron) + float64(weight)
	if v >= n.params.VTh {
		n.Fire(t, neuron)
		return true
	}
	n.v[neuron], n.last[neuron] = v, t
	return false
}

// Next is the crossing that the constant current makes.
func (n *iafPscDeltaEvent) Next(neuron int32) float64 {
	v := n.v[neuron]
	switch {
	case v >= n.params.VTh: // an initial value
		return n.last[neuron]
	case n.inf <= n.params.VTh:
		return math.Inf(1)
	}
	return n.last[neuron] + float64(n.params.TauM*math.Log1p((n.params.VTh-v)/(n.inf-n.params.VTh)))
}

// Fire resets a cell.
func (n *iafPscDeltaEvent) Fire(t float64, neuron int32) {
	n.v[neuron] = n.params.VReset
	n.fired(t, neuron, n.params.TRef)
}

// Sample gives the potential.
func (n *iafPscDeltaEvent) Sample(t float64, variable string, neurons []int32, into []float64) error {
	if variable != "v_m" {
		return noVariable(variable)
	}
	sample(neurons, into, func(i int32) float64 { return n.at(t, i) })
	return nil
}
