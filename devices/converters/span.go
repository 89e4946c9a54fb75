package converters

import (
	"fmt"
	"math"
	"slices"
)

// Ranges of a converter.
const (
	Maximum    = "maximum"    // the largest value that there can be
	Calibrated = "calibrated" // that of the smallest mean square error over a sample
	Percentile = "percentile" // a percentile of the magnitudes of a sample
)

// spanOf is the full range of a converter: the value of its largest code.
func spanOf(kind string, percentile float64, g grid, maximum float64, samples []float32) (float64, error) {
	if kind == Maximum {
		if !(maximum > 0) || math.IsInf(maximum, 0) {
			return 0, fmt.Errorf("a range of %g is none; it is a positive, finite number", maximum)
		}
		return maximum, nil
	}
	if len(samples) == 0 {
		return 0, fmt.Errorf("range %s takes a sample of what is converted, and there is none", kind)
	}
	if err := finite("value", 0, samples); err != nil {
		return 0, err
	}
	size := make([]float64, len(samples))
	for i, v := range samples {
		size[i] = math.Abs(float64(v))
	}
	slices.Sort(size)
	top := size[len(size)-1]
	if top == 0 {
		return 0, fmt.Errorf("range %s takes a sample with values other than 0", kind)
	}
	if kind == Percentile {
		// The smallest value that so many per cent do not exceed.
		k := int(math.Ceil(percentile/100*float64(len(size)))) - 1
		if p := size[min(max(k, 0), len(size)-1)]; p > 0 {
			return p, nil
		}
		return 0, fmt.Errorf("the %g %% percentile of the sample is 0; choose a higher one", percentile)
	}
	if g.levels == 0 {
		return top, nil
	}
	best, least := top, math.Inf(1)
	for k := candidates; k > 0; k-- { // from the widest, which wins ties
		span := top * float64(k) / candidates
		if e := squareError(g, span, samples, least); e < least {
			best, least = span, e
		}
	}
	return best, nil
}

// candidates are the ranges that a calibration looks at, evenly spaced up to
// the largest value of the sample.
const candidates = 128

// squareError is the sum of squares of what conversion changes; it stops above
// a bound.
func squareError(g grid, span float64, samples []float32, bound float64) float64 {
	sum := 0.0
	for _, v := range samples {
		x, _ := g.round(float64(v) / span)
		d := float64(v) - float64(x*span)
		sum += float64(d * d)
		if sum >= bound {
			return sum
		}
	}
	return sum
}
