package synapses

import (
	"context"
	"fmt"

	"github.com/synohm/synohm/sim"
)

var (
	_ sim.PlasticWeights = (*sparse)(nil)
	_ sim.Stateful       = (*sparse)(nil)
)

// row is the synapses of a source within a part, without weights.
func (s *sparse) row(source int32, part int) (r sim.Row, lo, hi uint32) {
	lo, hi = s.span(source, part)
	r = sim.Row{Base: int32(s.parts[part].Lo), Targets: s.targets[lo:hi], Delay: s.low}
	if s.delays8 != nil {
		r.Delays8 = s.delays8[lo:hi]
	}
	if s.delays16 != nil {
		r.Delays16 = s.delays16[lo:hi]
	}
	return r, lo, hi
}

// errShared is what asks for weights of single synapses get where all share one.
func errShared() error {
	return fmt.Errorf("all synapses of this projection share one weight, which no rule can change")
}

// Row gives the memory itself.
func (s *sparse) Row(_ context.Context, _ sim.Key, source int32, part int) (sim.Row, bool, error) {
	if s.weights == nil {
		return sim.Row{}, false, errShared()
	}
	r, lo, hi := s.row(source, part)
	r.Weights = s.weights[lo:hi]
	return r, true, nil
}

// Update adds to the weights of a row.
func (s *sparse) Update(_ context.Context, _ sim.Key, source int32, part int, change []float32) error {
	if s.weights == nil {
		return errShared()
	}
	lo, hi := s.span(source, part)
	if len(change) != int(hi-lo) {
		panic(fmt.Sprintf("synapses: %d changes of a row of %d synapses", len(change), hi-lo))
	}
	for i, w := range s.weights[lo:hi] {
		s.weights[int(lo)+i] = w + change[i]
	}
	return nil
}

// State is the weights where a rule can have changed them: by source and then
// by target, which is the same for any number of workers.
func (s *sparse) State() []sim.Variable {
	if !s.plastic {
		return nil
	}
	return []sim.Variable{{Name: "weight", Values: s.weights}}
}
