package layers_test

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/synohm/synohm/neurons/layers"
	"github.com/synohm/synohm/sim"
	"github.com/synohm/synohm/synapses"
)

// door puts weights onto ideal memory.
type door struct{ workers int }

func (door) Seed() uint64   { return 3 }
func (d door) Workers() int { return d.workers }
func (d door) Weights(ctx context.Context, _ string, sources, targets int, values []float32) (sim.DenseWeights, error) {
	ideal, err := synapses.New("ideal", nil)
	if err != nil {
		return nil, err
	}
	return ideal.MakeDense(ctx, synapses.Dense{Sources: sources, Targets: targets, Values: values, Trained: true}, 1, d.workers)
}

// kept is a changer that keeps the derivatives of all parameters, in float64.
type kept map[*sim.Parameter][]float64

func (k kept) Outer(_ context.Context, _ sim.Key, p *sim.Parameter, batch int, x, d []float32) error {
	targets, sources := p.Weights.Shape()
	g := make([]float64, sources*targets)
	for b := range batch {
		for i := range sources {
			for j := range targets {
				g[i*targets+j] += float64(x[b*sources+i]) * float64(d[b*targets+j])
			}
		}
	}
	k[p] = g
	return nil
}

func (k kept) Plain(_ context.Context, _ sim.Key, p *sim.Parameter, g []float32) error {
	for _, x := range g {
		k[p] = append(k[p], float64(x))
	}
	return nil
}

func normals(r *rand.Rand, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(r.NormFloat64())
	}
	return x
}

func dot(a, b []float32) (s float64) {
	for i := range a {
		s += float64(a[i]) * float64(b[i])
	}
	return s
}

// made is a layer with biases other than 0.
func made(t require.TestingT, s layers.Spec, in sim.Extent, workers int) sim.Layer {
	l, err := s.New(context.Background(), "layer", in, door{workers})
	require.NoError(t, err)
	r := rand.New(rand.NewPCG(9, 9))
	for _, p := range l.Parameters() {
		if p.Weights == nil {
			copy(p.Numbers, normals(r, len(p.Numbers)))
		}
	}
	return l
}

// oracle is an example's output by the definition of a layer.
type oracle func(l sim.Layer, x []float32) []float64

// holds tests a layer against its definition, its derivatives against
// differences, and that neither batches nor workers change bits.
func holds(t require.TestingT, s layers.Spec, in sim.Extent, want oracle) {
	ctx := context.Background()
	r := rand.New(rand.NewPCG(1, 2))
	l := made(t, s, in, 1)
	out, err := s.Out(in)
	require.NoError(t, err)
	require.Equal(t, out, l.Out())
	require.Equal(t, in, l.In())
	const batch = 3
	ni, no := in.Units(), out.Units()
	x, dz := normals(r, batch*ni), normals(r, batch*no)
	forward := func(x []float32) []float32 {
		z := make([]float32, len(x)/ni*no)
		require.NoError(t, l.Forward(ctx, sim.Key{}, len(x)/ni, x, z))
		return z
	}
	z := forward(x)
	for b := range batch {
		for i, v := range want(l, x[b*ni:(b+1)*ni]) {
			require.InDelta(t, v, z[b*no+i], 1e-4)
		}
		require.Equal(t, forward(x[b*ni:(b+1)*ni]), z[b*no:(b+1)*no], "a batch is its examples")
	}

	dx := normals(r, batch*ni) // what was there must not count
	require.NoError(t, l.Backward(ctx, sim.Key{}, batch, x, dz, dx))
	// A step so small that the largest of a window stays, which is exact for
	// layers that are linear between two corners.
	u := normals(r, batch*ni)
	moved := make([]float32, len(x))
	const eps = 1e-2
	change := 0.0
	if _, ok := s.(*layers.Pool); ok {
		for i := range x { // along one input after the other
			copy(moved, x)
			moved[i] += 1e-4
			change = (dot(dz, forward(moved)) - dot(dz, z)) / float64(moved[i]-x[i])
			require.InDelta(t, change, dx[i], 2e-2)
		}
	} else {
		for i := range x {
			moved[i] = x[i] + eps*u[i]
		}
		change = (dot(dz, forward(moved)) - dot(dz, z)) / eps
		require.InDelta(t, change, dot(dx, u), 1e-2*(1+math.Sqrt(dot(dx, dx)*dot(u, u))))
	}

	g := kept{}
	require.NoError(t, l.Learn(ctx, sim.Key{}, batch, x, dz, g))
	require.Len(t, g, len(l.Parameters()))
	before := dot(dz, z)
	for _, p := range l.Parameters() {
		w := p.Values()
		require.Len(t, g[p], len(w))
		for range 5 { // the output is linear in every parameter
			k := r.IntN(len(w))
			was := w[k]
			w[k]++
			require.InDelta(t, dot(dz, forward(x))-before, g[p][k], 1e-3*(1+math.Abs(g[p][k])), "%s", p.Name)
			w[k] = was
		}
	}

	for _, workers := range []int{2, 3, 8} {
		other := made(t, s, in, workers)
		z2, dx2 := make([]float32, len(z)), make([]float32, len(dx))
		require.NoError(t, other.Forward(ctx, sim.Key{}, batch, x, z2))
		require.NoError(t, other.Backward(ctx, sim.Key{}, batch, x, dz, dx2))
		require.Equal(t, z, z2)
		require.Equal(t, dx, dx2)
	}
}

