package kernels

// gemmMasks gives the mask of the first n of 24 columns from entry 24 - n on.
var gemmMasks = func() (m [48]int32) {
	for i := range 24 {
		m[i] = -1
	}
	return m
}()

// vectors is portable in assembly.
func (t *gemmTile) vectors() {
	_ = t.c[(t.rows-1)*t.ldc+t.cols-1]
	a, b := t.a[:gemmRows*t.k], t.b[:(t.k-1)*t.ldb+gemmCols]
	if has(avx512) {
		tile := gemmTile48AVX512
		switch {
		case t.cols <= 16:
			tile = gemmTile16AVX512
		case t.cols <= 32:
			tile = gemmTile32AVX512
		}
		tile(t.k, &a[0], &b[0], 4*t.ldb, &t.c[0], 4*t.ldc, t.rows, 1<<t.cols-1, t.alpha, t.add)
		return
	}
	for i := 0; i < t.rows; i += 4 {
		for j := 0; j < t.cols; j += 24 {
			var mask *[24]int32
			if n := t.cols - j; n < 24 {
				mask = (*[24]int32)(gemmMasks[24-n:])
			}
			gemmTile24AVX2(t.k, &a[i], &b[j], 4*t.ldb, &t.c[i*t.ldc+j], 4*t.ldc, min(4, t.rows-i), mask, t.alpha, t.add)
		}
	}
}

// gemmColumnsVectors is gemmColumns of as many columns as the panel is wide.
func gemmColumnsVectors(to []float32, width, k int, from []float32, ld int) {
	_, _ = to[width*k-1], from[(k-1)*ld+width-1]
	if width == gemmRows {
		gemmCopy8AVX2(k, &to[0], &from[0], 4*ld)
	} else {
		gemmCopy48AVX2(k, &to[0], &from[0], 4*ld)
	}
}

// gemmTurnedVectors is gemmTurned of a multiple of eight rows of a multiple of
// four numbers.
func gemmTurnedVectors(to []float32, width, rows, k int, from []float32, ld int) {
	if k == 0 {
		return
	}
	for i := 0; i < rows; i += 8 {
		_, _ = to[(k-1)*width+i+7], from[(i+7)*ld+k-1]
		gemmTransposeAVX2(k, &to[i], 4*width, &from[i*ld], 4*ld)
	}
}
