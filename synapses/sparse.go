package synapses

import (
	"context"

	"github.com/synohm/synohm/internal/kernels"
	"github.com/synohm/synohm/sim"
)

// sparse is synapses on ideal memory, the rows of a source one after the other
// and in each the parts of the targets. What all synapses share is stored once.
type sparse struct {
	sources, size int
	parts         []sim.Part
	start         []uint32  // [source*len(parts)+part]: first synapse; one more at the end
	targets       []uint16  // in the part
	weight        float32   // of all, where weights is nil
	weights       []float32 // of each
	low, high     int       // delays, in steps; of all, where they are the same
	delays8       []uint8   // of each
	delays16      []uint16
	plastic       bool // a rule may change the weights
}

var _ sim.SparseWeights = (*sparse)(nil)

func (s *sparse) Shape() (int, int)                        { return s.size, s.sources }
func (s *sparse) AdvanceTo(context.Context, float64) error { return nil }
func (s *sparse) Cost() sim.Cost                           { return sim.Cost{} }
func (s *sparse) Delays() (int, int)                       { return s.low, s.high }
func (s *sparse) Synapses() int                            { return len(s.targets) }

func (s *sparse) Bytes() int {
	return 4*len(s.start) + 2*len(s.targets) + 4*len(s.weights) + len(s.delays8) + 2*len(s.delays16)
}

// span is where the synapses of a source to a part lie.
func (s *sparse) span(source int32, part int) (lo, hi uint32) {
	at := int(source)*len(s.parts) + part
	return s.start[at], s.start[at+1]
}

func (s *sparse) Deliver(_ context.Context, key sim.Key, spikes []int32, gain []float32, part int, ring *sim.Ring) (events int, err error) {
	to := s.arrivals(key.Step, part, ring)
	for i, source := range spikes {
		lo, hi := s.span(source, part)
		var weights []float32
		if s.weights != nil {
			weights = s.weights[lo:hi]
		}
		to.add(lo, hi, weights, gainOf(gain, i))
		events += int(hi - lo)
	}
	return events, nil
}

// gainOf is the gain of a spike; none is 1.
func gainOf(gain []float32, i int) float32 {
	if gain == nil {
		return 1
	}
	return gain[i]
}

// arrivals is where spikes of a step arrive at the targets of a part.
type arrivals struct {
	s    *sparse
	row  []float32       // of the one delay
	rows kernels.Delayed // of the step, where every synapse has a delay of its own
}

func (s *sparse) arrivals(step uint32, part int, ring *sim.Ring) arrivals {
	p := s.parts[part]
	if s.low == s.high {
		return arrivals{s: s, row: ring.Row(int64(step) + int64(s.low))[p.Lo:p.Hi]}
	}
	return arrivals{s: s, rows: kernels.Delayed{
		Data: ring.Data, Width: ring.Width, Mask: int(ring.Mask), Row: int(int64(step) & ring.Mask), First: p.Lo,
	}}
}

// add brings weights times a gain over the synapses lo to hi-1; nil weights are
// the one that all share.
func (a *arrivals) add(lo, hi uint32, weights []float32, gain float32) {
	s := a.s
	switch targets := s.targets[lo:hi]; {
	case a.row != nil && weights == nil:
		kernels.Scatter(a.row, targets, float32(gain*s.weight))
	case a.row != nil:
		kernels.ScatterWeights(a.row, targets, weights, gain)
	case s.delays8 != nil:
		a.rows.Scatter8(targets, s.delays8[lo:hi], weights, s.weight, gain)
	default:
		a.rows.Scatter16(targets, s.delays16[lo:hi], weights, s.weight, gain)
	}
}

// Snapshot lists the weights, [synapses, 3]: source, target, weight.
func (s *sparse) Snapshot(name string) sim.Snapshot {
	out := sim.Snapshot{Name: name, Kind: sim.KindSynapses, Shape: []int{len(s.targets), 3}, Values: make([]float64, 0, 3*len(s.targets))}
	for source := range s.sources {
		for q, p := range s.parts {
			lo, hi := s.span(int32(source), q)
			for k := lo; k < hi; k++ {
				w := s.weight
				if s.weights != nil {
					w = s.weights[k]
				}
				out.Values = append(out.Values, float64(source), float64(p.Lo+int(s.targets[k])), float64(w))
			}
		}
	}
	return out
}
