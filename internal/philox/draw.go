package philox

import (
	"fmt"
	"math"
)

// Draw is a number that may be drawn from a distribution: one word makes one
// number. The zero value is the constant 0.
type Draw struct {
	Kind DrawKind
	A, B float64 // value; or mean and standard deviation; or low and high
	// Min and Max cut the normal distributions: what lies beyond is drawn
	// again, which one word does by the inverse of the cut distribution.
	Min, Max float64
	cut      bool
	// The probability below the cuts and that between them; of the mirrored
	// distribution where most of what is between lies above the middle, since
	// a probability is precise near 0 and not near 1.
	lo, span float64
	mirrored bool
}

// DrawKind is a family of distributions.
type DrawKind int

// The families. Lognormal has A and B as mean and standard deviation of the
// logarithm.
const (
	Constant DrawKind = iota
	NormalDraw
	UniformDraw
	LognormalDraw
)

// Fixed is a constant.
func Fixed(v float64) Draw { return Draw{A: v} }

// NewDraw makes a draw; infinite cuts cut nothing.
func NewDraw(kind DrawKind, a, b, low, high float64) (Draw, error) {
	d := Draw{Kind: kind, A: a, B: b, Min: low, Max: high}
	if math.IsNaN(a) || math.IsNaN(b) || math.IsInf(a, 0) || math.IsInf(b, 0) {
		return d, fmt.Errorf("the numbers of a distribution are finite")
	}
	if !(low < high) {
		return d, fmt.Errorf("min must be below max")
	}
	switch kind {
	case NormalDraw, LognormalDraw:
		if b < 0 {
			return d, fmt.Errorf("a standard deviation is not negative")
		}
		d.cut = !math.IsInf(low, -1) || !math.IsInf(high, 1)
		if d.cut && b > 0 {
			z := func(x float64) float64 {
				if kind == LognormalDraw {
					x = math.Log(max(x, 0))
				}
				return (x - a) / b
			}
			below := func(z float64) float64 { return 0.5 * math.Erfc(-z/math.Sqrt2) }
			zl, zh := z(low), z(high)
			if d.mirrored = zl > 0; d.mirrored {
				zl, zh = -zh, -zl
			}
			d.lo = below(zl)
			d.span = below(zh) - d.lo
			if !(d.span >= 1e-3) {
				return d, fmt.Errorf("less than a thousandth of the distribution lies between min and max")
			}
		}
		if d.cut && b == 0 {
			if v := d.Value(0); v < low || v > high {
				return d, fmt.Errorf("the value lies outside min and max")
			}
		}
	case UniformDraw:
		if a > b {
			return d, fmt.Errorf("low must not be above high")
		}
	}
	return d, nil
}

// Cut tells whether what is far from the mean is cut away.
func (d Draw) Cut() bool { return d.cut }

// Varies tells whether two draws can differ.
func (d Draw) Varies() bool {
	return d.Kind == UniformDraw && d.A != d.B || (d.Kind == NormalDraw || d.Kind == LognormalDraw) && d.B != 0
}

// Value maps a word to the number.
func (d Draw) Value(u uint32) float64 {
	var x float64
	switch d.Kind {
	case Constant:
		return d.A
	case UniformDraw:
		return d.A + float64((d.B-d.A)*Uniform(u))
	case NormalDraw, LognormalDraw:
		z := 0.0
		switch {
		case d.B == 0:
		case d.cut:
			// Descending where it is mirrored, so that order is kept.
			if d.mirrored {
				z = -quantile(d.lo + float64(d.span*Uniform(^u)))
			} else {
				z = quantile(d.lo + float64(d.span*Uniform(u)))
			}
		default:
			z = Normal(u)
		}
		x = d.A + float64(d.B*z)
	}
	if d.Kind == LognormalDraw {
		x = math.Exp(x)
	}
	if d.cut { // rounding must not carry it out
		x = min(max(x, d.Min), d.Max)
	}
	return x
}

// Value4 maps a block to four numbers, those of Value.
func (d *Draw) Value4(b [4]uint32) (x [4]float64) {
	if d.Kind == NormalDraw && d.cut && d.B != 0 && !d.mirrored {
		for i, u := range b {
			z := quantile(d.lo + float64(d.span*Uniform(u)))
			x[i] = min(max(d.A+float64(d.B*z), d.Min), d.Max)
		}
		return x
	}
	for i, u := range b {
		x[i] = d.Value(u)
	}
	return x
}

// Mean is the mean before any cut.
func (d Draw) Mean() float64 {
	switch d.Kind {
	case UniformDraw:
		return (d.A + d.B) / 2
	case LognormalDraw:
		return math.Exp(d.A + d.B*d.B/2)
	}
	return d.A
}

// Times is the draw times a positive factor.
func (d Draw) Times(f float64) Draw {
	if d.Kind == LognormalDraw {
		d.A += math.Log(f)
	} else {
		d.A, d.B = d.A*f, d.B*f
	}
	d.Min, d.Max = d.Min*f, d.Max*f
	return d
}

// Negated is a constant, normal or uniform draw times -1.
func (d Draw) Negated() Draw {
	switch d.Kind {
	case UniformDraw:
		d.A, d.B = -d.B, -d.A
	default:
		d.A = -d.A
	}
	d.Min, d.Max = -d.Max, -d.Min
	if d.cut {
		d.mirrored = !d.mirrored
	}
	return d
}
