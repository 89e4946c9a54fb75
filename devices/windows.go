package devices

import "math"

// EdgeWindow slows the boundary of a cell near the ends of its way, x from 0 to 1.
//
//	none          f = 1, and the boundary stops at the ends
//	joglekar      f = 1 - (2x-1)^(2p)
//	biolek        f = 1 - x^(2p) while x rises, 1 - (x-1)^(2p) while it falls
//	prodromakis   f = j (1 - ((x-0.5)^2 + 0.75)^p)
//	benderli-wey  f = x (1-x)
//
// At an end of joglekar, prodromakis and benderli-wey f is 0 in both directions:
// a cell that starts there never moves. biolek is the one that lets go.
//
// References: Joglekar and Wolf, The elusive memristor, Eur. J. Phys. 30 (2009);
// Biolek, Biolek and Biolkova, SPICE model of memristor with nonlinear dopant
// drift, Radioengineering 18 (2009); Prodromakis, Peh, Papavassiliou and
// Toumazou, A versatile memristor model with nonlinear dopant kinetics, IEEE
// Trans. Electron Devices 58 (2011); Benderli and Wey, On SPICE macromodelling
// of TiO2 memristors, Electronics Letters 45 (2009).
type EdgeWindow struct {
	Shape string  `yaml:"window" default:"none" enum:"none|joglekar|biolek|prodromakis|benderli-wey" doc:"what slows the boundary near the ends of its way"`
	P     float64 `yaml:"p" default:"1" range:"(0, 100]" doc:"exponent of the window: the larger, the later it slows"`
	J     float64 `yaml:"j" default:"1" range:"(0, 1000]" doc:"largest value of the Prodromakis window at large p"`
}

// at is the window at x, for a boundary that rises or falls.
func (w EdgeWindow) at(x float64, rises bool) float64 {
	switch w.Shape {
	case "joglekar":
		return 1 - math.Pow(math.Abs(float64(2*x)-1), 2*w.P)
	case "biolek":
		if rises {
			return 1 - math.Pow(x, 2*w.P)
		}
		return 1 - math.Pow(1-x, 2*w.P)
	case "prodromakis":
		d := x - 0.5
		return w.J * (1 - math.Pow(float64(d*d)+0.75, w.P))
	case "benderli-wey":
		return x * (1 - x)
	}
	return 1
}
