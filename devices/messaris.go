package devices

import (
	"errors"
	"fmt"
	"math"

	"github.com/synohm/synohm/internal/catalog"
	"github.com/synohm/synohm/internal/config"
)

// Messaris is a cell described by what was measured of it: how fast the
// resistance at some voltage changes, and where it comes to rest there.
//
//	dR/dt = s(V) (r(V) - R)^2 while s (r - R) > 0, that is towards r, else 0
//	s     = s_p (e^(|V|/t_p) - 1),  r = r_p0 + r_p1 V    V > 0
//	        s_n (e^(|V|/t_n) - 1),  r = r_n0 + r_n1 V    V <= 0
//	I     = i_p/R sinh(b_p V), of i_n and b_n where V <= 0
//
// At constant voltage R(t) = r - (r - R0)/(1 + s (r - R0) t), in closed form. R
// is held between r_on and r_off, where the fit was made.
//
// Left out: what is not in the data; heat, retention.
type Messaris struct {
	SP          float64 `yaml:"s_p" unit:"1/ohm/s" default:"600.10075 1/ohm/s" doc:"rate at positive voltage"`
	SN          float64 `yaml:"s_n" unit:"1/ohm/s" default:"-34.5988399 1/ohm/s" doc:"rate at negative voltage"`
	TP          float64 `yaml:"t_p" unit:"V" default:"-0.0212028 V" doc:"positive: how fast the rate grows with positive voltage; negative: how fast it saturates"`
	TN          float64 `yaml:"t_n" unit:"V" default:"-0.05343997 V" doc:"the same at negative voltage"`
	RP0         float64 `yaml:"r_p0" unit:"ohm" default:"2699.2336 ohm" doc:"resistance at rest at positive voltage, constant part"`
	RP1         float64 `yaml:"r_p1" unit:"ohm/V" default:"-672.930205 ohm/V" doc:"the part that grows with the voltage"`
	RN0         float64 `yaml:"r_n0" unit:"ohm" default:"649.413746 ohm" doc:"resistance at rest at negative voltage, constant part"`
	RN1         float64 `yaml:"r_n1" unit:"ohm/V" default:"-1474.32358 ohm/V" doc:"the part that grows with the voltage"`
	IP          float64 `yaml:"i_p" unit:"V" default:"0.32046175 V" range:"(0, inf)" doc:"current factor at positive voltage"`
	IN          float64 `yaml:"i_n" unit:"V" default:"0.32046175 V" range:"(0, inf)" doc:"current factor at negative voltage"`
	BP          float64 `yaml:"b_p" unit:"1/V" default:"2.71689828 1/V" range:"(0, 1000]" doc:"how fast the current grows with positive voltage"`
	BN          float64 `yaml:"b_n" unit:"1/V" default:"2.71689828 1/V" range:"(0, 1000]" doc:"how fast the current grows with negative voltage"`
	ROn         float64 `yaml:"r_on" unit:"ohm" default:"1600 ohm" range:"(0, inf)" doc:"smallest R"`
	ROff        float64 `yaml:"r_off" unit:"ohm" default:"3 kohm" range:"(0, inf)" doc:"largest R"`
	RStart      float64 `yaml:"r_start" unit:"ohm" default:"1600 ohm" range:"(0, inf)" doc:"R of a new cell"`
	VRead       float64 `yaml:"v_read" unit:"V" default:"0.1 V" range:"(0, 5]" doc:"voltage at which conductance is told"`
	Integration `yaml:",inline"`
}

// MessarisModel describes the cell. The defaults are the set of MemTorch 1.1.6
// for the model in the form of 2017, with its bounds: positive voltage lowers
// the resistance, negative voltage raises it.
func MessarisModel() Model {
	return Model{
		Entry: catalog.Entry{
			Name:      "messaris",
			Summary:   "compact model: rate and rest of the resistance as fitted to measurements",
			Equation:  "dR/dt = s(V) (r(V) - R)^2 while s (r - R) > 0, else 0\ns = s_p (e^(|V|/t_p) - 1), r = r_p0 + r_p1 V where V > 0; s_n, t_n, r_n0, r_n1 where V <= 0\nI = i_p/R sinh(b_p V), i_n and b_n where V <= 0",
			Reference: "Messaris, Serb, Stathopoulos, Khiat, Nikolaidis, Prodromakis, A data-driven Verilog-A ReRAM model, IEEE Trans. Computer-Aided Design 37 (2018), in the form of arXiv:2012.02267",
			Omits:     "heat, retention, spread between cells",
			Params:    &Messaris{},
		},
		New: func(params any) (Cell, error) { return params.(*Messaris), nil },
	}
}

