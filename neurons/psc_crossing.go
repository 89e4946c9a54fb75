package neurons

import (
	"math"

	"github.com/synohm/synohm/internal/kernels"
)

// crossing is the time from a state until its potential first reaches the
// threshold, infinity if it does not. No crossing is missed, however short the
// potential stays above: an interval is left only when a bound says so.
//
// A current between two bounds low and high keeps the potential below
//
//	w + (V - w) exp(-h/tau_m),  w = v_inf + high tau_m/c_m
//
// where that rises, else below V. And where (v_inf - v_th)/tau_m + low/c_m > 0
// the potential rises as long as it is below v_th, so that there is one
// crossing at most. Intervals of which neither is known are halved; the bounds
// close in with the square of the width, so few are.
func (n *pscEvent) crossing(s pscState, from float64) float64 {
	if s.v >= n.vTh {
		return 0
	}
	width := n.tauMax / 8
	for t := 0.0; t < 1600*n.tauMax; width *= 2 { // exp(-800) is 0
		if n.below(s, math.Inf(1)) {
			break
		}
		if x, found := n.search(s, width, from+t); found {
			return t + x
		}
		s = n.after(s, width)
		t += width
	}
	return math.Inf(1)
}

// below tells that the potential does not reach the threshold up to h.
func (n *pscEvent) below(s pscState, h float64) bool {
	_, ex := s.ex.bounds(h)
	_, in := s.in.bounds(h)
	w := n.inf + float64((ex+in)*n.tauM/n.cM)
	top := s.v
	if w > s.v {
		top = w + float64((s.v-w)*kernels.Exp(-h/n.tauM))
	}
	// What the bound itself may be wrong by.
	return top+float64(1e-14*(math.Abs(w)+math.Abs(s.v))) < n.vTh
}

// rises tells that the potential rises up to h as long as it is below the
// threshold.
func (n *pscEvent) rises(s pscState, h float64) bool {
	ex, _ := s.ex.bounds(h)
	in, _ := s.in.bounds(h)
	return (n.inf-n.vTh)/n.tauM+(ex+in)/n.cM > 0
}

// search finds the first crossing up to h; from is the time of the state, by
// which the resolution of time is known.
func (n *pscEvent) search(s pscState, h, from float64) (float64, bool) {
	if n.below(s, h) {
		return 0, false
	}
	if n.rises(s, h) {
		if n.after(s, h).v < n.vTh {
			return 0, false
		}
		return n.root(s, h, from), true
	}
	if h <= resolution(from) {
		return h, n.after(s, h).v >= n.vTh
	}
	half := h / 2
	if x, found := n.search(s, half, from); found {
		return x, true
	}
	middle := n.after(s, half)
	if middle.v >= n.vTh { // by rounding
		return half, true
	}
	x, found := n.search(middle, half, from+half)
	return half + x, found
}

// resolution is the distance of neighbouring times, ms.
func resolution(t float64) float64 { return math.Nextafter(t, math.Inf(1)) - t }

// root is the one crossing between 0, below the threshold, and h, by Newton's
// steps that are kept between bounds.
func (n *pscEvent) root(s pscState, h, from float64) float64 {
	low, high, x := 0.0, h, h/2
	fastest := min(n.tauM, n.tauEx, n.tauIn)
	for range 200 {
		c := n.after(s, x)
		if c.v < n.vTh {
			low = x
		} else {
			high = x
		}
		slope := (n.inf-c.v)/n.tauM + (c.ex.i+c.in.i)/n.cM
		next := x + (n.vTh-c.v)/slope
		// Newton's error is squared by a step, so after one that is this
		// short it is below the precision of the potential.
		if math.Abs(next-x) <= 1e-9*fastest || high-low <= resolution(from)/4 {
			return min(max(next, low), high)
		}
		if !(next > low && next < high) {
			next = low + (high-low)/2
		}
		x = next
	}
	return high
}
