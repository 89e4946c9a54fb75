package kernels

import "slices"

// Every function here is the portable one for as many numbers as fill vectors,
// and returns how many those are. AVX2 takes what does not fill AVX-512.

// whole is how many of the numbers from done on fill vectors.
func whole(n, done, lanes int) int { return (n - done) / lanes * lanes }

func addVectors(y, x []float32) int {
	done := 0
	if n := whole(len(y), 0, 16); has(avx512) && n > 0 {
		addAVX512(n, &y[0], &x[0])
		done = n
	}
	if n := whole(len(y), done, 8); n > 0 {
		addAVX2(n, &y[done], &x[done])
		done += n
	}
	return done
}

func addReLUVectors(y, x []float32) int {
	done := 0
	if n := whole(len(y), 0, 16); has(avx512) && n > 0 {
		addReLUAVX512(n, &y[0], &x[0])
		done = n
	}
	if n := whole(len(y), done, 8); n > 0 {
		addReLUAVX2(n, &y[done], &x[done])
		done += n
	}
	return done
}

func reluVectors(y []float32) int {
	done := 0
	if n := whole(len(y), 0, 16); has(avx512) && n > 0 {
		reluAVX512(n, &y[0])
		done = n
	}
	if n := whole(len(y), done, 8); n > 0 {
		reluAVX2(n, &y[done])
		done += n
	}
	return done
}

func maskReLUVectors(d, h []float32) int {
	done := 0
	if n := whole(len(d), 0, 16); has(avx512) && n > 0 {
		maskReLUAVX512(n, &d[0], &h[0])
		done = n
	}
	if n := whole(len(d), done, 8); n > 0 {
		maskReLUAVX2(n, &d[done], &h[done])
		done += n
	}
	return done
}

func mulAddVectors(y, x []float32, a float32) int {
	done := 0
	if n := whole(len(y), 0, 16); has(avx512) && n > 0 {
		mulAddAVX512(n, &y[0], &x[0], &a)
		done = n
	}
	if n := whole(len(y), done, 8); n > 0 {
		mulAddAVX2(n, &y[done], &x[done], &a)
		done += n
	}
	return done
}

func scaleVectors(y, x []float32, f float32) int {
	done := 0
	if n := whole(len(y), 0, 16); has(avx512) && n > 0 {
		scaleAVX512(n, &y[0], &x[0], &f)
		done = n
	}
	if n := whole(len(y), done, 8); n > 0 {
		scaleAVX2(n, &y[done], &x[done], &f)
		done += n
	}
	return done
}

func squaresVectors(x []float32, s *[sumLanes]float32) int {
	n := whole(len(x), 0, sumLanes)
	switch {
	case n == 0:
	case has(avx512):
		squaresAVX512(n, &x[0], s)
	default:
		squaresAVX2(n, &x[0], s)
	}
	return n
}

func columnSumsVectors(rows int, x, out []float32) int {
	cols, done := len(out), 0
	_ = x[rows*cols-1]
	for ; has(avx512) && cols-done >= 64; done += 64 {
		columnSums64AVX512(rows, &x[done], 4*cols, &out[done])
	}
	for ; cols-done >= 32; done += 32 {
		columnSums32AVX2(rows, &x[done], 4*cols, &out[done])
	}
	for ; cols-done >= 8; done += 8 {
		columnSums8AVX2(rows, &x[done], 4*cols, &out[done])
	}
	return done
}

func maxAbsVectors(x []float32) (int, uint32) {
	done, most := 0, uint32(0)
	if n := whole(len(x), 0, 64); has(avx512) && n > 0 {
		var s [16]uint32
		maxAbsAVX512(n, &x[0], &s)
		done, most = n, slices.Max(s[:])
	}
	if n := whole(len(x), done, 32); n > 0 {
		var s [8]uint32
		maxAbsAVX2(n, &x[done], &s)
		done, most = done+n, max(most, slices.Max(s[:]))
	}
	return done, most
}

func adamVectors(c *[adamConstants]uint32, to, w, m, v, g []float32) int {
	done := 0
	if n := whole(len(to), 0, 16); has(avx512) && n > 0 {
		adamAVX512(c, n, &to[0], &w[0], &m[0], &v[0], &g[0])
		done = n
	}
	if n := whole(len(to), done, 8); n > 0 {
		adamAVX2(c, n, &to[done], &w[done], &m[done], &v[done], &g[done])
		done += n
	}
	return done
}

func momentumVectors(c *[momentumConstants]uint32, to, w, velocity, g []float32) int {
	done := 0
	if n := whole(len(to), 0, 16); has(avx512) && n > 0 {
		momentumAVX512(c, n, &to[0], &w[0], &velocity[0], &g[0])
		done = n
	}
	if n := whole(len(to), done, 8); n > 0 {
		momentumAVX2(c, n, &to[done], &w[done], &velocity[done], &g[done])
		done += n
	}
	return done
}
