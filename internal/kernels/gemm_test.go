package kernels

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// gemmCase is a product whose matrices lie in memory with strides wider than
// their rows, at an offset.
type gemmCase struct {
	transA, transB bool
	m, n, k        int
	alpha, beta    float32
	a, b, c        []float32
	lda, ldb, ldc  int
}

// newGemmCase has numbers from -1 to 1 in its matrices, and NaN beside them.
func newGemmCase(transA, transB bool, m, n, k, wider int, alpha, beta float32, seed uint64) *gemmCase {
	g := &gemmCase{transA: transA, transB: transB, m: m, n: n, k: k, alpha: alpha, beta: beta}
	matrix := func(trans bool, rows, cols int) ([]float32, int) {
		if trans {
			rows, cols = cols, rows
		}
		ld := cols + wider
		seed++
		x := (&draws{n: rows * ld, seed: seed}).floats(-1, 1)
		for i := range x {
			if i%ld >= cols {
				x[i] = float32(math.NaN())
			}
		}
		return x, max(ld, 1)
	}
	g.a, g.lda = matrix(transA, m, k)
	g.b, g.ldb = matrix(transB, k, n)
	g.c, g.ldc = matrix(false, m, n)
	return g
}

// shifted has its matrices at an offset of some numbers in memory.
func (g gemmCase) shifted(by int) *gemmCase {
	for _, x := range []*[]float32{&g.a, &g.b, &g.c} {
		*x = append(make([]float32, by), *x...)[by:]
	}
	return &g
}

// run gives c; the case keeps its own.
func (g gemmCase) run(workers int) []float32 {
	c := append([]float32(nil), g.c...)
	shift := g.shifted(0)
	Gemm(workers, g.transA, g.transB, g.m, g.n, g.k, g.alpha, g.a, g.lda, g.b, g.ldb, g.beta, c, g.ldc)
	require.Equal(panics{}, bitsOf(shift.a), bitsOf(g.a))
	require.Equal(panics{}, bitsOf(shift.b), bitsOf(g.b))
	return c
}

// panics makes a failed requirement a panic, where there is no test at hand.
type panics struct{}

func (panics) Errorf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }
func (panics) FailNow()                          {}

// check wants what three loops in double precision give, to the bound of the
// error of sums in single precision (Higham, Accuracy and Stability of
// Numerical Algorithms, section 3.5: n u times the sum of magnitudes, with
// n = k + 3 roundings of an element), and nothing written beside c.
func (g *gemmCase) check(t require.TestingT, got []float32) {
	at := func(x []float32, ld int, trans bool, i, j int) float64 {
		if trans {
			i, j = j, i
		}
		return float64(x[i*ld+j])
	}
	require.Len(t, got, len(g.c))
	for index, v := range got {
		i, j := index/g.ldc, index%g.ldc
		if j >= g.n {
			require.True(t, v != v, "row %d: column %d beside c was written", i, j)
			continue
		}
		want, size := 0.0, 0.0
		if g.beta != 0 {
			want = float64(g.beta) * float64(g.c[index])
			size = math.Abs(want)
		}
		if g.alpha != 0 {
			for p := range g.k {
				x := float64(g.alpha) * at(g.a, g.lda, g.transA, i, p) * at(g.b, g.ldb, g.transB, p, j)
				want += x
				size += math.Abs(x)
			}
		}
		// A comparison with a NaN is false.
		if !(math.Abs(float64(v)-want) <= float64(g.k+3)*0x1p-24*size) {
			require.Fail(t, "wrong product", "row %d, column %d: %g, want %g", i, j, v, want)
		}
	}
}

func everyForm(t *testing.T, f func(t *testing.T)) {
	defer use(t, "auto")
	for _, form := range Forms() {
		use(t, form)
		t.Run(form, f)
	}
}

func drawGemm(t *rapid.T, most int) *gemmCase {
	factors := rapid.SampledFrom([]float32{0, 1, -1, 0.3, -2.5, 1e-3})
	size := rapid.IntRange(0, most)
	g := newGemmCase(rapid.Bool().Draw(t, "transA"), rapid.Bool().Draw(t, "transB"),
		size.Draw(t, "m"), size.Draw(t, "n"), size.Draw(t, "k"), rapid.IntRange(0, 9).Draw(t, "wider"),
		factors.Draw(t, "alpha"), factors.Draw(t, "beta"), rapid.Uint64Range(0, 1<<40).Draw(t, "seed"))
	if g.beta == 0 {
		for i := range g.c {
			g.c[i] = float32(math.NaN())
		}
	}
	return g
}

func TestGemmIsTheProduct(t *testing.T) {
	everyForm(t, func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			g := drawGemm(t, 70)
			g.check(t, g.run(1))
		})
	})
}

