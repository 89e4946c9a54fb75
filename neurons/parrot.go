package neurons

import (
	"github.com/synohm/synohm/internal/catalog"
	"github.com/synohm/synohm/sim"
)

// ParrotModel describes the cell that repeats what it hears:
//
//	a spike arrives at t: a spike at t
//
// It passes spikes of a source on to several projections with delays of their
// own, and makes them those of a population. Weights only tell that a spike has
// arrived: whatever is not zero when the weights of a step are summed counts.
//
// NEST's parrot_neuron repeats n spikes that arrive in one step n times. Here a
// list of spikes has a neuron once a step, so it spikes once; a finer step
// keeps them apart. The weights that it gets should all have one sign, since
// those that cancel cannot be heard.
func ParrotModel() Model {
	return Model{
		Entry: catalog.Entry{
			Name:      "parrot",
			Summary:   "repeats every spike that it gets",
			Equation:  "a spike arrives at t: a spike at t",
			Reference: "conventions of NEST's parrot_neuron",
			Omits:     "more than one spike a step: several that arrive in one step are repeated as one",
		},
		Inputs: []catalog.Variable{{Name: "spikes", Doc: "any weight but 0"}},
		New: func(b Block, _ any) (sim.Population, error) {
			return &parrot{size: b.Len()}, nil
		},
	}
}

// parrot is a block of cells. They have no state.
type parrot struct{ size int }

var _ sim.Population = (*parrot)(nil)

// Size returns the number of cells.
func (p *parrot) Size() int { return p.size }

// Reset has nothing to do.
func (p *parrot) Reset() {}

// State is empty.
func (p *parrot) State() []sim.Variable { return nil }

// Advance lets the cells spike that hear something.
func (p *parrot) Advance(in sim.Input, spikes []int32) []int32 {
	for i, x := range in.Channels[0] {
		if x != 0 {
			spikes = append(spikes, int32(i))
		}
	}
	return spikes
}
