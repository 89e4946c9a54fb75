package layers

import (
	"context"
	"fmt"

	"github.com/synohm/synohm/internal/catalog"
	"github.com/synohm/synohm/internal/kernels"
	"github.com/synohm/synohm/sim"
)

// Local is the settings of a layer whose places see a part of the input each,
// through weights of their own:
//
//	z_pj = b_pj + sum_i x_p(i) W_p,ij,  i over the window's rows, columns and channels
//
// Every place has a matrix, [kernel * kernel * channels of the input][channels].
type Local struct {
	Channels int `yaml:"channels" required:"true" range:"[1, 100000]" doc:"units of a place"`
	Window   `yaml:",inline"`
	Init     `yaml:",inline"`
}

var _ Spec = (*Local)(nil)

// LocalKind is the catalogue entry.
func LocalKind() Kind {
	return Kind{catalog.Entry{
		Name: "local", Summary: "units see a part of the input, every place by weights of its own",
		Equation:  "z_pj = b_pj + sum_i x_p(i) W_p,ij,  p(i) the values in the window of place p",
		Reference: "Hinton, The forward-forward algorithm, arXiv 2212.13345 (2022), section 3.2, local receptive fields without weight sharing",
		Params:    &Local{},
	}}
}

// Out is a place for every window.
func (l *Local) Out(in sim.Extent) (sim.Extent, error) { return l.out(in, l.Channels) }

// Matrices are those of all places.
func (l *Local) Matrices(in sim.Extent) []Matrix {
	out, err := l.Out(in)
	if err != nil {
		return nil
	}
	a := area{l.Window, in, out}
	return []Matrix{{a.sees(), l.Channels, a.places()}}
}

// New draws the weights and puts those of every place onto the substrate.
func (l *Local) New(ctx context.Context, name string, in sim.Extent, door Door) (sim.Layer, error) {
	out, err := l.Out(in)
	if err != nil {
		return nil, err
	}
	a := area{l.Window, in, out}
	n := a.sees()
	made := &local{area: a, name: name, workers: door.Workers(), g: make([]float32, out.Units())}
	values := l.draw(door.Seed(), a.places()*n, l.Channels, n)
	for p := range a.places() {
		w, err := door.Weights(ctx, fmt.Sprintf("%s_%d", name, p+1), n, l.Channels, values[p*n*l.Channels:(p+1)*n*l.Channels])
		if err != nil {
			return nil, err
		}
		made.params = append(made.params, &sim.Parameter{Name: fmt.Sprintf("weights_%d", p+1), Weights: w})
	}
	made.params = append(made.params, &sim.Parameter{Name: "bias", Numbers: make([]float32, out.Units())})
	return made, nil
}

type local struct {
	area
	name    string
	workers int
	params  []*sim.Parameter // weights of every place, then all biases
	g       []float32        // derivative of the biases
	patch   []float32        // of one place, [batch][sees]
	units   []float32        // of one place, [batch][channels]
}

func (l *local) Name() string                 { return l.name }
func (l *local) In() sim.Extent               { return l.in }
func (l *local) Out() sim.Extent              { return l.out }
func (l *local) Parameters() []*sim.Parameter { return l.params }

// patches writes what a place sees of every example.
func (l *local) patches(place, batch int, x []float32) []float32 {
	n, units := l.sees(), l.in.Units()
	to := scratch(&l.patch, batch*n)
	kernels.Parallel(l.workers, batch, rowsOfWorker(n), func(lo, hi int) {
		for i := lo; i < hi; i++ {
			l.gather(place, to[i*n:(i+1)*n], x[i*units:][:units])
		}
	})
	return to
}

// ofPlace takes the units of a place out of those of all.
func (l *local) ofPlace(place, batch int, z []float32) []float32 {
	n, units := l.out.Channels, l.out.Units()
	to := scratch(&l.units, batch*n)
	for i := range batch {
		copy(to[i*n:(i+1)*n], z[i*units+place*n:])
	}
	return to
}

func (l *local) Forward(ctx context.Context, key sim.Key, batch int, x, z []float32) error {
	n, units := l.out.Channels, l.out.Units()
	for p := range l.places() {
		y := scratch(&l.units, batch*n)
		if err := l.params[p].Weights.Multiply(ctx, key, batch, l.patches(p, batch, x), y); err != nil {
			return err
		}
		for i := range batch {
			copy(z[i*units+p*n:][:n], y[i*n:])
		}
	}
	bias := l.params[l.places()].Numbers
	kernels.Parallel(l.workers, batch, rowsOfWorker(units), func(lo, hi int) { kernels.AddBias(z[lo*units:hi*units], bias) })
	return nil
}

func (l *local) Backward(ctx context.Context, key sim.Key, batch int, _, dz, dx []float32) error {
	n, units := l.sees(), l.in.Units()
	clear(dx[:batch*units])
	for p := range l.places() {
		d := scratch(&l.patch, batch*n)
		if err := l.params[p].Weights.MultiplyT(ctx, key, batch, l.ofPlace(p, batch, dz), d); err != nil {
			return err
		}
		kernels.Parallel(l.workers, batch, rowsOfWorker(n), func(lo, hi int) {
			for i := lo; i < hi; i++ {
				l.scatter(p, d[i*n:(i+1)*n], dx[i*units:][:units])
			}
		})
	}
	return nil
}

func (l *local) Learn(ctx context.Context, key sim.Key, batch int, x, dz []float32, by sim.Changer) error {
	for p := range l.places() {
		if err := by.Outer(ctx, key, l.params[p], batch, l.patches(p, batch, x), l.ofPlace(p, batch, dz)); err != nil {
			return err
		}
	}
	kernels.ColumnSums(dz, len(l.g), l.g)
	return by.Plain(ctx, key, l.params[l.places()], l.g)
}
