package kernels

import (
	"math/rand/v2"
	"testing"
)

// A batch of 100 rows of 500 numbers.
const benchmarkRows, benchmarkCols = 100, 500

// perNumber runs f with all forms and reports the time of one of n numbers.
func perNumber(b *testing.B, n int, f func()) {
	for _, form := range Forms() {
		b.Run(form, func(b *testing.B) {
			use(b, form)
			for b.Loop() {
				f()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/number")
		})
	}
	use(b, "auto")
}

func BenchmarkTrain(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 1))
	const n = benchmarkRows * benchmarkCols
	x, y, m, v := trainFloats(r, n, false), trainFloats(r, n, false), make([]float32, n), make([]float32, n)
	bias, factor, rows := make([]float32, benchmarkCols), make([]float32, benchmarkRows), make([]float32, benchmarkRows)
	for i := range factor {
		factor[i] = 1
	}
	a := adamAt(10, 0.01, false)
	a.Rate = 1e-6
	s := Momentum{Rate: 1e-6, Momentum: 0.9}
	labels, loss := make([]uint8, n/10), make([]float64, n/10)
	for _, k := range []struct {
		name string
		f    func()
	}{
		{"AddBias", func() { AddBias(y, bias) }},
		{"AddBiasReLU", func() { AddBiasReLU(y, bias) }},
		{"MaskReLU", func() { MaskReLU(y, x) }},
		{"MulAdd", func() { MulAdd(y, x, 1e-9) }},
		{"ScaleRows", func() { ScaleRows(y, y, benchmarkCols, factor) }},
		{"RowSquares", func() { RowSquares(x, benchmarkCols, rows) }},
		{"ColumnSums", func() { ColumnSums(x, benchmarkCols, bias) }},
		{"Finite", func() { Finite(x) }},
		{"Adam", func() { a.Step(y, m, v, x, 1) }},
		{"Momentum", func() { s.Step(y, m, x, 1) }},
		{"SoftmaxCrossEntropy", func() { SoftmaxCrossEntropy(x, 10, labels, y, loss) }},
	} {
		b.Run(k.name, func(b *testing.B) { perNumber(b, n, k.f) })
	}
}
