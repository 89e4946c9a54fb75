package devices

import (
	"errors"
	"fmt"
	"math"

	"github.com/synohm/synohm/internal/catalog"
	"github.com/synohm/synohm/internal/config"
)

// ReRAMCMO is a resistive cell of conductive metal oxide on hafnium oxide. It
// is programmed by a loop that ends when the conductance is near enough, and
// relaxes then. With t the time since programming in s:
//
//	programming  G0 = max(0, target + prog_scale * (a + b * target) * xi)
//	             acceptance 2 %:   a = 0.0112185391 uS, b = 0.01129027418
//	             acceptance 0.2 %: a = 0.00081107 uS,   b = 0.00106879
//	relaxation   G(t) = G0 + drift_scale * (-0.08900206 ln t + (0.04201137 ln t + 0.41183342) * xi'), uS
//	             within g_min and g_max
//	one read     standard deviation
//	             read_scale * 0.0277316483 * log10 G(t) * sqrt(ln((t + 1 us)/(2 us))), uS
//
// The constants are those of aihwkit's ReRamCMONoiseModel, which takes 0.2 %
// where nothing else is said, though its default reads 2e-2; here it is 2 %.
//
// At the moment of programming itself the cell has not relaxed; from then on
// what falls into the first second counts as at 1 s, before which ln t has no
// meaning. A cell keeps xi' until it is programmed again. aihwkit holds what a
// read gives within g_min and g_max; here it is the conductance that is held,
// and the noise of a read may go beyond.
type ReRAMCMO struct {
	Acceptance float64 `yaml:"acceptance" unit:"%" default:"2 %" range:"(0, 100]" doc:"how near to the target the loop of programming ends: 2 % or 0.2 %"`
	GMin       float64 `yaml:"g_min" unit:"uS" default:"9 uS" range:"[0, 1e6]" doc:"smallest conductance"`
	GMax       float64 `yaml:"g_max" unit:"uS" default:"88.2 uS" range:"(0, 1e6]" doc:"largest conductance"`
	ProgScale  float64 `yaml:"prog_scale" default:"1" range:"[0, 1000]" doc:"factor of the noise of programming"`
	DriftScale float64 `yaml:"drift_scale" default:"1" range:"[0, 1000]" doc:"factor of the relaxation, of its mean and its spread"`
	ReadScale  float64 `yaml:"read_scale" default:"1" range:"[0, 1000]" doc:"factor of the noise of a read"`
}

// Validate wants one of the two measured ways to program, and room between the
// bounds.
func (p *ReRAMCMO) Validate() error {
	var errs []error
	if p.Acceptance != 2 && p.Acceptance != 0.2 {
		errs = append(errs, config.FieldError{Field: "acceptance", Rule: "is one of 2 % and 0.2 %, which were measured"})
	}
	if p.GMin >= p.GMax {
		errs = append(errs, config.FieldError{Field: "g_min", Rule: fmt.Sprintf("must be below g_max, %g uS", p.GMax)})
	}
	return errors.Join(errs...)
}

const (
	cmoLow, cmoHigh = 9, 88.2 // uS, window of the measurement
	cmoRead         = 1e-6    // s, duration of a read
)

// ReRAMCMOModel describes the cell.
func ReRAMCMOModel() Model {
	return Model{
		Entry: catalog.Entry{
			Name:    "reram-cmo",
			Summary: "conductive-metal-oxide resistive cell: accepted programming, relaxation, 1/f noise of a read",
			Equation: "programming  G0 = max(0, target + prog_scale * (a + b * target) * xi)\n" +
				"             a = 0.0112185391 uS, b = 0.01129027418 at 2 %; a = 0.00081107 uS, b = 0.00106879 at 0.2 %\n" +
				"relaxation   G(t) = G0 + drift_scale * (-0.08900206 ln t + (0.04201137 ln t + 0.41183342) * xi') uS, t >= 1 s, within g_min and g_max\n" +
				"one read     standard deviation read_scale * 0.0277316483 * log10 G(t) * sqrt(ln((t + 1 us)/(2 us))) uS",
			Reference: "Falcone et al., analogue CMO/HfOx ReRAM, IBM Research Zurich; constants of aihwkit's ReRamCMONoiseModel",
			Omits:     "relaxation within the first second, temperature, random telegraph noise, pulses",
			Params:    &ReRAMCMO{},
		},
		New: func(params any) (Cell, error) { return params.(*ReRAMCMO), nil },
	}
}

// Window is from g_min to g_max.
func (p *ReRAMCMO) Window() (low, high float64) { return p.GMin, p.GMax }

// Measured is the window of the measured cells; the source sets no bound on the
// time.
func (p *ReRAMCMO) Measured() Measured { return Measured{Low: cmoLow, High: cmoHigh} }

// Make makes cells at g_min.
func (p *ReRAMCMO) Make(n int, seed uint64, first uint32) Cells {
	return makeStatistical(p.law(), "reram-cmo", n, seed, first)
}

func (p *ReRAMCMO) law() law {
	a, b := 0.0112185391, 0.01129027418
	if p.Acceptance == 0.2 {
		a, b = 0.00081107, 0.00106879
	}
	return law{
		low: p.GMin,
		program: func(target, xi float64) float64 {
			return max(0, target+float64(p.ProgScale*(a+float64(b*target))*xi))
		},
		trait: Variable{Name: "relaxation", Doc: "place in the spread of the relaxation, in standard deviations, drawn at the last programming"},
		draw:  func(_, _, xi float64) float64 { return xi },
		later: p.later,
	}
}

func (p *ReRAMCMO) later(seconds float64, c run, g, sigma []float32) {
	copy(g, c.prog)
	if seconds > 0 {
		ln := math.Log(max(1, seconds))
		mean := -p.DriftScale * 0.08900206 * ln
		spread := p.DriftScale * (float64(0.04201137*ln) + 0.41183342)
		for i, x := range c.prog {
			g[i] = float32(clamp(float64(x)+mean+float64(spread*float64(c.trait[i])), p.GMin, p.GMax))
		}
	}
	gathered := p.ReadScale * 0.0277316483 * math.Sqrt(max(0, math.Log((seconds+cmoRead)/(2*cmoRead))))
	for i := range sigma {
		sigma[i] = float32(gathered * math.Log10(max(1, float64(g[i]))))
	}
}

var (
	_ Cell    = (*ReRAMCMO)(nil)
	_ Limited = (*ReRAMCMO)(nil)
)
