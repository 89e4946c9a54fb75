package devices

import (
	"math"

	"github.com/synohm/synohm/internal/catalog"
)

// ReRAMMilo is a resistive cell of hafnium oxide by its spread after a
// programming loop (incremental gate voltage, IGVVA-100) and by its current,
// which is not proportional to the voltage:
//
//	G0 = max(0, target + max(0, 4.782321 - 0.009107 * target) * xi), uS
//	I  = G V + a V^2 + b V^3 at |V| <= 0.5 V, with L = log10(G/S):
//	a  = 1.388e-4 L^3 + 1.541e-3 L^2 + 5.711e-3 L + 7.063e-3, A/V^2
//	b  = 8.8710e-5 L^2 + 6.7919e-4 L + 1.2968e-3, A/V^3
//
// The fits are those of CrossSim's RRAMMilo. Noise puts some cells outside of 50
// to 225 uS, where the fit of the current soon falls with the voltage; there the
// curve is that of the nearer end, in proportion to the conductance. The cell
// keeps what it was programmed to, since the source has no measurement over
// time.
type ReRAMMilo struct{}

// ReRAMMiloModel describes the cell.
func ReRAMMiloModel() Model {
	return Model{
		Entry: catalog.Entry{
			Name:    "reram-milo",
			Summary: "hafnium-oxide cell of 50 to 225 uS: spread after programming, curved current",
			Equation: "G0 = max(0, target + max(0, 4.782321 - 0.009107 * target) * xi) uS\n" +
				"I = G V + a V^2 + b V^3 at |V| <= 0.5 V, L = log10(G/S)\n" +
				"a = 1.388e-4 L^3 + 1.541e-3 L^2 + 5.711e-3 L + 7.063e-3 A/V^2\n" +
				"b = 8.8710e-5 L^2 + 6.7919e-4 L + 1.2968e-3 A/V^3",
			Reference: "Milo et al., Optimized programming algorithms for multilevel RRAM in hardware neural networks, IRPS (2021), Fig. 4; fits of CrossSim's RRAMMilo",
			Omits:     "drift and noise of a read, of which the source has none; temperature, random telegraph noise",
			Params:    &ReRAMMilo{},
		},
		New: func(params any) (Cell, error) { return params.(*ReRAMMilo), nil },
	}
}

const miloLow, miloHigh = 50, 225 // uS, the window of the measurement

// Window is that of the measurement.
func (*ReRAMMilo) Window() (low, high float64) { return miloLow, miloHigh }

// Measured is the window, read at up to half a volt.
func (*ReRAMMilo) Measured() Measured { return Measured{Low: miloLow, High: miloHigh, Volt: 0.5} }

// Make makes cells at 50 uS.
func (p *ReRAMMilo) Make(n int, seed uint64, first uint32) Cells {
	return makeStatistical(p.law(), "reram-milo", n, seed, first)
}

func (*ReRAMMilo) law() law {
	return law{
		low: miloLow,
		program: func(target, xi float64) float64 {
			return max(0, target+float64(max(0, 4.782321-float64(0.009107*target))*xi))
		},
		later: stays,
	}
}

var (
	miloSquare = []float64{7.063e-3, 5.711e-3, 1.541e-3, 1.388e-4}
	miloCube   = []float64{1.2968e-3, 6.7919e-4, 8.8710e-5}
)

// Current of a cell of g S at a voltage, A, and its slope.
func (*ReRAMMilo) Current(g, volt float64) (amp, slope float64) {
	near := clamp(g, miloLow*1e-6, miloHigh*1e-6)
	l := math.Log10(near)
	a, b := polynomial(l, miloSquare), polynomial(l, miloCube)
	part := g / near
	return part * polynomial(volt, []float64{0, near, a, b}), part * polynomial(volt, []float64{near, 2 * a, 3 * b})
}

var (
	_ Cell    = (*ReRAMMilo)(nil)
	_ Limited = (*ReRAMMilo)(nil)
	_ Curved  = (*ReRAMMilo)(nil)
)
