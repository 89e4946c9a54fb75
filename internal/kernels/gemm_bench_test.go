package kernels

import (
	"fmt"
	"math"
	"testing"
	"time"
)

// BenchmarkGemm reports products of squares and of the shapes of training: a
// batch through a layer, back through it, and the gradient of its weights.
func BenchmarkGemm(b *testing.B) {
	for _, s := range []struct {
		transA, transB bool
		m, n, k        int
	}{
		{false, false, 512, 512, 512}, {false, false, 1024, 1024, 1024}, {false, false, 2048, 2048, 2048},
		{false, false, 128, 500, 784}, {false, false, 256, 500, 784}, {false, false, 256, 500, 500},
		{true, false, 784, 500, 256}, {false, true, 256, 784, 500}, {false, false, 256, 2000, 2000},
		{false, false, 1, 500, 784}, {false, false, 16, 500, 784}, {false, false, 256, 10, 500},
	} {
		for _, form := range Forms() {
			for workers := 1; workers <= 2; workers++ {
				a, b32, c := make([]float32, s.m*s.k), make([]float32, s.k*s.n), make([]float32, s.m*s.n)
				for i := range a {
					a[i] = float32(i%7) - 3
				}
				for i := range b32 {
					b32[i] = float32(i%5) - 2
				}
				lda, ldb := s.k, s.n
				if s.transA {
					lda = s.m
				}
				if s.transB {
					ldb = s.k
				}
				name := fmt.Sprintf("%dx%dx%d", s.m, s.k, s.n)
				if s.transA {
					name += "/transA"
				}
				if s.transB {
					name += "/transB"
				}
				b.Run(fmt.Sprintf("%s/%s/workers=%d", name, form, workers), func(b *testing.B) {
					use(b, form)
					defer use(b, "auto")
					best := time.Duration(math.MaxInt64)
					for b.Loop() {
						start := time.Now()
						Gemm(workers, s.transA, s.transB, s.m, s.n, s.k, 1, a, lda, b32, ldb, 0, c, s.n)
						best = min(best, time.Since(start))
					}
					flop := 2 * float64(s.m*s.n*s.k)
					b.ReportMetric(flop*float64(b.N)/float64(b.Elapsed().Nanoseconds()), "GFLOP/s")
					b.ReportMetric(flop/float64(best.Nanoseconds()), "peak-GFLOP/s") // of the fastest one
				})
			}
		}
	}
}
