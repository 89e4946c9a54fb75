package kernels

// Gemm is c = alpha op(a) op(b) + beta c of row-major matrices, m x k times
// k x n.
func Gemm(workers int, transA, transB bool, m, n, k int, alpha float32, a []float32, lda int, b []float32, ldb int, beta float32, c []float32, ldc int) {
	for i := range m {
		row := c[i*ldc : i*ldc+n]
		for j := range row {
			if beta == 0 {
				row[j] = 0
			} else {
				row[j] *= beta
			}
		}
		for l := range k {
			x := alpha
			if transA {
				x *= a[l*lda+i]
			} else {
				x *= a[i*lda+l]
			}
			if x == 0 {
				continue
			}
			if transB {
				for j := range row {
					row[j] += float32(x * b[j*ldb+l])
				}
				continue
			}
			for j, y := range b[l*ldb : l*ldb+n] {
				row[j] += float32(x * y)
			}
		}
	}
}
