package devices

import (
	"errors"
	"fmt"
	"math"

	"github.com/synohm/synohm/internal/catalog"
	"github.com/synohm/synohm/internal/config"
)

// LinearIonDrift is a film of thickness D of which the part x is doped and
// conducts well. The current moves the boundary.
//
//	R     = r_on x + r_off (1-x),  I = V/R
//	dx/dt = mu_v r_on / D^2 * I * f(x)   where V >= v_pos or V <= v_neg, else 0
//
// f is a window, see EdgeWindow. Without one, at constant voltage,
//
//	R(t)^2 = R(0)^2 - 2 (r_off - r_on) (mu_v r_on / D^2) V t
//
// Left out: everything that is not linear in the field, heat, retention.
type LinearIonDrift struct {
	MuV         float64 `yaml:"mu_v" unit:"m^2/V/s" default:"1e-14 m^2/V/s" range:"(0, inf)" doc:"mobility of the dopants"`
	D           float64 `yaml:"d" unit:"nm" default:"10 nm" range:"(0, 10000]" doc:"thickness of the film"`
	ROn         float64 `yaml:"r_on" unit:"ohm" default:"100 ohm" range:"(0, inf)" doc:"resistance of the film when all of it is doped"`
	ROff        float64 `yaml:"r_off" unit:"ohm" default:"16 kohm" range:"(0, inf)" doc:"resistance of the film when none of it is doped"`
	VPos        float64 `yaml:"v_pos" unit:"V" default:"0.55 V" range:"[0, inf)" doc:"from this voltage up the boundary rises; 0 V for no threshold"`
	VNeg        float64 `yaml:"v_neg" unit:"V" default:"-0.55 V" range:"(-inf, 0]" doc:"from this voltage down the boundary falls; 0 V for no threshold"`
	XStart      float64 `yaml:"x_start" default:"0.1" range:"[0, 1]" doc:"doped part of a new cell"`
	EdgeWindow  `yaml:",inline"`
	Integration `yaml:",inline"`
}

// LinearIonDriftModel describes the cell. Mobility, thickness, resistances and
// thresholds are those that MemTorch 1.1.6 takes; its windows have other
// brackets than the papers' and are not followed.
func LinearIonDriftModel() Model {
	return Model{
		Entry: catalog.Entry{
			Name:      "linear-ion-drift",
			Summary:   "compact model: a boundary of dopants that drifts with the current",
			Equation:  "R = r_on x + r_off (1-x), I = V/R\ndx/dt = mu_v r_on/d^2 I f(x) where V >= v_pos or V <= v_neg, else 0\nf = 1 (none), 1-(2x-1)^(2p) (joglekar), 1-(x-stp(-I))^(2p) (biolek), j(1-((x-0.5)^2+0.75)^p) (prodromakis), x(1-x) (benderli-wey)",
			Reference: "Strukov, Snider, Stewart, Williams, The missing memristor found, Nature 453 (2008), eq. 5 and 6; windows: Joglekar and Wolf (2009), Biolek et al. (2009), Prodromakis et al. (2011), Benderli and Wey (2009)",
			Omits:     "drift that is not linear in the field, heat, retention, spread between cells",
			Params:    &LinearIonDrift{},
		},
		New: func(params any) (Cell, error) { return params.(*LinearIonDrift), nil },
	}
}

// Validate wants resistances apart.
func (c *LinearIonDrift) Validate() error { return resistancesApart(c.ROn, c.ROff) }

// resistancesApart wants r_on below r_off, and above what the numbers of a
// conductance can hold.
func resistancesApart(on, off float64) error {
	switch {
	case on >= off:
		return errors.Join(config.FieldError{Field: "r_on", Rule: fmt.Sprintf("must be below r_off, %g ohm", off)})
	case 1e6/on > maxUS:
		return errors.Join(config.FieldError{Field: "r_on", Rule: fmt.Sprintf("must be at least %g ohm, which is a short", 1e6/maxUS)})
	}
	return nil
}

// conductanceWithin wants that current factors leave the conductance of a cell
// at v_read a number.
func conductanceWithin(field string, cell Cell) error {
	if _, high := cell.Window(); !(high <= maxUS) {
		return errors.Join(config.FieldError{Field: field, Rule: fmt.Sprintf("must be lower: with it a cell would conduct %.3g uS at v_read, more than %g uS", high, float64(maxUS))})
	}
	return nil
}

// Window is from all undoped to all doped, uS.
func (c *LinearIonDrift) Window() (low, high float64) { return 1e6 / c.ROff, 1e6 / c.ROn }

// Make makes n cells with the boundary at x_start.
func (c *LinearIonDrift) Make(n int, _ uint64, _ uint32) Cells {
	x := Variable{Name: "x", Unit: "1", Doc: "doped part of the film"}
	return drive(driftPhysics{c}, c.Integration, x, c.XStart, n, 1)
}

// driftPhysics has x, the doped part, as its state.
type driftPhysics struct{ *LinearIonDrift }

func (p driftPhysics) bounds() (low, high float64) { return 0, 1 }

func (p driftPhysics) resistance(x float64) float64 { return p.ROff - float64((p.ROff-p.ROn)*x) }

func (p driftPhysics) current(x, volt float64) float64 { return volt / p.resistance(x) }

// perCharge is dx/dq without a window, 1/C.
func (p driftPhysics) perCharge() float64 {
	d := p.D * 1e-9
	return p.MuV * p.ROn / (d * d)
}

// moves tells whether a voltage is beyond the thresholds.
func (p driftPhysics) moves(volt float64) bool { return volt >= p.VPos || volt <= p.VNeg }

func (p driftPhysics) kinks() []float64 { return []float64{p.VNeg, p.VPos} }

func (p driftPhysics) rate(x, volt, _ float64) float64 {
	if !p.moves(volt) {
		return 0
	}
	return p.perCharge() * p.current(x, volt) * p.EdgeWindow.at(x, volt > 0)
}

// after is the closed form without a window. A square below that of r_on, or
// below 0, is beyond the bound.
func (p driftPhysics) after(x, volt, seconds float64) (float64, bool) {
	if p.EdgeWindow.Shape != "none" {
		return 0, false
	}
	if !p.moves(volt) {
		return x, true
	}
	r, wide := p.resistance(x), p.ROff-p.ROn
	square := float64(r*r) - float64(2*wide*p.perCharge()*volt*seconds)
	return (p.ROff - math.Sqrt(max(square, 0))) / wide, true
}

var (
	_ Cell       = (*LinearIonDrift)(nil)
	_ closedForm = driftPhysics{}
)