func drawWindow(t *rapid.T) (layers.Window, sim.Extent) {
	in := sim.Extent{Rows: rapid.IntRange(1, 9).Draw(t, "rows"), Cols: rapid.IntRange(1, 9).Draw(t, "cols"), Channels: rapid.IntRange(1, 4).Draw(t, "in")}
	w := layers.Window{
		Kernel: rapid.IntRange(1, min(in.Rows, in.Cols, 5)).Draw(t, "kernel"),
		Stride: rapid.IntRange(1, 3).Draw(t, "stride"),
	}
	w.Pad = rapid.IntRange(0, w.Kernel-1).Draw(t, "pad")
	return w, in
}

// seen is the value at a row and column of a place's window.
func seen(w layers.Window, in sim.Extent, x []float32, row, col, kr, kc, channel int) float64 {
	r, c := row*w.Stride+kr-w.Pad, col*w.Stride+kc-w.Pad
	if r < 0 || c < 0 || r >= in.Rows || c >= in.Cols {
		return 0
	}
	return float64(x[(r*in.Cols+c)*in.Channels+channel])
}

// sums are weighted sums of windows, weights being those of a place.
func sums(w layers.Window, in sim.Extent, weights func(l sim.Layer, place int) (matrix, bias []float32)) oracle {
	return func(l sim.Layer, x []float32) (z []float64) {
		out := l.Out()
		for p := range out.Rows * out.Cols {
			m, bias := weights(l, p)
			for j := range out.Channels {
				sum := float64(bias[j])
				for i := range w.Kernel * w.Kernel * in.Channels {
					place := i / in.Channels
					sum += seen(w, in, x, p/out.Cols, p%out.Cols, place/w.Kernel, place%w.Kernel, i%in.Channels) * float64(m[i*out.Channels+j])
				}
				z = append(z, sum)
			}
		}
		return z
	}
}

func TestDense(t *testing.T) {
	in := sim.Extent{Rows: 3, Cols: 2, Channels: 4}
	holds(t, &layers.Dense{Size: 7, Init: layers.Init{Gain: 1}}, in, func(l sim.Layer, x []float32) (z []float64) {
		w, b := l.Parameters()[0].Values(), l.Parameters()[1].Values()
		for j := range b {
			sum := float64(b[j])
			for i, v := range x {
				sum += float64(v) * float64(w[i*len(b)+j])
			}
			z = append(z, sum)
		}
		return z
	})
}

// Layers whose windows do not fit say so, and what to do.
func TestWindowsThatDoNotFit(t *testing.T) {
	in := sim.Extent{Rows: 4, Cols: 6, Channels: 1}
	for _, s := range []layers.Spec{
		&layers.Conv{Channels: 2, Window: layers.Window{Kernel: 5, Stride: 1}},
		&layers.Local{Channels: 2, Window: layers.Window{Kernel: 5, Stride: 1}},
		&layers.Pool{Kernel: 5},
	} {
		_, err := s.Out(in)
		require.ErrorContains(t, err, "have a smaller kernel")
		_, err = s.New(context.Background(), "layer", in, door{1})
		require.ErrorContains(t, err, "have a smaller kernel")
	}
	_, err := (&layers.Conv{Channels: 2, Window: layers.Window{Kernel: 3, Stride: 1, Pad: 3}}).Out(in)
	require.ErrorContains(t, err, "must be below the kernel")
}

// A layer's shapes of weights are those that it makes.
func TestMatricesAreThoseOfTheLayer(t *testing.T) {
	in := sim.Extent{Rows: 6, Cols: 5, Channels: 3}
	w := layers.Window{Kernel: 3, Stride: 2, Pad: 1}
	for _, s := range []layers.Spec{
		&layers.Dense{Size: 4}, &layers.Conv{Channels: 4, Window: w}, &layers.Local{Channels: 4, Window: w}, &layers.Pool{Kernel: 2},
	} {
		var got, want [][2]int
		for _, m := range s.Matrices(in) {
			for range m.N {
				want = append(want, [2]int{m.Targets, m.Sources})
			}
		}
		for _, p := range made(t, s, in, 1).Parameters() {
			if p.Weights != nil {
				targets, sources := p.Weights.Shape()
				got = append(got, [2]int{targets, sources})
			}
		}
		require.Equal(t, want, got)
	}
}
