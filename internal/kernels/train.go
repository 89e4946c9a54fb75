package kernels

import "math"

// What training does to every number of a layer: float32, matrices by rows
// without gaps. Workers may each take some of the rows, or some of the numbers.

// AddBias adds the biases to every row of y.
func AddBias(y, bias []float32) {
	rowsOf(y, len(bias))
	for n := len(bias); len(y) > 0; y = y[n:] {
		row := y[:n]
		done := 0
		if vectors() {
			done = addVectors(row, bias)
		}
		for j, b := range bias[done:] {
			row[done+j] += b
		}
	}
}

// AddBiasReLU adds the biases to every row of y and puts 0 where the sum is
// below 0. A NaN stays, so that somebody notices it.
func AddBiasReLU(y, bias []float32) {
	rowsOf(y, len(bias))
	for n := len(bias); len(y) > 0; y = y[n:] {
		row := y[:n]
		done := 0
		if vectors() {
			done = addReLUVectors(row, bias)
		}
		for j, b := range bias[done:] {
			x := row[done+j] + b
			if x < 0 {
				x = 0
			}
			row[done+j] = x
		}
	}
}

// ReLU puts 0 where y is below 0. A NaN stays.
func ReLU(y []float32) {
	done := 0
	if vectors() {
		done = reluVectors(y)
	}
	for i := done; i < len(y); i++ {
		if y[i] < 0 {
			y[i] = 0
		}
	}
}

// LeakyReLU multiplies what is below 0 by a slope.
func LeakyReLU(y []float32, slope float32) {
	for i, x := range y {
		if x < 0 {
			y[i] = slope * x
		}
	}
}

// MaskReLU takes a derivative d along h = ReLU(z) to one along z: 0 where h is
// not above 0.
func MaskReLU(d, h []float32) {
	sameLength(len(h), len(d))
	done := 0
	if vectors() {
		done = maskReLUVectors(d, h)
	}
	for i := done; i < len(h); i++ {
		if h[i] <= 0 {
			d[i] = 0
		}
	}
}

// MaskLeaky takes a derivative d along h = LeakyReLU(z, slope), of a slope that
// is not negative, to one along z.
func MaskLeaky(d, h []float32, slope float32) {
	sameLength(len(h), len(d))
	for i, x := range h {
		if x <= 0 {
			d[i] *= slope
		}
	}
}

// MulAdd adds a x to y.
func MulAdd(y, x []float32, a float32) {
	sameLength(len(x), len(y))
	done := 0
	if vectors() {
		done = mulAddVectors(y, x, a)
	}
	for i := done; i < len(x); i++ {
		y[i] += float32(a * x[i])
	}
}

// Mul multiplies y by x.
func Mul(y, x []float32) {
	sameLength(len(x), len(y))
	for i, v := range x {
		y[i] *= v
	}
}

// Blend writes m a + (1 - m) b to y, which may be any of the others.
func Blend(y, a, b, m []float32) {
	sameLength(len(y), len(a), len(b), len(m))
	for i, k := range m {
		y[i] = float32(k*a[i]) + float32((1-k)*b[i])
	}
}

// MaxAbs is the largest magnitude: 0 of no numbers, a NaN if there is one.
func MaxAbs(x []float32) float32 { return math.Float32frombits(maxAbsBits(x)) }

// Finite tells whether no number is infinite or a NaN.
func Finite(x []float32) bool { return maxAbsBits(x) < infinite }

const (
	infinite  = 0x7f800000 // bits of an infinite float32; those of a NaN are above
	magnitude = 0x7fffffff // all bits but the sign
)

// maxAbsBits is the largest of the bits without the sign, in whose order
// magnitudes stand, then infinity, then NaN.
func maxAbsBits(x []float32) uint32 {
	var most uint32
	done := 0
	if vectors() {
		done, most = maxAbsVectors(x)
	}
	for _, v := range x[done:] {
		most = max(most, math.Float32bits(v)&magnitude)
	}
	return most
}
