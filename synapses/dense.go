package synapses

import (
	"context"

	"gonum.org/v1/gonum/blas/blas32"

	"github.com/synohm/synohm/internal/catalog"
	"github.com/synohm/synohm/sim"
)

// dense is a matrix of numbers, one row a source: ideal memory, and numbers of
// a few bits that were multiplied out once.
type dense struct {
	want Want
	w    []float32 // [source][target]
}

func (d *dense) Shape() (int, int)                        { return d.want.Targets, d.want.Sources }
func (d *dense) AdvanceTo(context.Context, float64) error { return nil }
func (d *dense) Cost() sim.Cost                           { return sim.Cost{} }
func (d *dense) Bytes() int                               { return 4 * len(d.w) }

func (d *dense) Deliver(_ context.Context, _ sim.Key, spikes []int32, lo, hi int, input []float32) error {
	input = input[:hi-lo]
	for _, s := range spikes {
		row := d.w[int(s)*d.want.Targets:]
		// The product with 1 is exact, so this is a plain sum.
		blas32.Axpy(1, blas32.Vector{N: hi - lo, Inc: 1, Data: row[lo:hi]}, blas32.Vector{N: hi - lo, Inc: 1, Data: input})
	}
	return nil
}

func (d *dense) Snapshot(name string) sim.Snapshot {
	return matrixSnapshot(name, "", d.want, d.w)
}

func matrixSnapshot(name, unit string, want Want, w []float32) sim.Snapshot {
	s := sim.Snapshot{
		Name: name, Kind: sim.KindMatrix, Unit: unit,
		Shape: []int{want.Sources, want.Targets}, Values: make([]float64, len(w)),
	}
	for i, x := range w {
		s.Values[i] = float64(x)
	}
	return s
}

// ideal stores weights as they are wanted, to the precision of a float32.
type ideal struct{}

func idealKind() Kind {
	return Kind{
		Entry: catalog.Entry{
			Name: "ideal", Summary: "numbers as they are, no device",
			Equation: "w = what the projection asks for",
		},
		New: func(any) Substrate { return ideal{} },
	}
}

func (ideal) Check(want Want) error { return want.Check() }

func (ideal) CheckSparse(w *Wiring) error { return w.Check() }

func (ideal) Bytes(want Want) float64 { return 4 * want.count() }

func (ideal) SparseBytes(w *Wiring) float64 {
	if w.worthBits() {
		return w.bitsBytes()
	}
	return w.Bytes()
}

func (ideal) MakeSparse(_ context.Context, w *Wiring, seed uint64) (sim.SparseWeights, error) {
	if w.worthBits() {
		return w.wireBits(seed)
	}
	return w.wire(seed)
}

func (ideal) Make(_ context.Context, want Want, seed uint64) (sim.SpikeWeights, error) {
	if err := want.Check(); err != nil {
		return nil, err
	}
	return &dense{want, want.draw(seed)}, nil
}