// Validate wants resistances apart, the start between, and rates that change.
func (c *Messaris) Validate() error {
	errs := []error{resistancesApart(c.ROn, c.ROff), conductanceWithin("i_p", c)}
	if c.RStart < min(c.ROn, c.ROff) || c.RStart > max(c.ROn, c.ROff) {
		errs = append(errs, config.FieldError{Field: "r_start", Rule: fmt.Sprintf("must be from r_on, %g ohm, to r_off, %g ohm", c.ROn, c.ROff)})
	}
	for _, v := range []struct {
		field string
		volt  float64
	}{{"t_p", c.TP}, {"t_n", c.TN}} {
		if v.volt == 0 {
			errs = append(errs, config.FieldError{Field: v.field, Rule: "must be another voltage than 0 V, it divides"})
		}
	}
	return errors.Join(errs...)
}

// Window is from the largest R to the smallest at v_read, uS.
func (c *Messaris) Window() (low, high float64) {
	p := messarisPhysics{c}
	return p.current(c.ROff, c.VRead) / c.VRead * 1e6, p.current(c.ROn, c.VRead) / c.VRead * 1e6
}

// Current is that of a cell of conductance g, S at v_read, and its slope.
func (c *Messaris) Current(g, volt float64) (amp, slope float64) {
	// 1/R = g v_read/(i_p sinh(b_p v_read)).
	r := g * c.VRead / (c.IP * math.Sinh(c.BP*c.VRead))
	i, b := c.IP, c.BP
	if volt <= 0 {
		i, b = c.IN, c.BN
	}
	return i * r * math.Sinh(b*volt), i * r * b * math.Cosh(b*volt)
}

// Make makes n cells of R = r_start.
func (c *Messaris) Make(n int, _ uint64, _ uint32) Cells {
	r := Variable{Name: "r", Unit: "ohm", Doc: "resistance, as the model counts it"}
	return drive(messarisPhysics{c}, c.Integration, r, c.RStart, n, c.VRead)
}

// messarisPhysics has R in ohm as its state.
type messarisPhysics struct{ *Messaris }

func (p messarisPhysics) bounds() (low, high float64) { return p.ROn, p.ROff }

func (p messarisPhysics) current(r, volt float64) float64 {
	if volt > 0 {
		return p.IP / r * math.Sinh(p.BP*volt)
	}
	return p.IN / r * math.Sinh(p.BN*volt)
}

// switching is the rate s at a voltage and the resistance r of rest there.
func (p messarisPhysics) switching(volt float64) (s, r float64) {
	if volt > 0 {
		return p.SP * math.Expm1(volt/p.TP), p.RP0 + float64(p.RP1*volt)
	}
	return p.SN * math.Expm1(-volt/p.TN), p.RN0 + float64(p.RN1*volt)
}

func (p messarisPhysics) kinks() []float64 { return []float64{0} }

func (p messarisPhysics) rate(x, volt, _ float64) float64 {
	s, r := p.switching(volt)
	way := r - x
	if !(s*way > 0) {
		return 0
	}
	return s * way * way
}

// after is the closed form.
func (p messarisPhysics) after(x, volt, seconds float64) (float64, bool) {
	s, r := p.switching(volt)
	way := r - x
	if !(s*way > 0) {
		return x, true
	}
	return r - way/(1+float64(s*way*seconds)), true
}

var (
	_ Cell       = (*Messaris)(nil)
	_ Curved     = (*Messaris)(nil)
	_ closedForm = messarisPhysics{}
)
