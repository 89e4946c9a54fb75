package neurons

import (
	"math"

	"github.com/synohm/synohm/internal/catalog"
	"github.com/synohm/synohm/internal/kernels"
	"github.com/synohm/synohm/sim"
)

// IntFire1Params are the settings of NEURON's artificial cell IntFire1, with
// its names and defaults.
type IntFire1Params struct {
	Tau    float64 `yaml:"tau" unit:"ms" default:"10 ms" range:"(0, inf)" doc:"time constant of the decay"`
	Refrac float64 `yaml:"refrac" unit:"ms" default:"5 ms" range:"[0, inf)" doc:"refractory time; input that arrives in it is lost"`
}

// IntFire1Model describes the artificial cell IntFire1:
//
//	dm/dt = -m / tau
//	m jumps by the weight of a spike when it arrives
//	m > 1: a spike, m = 0 for refrac
//
// symbol | unit | meaning
// m      | 1    | state, 1 at the threshold
// w      | 1    | weight: the jump
//
// Between events m has a closed form, and it only decays, so a cell spikes
// when something arrives or not at all. A value of exactly 1 makes no spike.
// What arrives at the very end of the refractory time is lost.
func IntFire1Model() Model {
	return Model{
		Entry: catalog.Entry{
			Name:    "intfire1",
			Summary: "normalised leaky integrate-and-fire cell of event networks",
			Equation: "dm/dt = -m/tau;  m += w at every spike that arrives\n" +
				"m > 1: a spike, m = 0 for refrac",
			Reference: "Hines, Carnevale, Neurocomputing 58-60 (2004), Discrete event simulation in the NEURON environment; NEURON's IntFire1",
			Omits:     "the values 2 and -1 that NEURON shows for m while a cell is refractory",
			Params:    &IntFire1Params{},
			Variables: []catalog.Variable{{Name: "m", Doc: "state; above 1 it makes a spike"}},
		},
		Inputs: []catalog.Variable{{Name: "spikes", Doc: "jump of the state"}},
		New: func(b Block, params any) (sim.Population, error) {
			return newIntFire1(b, *params.(*IntFire1Params)), nil
		},
		NewEvent: func(size int, params any) (sim.EventPopulation, error) {
			n := &intFire1Event{eventClock: newEventClock(size), params: *params.(*IntFire1Params), m: make([]float64, size)}
			n.Reset()
			return n, nil
		},
	}
}

// intFire1 is a block of cells on the grid of stepped mode.
type intFire1 struct {
	decay float64 // exp(-h/tau)
	hold  int32   // steps of refrac
	m     []float64
	ref   []int32 // steps that the cell stays refractory
}

var _ sim.Population = (*intFire1)(nil)

func newIntFire1(b Block, p IntFire1Params) *intFire1 {
	return &intFire1{
		decay: kernels.Exp(-b.StepMS / p.Tau), hold: refractorySteps(p.Refrac, b.StepMS),
		m: make([]float64, b.Len()), ref: make([]int32, b.Len()),
	}
}

// Size returns the number of cells.
func (n *intFire1) Size() int { return len(n.m) }

// Reset puts every cell to rest.
func (n *intFire1) Reset() { clear(n.m); clear(n.ref) }

// State is m and the rest of the refractory time.
func (n *intFire1) State() []sim.Variable {
	return []sim.Variable{{Name: "m", Values: n.m}, {Name: "refractory", Values: n.ref}}
}

// Advance goes one step on.
func (n *intFire1) Advance(in sim.Input, spikes []int32) []int32 {
	for i, w := range in.Channels[0] {
		if n.ref[i] > 0 {
			n.ref[i]--
			continue
		}
		m := float64(n.m[i]*n.decay) + float64(w)
		if m > 1 {
			m = 0
			n.ref[i] = n.hold
			spikes = append(spikes, int32(i))
		}
		n.m[i] = m
	}
	return spikes
}

// intFire1Event is cells at exact times.
type intFire1Event struct {
	eventClock
	params IntFire1Params
	m      []float64 // at last
}

var _ sim.EventPopulation = (*intFire1Event)(nil)

// Size returns the number of cells.
func (n *intFire1Event) Size() int { return len(n.m) }

// Reset puts every cell to rest.
func (n *intFire1Event) Reset() { n.reset(); clear(n.m) }

// State is m and the times it belongs to.
func (n *intFire1Event) State() []sim.Variable {
	return append([]sim.Variable{{Name: "m", Values: n.m}}, n.state()...)
}

func (n *intFire1Event) at(t float64, neuron int32) float64 {
	return float64(n.m[neuron] * kernels.Exp(-n.since(t, neuron)/n.params.Tau))
}

// Deliver jumps the state.
func (n *intFire1Event) Deliver(t float64, neuron int32, _ int, weight float32) (spike bool) {
	if t <= n.ready[neuron] {
		return false
	}
	m := n.at(t, neuron) + float64(weight)
	if m > 1 {
		n.Fire(t, neuron)
		return true
	}
	n.m[neuron], n.last[neuron] = m, t
	return false
}

// Next is never, but for an initial value above the threshold.
func (n *intFire1Event) Next(neuron int32) float64 {
	if n.m[neuron] > 1 {
		return n.last[neuron]
	}
	return math.Inf(1)
}

// Fire resets a cell.
func (n *intFire1Event) Fire(t float64, neuron int32) {
	n.m[neuron] = 0
	n.fired(t, neuron, n.params.Refrac)
}

// Sample gives m.
func (n *intFire1Event) Sample(t float64, variable string, neurons []int32, into []float64) error {
	if variable != "m" {
		return noVariable(variable)
	}
	sample(neurons, into, func(i int32) float64 { return n.at(t, i) })
	return nil
}
