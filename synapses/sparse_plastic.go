package synapses

import (
	"context"
	"fmt"

	"github.com/synohm/synohm/sim"
)

var _ sim.PlasticWeights = (*sparse)(nil)

// Row is the memory itself where every synapse has a weight of its own
// (Wiring.Plastic), so rules write to it.
func (s *sparse) Row(_ context.Context, _ sim.Key, source int32, part int) (sim.Row, bool, error) {
	if s.weights == nil && len(s.targets) > 0 {
		return sim.Row{}, false, fmt.Errorf("these synapses share one weight, which no rule can change")
	}
	lo, hi := s.span(source, part)
	r := sim.Row{Base: int32(s.parts[part].Lo), Targets: s.targets[lo:hi], Weights: s.weights[lo:hi:hi]}
	switch {
	case s.delays8 != nil:
		r.Delays8 = s.delays8[lo:hi]
	case s.delays16 != nil:
		r.Delays16 = s.delays16[lo:hi]
	default:
		r.Delay = s.low
	}
	return r, true, nil
}

// Update adds to the weights of a row.
func (s *sparse) Update(ctx context.Context, key sim.Key, source int32, part int, change []float32) error {
	r, _, err := s.Row(ctx, key, source, part)
	if err != nil {
		return err
	}
	for i, d := range change[:len(r.Weights)] {
		r.Weights[i] += d
	}
	return nil
}

// State is the weights, where a rule may change them. They lie by source and
// target, whatever the parts are.
func (s *sparse) State() []sim.Variable {
	if !s.plastic {
		return nil
	}
	return []sim.Variable{{Name: "weight", Values: s.weights}}
}
