package lines

import "math"

// Cubic is I = G (V - V^3/4), a cell that saturates (CrossSim's analytic test
// device). It falls beyond |V| = 2/sqrt(3), where the network has more than one
// solution.
type Cubic struct{}

// Current returns G (V - V^3/4) and G (1 - 3 V^2/4).
func (Cubic) Current(g, v float64) (i, slope float64) {
	return g * (v - float64(v*v*v)/4), g * (1 - float64(0.75*v*v))
}

// Sinh is I = G sinh(2 V)/2, a cell that conducts better at higher voltage.
type Sinh struct{}

// Current returns G sinh(2 V)/2 and G cosh(2 V).
func (Sinh) Current(g, v float64) (i, slope float64) {
	return g * math.Sinh(2*v) / 2, g * math.Cosh(2*v)
}

var (
	_ Curve = Cubic{}
	_ Curve = Sinh{}
)
