package lines_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/devices/lines"
)

// random is a square network of conductances from lo to hi.
func random(size int, lo, hi, ohm float64) (*lines.Network, []float64) {
	r := rand.New(rand.NewPCG(1, uint64(size)))
	n := &lines.Network{Rows: size, Cols: size, Wires: lines.Wires{Word: ohm, Bit: ohm}}
	for range size * size {
		n.G = append(n.G, lo+(hi-lo)*r.Float64())
	}
	v := make([]float64, size)
	for i := range v {
		v[i] = r.Float64()
	}
	return n, v
}

// The bars are stated for this: conductances from 1 to 100 uS, 1 ohm a segment,
// one vector, everything from the network to the solution.
func BenchmarkSolve(b *testing.B) {
	for _, size := range []int{128, 256, 512, 1024} {
		n, v := random(size, 1e-6, 1e-4, 1)
		for _, workers := range []int{1, 2} {
			b.Run(fmt.Sprintf("%d/%d", size, workers), func(b *testing.B) {
				b.ReportAllocs()
				its := 0
				for b.Loop() {
					s, err := n.Solve(context.Background(), []lines.Drive{{Word: v}}, lines.Options{Workers: workers})
					require.NoError(b, err)
					its = s[0].Iterations
				}
				b.ReportMetric(float64(its), "iterations")
			})
		}
	}
}

// A hundred vectors at once. The bar is their time beside that of one vector,
// everything from the network to the solution; one is solved right before each
// batch, and of both the quickest counts, so that what else a machine does
// weighs little.
func BenchmarkSolveBatch(b *testing.B) {
	for _, size := range []int{128, 256, 512} {
		n, v := random(size, 1e-6, 1e-4, 1)
		r := rand.New(rand.NewPCG(2, 2))
		var batch []lines.Drive
		for range 100 {
			w := make([]float64, len(v))
			for i := range w {
				w[i] = r.Float64()
			}
			batch = append(batch, lines.Drive{Word: w})
		}
		for _, workers := range []int{1, 2} {
			b.Run(fmt.Sprintf("%d/%d", size, workers), func(b *testing.B) {
				b.ReportAllocs()
				solve := func(batch []lines.Drive) time.Duration {
					begin := time.Now()
					_, err := n.Solve(context.Background(), batch, lines.Options{Workers: workers})
					require.NoError(b, err)
					return time.Since(begin)
				}
				one, all := time.Hour, time.Hour
				for b.Loop() {
					b.StopTimer()
					for range 10 {
						one = min(one, solve(batch[:1]))
					}
					b.StartTimer()
					all = min(all, solve(batch))
				}
				b.ReportMetric(float64(all)/float64(one), "x-one-vector")
				b.ReportMetric(one.Seconds()*1e3, "ms-one")
				b.ReportMetric(all.Seconds()*1e3, "ms-batch")
			})
		}
	}
}
