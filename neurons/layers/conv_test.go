package layers_test

import (
	"context"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/synohm/synohm/learning/optimise"
	"github.com/synohm/synohm/neurons/layers"
	"github.com/synohm/synohm/sim"
)

func TestConv(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, in := drawWindow(t)
		s := &layers.Conv{Channels: rapid.IntRange(1, 5).Draw(t, "channels"), Window: w, Init: layers.Init{Gain: 1}}
		holds(t, s, in, sums(w, in, func(l sim.Layer, _ int) (m, bias []float32) {
			return l.Parameters()[0].Values(), l.Parameters()[1].Values()
		}))
	})
}

// A picture moved by a stride is answered by places moved by one.
func TestConvMovesWithItsInput(t *testing.T) {
	in := sim.Extent{Rows: 8, Cols: 8, Channels: 2}
	l := made(t, &layers.Conv{Channels: 3, Window: layers.Window{Kernel: 3, Stride: 2}, Init: layers.Init{Gain: 1}}, in, 2)
	x := normals(rand.New(rand.NewPCG(4, 4)), in.Units())
	moved := make([]float32, len(x))
	row := in.Cols * in.Channels
	copy(moved[2*row:], x)
	z, zm := make([]float32, l.Out().Units()), make([]float32, l.Out().Units())
	require.NoError(t, l.Forward(context.Background(), sim.Key{}, 1, x, z))
	require.NoError(t, l.Forward(context.Background(), sim.Key{}, 1, moved, zm))
	n := l.Out().Cols * l.Out().Channels
	require.Equal(t, z[:len(z)-n], zm[n:])
}

// keys is weights that keep the random keys of their vectors.
type keys struct {
	sim.DenseWeights
	trials []uint32
}

func (k *keys) note(key sim.Key, batch int) {
	for i := range batch {
		k.trials = append(k.trials, key.Trial+uint32(i))
	}
}

func (k *keys) Multiply(ctx context.Context, key sim.Key, batch int, x, y []float32) error {
	k.note(key, batch)
	return k.DenseWeights.Multiply(ctx, key, batch, x, y)
}

func (k *keys) MultiplyT(ctx context.Context, key sim.Key, batch int, y, x []float32) error {
	k.note(key, batch)
	return k.DenseWeights.MultiplyT(ctx, key, batch, y, x)
}

// A batch whose patches do not fit into the buffer at once has the bits and the
// random keys of its examples one by one: every patch has a key of its own.
func TestConvInPieces(t *testing.T) {
	ctx := context.Background()
	in := sim.Extent{Rows: 40, Cols: 40, Channels: 20}
	l := made(t, &layers.Conv{Channels: 2, Window: layers.Window{Kernel: 5, Stride: 1}, Init: layers.Init{Gain: 1}}, in, 2)
	p := l.Parameters()[0]
	k := &keys{DenseWeights: p.Weights}
	p.Weights = k
	const batch = 5
	ni, no := in.Units(), l.Out().Units()
	r := rand.New(rand.NewPCG(4, 4))
	x, dz := normals(r, batch*ni), normals(r, batch*no)
	whole, back := make([]float32, batch*no), make([]float32, batch*ni)
	require.NoError(t, l.Forward(ctx, sim.Key{Trial: 7}, batch, x, whole))
	require.NoError(t, l.Backward(ctx, sim.Key{Trial: 7}, batch, x, dz, back))
	trials := k.trials
	k.trials = nil
	z, d := make([]float32, no), make([]float32, ni)
	for b := range batch {
		require.NoError(t, l.Forward(ctx, sim.Key{Trial: 7 + uint32(b)}, 1, x[b*ni:(b+1)*ni], z))
		require.Equal(t, whole[b*no:(b+1)*no], z)
	}
	for b := range batch {
		require.NoError(t, l.Backward(ctx, sim.Key{Trial: 7 + uint32(b)}, 1, nil, dz[b*no:(b+1)*no], d))
		require.Equal(t, back[b*ni:(b+1)*ni], d)
	}
	require.Equal(t, trials, k.trials)
	places := l.Out().Rows * l.Out().Cols
	require.Len(t, trials, 2*batch*places)
	for i, trial := range trials[:batch*places] {
		require.Equal(t, uint32(7*places+i), trial)
	}
}

// An optimiser takes the patches of a whole batch, which estimates count.
func TestBufferOfConv(t *testing.T) {
	s := &layers.Conv{Channels: 2, Window: layers.Window{Kernel: 3, Stride: 2, Pad: 1}}
	require.Equal(t, 3*4*9*5, s.Buffer(sim.Extent{Rows: 5, Cols: 8, Channels: 5}))
	require.Zero(t, s.Buffer(sim.Extent{Rows: 0, Cols: 8, Channels: 5}))
}

// BenchmarkConv is the second layer of a small network for digits.
func BenchmarkConv(b *testing.B) {
	ctx := context.Background()
	const batch = 64
	in := sim.Extent{Rows: 14, Cols: 14, Channels: 16}
	l := made(b, &layers.Conv{Channels: 32, Window: layers.Window{Kernel: 3, Stride: 1, Pad: 1}, Init: layers.Init{Gain: 1}}, in, 1)
	r := rand.New(rand.NewPCG(4, 4))
	x, dz := normals(r, batch*in.Units()), normals(r, batch*l.Out().Units())
	z, dx := make([]float32, len(dz)), make([]float32, len(x))
	by := optimise.New(&optimise.SGD{}, l, 1)
	for _, part := range []struct {
		name string
		f    func() error
	}{
		{"forward", func() error { return l.Forward(ctx, sim.Key{}, batch, x, z) }},
		{"backward", func() error { return l.Backward(ctx, sim.Key{}, batch, x, dz, dx) }},
		{"learn", func() error { return by.Learn(ctx, sim.Key{}, l, batch, x, dz, 1, 1e-9) }},
	} {
		b.Run(part.name, func(b *testing.B) {
			for b.Loop() {
				require.NoError(b, part.f())
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/batch, "ns/example")
		})
	}
}
