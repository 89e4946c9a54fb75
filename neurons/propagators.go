package neurons

import (
	"fmt"
	"math"

	"github.com/synohm/synohm/internal/kernels"
)

// pscPropagators are the integrals by which a decaying current moves a
// membrane in a step of length h:
//
//	first  = integral from 0 to h of exp(-(h-s)/tau_m)   exp(-s/tau_syn) ds   in ms
//	second = integral from 0 to h of exp(-(h-s)/tau_m) s exp(-s/tau_syn) ds   in ms^2
//
// Over the capacitance the first is the P21 of an exponential current and the
// P32 of an alpha current, the second the P31 of the latter. The textbook forms
// (Rotter, Diesmann, Biol. Cybern. 81, 1999) divide by tau_m - tau_syn and its
// square. With y = h/tau_syn - h/tau_m they are
//
//	first  = h   exp(-h/tau_syn) (e^y - 1) / y
//	second = h^2 exp(-h/tau_syn) (e^y - 1 - y) / y^2
//
// where the fractions are smooth, 1 and 1/2 at y = 0, so that equal time
// constants are no special case.
func pscPropagators(h, tauM, tauSyn float64) (first, second float64) {
	// The difference of close numbers is exact, that of their inverses is not.
	y := h * ((tauM - tauSyn) / tauM / tauSyn)
	m, s := kernels.Exp(-h/tauM), kernels.Exp(-h/tauSyn)
	switch {
	case math.Abs(y) < 1:
		return float64(h*s) * expm1Over(y), float64(h*h*s) * expm2Over(y)
	case y > 0: // e^y might overflow where exp(-h/tau_syn) vanishes
		return h * m * (-math.Expm1(-y) / y), h * h * (m - s - float64(s*y)) / y / y
	default:
		return h * s * (math.Expm1(y) / y), h * h * s * ((math.Expm1(y) - y) / y / y)
	}
}

// expm1Over is (e^y - 1) / y.
func expm1Over(y float64) float64 {
	if y == 0 {
		return 1
	}
	return math.Expm1(y) / y
}

// expm2Over is (e^y - 1 - y) / y^2 for |y| < 1: the sum of y^n / (n+2)!, whose
// terms from n = 17 on are below 1e-17.
func expm2Over(y float64) float64 {
	sum := 0.0
	for n := 17; n > 0; n-- {
		sum = (sum + 1) * y / float64(n+2)
	}
	return (sum + 1) / 2
}

// What decays without end becomes subnormal and stays there, since the smallest
// numbers times nearly one round to themselves; processors compute many times
// slower with those. So every flushSteps steps what is far below anything that
// could matter becomes zero. It depends on the step and the value alone.
const (
	flushSteps = 256
	flushBelow = 1e-200 // in the unit of the variable
)

// flushTiny clears what has decayed, in the steps where that is due.
func flushTiny(step int64, variables ...[]float64) {
	if step%flushSteps != 0 {
		return
	}
	for _, v := range variables {
		for i, x := range v {
			if math.Abs(x) < flushBelow {
				v[i] = 0
			}
		}
	}
}

// constant is a number that follows from parameters and step.
type constant struct {
	name  string
	value float64
}

// mustBeFinite refuses parameters of sizes that no double holds together.
func mustBeFinite(stepMS float64, of ...constant) error {
	for _, c := range of {
		if math.IsNaN(c.value) || math.IsInf(c.value, 0) {
			return fmt.Errorf("%s comes out as %g for a step of %g ms; bring time constants, capacitance and currents to sizes that fit together", c.name, c.value, stepMS)
		}
	}
	return nil
}
