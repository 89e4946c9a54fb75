package devices

import (
	"errors"
	"math"
)

// flow is dx/dt of one cell, t seconds after a pulse began.
type flow func(t, x float64) float64

// integrator solves dx/dt = f(t, x) for a state that cannot leave [low, high]:
// by the embedded Runge-Kutta pair of Dormand and Prince, "A family of embedded
// Runge-Kutta formulae", J. Comput. Appl. Math. 6 (1980), RK5(4)7M, with
//
//   - the error of every step held below tolerance * (high - low). Where the
//     flow vanishes at the bound that it leads to, as many windows make it, the
//     distance to the bound counts instead: such a bound is never reached, and a
//     state that was put there would be lost for good;
//   - the step that meets a bound shortened until it ends there; the state then
//     stays while the flow presses against the bound, and leaves when it turns;
//   - an end before the time where the flow is the same at all times and the
//     state has come to rest, so that a stiff approach to it costs no steps.
//
// Steps are bounded in number and numbers must stay finite: a voltage that no
// cell survives ends with an error.
type integrator struct {
	low, high float64 // bounds of the state
	tolerance float64 // error of one step over high - low
	constant  bool    // the flow is the same at all times
}

// maxSteps bounds the steps of one pulse, tried ones too: some 0.1 s of work.
const maxSteps = 100_000

var (
	errOverflow = errors.New("the state would move faster than a number can hold; lower the voltage")
	errSteps    = errors.New("the state moves too fast to be followed in 100000 steps; lower the voltage, shorten the pulse or raise tolerance")
)

// nodes, weights and error weights of RK5(4)7M, table 2 of the paper. The last
// row of weights is the solution of order 5; fifth less fourth is the error.
var (
	rkNode   = [7]float64{0, 1. / 5, 3. / 10, 4. / 5, 8. / 9, 1, 1}
	rkWeight = [7][6]float64{
		{},
		{1. / 5},
		{3. / 40, 9. / 40},
		{44. / 45, -56. / 15, 32. / 9},
		{19372. / 6561, -25360. / 2187, 64448. / 6561, -212. / 729},
		{9017. / 3168, -355. / 33, 46732. / 5247, 49. / 176, -5103. / 18656},
		{35. / 384, 0, 500. / 1113, 125. / 192, -2187. / 6784, 11. / 84},
	}
	rkError = [7]float64{71. / 57600, 0, -71. / 16695, 71. / 1920, -17253. / 339200, 22. / 525, -1. / 40}
)

// run goes from x at time 0 to a time. x lies within the bounds.
func (in integrator) run(f flow, x, end float64) (float64, error) {
	span := in.high - in.low
	t, largest := 0.0, end
	if !in.constant {
		largest = max(end/8, math.SmallestNonzeroFloat64) // look often enough to see the flow turn
	}
	first := f(t, x)
	h := min(largest, 0.1*span/math.Abs(first)) // a tenth of the way from bound to bound
	rejected := 0                               // tries in a row
	for range maxSteps {
		if math.IsNaN(first) || math.IsInf(first, 0) {
			return x, errOverflow
		}
		if in.presses(first, x) && !in.constant {
			t = in.release(f, t, x, end)
			first, h = f(t, x), largest
		}
		if end-t <= 0 || in.constant && (first == 0 || in.presses(first, x)) {
			return x, nil
		}
		h = min(h, largest, end-t)

		// The bound nearby, and whether the flow vanishes there.
		bound, near := in.high, in.high-x
		if x-in.low < near {
			bound, near = in.low, x-in.low
		}
		closed := near > 0 && near < 0.1*span && f(t, bound) == 0
		scale := in.tolerance * span
		if closed {
			scale = max(in.tolerance*near, 1e-16*span)
		}

		next, last, wrong, jump := in.step(f, t, x, h, first)
		// A smooth flow takes the step after one rejection. One that jumps within
		// the step, as at a threshold, hides from the estimate; the error is then
		// below the jump of the flow times the step.
		if rejected >= 2 {
			wrong = max(wrong, jump)
		}
		if !(wrong <= scale) { // NaN too
			h *= stepFactor(wrong / scale)
			rejected++
			continue
		}
		over := max(next-in.high, in.low-next) // how far beyond a bound
		switch {
		case closed && over >= 0 && math.Abs(next-bound) <= over:
			if near > 1e-15*span {
				h /= 2
				continue
			}
			next, last = x, 0 // as near as numbers come
		case over > scale: // aim at the bound along the chord
			toward := in.high - x
			if next < in.low {
				toward = x - in.low
			}
			h *= max(0.1, toward/(toward+over))
			continue
		default:
			next = min(max(next, in.low), in.high)
		}
		if h >= end-t {
			return next, nil
		}
		if in.constant && math.Abs(next-x) <= 100*scale {
			if y, ok := in.rest(f, next, last, scale, end-t-h); ok {
				return y, nil
			}
		}
		t += h
		x, first, rejected = next, last, 0
		h *= stepFactor(wrong / scale)
	}
	return x, errSteps
}

// presses tells whether a flow would leave the bound that the state is at.
func (in integrator) presses(rate, x float64) bool {
	return x >= in.high && rate > 0 || x <= in.low && rate < 0
}

// release is when a flow that presses against the bound x turns, or the end.
func (in integrator) release(f flow, t, x, end float64) float64 {
	for t < end {
		next := min(t+end/8, end)
		if in.presses(f(next, x), x) {
			t = next
			continue
		}
		for range 60 { // halves, to the last digit
			mid := t + (next-t)/2
			if in.presses(f(mid, x), x) {
				t = mid
			} else {
				next = mid
			}
		}
		return next
	}
	return end
}

// rest is the point at which the state comes to rest, where the way there is
// about the error of a step and will be over in the time that is left.
func (in integrator) rest(f flow, x, rate, scale, left float64) (float64, bool) {
	probe := min(max(x+math.Copysign(1e-7*(in.high-in.low), rate), in.low), in.high)
	slope := (f(0, probe) - rate) / (probe - x) // 1/s
	way := -rate / slope
	if slope < 0 && math.Abs(way) <= 10*scale && -slope*left > 40 { // e^-40 of it is left
		return min(max(x+way, in.low), in.high), true
	}
	return x, false
}

// step tries one step: the state and the flow after it, the error by the pair,
// and how far apart the flows of the stages would take the state. Stages beyond
// a bound see the flow at the bound.
func (in integrator) step(f flow, t, x, h, first float64) (next, last, wrong, jump float64) {
	k := [7]float64{first}
	low, high := first, first
	for s := 1; s < 7; s++ {
		sum := 0.0
		for i := range s {
			sum += float64(rkWeight[s][i] * k[i])
		}
		next = x + float64(h*sum)
		k[s] = f(t+float64(rkNode[s]*h), min(max(next, in.low), in.high))
		low, high = min(low, k[s]), max(high, k[s])
	}
	for i := range k {
		wrong += float64(rkError[i] * k[i])
	}
	return next, k[6], math.Abs(wrong * h), (high - low) * h
}

// stepFactor is by how much the step changes after one with an error, relative to
// what is allowed.
func stepFactor(wrong float64) float64 {
	if math.IsNaN(wrong) || math.IsInf(wrong, 0) {
		return 0.1
	}
	return min(5, max(0.2, 0.9*math.Pow(wrong, -0.2)))
}
