package layers_test

import (
	"context"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/synohm/synohm/neurons/layers"
	"github.com/synohm/synohm/sim"
)

func TestPool(t *testing.T) {
	for _, of := range []string{"max", "mean"} {
		t.Run(of, rapid.MakeCheck(func(t *rapid.T) {
			w, in := drawWindow(t)
			w.Pad = 0
			s := &layers.Pool{Of: of, Kernel: w.Kernel, Stride: w.Stride}
			if rapid.Bool().Draw(t, "side by side") {
				s.Stride, w.Stride = 0, w.Kernel
			}
			holds(t, s, in, func(l sim.Layer, x []float32) (z []float64) {
				out := l.Out()
				for i := range out.Units() {
					place := i / out.Channels
					most, sum := math.Inf(-1), 0.0
					for k := range w.Kernel * w.Kernel {
						v := seen(w, in, x, place/out.Cols, place%out.Cols, k/w.Kernel, k%w.Kernel, i%out.Channels)
						most, sum = max(most, v), sum+v
					}
					if of == "mean" {
						most = sum / float64(w.Kernel*w.Kernel)
					}
					z = append(z, most)
				}
				return z
			})
		}))
	}
}

// Of equal values the first gets the derivative, once.
func TestPoolOfEqualValues(t *testing.T) {
	l := made(t, &layers.Pool{Of: "max", Kernel: 2}, sim.Extent{Rows: 2, Cols: 2, Channels: 1}, 1)
	dx := make([]float32, 4)
	require.NoError(t, l.Backward(context.Background(), sim.Key{}, 1, []float32{1, 3, 3, 3}, []float32{2}, dx))
	require.Equal(t, []float32{0, 2, 0, 0}, dx)
}
