package layers

import (
	"context"

	"github.com/synohm/synohm/internal/catalog"
	"github.com/synohm/synohm/internal/kernels"
	"github.com/synohm/synohm/sim"
)

// Conv is the settings of a layer whose places see a part of the input each, all
// through the same weights:
//
//	z_pj = b_j + sum_i x_p(i) W_ij,  i over the kernel's rows, columns and channels
//
// The kernel is one matrix, [kernel * kernel * channels of the input][channels],
// that is multiplied by the patches of all places of all examples, so that an
// array holds it once.
type Conv struct {
	Channels int `yaml:"channels" required:"true" range:"[1, 100000]" doc:"units of a place"`
	Window   `yaml:",inline"`
	Init     `yaml:",inline"`
}

var (
	_ Spec     = (*Conv)(nil)
	_ Buffered = (*Conv)(nil)
)

// ConvKind is the catalogue entry.
func ConvKind() Kind {
	return Kind{catalog.Entry{
		Name: "conv", Summary: "units see a part of the input, all places by the same weights",
		Equation:  "z_pj = b_j + sum_i x_p(i) W_ij,  p(i) the values in the window of place p",
		Reference: "LeCun, Bottou, Bengio and Haffner, Proc. IEEE 86:2278 (1998), section II.A",
		Omits:     "dilation, groups, kernels that are not square",
		Params:    &Conv{},
	}}
}

// Out is a place for every window.
func (c *Conv) Out(in sim.Extent) (sim.Extent, error) { return c.out(in, c.Channels) }

// Matrices is the one of the kernel.
func (c *Conv) Matrices(in sim.Extent) []Matrix {
	return []Matrix{{area{Window: c.Window, in: in}.sees(), c.Channels, 1}}
}

// Buffer is the patches of an example: an optimiser takes those of a whole batch
// at once.
func (c *Conv) Buffer(in sim.Extent) int {
	out, err := c.Out(in)
	if err != nil {
		return 0
	}
	a := area{c.Window, in, out}
	return a.places() * a.sees()
}

// New draws the kernel and puts it onto the substrate.
func (c *Conv) New(ctx context.Context, name string, in sim.Extent, door Door) (sim.Layer, error) {
	out, err := c.Out(in)
	if err != nil {
		return nil, err
	}
	a := area{c.Window, in, out}
	n := a.sees()
	w, err := door.Weights(ctx, name, n, c.Channels, c.draw(door.Seed(), n, c.Channels, n))
	if err != nil {
		return nil, err
	}
	return &conv{
		area: a, name: name, workers: door.Workers(),
		w: sim.Parameter{Name: "weights", Weights: w}, b: sim.Parameter{Name: "bias", Numbers: make([]float32, c.Channels)},
		g: make([]float32, c.Channels),
	}, nil
}

type conv struct {
	area
	name    string
	workers int
	w, b    sim.Parameter
	g       []float32 // derivative of the bias
	buffer  []float32 // patches, or derivatives along them
}

func (c *conv) Name() string                 { return c.name }
func (c *conv) In() sim.Extent               { return c.in }
func (c *conv) Out() sim.Extent              { return c.out }
func (c *conv) Parameters() []*sim.Parameter { return []*sim.Parameter{&c.w, &c.b} }

// buffered is how many values of patches are held at once, but in Learn.
const buffered = 1 << 21

// pieces calls f for examples lo to hi-1, so many at once that their patches
// are bounded. Patches are the vectors that are multiplied: that of place p of
// an example has the key of trial places * (trial of the example) + p.
func (c *conv) pieces(key sim.Key, batch int, f func(key sim.Key, lo, hi int) error) error {
	places := c.places()
	step := max(1, buffered/(places*c.sees()))
	for lo := 0; lo < batch; lo += step {
		k := sim.Key{Trial: (key.Trial + uint32(lo)) * uint32(places), Step: key.Step}
		if err := f(k, lo, min(lo+step, batch)); err != nil {
			return err
		}
	}
	return nil
}

// patches writes what all places see of examples.
func (c *conv) patches(batch int, x []float32) []float32 {
	places, n, units := c.places(), c.sees(), c.in.Units()
	to := scratch(&c.buffer, batch*places*n)
	kernels.Parallel(c.workers, batch*places, rowsOfWorker(n), func(lo, hi int) {
		for r := lo; r < hi; r++ {
			c.gather(r%places, to[r*n:(r+1)*n], x[r/places*units:][:units])
		}
	})
	return to
}

func (c *conv) Forward(ctx context.Context, key sim.Key, batch int, x, z []float32) error {
	in, out, n := c.in.Units(), c.out.Units(), c.out.Channels
	return c.pieces(key, batch, func(key sim.Key, lo, hi int) error {
		rows := (hi - lo) * c.places()
		to := z[lo*out : hi*out]
		if err := c.w.Weights.Multiply(ctx, key, rows, c.patches(hi-lo, x[lo*in:hi*in]), to); err != nil {
			return err
		}
		kernels.Parallel(c.workers, rows, rowsOfWorker(n), func(lo, hi int) { kernels.AddBias(to[lo*n:hi*n], c.b.Numbers) })
		return nil
	})
}

func (c *conv) Backward(ctx context.Context, key sim.Key, batch int, _, dz, dx []float32) error {
	in, out, places, n := c.in.Units(), c.out.Units(), c.places(), c.sees()
	return c.pieces(key, batch, func(key sim.Key, lo, hi int) error {
		rows := (hi - lo) * places
		d := scratch(&c.buffer, rows*n)
		if err := c.w.Weights.MultiplyT(ctx, key, rows, dz[lo*out:hi*out], d); err != nil {
			return err
		}
		to := dx[lo*in : hi*in]
		clear(to)
		kernels.Parallel(c.workers, hi-lo, rowsOfWorker(places*n), func(lo, hi int) {
			for i := lo; i < hi; i++ {
				for p := range places {
					c.scatter(p, d[(i*places+p)*n:][:n], to[i*in:][:in])
				}
			}
		})
		return nil
	})
}

func (c *conv) Learn(ctx context.Context, key sim.Key, batch int, x, dz []float32, by sim.Changer) error {
	places := c.places()
	k := sim.Key{Trial: key.Trial * uint32(places), Step: key.Step}
	if err := by.Outer(ctx, k, &c.w, batch*places, c.patches(batch, x), dz); err != nil {
		return err
	}
	kernels.ColumnSums(dz, len(c.g), c.g)
	return by.Plain(ctx, key, &c.b, c.g)
}
