package kernels

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// trainFloats are numbers of all sizes, at an offset in their array. The odd
// ones, one of eight if they are asked for, are zeros of both signs, infinities,
// NaN and numbers at the ends of the range.
func trainFloats(r *rand.Rand, n int, odd bool) []float32 {
	specials := []float32{0, float32(math.Copysign(0, -1)), float32(math.Inf(1)), float32(math.Inf(-1)),
		float32(math.NaN()), math.MaxFloat32, math.SmallestNonzeroFloat32, -1e-39}
	x := make([]float32, n+3)
	for i := range x {
		x[i] = float32(r.NormFloat64() * math.Exp(3*r.NormFloat64()))
		if odd && r.IntN(8) == 0 {
			x[i] = specials[r.IntN(len(specials))]
		}
	}
	return x[r.IntN(3):][:n]
}

// TestTrainKernelsHaveTheSameBits is about all lengths up to some registers, so
// all tails, and rows that begin anywhere.
func TestTrainKernelsHaveTheSameBits(t *testing.T) {
	for n := range 150 {
		everyPath(t, func() []any {
			r := rand.New(rand.NewPCG(uint64(n), 1))
			const rows = 5
			odd := n%2 == 1
			x := func(n int) []float32 { return trainFloats(r, n, odd) }
			bias, factor := x(n), x(rows)
			y1, y2, y3, y4 := x(rows*n), x(rows*n), x(n), x(n)
			AddBias(y1, bias)
			AddBiasReLU(y2, bias)
			ReLU(y3)
			MaskReLU(y4, x(n))
			y5, y6, squares, sums := x(n), x(rows*n), x(rows), x(n)
			MulAdd(y5, x(n), 0.3)
			ScaleRows(y6, y6, n, factor)
			in := x(rows * n)
			RowSquares(in, n, squares)
			ColumnSums(in, n, sums)
			finite := float32(0)
			if Finite(in) {
				finite = 1
			}
			return []any{y1, y2, y3, y4, y5, y6, squares, sums, []float32{MaxAbs(in), finite}}
		})
	}
}

func TestTrainStepsHaveTheSameBits(t *testing.T) {
	for n := range 70 {
		for way := range 12 {
			everyPath(t, func() []any {
				r := rand.New(rand.NewPCG(uint64(n), 2))
				x := func() []float32 { return trainFloats(r, n, n%3 == 2) }
				w, m, v, g, change, velocity := x(), x(), x(), x(), x(), x()
				for i := range v {
					v[i] = max(v[i], -v[i])
				}
				decay := []float32{0, 0.01, 0.3}[way%3]
				a := Adam{Rate: 0.01, Beta1: 0.9, Beta2: 0.999, Eps: 1e-8, Decay: decay, Correct1: 2, Correct2: 3, Coupled: way&4 != 0}
				s := Momentum{Rate: 0.1, Momentum: 0.9, Decay: decay, Nesterov: way&4 != 0}
				change2 := slices.Clone(change)
				if way >= 6 {
					a.Step(w, m, v, g, 0.7)
					s.Step(w, velocity, g, 0.7)
				} else {
					a.Change(change, m, v, g, w, 0.7)
					s.Change(change2, velocity, g, w, 0.7)
				}
				return []any{w, m, v, velocity, change, change2}
			})
		}
	}
}

func TestRowsAndColumns(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows, cols := rapid.IntRange(0, 6).Draw(t, "rows"), rapid.IntRange(1, 90).Draw(t, "cols")
		x := trainFloats(rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0)), rows*cols, false)
		squares, sums, columns := make([]float32, rows), make([]float32, rows), make([]float32, cols)
		RowSquares(x, cols, squares)
		RowSums(x, cols, sums)
		ColumnSums(x, cols, columns)
		size := 0.0 // of all numbers, for errors of rounding
		wantColumns := make([]float64, cols)
		for r := range rows {
			var square, sum, magnitude float64
			for j, v := range x[r*cols:][:cols] {
				square += float64(v) * float64(v)
				sum += float64(v)
				magnitude += math.Abs(float64(v))
				wantColumns[j] += float64(v)
			}
			size += magnitude
			require.InDelta(t, square, squares[r], 1e-6*square)
			require.InDelta(t, sum, sums[r], 1e-6*magnitude)
		}
		for j := range columns {
			require.InDelta(t, wantColumns[j], columns[j], 1e-6*size)
		}
	})
}

