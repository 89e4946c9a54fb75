package synapses

import (
	"context"
	"fmt"

	"github.com/synohm/synohm/internal/philox"
	"github.com/synohm/synohm/sim"
)

// Dense tells whether a wiring is a whole matrix of normal weights with one
// delay, and which, so that a substrate can have it as one array.
func (w *Wiring) Dense() (Want, bool) {
	r, all := w.Rule.(*AllToAll)
	low, high, err := w.delays()
	if !all || r.skips(w) || err != nil || low != high || w.Plastic || w.Gains {
		return Want{}, false
	}
	if w.Weight.Kind != philox.NormalDraw || w.Weight.Cut() || !w.Weight.Varies() {
		return Want{}, false
	}
	return Want{Sources: w.Sources, Targets: w.Targets, Mean: w.Weight.A, Std: w.Weight.B}, true
}

// Check tells what Make would refuse.
func Check(sub Substrate, w *Wiring) error {
	if err := w.Check(); err != nil {
		return err
	}
	if want, ok := w.Dense(); ok {
		return sub.Check(want)
	}
	return sub.CheckSparse(w)
}

// Bytes estimates the memory of what Make returns.
func Bytes(sub Substrate, w *Wiring) float64 {
	if want, ok := w.Dense(); ok {
		return sub.Bytes(want)
	}
	return sub.SparseBytes(w)
}

// Make puts a wiring onto a substrate: as one array where it is a whole matrix,
// else with a cell (or pair of cells) for every synapse.
func Make(ctx context.Context, sub Substrate, w *Wiring, seed uint64) (sim.SparseWeights, error) {
	if err := Check(sub, w); err != nil {
		return nil, err
	}
	want, ok := w.Dense()
	if !ok {
		return sub.MakeSparse(ctx, w, seed)
	}
	weights, err := sub.Make(ctx, want, seed)
	if err != nil {
		return nil, err
	}
	low, _, err := w.delays()
	return &onRing{SpikeWeights: weights, parts: sim.Parts(w.Targets, w.Workers), delay: low}, err
}

// onRing lets an array deliver into a ring after one delay. The noise of an
// output is drawn once a step, in which the array sees all spikes.
type onRing struct {
	sim.SpikeWeights
	parts []sim.Part
	delay int
}

var _ sim.SparseWeights = (*onRing)(nil)

// Ages tells whether the array changes with time.
func (o *onRing) Ages() bool {
	a, ok := o.SpikeWeights.(sim.Aging)
	return ok && a.Ages()
}

// Unwrap is the array.
func (o *onRing) Unwrap() sim.Weights { return o.SpikeWeights }

// State is that of the array, where it has one.
func (o *onRing) State() []sim.Variable { return stateOf(o.SpikeWeights) }

// Restored passes the news on.
func (o *onRing) Restored() error { return restored(o.SpikeWeights) }

func (o *onRing) Delays() (int, int) { return o.delay, o.delay }

func (o *onRing) Synapses() int {
	targets, sources := o.Shape()
	return targets * sources
}

func (o *onRing) Bytes() int {
	if b, ok := o.SpikeWeights.(interface{ Bytes() int }); ok {
		return b.Bytes()
	}
	return 4 * o.Synapses()
}

// Deliver reads the array. The gain of a spike cannot be had: all rows are
// driven by the same voltage.
func (o *onRing) Deliver(ctx context.Context, key sim.Key, spikes []int32, gain []float32, part int, ring *sim.Ring) (int, error) {
	for _, g := range gain {
		if g != 1 {
			return 0, fmt.Errorf("an array cannot scale the spikes of single sources; synapses that do need cells of their own")
		}
	}
	p := o.parts[part]
	if p.Len() == 0 {
		return 0, nil
	}
	row := ring.Row(int64(key.Step) + int64(o.delay))[p.Lo:p.Hi]
	return len(spikes) * p.Len(), o.SpikeWeights.Deliver(ctx, key, spikes, p.Lo, p.Hi, row)
}
