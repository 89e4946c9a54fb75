package layers

import (
	"context"

	"github.com/synohm/synohm/internal/catalog"
	"github.com/synohm/synohm/internal/kernels"
	"github.com/synohm/synohm/sim"
)

// Pool is the settings of a layer without weights, which takes one number of a
// window, in every channel for itself:
//
//	z_pc = max_i x_p(i),c   or   mean_i x_p(i),c,   i over the window's rows and columns
//
// Rows and columns at the end that fill no window are left out.
type Pool struct {
	Of     string `yaml:"of" default:"max" enum:"max|mean" doc:"what is taken of a window: the largest value, or the mean"`
	Kernel int    `yaml:"kernel" default:"2" range:"[1, 1000]" doc:"rows and columns of a window"`
	Stride int    `yaml:"stride" default:"0" range:"[0, 1000]" doc:"rows and columns from one window to the next; 0 for as many as the kernel has"`
}

var _ Spec = (*Pool)(nil)

// PoolKind is the catalogue entry.
func PoolKind() Kind {
	return Kind{catalog.Entry{
		Name: "pool", Summary: "the largest value of a window, or the mean; no weights",
		Equation: "z_pc = max_i x_p(i),c  or  mean_i x_p(i),c,  p(i) the places in window p",
		Params:   &Pool{},
	}}
}

func (p *Pool) window() Window {
	w := Window{Kernel: p.Kernel, Stride: p.Stride}
	if p.Stride == 0 {
		w.Stride = p.Kernel
	}
	return w
}

// Out is a place for every window.
func (p *Pool) Out(in sim.Extent) (sim.Extent, error) { return p.window().out(in, in.Channels) }

// Matrices are none.
func (p *Pool) Matrices(sim.Extent) []Matrix { return nil }

// New makes the layer.
func (p *Pool) New(_ context.Context, name string, in sim.Extent, door Door) (sim.Layer, error) {
	out, err := p.Out(in)
	if err != nil {
		return nil, err
	}
	return &pool{area: area{p.window(), in, out}, name: name, mean: p.Of == "mean", workers: door.Workers()}, nil
}

type pool struct {
	area
	name    string
	mean    bool
	workers int
}

func (p *pool) Name() string                 { return p.name }
func (p *pool) In() sim.Extent               { return p.in }
func (p *pool) Out() sim.Extent              { return p.out }
func (p *pool) Parameters() []*sim.Parameter { return nil }

// windows calls f for all places of all examples: z is where its channels are
// among all units of all examples, x where the first of its window is.
func (p *pool) windows(batch int, f func(z, x int)) {
	in, places, channels := p.in.Units(), p.places(), p.in.Channels
	kernels.Parallel(p.workers, batch, rowsOfWorker(in), func(lo, hi int) {
		for r := lo * places; r < hi*places; r++ {
			row, col := r%places/p.out.Cols*p.Stride, r%places%p.out.Cols*p.Stride
			f(r*channels, r/places*in+(row*p.in.Cols+col)*channels)
		}
	})
}

func (p *pool) Forward(_ context.Context, _ sim.Key, batch int, x, z []float32) error {
	channels, row := p.in.Channels, p.in.Cols*p.in.Channels
	share := 1 / float32(p.Kernel*p.Kernel)
	p.windows(batch, func(at, from int) {
		to := z[at : at+channels]
		copy(to, x[from:])
		for k := 1; k < p.Kernel*p.Kernel; k++ {
			for c, v := range x[from+k/p.Kernel*row+k%p.Kernel*channels:][:channels] {
				if p.mean {
					to[c] += v
				} else {
					to[c] = max(to[c], v)
				}
			}
		}
		if p.mean {
			for c := range to {
				to[c] *= share
			}
		}
	})
	return nil
}

// Backward brings the derivative to the first of the largest values, or in equal
// parts to all.
func (p *pool) Backward(_ context.Context, _ sim.Key, batch int, x, dz, dx []float32) error {
	channels, row := p.in.Channels, p.in.Cols*p.in.Channels
	share := 1 / float32(p.Kernel*p.Kernel)
	clear(dx[:batch*p.in.Units()])
	p.windows(batch, func(at, from int) {
		for c, d := range dz[at : at+channels] {
			best := from + c
			for k := range p.Kernel * p.Kernel {
				i := from + k/p.Kernel*row + k%p.Kernel*channels + c
				if p.mean {
					dx[i] += float32(share * d)
				} else if x[i] > x[best] {
					best = i
				}
			}
			if !p.mean {
				dx[best] += d
			}
		}
	})
	return nil
}

// Learn has nothing to change.
func (p *pool) Learn(context.Context, sim.Key, int, []float32, []float32, sim.Changer) error {
	return nil
}