func TestElements(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	y := []float32{1, 2, -3, 4}
	AddBias(y, []float32{10, -2})
	require.Equal(t, []float32{11, 0, 7, 2}, y)
	AddBiasReLU(y, []float32{-8, -1})
	require.Equal(t, []float32{3, 0, 0, 1}, y)
	y = []float32{-2, 0, 3}
	LeakyReLU(y, 0.25)
	require.Equal(t, []float32{-0.5, 0, 3}, y)
	d := []float32{8, 8, 8}
	MaskLeaky(d, y, 0.25)
	require.Equal(t, []float32{2, 2, 8}, d)
	MaskReLU(d, y)
	require.Equal(t, []float32{0, 0, 8}, d)
	MulAdd(d, y, 2)
	require.Equal(t, []float32{-1, 0, 14}, d)
	Mul(d, y)
	require.Equal(t, []float32{0.5, 0, 42}, d)
	Blend(d, []float32{1, 2, 3}, []float32{5, 6, 7}, []float32{1, 0, 0.5})
	require.Equal(t, []float32{1, 6, 5}, d)
	ScaleRows(d, d, 1, []float32{3, 2, 1})
	require.Equal(t, []float32{3, 12, 5}, d)

	require.Zero(t, MaxAbs(nil))
	require.Equal(t, float32(7), MaxAbs([]float32{3, -7}))
	require.Equal(t, inf, MaxAbs([]float32{3, -inf}))
	require.True(t, math.IsNaN(float64(MaxAbs([]float32{inf, nan, 1}))))
	require.True(t, Finite([]float32{math.MaxFloat32, -math.MaxFloat32, 0}))
	for n := range 200 { // one bad number anywhere
		for _, bad := range []float32{inf, -inf, nan} {
			x := make([]float32, 200)
			x[n] = bad
			require.False(t, Finite(x))
		}
	}
}

// A NaN stays, so that whoever looks at the numbers notices.
func TestRectifiersLeaveNaN(t *testing.T) {
	for _, form := range Forms() {
		use(t, form)
		for _, n := range []int{1, 8, 16, 21} {
			nan := slices.Repeat([]float32{float32(math.NaN())}, n)
			for name, f := range map[string]func(y []float32){
				"ReLU":        ReLU,
				"AddBiasReLU": func(y []float32) { AddBiasReLU(y, make([]float32, n)) },
				"bias":        func(y []float32) { clear(y); AddBiasReLU(y, nan) },
				"LeakyReLU":   func(y []float32) { LeakyReLU(y, 0.1) },
				"MaskReLU":    func(y []float32) { MaskReLU(y, slices.Repeat([]float32{1}, n)) },
			} {
				y := slices.Clone(nan)
				f(y)
				for i := range y {
					require.True(t, y[i] != y[i], "%s, %s, number %d of %d", form, name, i, n)
				}
			}
		}
	}
	use(t, "auto")
}

func TestTrainKernelsRefuseWrongLengths(t *testing.T) {
	x := make([]float32, 6)
	for name, f := range map[string]func(){
		"bias":    func() { AddBias(x, x[:4]) },
		"none":    func() { AddBiasReLU(x, nil) },
		"mask":    func() { MaskReLU(x, x[:5]) },
		"squares": func() { RowSquares(x, 2, x[:2]) },
		"scale":   func() { ScaleRows(x, x[:4], 2, x[:3]) },
		"columns": func() { ColumnSums(x, 4, make([]float32, 4)) },
		"out":     func() { ColumnSums(x, 3, make([]float32, 2)) },
		"blend":   func() { Blend(x, x, x, x[:1]) },
		"adam":    func() { (&Adam{}).Step(x, x, x, x[:5], 1) },
		"decay":   func() { (&Adam{Decay: 1}).Change(x, x, x, x, nil, 1) },
		"label":   func() { SoftmaxCrossEntropy(x, 3, []uint8{0, 3}, x, make([]float64, 2)) },
		"loss":    func() { SoftmaxCrossEntropy(x, 3, []uint8{0, 1}, x, make([]float64, 1)) },
	} {
		require.Panics(t, f, name)
	}
}
