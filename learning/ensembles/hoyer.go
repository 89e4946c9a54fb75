package ensembles

import "math"

// Hoyer is the sparsity of an activity, 0 to 1. There is none, and ok is false,
// where no unit is active or there are fewer than two.
func Hoyer(h []float32) (s float64, ok bool) {
	sum, squares := 0.0, 0.0
	for _, v := range h {
		x := math.Abs(float64(v))
		sum += x
		squares += float64(x * x)
	}
	if squares == 0 || len(h) < 2 {
		return 0, false
	}
	root := math.Sqrt(float64(len(h)))
	// Rounding alone would leave the bounds.
	return min(1, max(0, (root-sum/math.Sqrt(squares))/(root-1))), true
}