// Sizes about the edges of tiles, blocks and chunks.
func TestGemmOfSeveralBlocks(t *testing.T) {
	everyForm(t, func(t *testing.T) {
		for k, size := range [][3]int{
			{gemmBlock + 1, gemmCols + 1, gemmDepth + 1},
			{gemmBlock, gemmCols, gemmDepth},
			{9, 3*gemmCols - 1, 2*gemmDepth + 5},
			{1, 500, 784}, {500, 1, 784}, {130, 200, 1},
		} {
			for trans := range 4 {
				for _, beta := range []float32{0, 0.5} {
					g := newGemmCase(trans&1 != 0, trans&2 != 0, size[0], size[1], size[2], 3*(k%2), 0.7, beta, uint64(k))
					g.check(t, g.run(3))
				}
			}
		}
	})
}

// The bits of c depend neither on the number of workers nor on where its
// matrices lie in memory.
func TestGemmHasTheSameBits(t *testing.T) {
	same := func(t require.TestingT, g *gemmCase, shift int) {
		want := bitsOf(g.run(1))
		for _, workers := range []int{2, 3, 8} {
			require.Equal(t, want, bitsOf(g.run(workers)), "%d workers", workers)
		}
		require.Equal(t, want, bitsOf(g.shifted(shift).run(2)))
	}
	everyForm(t, func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			same(t, drawGemm(t, 100), rapid.IntRange(1, 15).Draw(t, "shift"))
		})
		// So large that all workers get something to do.
		for trans, size := range [][3]int{{128, 500, 784}, {784, 100, 256}, {40, 1000, 400}, {9, 3000, 500}} {
			same(t, newGemmCase(trans&1 != 0, trans&2 != 0, size[0], size[1], size[2], 1, 0.3, 1, uint64(trans)), 3)
		}
	})
}

// A row of a batch has the bits that it has alone, and a column too.
func TestGemmOfPartsHasTheBitsOfTheWhole(t *testing.T) {
	everyForm(t, func(t *testing.T) {
		g := newGemmCase(false, false, 37, 131, 2*gemmDepth+50, 0, 0.3, 0.7, 5)
		whole := g.run(2)
		for i := range g.m {
			row := *g
			row.m, row.a, row.c = 1, g.a[i*g.lda:], g.c[i*g.ldc:][:g.n]
			require.Equal(t, bitsOf(whole[i*g.ldc:][:g.n]), bitsOf(row.run(1)), "row %d", i)
		}
		for j := range g.n {
			column := *g
			column.n, column.b, column.c = 1, g.b[j:], g.c[j:]
			for i, v := range column.run(1) {
				if i%g.ldc == 0 {
					require.Equal(t, whole[i+j], v, "row %d of column %d", i/g.ldc, j)
				}
			}
		}
	})
}

// The two forms in assembly add in one order and fuse alike.
func TestGemmOfAVX2AndAVX512(t *testing.T) {
	if len(Forms()) < 3 {
		t.Skip("this processor has no AVX-512")
	}
	defer use(t, "auto")
	rapid.Check(t, func(t *rapid.T) {
		g := drawGemm(t, 300)
		require.NoError(panics{}, Use("avx2"))
		want := g.run(1)
		require.NoError(panics{}, Use("avx512"))
		require.Equal(t, bitsOf(want), bitsOf(g.run(1)))
	})
}

func TestGemmRefusesShortMatrices(t *testing.T) {
	const message = "kernels: a matrix is shorter than its product needs"
	x := func(n int) []float32 { return make([]float32, n) }
	require.PanicsWithValue(t, message, func() { Gemm(1, false, false, 2, 3, 4, 1, x(7), 4, x(12), 3, 0, x(6), 3) })
	require.PanicsWithValue(t, message, func() { Gemm(1, false, false, 2, 3, 4, 1, x(8), 4, x(11), 3, 0, x(6), 3) })
	require.PanicsWithValue(t, message, func() { Gemm(1, false, false, 2, 3, 4, 1, x(8), 4, x(12), 3, 0, x(5), 3) })
	require.PanicsWithValue(t, message, func() { Gemm(1, true, false, 2, 3, 4, 1, x(8), 1, x(12), 3, 0, x(6), 3) })
	require.PanicsWithValue(t, message, func() { Gemm(1, false, true, 2, 3, 4, 1, x(8), 4, x(12), 3, 0, x(6), 3) })
	require.PanicsWithValue(t, message, func() { Gemm(1, false, false, -2, 3, 4, 1, x(8), 4, x(12), 3, 0, x(6), 3) })
	require.NotPanics(t, func() { Gemm(1, true, true, 2, 3, 4, 1, x(8), 2, x(12), 4, 0, x(6), 3) })
	require.NotPanics(t, func() { Gemm(1, false, false, 2, 3, 0, 1, nil, 1, nil, 3, 0, x(6), 3) })
}
