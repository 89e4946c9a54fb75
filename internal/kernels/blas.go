package kernels

import (
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"
	"gonum.org/v1/gonum/blas/gonum"
)

// BLAS32 is gonum's own arithmetic in single precision, but that products of
// matrices go through Gemm.
type BLAS32 struct {
	gonum.Implementation
	Workers int // of a product; its bits do not depend on it
}

var _ blas.Float32 = BLAS32{}

// UseBLAS makes gonum's blas32 take products of matrices from Gemm. It is to be
// called once, before anything is worked out.
func UseBLAS(workers int) { blas32.Use(BLAS32{Workers: workers}) }

// Sgemm writes c = alpha op(a) op(b) + beta c, and panics as gonum's does.
func (b BLAS32) Sgemm(tA, tB blas.Transpose, m, n, k int, alpha float32, a []float32, lda int, x []float32, ldx int, beta float32, c []float32, ldc int) {
	// With these factors gonum's has nothing to do but look at what it is given.
	b.Implementation.Sgemm(tA, tB, m, n, k, 0, a, lda, x, ldx, 1, c, ldc)
	Gemm(b.Workers, tA != blas.NoTrans, tB != blas.NoTrans, m, n, k, alpha, a, lda, x, ldx, beta, c, ldc)
}
