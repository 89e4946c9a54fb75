package layers

import (
	"context"

	"github.com/synohm/synohm/internal/catalog"
	"github.com/synohm/synohm/internal/kernels"
	"github.com/synohm/synohm/sim"
)

// Dense is the settings of a layer whose units all see all of the input:
//
//	z_j = b_j + sum_i x_i W_ij
type Dense struct {
	Size int `yaml:"size" required:"true" range:"[1, 1000000]" doc:"number of units"`
	Init `yaml:",inline"`
}

var _ Spec = (*Dense)(nil)

// DenseKind is the catalogue entry.
func DenseKind() Kind {
	return Kind{catalog.Entry{
		Name: "dense", Summary: "every unit sees all of the input",
		Equation: "z_j = b_j + sum_i x_i W_ij",
		Params:   &Dense{},
	}}
}

// Out is a plain vector.
func (d *Dense) Out(sim.Extent) (sim.Extent, error) { return sim.Vector(d.Size), nil }

// Matrices is the one of all weights.
func (d *Dense) Matrices(in sim.Extent) []Matrix { return []Matrix{{in.Units(), d.Size, 1}} }

// New draws the weights and puts them onto the substrate.
func (d *Dense) New(ctx context.Context, name string, in sim.Extent, door Door) (sim.Layer, error) {
	n := in.Units()
	w, err := door.Weights(ctx, name, n, d.Size, d.draw(door.Seed(), n, d.Size, n))
	if err != nil {
		return nil, err
	}
	return &dense{
		name: name, in: in, workers: door.Workers(),
		w: sim.Parameter{Name: "weights", Weights: w}, b: sim.Parameter{Name: "bias", Numbers: make([]float32, d.Size)},
		g: make([]float32, d.Size),
	}, nil
}

type dense struct {
	name    string
	in      sim.Extent
	workers int
	w, b    sim.Parameter
	g       []float32 // derivative of the bias
}

func (d *dense) Name() string    { return d.name }
func (d *dense) In() sim.Extent  { return d.in }
func (d *dense) Out() sim.Extent { return sim.Vector(len(d.b.Numbers)) }

func (d *dense) Parameters() []*sim.Parameter { return []*sim.Parameter{&d.w, &d.b} }

func (d *dense) Forward(ctx context.Context, key sim.Key, batch int, x, z []float32) error {
	if err := d.w.Weights.Multiply(ctx, key, batch, x, z); err != nil {
		return err
	}
	n := len(d.b.Numbers)
	kernels.Parallel(d.workers, batch, rowsOfWorker(n), func(lo, hi int) { kernels.AddBias(z[lo*n:hi*n], d.b.Numbers) })
	return nil
}

func (d *dense) Backward(ctx context.Context, key sim.Key, batch int, _, dz, dx []float32) error {
	return d.w.Weights.MultiplyT(ctx, key, batch, dz, dx)
}

func (d *dense) Learn(ctx context.Context, key sim.Key, batch int, x, dz []float32, by sim.Changer) error {
	if err := by.Outer(ctx, key, &d.w, batch, x, dz); err != nil {
		return err
	}
	kernels.ColumnSums(dz, len(d.g), d.g)
	return by.Plain(ctx, key, &d.b, d.g)
}

// rowsOfWorker is how many rows of n values are worth a goroutine.
func rowsOfWorker(n int) int { return max(1, 1<<14/n) }
