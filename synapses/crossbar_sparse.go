package synapses

import (
	"context"
	"fmt"
	"math"
	"sync/atomic"

	"github.com/synohm/synohm/internal/philox"
	"github.com/synohm/synohm/sim"
)

// CheckSparse refuses weights that the difference of two formed cells cannot
// be.
func (c *Crossbar) CheckSparse(w *Wiring) error {
	if err := w.Check(); err != nil {
		return err
	}
	_, err := c.sparseScale(w)
	return err
}

// sparseScale is the weight of one microsiemens.
func (c *Crossbar) sparseScale(w *Wiring) (float64, error) {
	d := w.Weight
	switch {
	case w.Plastic:
		return 0, fmt.Errorf("formed cells are not programmed, so no rule can change weights made of them; put this projection on ideal or quantised")
	case d.Kind == philox.Constant, d.Kind == philox.NormalDraw && !d.Cut():
		return c.scale(Want{Sources: 1, Targets: 1, Mean: d.A, Std: d.B})
	}
	return 0, fmt.Errorf("weights that are not normal, or are cut by min and max, cannot be had from the difference of two formed cells; give mean 0 and std alone")
}

// SparseBytes is two conductances a synapse.
func (c *Crossbar) SparseBytes(w *Wiring) float64 { return w.bytes(8) }

// MakeSparse forms a pair of cells for every synapse.
func (c *Crossbar) MakeSparse(w *Wiring, seed uint64) (sim.SparseWeights, error) {
	if err := c.CheckSparse(w); err != nil {
		return nil, err
	}
	scale, err := c.sparseScale(w)
	if err != nil {
		return nil, err
	}
	cell, err := c.cell()
	if err != nil {
		return nil, err
	}
	bare := *w
	bare.Weight = philox.Fixed(0)
	s, err := bare.wire(seed)
	if err != nil {
		return nil, err
	}
	o := &pairs{
		SparseWeights: s, wires: s, scale: float32(scale), seed: seed,
		plus: make([]float32, len(s.targets)), minus: make([]float32, len(s.targets)),
		// V^2 G t in joules, times 1e18 for attojoules and 1e-6 for uS.
		joule: c.Volt * c.Volt * c.Second * 1e12,
	}
	n := len(o.plus)
	o.sigma = [2][]float32{make([]float32, n), make([]float32, n)}
	cell.Make(n, philox.Fork(seed, "plus"), 0).Conductance(0, o.plus, o.sigma[0])
	cell.Make(n, philox.Fork(seed, "minus"), 0).Conductance(0, o.minus, o.sigma[1])
	for i := range o.plus {
		o.noisy = o.noisy || o.sigma[0][i] > 0 || o.sigma[1][i] > 0
	}
	return o, nil
}

// pairs is synapses with a differential pair of cells each. A spike reads the
// pairs of its source. The draws of a synapse are those of its place in the
// order of sources and targets, which depends on no number of workers.
type pairs struct {
	sim.SparseWeights           // who is joined with whom; nothing that changes weights
	wires             *sparse   // the same
	plus, minus       []float32 // uS
	scale             float32   // weight per uS
	noisy             bool
	sigma             [2][]float32 // of one read, uS
	joule             float64      // aJ of one read per uS
	seed              uint64

	reads, attojoule atomic.Uint64
}

var _ sim.SparseWeights = (*pairs)(nil)

func (o *pairs) Bytes() int { return o.wires.Bytes() + 4*len(o.plus) + 4*len(o.minus) }

func (o *pairs) Cost() sim.Cost {
	return sim.Cost{Reads: o.reads.Load(), Attojoule: o.attojoule.Load()}
}

var purposeReadPair = philox.Purpose("synapses.crossbar.read-pair")

// Deliver reads the cells of every synapse that a spike goes over. The energy
// of a read is rounded to whole attojoules, so that its sum depends on no
// order.
func (o *pairs) Deliver(_ context.Context, key sim.Key, spikes []int32, gain []float32, part int, ring *sim.Ring) (events int, err error) {
	p := o.wires.parts[part]
	st := philox.Stream{Seed: o.seed, Purpose: purposeReadPair, Trial: key.Trial}
	var aj uint64
	for i, source := range spikes {
		lo, hi := o.wires.span(source, part)
		g := o.scale
		if gain != nil {
			g = float32(g * gain[i])
		}
		var b [4]uint32
		for k := lo; k < hi; k++ {
			plus, minus := o.plus[k], o.minus[k]
			x := plus - minus
			if o.noisy {
				// A block serves the four cells of two neighbours.
				if k == lo || k%2 == 0 {
					b = st.Block(k/2, key.Step)
				}
				j := k % 2 * 2
				x += float32(float64(float64(o.sigma[0][k])*philox.Normal(b[j])) - float64(float64(o.sigma[1][k])*philox.Normal(b[j+1])))
			}
			aj += uint64(math.Round(o.joule * (float64(plus) + float64(minus))))
			ring.Row(int64(key.Step) + int64(o.wires.delayOf(k)))[p.Lo+int(o.wires.targets[k])] += float32(g * x)
		}
		events += int(hi - lo)
	}
	o.reads.Add(2 * uint64(events))
	o.attojoule.Add(aj)
	return events, nil
}

// delayOf is the delay of a synapse, in steps.
func (s *sparse) delayOf(k uint32) int {
	switch {
	case s.delays8 != nil:
		return int(s.delays8[k])
	case s.delays16 != nil:
		return int(s.delays16[k])
	}
	return s.low
}

// Snapshot lists the conductances of the positive cells less those of the
// negative ones, [synapses, 3]: source, target, uS.
func (o *pairs) Snapshot(name string) sim.Snapshot {
	s := o.wires.Snapshot(name)
	s.Unit = "uS"
	for k := range o.plus {
		s.Values[3*k+2] = float64(o.plus[k] - o.minus[k])
	}
	return s
}
