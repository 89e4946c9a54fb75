package synapses

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/blas/blas32"

	"github.com/synohm/synohm/internal/catalog"
	"github.com/synohm/synohm/sim"
)

// dense is a matrix of numbers, one row a source: ideal memory, and integers
// that were multiplied out once.
type dense struct {
	want Want
	w    []float32 // [source][target]
}

func (d *dense) Shape() (int, int)                        { return d.want.Targets, d.want.Sources }
func (d *dense) AdvanceTo(context.Context, float64) error { return nil }
func (d *dense) Cost() sim.Cost                           { return sim.Cost{} }

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

func (ideal) MakeSparse(w *Wiring, seed uint64) (sim.SparseWeights, error) {
	if w.worthBits() {
		return w.wireBits(seed)
	}
	return w.wire(seed)
}

func (ideal) Make(want Want, seed uint64) (sim.SpikeWeights, error) {
	if err := want.Check(); err != nil {
		return nil, err
	}
	return &dense{want, want.draw(seed)}, nil
}

// Quantised stores weights as signed integers of a few bits.
type Quantised struct {
	Bits int `yaml:"bits" default:"8" range:"[2, 16]" doc:"bits of a weight, the sign included"`
}

func quantisedKind() Kind {
	return Kind{
		Entry: catalog.Entry{
			Name: "quantised", Summary: "signed integers of a few bits, one scale a matrix",
			Equation:  "w = scale * round_half_even(w_wanted / scale), scale = max|w_wanted| / (2^(bits-1) - 1)",
			Reference: "symmetric per-tensor quantisation, Jacob et al., CVPR 2018, section 2.1 with zero point 0",
			Params:    &Quantised{},
		},
		New: func(p any) Substrate { return p.(*Quantised) },
	}
}

// CheckSparse refuses all: integers for single synapses are not there yet.
func (q *Quantised) CheckSparse(*Wiring) error { return fmt.Errorf("not yet") }

// MakeSparse refuses all.
func (q *Quantised) MakeSparse(w *Wiring, _ uint64) (sim.SparseWeights, error) {
	return nil, q.CheckSparse(w)
}

// Check bounds the number of weights.
func (q *Quantised) Check(want Want) error { return want.Check() }

// Make draws the wanted weights and rounds them.
func (q *Quantised) Make(want Want, seed uint64) (sim.SpikeWeights, error) {
	if err := want.Check(); err != nil {
		return nil, err
	}
	w := want.draw(seed)
	var largest float64
	for _, x := range w {
		largest = math.Max(largest, math.Abs(float64(x)))
	}
	levels := float64(int(1)<<(q.Bits-1) - 1)
	if scale := largest / levels; scale > 0 {
		for i, x := range w {
			w[i] = float32(scale * math.RoundToEven(float64(x)/scale))
		}
	}
	return &dense{want, w}, nil
}
