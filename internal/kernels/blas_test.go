package kernels

import (
	"testing"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"
	"gonum.org/v1/gonum/blas/gonum"
	"pgregory.net/rapid"
)

func transpose(trans bool) blas.Transpose {
	if trans {
		return blas.Trans
	}
	return blas.NoTrans
}

func TestUseBLAS(t *testing.T) {
	defer blas32.Use(gonum.Implementation{})
	UseBLAS(2)
	g := newGemmCase(true, false, 33, 50, 70, 0, 0.3, 0.7, 1)
	want := g.run(1)
	blas32.Gemm(blas.Trans, blas.NoTrans, g.alpha,
		blas32.General{Rows: g.k, Cols: g.m, Stride: g.lda, Data: g.a},
		blas32.General{Rows: g.k, Cols: g.n, Stride: g.ldb, Data: g.b}, g.beta,
		blas32.General{Rows: g.m, Cols: g.n, Stride: g.ldc, Data: g.c})
	require.Equal(t, bitsOf(want), bitsOf(g.c))
}

// What it says to any arguments, right or wrong, is what gonum's own says; but
// gonum multiplies by zeros, so alpha is none here.
func TestSgemmTakesWhatGonumTakes(t *testing.T) {
	said := func(b blas.Float32, g *gemmCase, tA, tB blas.Transpose) (message any) {
		defer func() { message = recover() }()
		b.Sgemm(tA, tB, g.m, g.n, g.k, g.alpha, g.a, g.lda, g.b, g.ldb, g.beta, g.c, g.ldc)
		return nil
	}
	refused := 0
	rapid.Check(t, func(t *rapid.T) {
		g := drawGemm(t, 20)
		if g.alpha == 0 {
			g.alpha = 1
		}
		tA, tB := transpose(g.transA), transpose(g.transB)
		wrong := rapid.IntRange(-9, 1).Draw(t, "wrong")
		switch rapid.IntRange(0, 12).Draw(t, "what") {
		case 0:
			g.m += wrong
		case 1:
			g.n += wrong
		case 2:
			g.k += wrong
		case 3:
			g.lda += wrong
		case 4:
			g.ldb += wrong
		case 5:
			g.ldc += wrong
		case 6:
			g.a = g.a[:max(0, len(g.a)+min(0, wrong))]
		case 7:
			g.b = g.b[:max(0, len(g.b)+min(0, wrong))]
		case 8:
			g.c = g.c[:max(0, len(g.c)+min(0, wrong))]
		case 9:
			tA = 'x'
		case 10:
			tB = 'x'
		case 11:
			tA = blas.ConjTrans
			g.transA = true
		}
		theirs := *g
		theirs.c = append([]float32(nil), g.c...)
		want := said(gonum.Implementation{}, &theirs, tA, tB)
		require.Equal(t, want, said(BLAS32{Workers: 2}, g, tA, tB))
		if want != nil {
			refused++
			return
		}
		require.InDeltaSlice(t, finite(theirs.c), finite(g.c), 1e-4)
	})
	require.Greater(t, refused, 10)
}

// finite has zeros for what is not a number, which lies beside the matrices.
func finite(x []float32) []float32 {
	y := append([]float32(nil), x...)
	for i, v := range y {
		if v != v {
			y[i] = 0
		}
	}
	return y
}
