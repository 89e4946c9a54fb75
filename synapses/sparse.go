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
	p := s.parts[part]
	if s.low == s.high {
		row := ring.Row(int64(key.Step) + int64(s.low))[p.Lo:p.Hi]
		for i, source := range spikes {
			lo, hi := s.span(source, part)
			g := float32(1)
			if gain != nil {
				g = gain[i]
			}
			if s.weights == nil {
				kernels.Scatter(row, s.targets[lo:hi], float32(g*s.weight))
			} else {
				kernels.ScatterWeights(row, s.targets[lo:hi], s.weights[lo:hi], g)
			}
			events += int(hi - lo)
		}
		return events, nil
	}
	rows := kernels.Delayed{
		Data: ring.Data, Width: ring.Width, Mask: int(ring.Mask), Row: int(int64(key.Step) & ring.Mask), First: p.Lo,
	}
	for i, source := range spikes {
		lo, hi := s.span(source, part)
		g := float32(1)
		if gain != nil {
			g = gain[i]
		}
		var weights []float32
		if s.weights != nil {
			weights = s.weights[lo:hi]
		}
		if s.delays8 != nil {
			rows.Scatter8(s.targets[lo:hi], s.delays8[lo:hi], weights, s.weight, g)
		} else {
			rows.Scatter16(s.targets[lo:hi], s.delays16[lo:hi], weights, s.weight, g)
		}
		events += int(hi - lo)
	}
	return events, nil
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
