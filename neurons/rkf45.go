package neurons

import (
	"math"

	"github.com/synohm/synohm/internal/kernels"
)

// vec is the state of one neuron under numerical integration. The potential of
// the membrane comes first; a system uses as many as it has.
type vec [6]float64

// system is a set of equations dy/dt = f(y) that do not depend on time within
// a step.
type system interface {
	// slopes sets f to the time derivatives, 1/ms.
	slopes(y, f *vec)
	// relax goes a time h on by a method of first order that is stable for
	// any h.
	relax(y *vec, h float64)
}

// rkf45 is the embedded Runge-Kutta method of Fehlberg, of order 5 with an
// error estimate of order 4 that chooses the length of its steps: the absolute
// error of every variable in one step stays below the tolerance, as in NEST's
// nonlinear models. The result of order 5 is the one that is kept.
//
// E. Fehlberg, NASA Technical Report R-315 (1969), table III; coefficients of
// Hairer, Noersett, Wanner, Solving Ordinary Differential Equations I (1993),
// table II.5.1.
//
// It is scratch memory for one neuron after the other; what lasts, the length
// of the next step of each, is the neuron's state.
type rkf45 struct {
	n         int     // variables
	tolerance float64 // in the unit of each variable
	peak      float64 // mV: a step that brings y[0] to it ends the integration

	k     [6]vec
	y     vec // stage, then result
	tries int // left for the neuron at work
}

// maxTries bounds the steps of a neuron within a step of the grid, so that no
// parameters can keep a run from going on. The rise of an AdEx spike takes
// about 180 with the default tolerance, 1,300 with the smallest one.
const maxTries = 5000

// locate is the length, in ms, below which a step that crosses the peak is not
// cut any further.
const locate = 1e-9

// newRKF45 makes the integrator of a system of n variables.
func newRKF45(n int, tolerance float64) rkf45 {
	return rkf45{n: n, tolerance: tolerance, peak: math.Inf(1)}
}

// begin starts the step of a neuron.
func (r *rkf45) begin() { r.tries = maxTries }

// run integrates y over span ms or until y[0] has reached the peak, and
// returns the time that is left then. next is the length of step to try, which
// it renews. Where the tries do not suffice the rest is one step of the stable
// method, and ok is false.
func (r *rkf45) run(s system, y *vec, next *float64, span float64) (left float64, ok bool) {
	left = span
	for left > 0 {
		if r.tries <= 0 {
			s.relax(y, left)
			return 0, false
		}
		h := min(*next, left)
		ratio := r.try(s, y, h)
		if !(ratio <= 1) { // NaN and infinity are errors too
			*next = float64(h * shrink(ratio))
			continue
		}
		if r.y[0] >= r.peak && h > locate {
			// Where the chord meets the peak, but surely shorter; what does
			// not get there is a step as any other.
			at := (r.peak - y[0]) / (r.y[0] - y[0])
			if cut := float64(h * min(max(at, 0.1), 0.9)); r.y[0]-r.peak > r.tolerance {
				*next = cut
				continue
			}
		}
		*y = r.y
		left -= h
		if grown := float64(h * grow(ratio)); h == *next || grown > *next {
			*next = grown // a step cut by the end of the span says little
		}
		if y[0] >= r.peak {
			return max(left, 0), true
		}
	}
	return 0, true
}

// shrink and grow are the factors to the next length for an error in units of
// the tolerance: 0.9 times a root of its inverse. A failed step takes the
// fourth root. One that went well should take the fifth; the power 3/16 is
// near it, careful, and made of square roots, which every processor rounds in
// the same way.
func shrink(ratio float64) float64 {
	if !(ratio < 1e12) {
		return 1e-3
	}
	return max(0.9/math.Sqrt(math.Sqrt(ratio)), 0.1)
}

func grow(ratio float64) float64 {
	if ratio < 1e-4 {
		return 5
	}
	eighth := math.Sqrt(math.Sqrt(math.Sqrt(1 / ratio)))
	return max(float64(0.9*float64(eighth*math.Sqrt(eighth))), 1)
}

// try makes one step into r.y and returns the largest error over the
// tolerance.
func (r *rkf45) try(s system, y *vec, h float64) float64 {
	r.tries--
	k, n := &r.k, min(r.n, len(y)) // the bound spares the checks of indices
	s.slopes(y, &k[0])
	for i := range n {
		r.y[i] = y[i] + float64(h*float64(1.0/4*k[0][i]))
	}
	s.slopes(&r.y, &k[1])
	for i := range n {
		r.y[i] = y[i] + float64(h*(float64(3.0/32*k[0][i])+float64(9.0/32*k[1][i])))
	}
	s.slopes(&r.y, &k[2])
	for i := range n {
		r.y[i] = y[i] + float64(h*(float64(1932.0/2197*k[0][i])-float64(7200.0/2197*k[1][i])+float64(7296.0/2197*k[2][i])))
	}
	s.slopes(&r.y, &k[3])
	for i := range n {
		r.y[i] = y[i] + float64(h*(float64(439.0/216*k[0][i])-float64(8*k[1][i])+float64(3680.0/513*k[2][i])-float64(845.0/4104*k[3][i])))
	}
	s.slopes(&r.y, &k[4])
	for i := range n {
		r.y[i] = y[i] + float64(h*(float64(-8.0/27*k[0][i])+float64(2*k[1][i])-float64(3544.0/2565*k[2][i])+
			float64(1859.0/4104*k[3][i])-float64(11.0/40*k[4][i])))
	}
	s.slopes(&r.y, &k[5])
	worst := 0.0
	for i := range n {
		k0, k2, k3, k4, k5 := k[0][i], k[2][i], k[3][i], k[4][i], k[5][i]
		r.y[i] = y[i] + float64(h*(float64(16.0/135*k0)+float64(6656.0/12825*k2)+float64(28561.0/56430*k3)-
			float64(9.0/50*k4)+float64(2.0/55*k5)))
		e := math.Abs(float64(h * (float64(1.0/360*k0) - float64(128.0/4275*k2) - float64(2197.0/75240*k3) +
			float64(1.0/50*k4) + float64(2.0/55*k5))))
		if e > worst || math.IsNaN(e) {
			worst = e // a NaN stays
		}
	}
	return worst / r.tolerance
}

// relaxed is exponential Euler: the value after h under dv/dh = a - b v, where
// h may be a time over a capacitance or a time constant. Where b h is small it
// is a series, for a/b may not exist.
func relaxed(v, a, b, h float64) float64 {
	x := float64(b * h)
	if math.Abs(x) < 1e-3 {
		phi := 1 - float64(x*(0.5-float64(x*(1.0/6-float64(x*(1.0/24))))))
		return v + float64(float64(h*(a-float64(b*v)))*phi)
	}
	end := a / b
	return end + float64((v-end)*kernels.Exp(-x))
}
