package synapses

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/internal/philox"
	"github.com/synohm/synohm/sim"
)

// images is a batch like one of MNIST: a fifth of the inputs other than 0.
func images(batch, sources int) []float32 {
	s := philox.Stream{Seed: 7, Purpose: philox.Purpose("test.images")}
	x := make([]float32, batch*sources)
	for i := range x {
		if b := s.Block(uint32(i), 0); philox.Uniform(b[0]) < 0.2 {
			x[i] = float32(philox.Uniform(b[1]))
		}
	}
	return x
}

// normals are numbers of a standard deviation.
func normals(n int, std float64, seed uint64) []float32 {
	return Want{Sources: 1, Targets: n, Std: std}.draw(seed)
}

const ecram = "{cell: ecram, headroom: 3, mapping: {kind: differential, sides: both}, programming: {kind: write-verify, tolerance: 1 uS, writes: 1000}}"

// BenchmarkDenseArray is the first layer of a network for digits, 784 x 500
// weights of two cells, and batches of 128.
func BenchmarkDenseArray(b *testing.B) {
	const sources, targets, batch = 784, 500, 128
	x, d, y := images(batch, sources), normals(batch*targets, 1, 2), make([]float32, batch*targets)
	for _, c := range []struct{ name, settings string }{{"ecram", ecram}, {"pcm", "{cell: pcm, headroom: 3}"}} {
		w := Dense{Sources: sources, Targets: targets, Values: normals(sources*targets, 0.05, 1), Trained: true}
		o, err := made(b, "crossbar", c.settings).MakeDense(b.Context(), w, 1, 2)
		require.NoError(b, err)
		each := func(name string, f func(key sim.Key) error) {
			b.Run(c.name+"/"+name, func(b *testing.B) {
				before := o.Cost().Pulses
				var key sim.Key
				for b.Loop() {
					key.Step++
					require.NoError(b, f(key))
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/(sources*targets*batch), "ns/weight/vector")
				b.ReportMetric(float64(o.Cost().Pulses-before)/float64(b.N), "pulses/op")
			})
		}
		each("multiply", func(key sim.Key) error { return o.Multiply(b.Context(), key, batch, x, y) })
		each("multiply-back", func(key sim.Key) error {
			back := make([]float32, batch*sources)
			return o.MultiplyT(b.Context(), key, batch, d, back)
		})
		for _, rate := range []struct {
			name string
			rate float32
		}{{"1e-6", 1e-6}, {"1e-4", 1e-4}} {
			change := normals(sources*targets, float64(rate.rate), 9)
			each("add-"+rate.name, func(key sim.Key) error { return o.Add(b.Context(), key, change) })
			each("outer-"+rate.name, func(key sim.Key) error { return o.AddOuter(b.Context(), key, batch, rate.rate, x, d) })
		}
	}
}
