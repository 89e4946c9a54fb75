package array_test

import (
	"fmt"
	"testing"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"

	"github.com/synohm/synohm/devices"
	"github.com/synohm/synohm/devices/array"
)

func BenchmarkRead(b *testing.B) {
	for _, draw := range []string{"output", "cell"} {
		b.Run("noise-per-"+draw, func(b *testing.B) {
			m, err := array.New(formed(0.02), settings(b, "noise_draw: "+draw), 256, 1000, 1, 1)
			if err != nil {
				b.Fatal(err)
			}
			if err := m.Formed(b.Context(), 1); err != nil {
				b.Fatal(err)
			}
			rows := []int32{3, 20, 31, 60, 77, 100, 130, 140, 177, 200, 201, 222, 240, 250}
			out := make([]float32, 1000)
			var step uint32
			for b.Loop() {
				if err := m.Read(array.Key{Step: step}, rows, 0, 1000, out); err != nil {
					b.Fatal(err)
				}
				step++
			}
			b.ReportMetric(float64(b.N)*float64(len(rows))*2000/b.Elapsed().Seconds(), "cell-reads/s")
		})
	}
}

// BenchmarkProduct is a product of 512 x 512 weights with a vector of real
// numbers: without an array, on one without noise, and with noise drawn an
// output or a cell.
func BenchmarkProduct(b *testing.B) {
	const n = 512
	x, y := make([]float32, n), make([]float32, n)
	for i := range x {
		x[i] = float32(i%5) - 2
	}
	per := func(b *testing.B) {
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/(n*n), "ns/weight")
	}
	b.Run("gemv", func(b *testing.B) {
		m := blas32.General{Rows: n, Cols: n, Stride: n, Data: weights(n * n)}
		for b.Loop() {
			blas32.Gemv(blas.Trans, 1, m, blas32.Vector{N: n, Inc: 1, Data: x}, 0, blas32.Vector{N: n, Inc: 1, Data: y})
		}
		per(b)
	})
	for _, c := range []struct {
		name, draw string
		noise      float64
	}{{"ideal", "output", 0}, {"noise-per-output", "output", 0.02}, {"noise-per-cell", "cell", 0.02}} {
		b.Run(c.name, func(b *testing.B) {
			cell := &devices.Generic{GMin: 1, GMax: 100, ReadRel: c.noise, T0: 1}
			m, err := array.New(cell, settings(b, "noise_draw: "+c.draw), n, n, 1, 1)
			if err != nil {
				b.Fatal(err)
			}
			if err := m.Program(b.Context(), weights(n*n)); err != nil {
				b.Fatal(err)
			}
			var step uint32
			for b.Loop() {
				if err := m.Multiply(array.Key{Step: step}, x, y); err != nil {
					b.Fatal(err)
				}
				step++
			}
			per(b)
		})
	}
}

// BenchmarkLook is one look at a tile whose lines are solved: cells square,
// as differential pairs.
func BenchmarkLook(b *testing.B) {
	for _, solve := range []string{"exact", "approximate"} {
		for _, size := range []int{128, 256, 512} {
			b.Run(fmt.Sprintf("%s/%d", solve, size), func(b *testing.B) {
				cell := &devices.Generic{GMin: 0.1, GMax: 25, NuMean: 0.05, T0: 1}
				s := settings(b, "follow: 0\nfollow_every: 1 ns\nlines: {solve: "+solve+"}")
				m, err := array.New(cell, s, size, size/2, 1, 2)
				if err != nil {
					b.Fatal(err)
				}
				if err := m.Program(b.Context(), weights(size*size/2)); err != nil {
					b.Fatal(err)
				}
				now := 0.0
				for b.Loop() {
					now++
					if err := m.AdvanceTo(b.Context(), now); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
