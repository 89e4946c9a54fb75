package tasks

import (
	"context"
	"fmt"

	"github.com/synohm/synohm/neurons"
	"github.com/synohm/synohm/sim"
)

// sampledWeights reads the weights of some synapses of a projection.
type sampledWeights interface {
	// sample returns them, valid until the next call.
	sample() ([]float32, error)
	// ids are their ends.
	ids() (sources, targets []int32)
}

// maxSnapshot bounds the memory of a copy of all weights of a projection.
const maxSnapshot = 2e9 // bytes

// snapshotWeights reads weights out of a copy of all of them.
type snapshotWeights struct {
	p      sim.Projection
	n      int
	values []float32
}

// newSampledWeights reads rows where the weights have rows, else a copy of all.
func newSampledWeights(ctx context.Context, p sim.Projection, workers, n int) (sampledWeights, error) {
	if plastic, ok := p.Weights.(sim.PlasticWeights); ok {
		if r, err := newWeightRecorder(ctx, plastic, workers, n); err == nil {
			return r, nil
		}
	}
	w := p.Weights.(sim.SparseWeights)
	const each = 24 // bytes of source, target and weight of a synapse in a snapshot
	if bytes := each * float64(w.Synapses()); bytes > maxSnapshot {
		return nil, fmt.Errorf("the weights of %s cannot be kept: a copy of its %d synapses takes %.3g GB, at most %.3g GB are allowed; record those of a smaller projection", p.Name, w.Synapses(), bytes/1e9, maxSnapshot/1e9)
	}
	return &snapshotWeights{p: p, n: min(n, w.Synapses())}, nil
}

// each calls f with source, target and weight of the chosen synapses, evenly
// spaced by source and then by target.
func (s *snapshotWeights) each(f func(source, target int32, weight float32)) {
	all := s.p.Weights.Snapshot(s.p.Name).Values
	for i := range s.n {
		at := all[3*(i*(len(all)/3)/s.n):]
		f(int32(at[0]), int32(at[1]), float32(at[2]))
	}
}

func (s *snapshotWeights) sample() ([]float32, error) {
	s.values = s.values[:0]
	s.each(func(_, _ int32, w float32) { s.values = append(s.values, w) })
	return s.values, nil
}

func (s *snapshotWeights) ids() (sources, targets []int32) {
	s.each(func(from, to int32, _ float32) { sources, targets = append(sources, from), append(targets, to) })
	return sources, targets
}

// weightUnit is the unit of the weights of a projection.
func (x *Experiment) weightUnit(projection string) string {
	for _, p := range x.Projections {
		if p.Name != projection {
			continue
		}
		if m, err := neurons.Find(x.model(p.To)); err == nil && len(m.Inputs) > 0 {
			return m.Inputs[0].Unit
		}
	}
	return ""
}
