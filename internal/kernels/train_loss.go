package kernels

import (
	"math"

	"github.com/synohm/synohm/internal/philox"
)

// SoftmaxCrossEntropy takes a row of scores for every label and writes the loss
// -log p of its label, where p = softmax(scores), and to d the derivative along
// the scores, p less 1 at the label. d may be the scores.
func SoftmaxCrossEntropy(scores []float32, classes int, labels []uint8, d []float32, loss []float64) {
	rowsAre(scores, classes, len(labels))
	sameLength(len(scores), len(d))
	sameLength(len(labels), len(loss))
	p := make([]float64, classes)
	for r, label := range labels {
		if int(label) >= classes {
			panic("kernels: a label that is no class")
		}
		row, to := scores[r*classes:][:classes], d[r*classes:][:classes]
		top := math.Inf(-1) // no exponential overflows below it
		for _, x := range row {
			if x := float64(x); x > top {
				top = x
			}
		}
		for c, x := range row {
			p[c] = float64(x) - top
		}
		below := -p[label]
		ExpSlice(p, p)
		sum := 0.0
		for _, e := range p {
			sum += e
		}
		loss[r] = logAbove(sum-1) + below
		for c, e := range p {
			q := e / sum
			if c == int(label) {
				q--
			}
			to[c] = float32(q)
		}
	}
}

// Sigmoid writes 1/(1 + exp(-x)) to to, which may be x.
func Sigmoid(to, x []float32) {
	sameLength(len(x), len(to))
	for i, v := range x {
		e := Exp(-math.Abs(float64(v)))
		s := 1 / (1 + e)
		if v < 0 {
			s = e / (1 + e)
		}
		to[i] = float32(s)
	}
}

// Softplus writes log(1 + exp(x)) to to, which may be x.
func Softplus(to, x []float32) {
	sameLength(len(x), len(to))
	for i, v := range x {
		x := float64(v)
		y := logAbove(Exp(-math.Abs(x)))
		if x > 0 {
			y += x
		}
		to[i] = float32(y)
	}
}

// logAbove is log(1 + x) of x >= 0, with the same bits on every processor. What
// rounding takes from 1 + x is made up for by the ratio (Goldberg, ACM Computing
// Surveys 23, 1991, theorem 4).
func logAbove(x float64) float64 {
	y := 1 + x
	switch {
	case y == 1 || !(y <= math.MaxFloat64): // a NaN stays one
		return x
	}
	return float64(philox.Logarithm(y) * (x / (y - 1)))
}
