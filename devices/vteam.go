package devices

import (
	"errors"
	"fmt"
	"math"

	"github.com/synohm/synohm/internal/catalog"
	"github.com/synohm/synohm/internal/config"
)

// VTEAM is a cell whose state x moves by a power of the voltage beyond a
// threshold: up, to higher resistance, where V > v_off, down where V < v_on.
//
//	dx/dt = k_off (V/v_off - 1)^alpha_off f(w)   V > v_off
//	        k_on  (V/v_on  - 1)^alpha_on  f(w)   V < v_on
//	        0                                    between
//	R     = r_on + (r_off - r_on) w       linear
//	        r_on (r_off/r_on)^w           exponential
//	w     = (x - x_on)/(x_off - x_on)
//
// Left out: heat, currents that are not ohmic, retention.
type VTEAM struct {
	KOn         float64 `yaml:"k_on" unit:"m/s" default:"-10 m/s" range:"(-inf, 0)" doc:"speed towards x_on at twice v_on"`
	KOff        float64 `yaml:"k_off" unit:"m/s" default:"5e-4 m/s" range:"(0, inf)" doc:"speed towards x_off at twice v_off"`
	AlphaOn     float64 `yaml:"alpha_on" default:"3" range:"(0, 100]" doc:"power of the voltage beyond v_on"`
	AlphaOff    float64 `yaml:"alpha_off" default:"1" range:"(0, 100]" doc:"power of the voltage beyond v_off"`
	VOn         float64 `yaml:"v_on" unit:"V" default:"-0.2 V" range:"(-inf, 0)" doc:"threshold of switching on"`
	VOff        float64 `yaml:"v_off" unit:"V" default:"0.02 V" range:"(0, inf)" doc:"threshold of switching off"`
	ROn         float64 `yaml:"r_on" unit:"ohm" default:"50 ohm" range:"(0, inf)" doc:"resistance at x_on"`
	ROff        float64 `yaml:"r_off" unit:"ohm" default:"1 kohm" range:"(0, inf)" doc:"resistance at x_off"`
	XOn         float64 `yaml:"x_on" unit:"nm" default:"0 nm" range:"[0, inf)" doc:"state when on"`
	XOff        float64 `yaml:"x_off" unit:"nm" default:"3 nm" range:"(0, inf)" doc:"state when off"`
	XStart      float64 `yaml:"x_start" unit:"nm" default:"0 nm" range:"[0, inf)" doc:"state of a new cell"`
	Resistance  string  `yaml:"resistance" default:"linear" enum:"linear|exponential" doc:"how the resistance follows the state"`
	EdgeWindow  `yaml:",inline"`
	Integration `yaml:",inline"`
}

// VTEAMModel describes the cell. The defaults are those that MemTorch 1.1.6
// takes.
func VTEAMModel() Model {
	return Model{
		Entry: catalog.Entry{
			Name:      "vteam",
			Summary:   "compact model: a state that moves by a power of the voltage beyond thresholds",
			Equation:  "dx/dt = k_off (V/v_off - 1)^alpha_off f(w) where V > v_off, k_on (V/v_on - 1)^alpha_on f(w) where V < v_on, else 0\nR = r_on + (r_off - r_on) w (linear) or r_on (r_off/r_on)^w (exponential), w = (x - x_on)/(x_off - x_on), I = V/R",
			Reference: "Kvatinsky, Ramadan, Friedman, Kolodny, VTEAM: a general model for voltage-controlled memristors, IEEE Trans. Circuits and Systems II 62 (2015)",
			Omits:     "heat, currents that are not ohmic, retention, spread between cells",
			Params:    &VTEAM{},
		},
		New: func(params any) (Cell, error) { return params.(*VTEAM), nil },
	}
}

// Validate wants the states and the resistances apart, and the start between.
func (c *VTEAM) Validate() error {
	errs := []error{resistancesApart(c.ROn, c.ROff)}
	if c.XOn >= c.XOff {
		errs = append(errs, config.FieldError{Field: "x_on", Rule: fmt.Sprintf("must be below x_off, %g nm", c.XOff)})
	} else if c.XStart < c.XOn || c.XStart > c.XOff {
		errs = append(errs, config.FieldError{Field: "x_start", Rule: fmt.Sprintf("must be from x_on, %g nm, to x_off, %g nm", c.XOn, c.XOff)})
	}
	return errors.Join(errs...)
}

// Window is from off to on, uS.
func (c *VTEAM) Window() (low, high float64) { return 1e6 / c.ROff, 1e6 / c.ROn }

// Make makes n cells at x_start.
func (c *VTEAM) Make(n int, _ uint64, _ uint32) Cells {
	x := Variable{Name: "x", Unit: "nm", Doc: "width of the badly conducting part"}
	return drive(vteamPhysics{c}, c.Integration, x, c.XStart, n, 1)
}

// vteamPhysics has x in nm as its state.
type vteamPhysics struct{ *VTEAM }

func (p vteamPhysics) bounds() (low, high float64) { return p.XOn, p.XOff }

func (p vteamPhysics) part(x float64) float64 { return (x - p.XOn) / (p.XOff - p.XOn) }

func (p vteamPhysics) resistance(x float64) float64 {
	if p.Resistance == "exponential" {
		return p.ROn * math.Pow(p.ROff/p.ROn, p.part(x))
	}
	return p.ROn + float64((p.ROff-p.ROn)*p.part(x))
}

func (p vteamPhysics) current(x, volt float64) float64 { return volt / p.resistance(x) }

// speed is dx/dt without a window, nm/s.
func (p vteamPhysics) speed(volt float64) float64 {
	switch {
	case volt > p.VOff:
		return 1e9 * p.KOff * math.Pow(volt/p.VOff-1, p.AlphaOff)
	case volt < p.VOn:
		return 1e9 * p.KOn * math.Pow(volt/p.VOn-1, p.AlphaOn)
	}
	return 0
}

func (p vteamPhysics) kinks() []float64 { return []float64{p.VOn, p.VOff} }

func (p vteamPhysics) rate(x, volt, _ float64) float64 {
	speed := p.speed(volt)
	if speed == 0 {
		return 0
	}
	return speed * p.EdgeWindow.at(p.part(x), speed > 0)
}

// after is the closed form without a window: the speed does not depend on x.
func (p vteamPhysics) after(x, volt, seconds float64) (float64, bool) {
	return x + float64(p.speed(volt)*seconds), p.EdgeWindow.Shape == "none"
}

var (
	_ Cell       = (*VTEAM)(nil)
	_ closedForm = vteamPhysics{}
)
