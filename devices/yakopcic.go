package devices

import (
	"errors"
	"math"

	"github.com/synohm/synohm/internal/catalog"
	"github.com/synohm/synohm/internal/config"
)

// Yakopcic is a cell whose current and whose motion both grow exponentially with
// the voltage, with a window of its own in either direction.
//
//	I     = a_1 x sinh(b V)   V >= 0
//	        a_2 x sinh(b V)   V < 0
//	dx/dt = eta g(V) f(x)
//	g     = a_p (e^V - e^v_p)      V > v_p
//	        -a_n (e^-V - e^v_n)    V < -v_n
//	        0                      between
//	f     = e^(-alpha_p (x - x_p)) ((x_p - x)/(1 - x_p) + 1)   where eta V >= 0 and x >= x_p
//	        e^(alpha_n (x + x_n - 1)) x/(1 - x_n)              where eta V < 0 and x <= 1 - x_n
//	        1                                                  elsewhere
//
// V in the exponents is the number of volts. Left out: heat, retention.
type Yakopcic struct {
	A1          float64 `yaml:"a_1" unit:"A" default:"0.17 A" range:"(0, inf)" doc:"current factor at positive voltage"`
	A2          float64 `yaml:"a_2" unit:"A" default:"0.17 A" range:"(0, inf)" doc:"current factor at negative voltage"`
	B           float64 `yaml:"b" unit:"1/V" default:"0.05 1/V" range:"(0, 1000]" doc:"how fast the current grows with the voltage"`
	VP          float64 `yaml:"v_p" unit:"V" default:"0.16 V" range:"[0, 100]" doc:"positive threshold"`
	VN          float64 `yaml:"v_n" unit:"V" default:"0.15 V" range:"[0, 100]" doc:"negative threshold, a magnitude"`
	AP          float64 `yaml:"a_p" unit:"1/s" default:"4000 1/s" range:"(0, inf)" doc:"speed at positive voltage"`
	AN          float64 `yaml:"a_n" unit:"1/s" default:"4000 1/s" range:"(0, inf)" doc:"speed at negative voltage"`
	XP          float64 `yaml:"x_p" default:"0.3" range:"[0, 1)" doc:"state above which a rise slows"`
	XN          float64 `yaml:"x_n" default:"0.5" range:"[0, 1)" doc:"1 less the state below which a fall slows"`
	AlphaP      float64 `yaml:"alpha_p" default:"1" range:"[0, 100]" doc:"how fast a rise slows"`
	AlphaN      float64 `yaml:"alpha_n" default:"5" range:"[0, 100]" doc:"how fast a fall slows"`
	Eta         int     `yaml:"eta" default:"1" range:"[-1, 1]" doc:"1 where positive voltage raises the state, -1 where it lowers it"`
	XStart      float64 `yaml:"x_start" default:"0.11" range:"[0, 1]" doc:"state of a new cell"`
	VRead       float64 `yaml:"v_read" unit:"V" default:"0.1 V" range:"(0, 5]" doc:"voltage at which conductance is told"`
	Integration `yaml:",inline"`
}

// YakopcicModel describes the cell. The defaults are the authors' classic set,
// which is also that of the test of Xyce's memristor of level 3.
func YakopcicModel() Model {
	return Model{
		Entry: catalog.Entry{
			Name:      "yakopcic",
			Summary:   "compact model: current and motion that grow exponentially with the voltage",
			Equation:  "I = a_1 x sinh(b V), a_2 where V < 0; dx/dt = eta g(V) f(x)\ng = a_p (e^V - e^v_p) where V > v_p, -a_n (e^-V - e^v_n) where V < -v_n, else 0\nf = e^(-alpha_p (x-x_p)) ((x_p-x)/(1-x_p) + 1) where eta V >= 0 and x >= x_p, e^(alpha_n (x+x_n-1)) x/(1-x_n) where eta V < 0 and x <= 1-x_n, else 1",
			Reference: "Yakopcic, Taha, Subramanyam, Pino, Rogers, A memristor device model, IEEE Electron Device Letters 32 (2011)",
			Omits:     "heat, retention, spread between cells",
			Params:    &Yakopcic{},
		},
		New: func(params any) (Cell, error) { return params.(*Yakopcic), nil },
	}
}

// Validate wants a direction.
func (c *Yakopcic) Validate() error {
	errs := []error{conductanceWithin("a_1", c)}
	if c.Eta == 0 {
		errs = append(errs, config.FieldError{Field: "eta", Rule: "must be 1 or -1"})
	}
	return errors.Join(errs...)
}

// Window is up to that of x = 1 at v_read, uS.
func (c *Yakopcic) Window() (low, high float64) {
	return 0, yakopcicPhysics{c}.current(1, c.VRead) / c.VRead * 1e6
}

// Current is that of a cell of conductance g, S at v_read, and its slope.
func (c *Yakopcic) Current(g, volt float64) (amp, slope float64) {
	if volt < 0 {
		g *= c.A2 / c.A1
	}
	return sinhCurve(g, c.B, c.VRead, volt)
}

// sinhCurve is I = g v_read sinh(b V)/sinh(b v_read) and its slope dI/dV.
func sinhCurve(g, b, read, volt float64) (amp, slope float64) {
	s := g * read / math.Sinh(b*read)
	return s * math.Sinh(b*volt), s * b * math.Cosh(b*volt)
}

// Make makes n cells at x_start.
func (c *Yakopcic) Make(n int, _ uint64, _ uint32) Cells {
	x := Variable{Name: "x", Unit: "1", Doc: "state, 0 where nothing is conducted"}
	return drive(yakopcicPhysics{c}, c.Integration, x, c.XStart, n, c.VRead)
}

// yakopcicPhysics has x as its state.
type yakopcicPhysics struct{ *Yakopcic }

func (p yakopcicPhysics) bounds() (low, high float64) { return 0, 1 }

func (p yakopcicPhysics) current(x, volt float64) float64 {
	if volt < 0 {
		return p.A2 * x * math.Sinh(p.B*volt)
	}
	return p.A1 * x * math.Sinh(p.B*volt)
}

func (p yakopcicPhysics) kinks() []float64 { return []float64{-p.VN, p.VP} }

func (p yakopcicPhysics) rate(x, volt, _ float64) float64 {
	var g float64
	switch {
	case volt > p.VP:
		g = p.AP * (math.Exp(volt) - math.Exp(p.VP))
	case volt < -p.VN:
		g = -p.AN * (math.Exp(-volt) - math.Exp(p.VN))
	default:
		return 0
	}
	eta := float64(p.Eta)
	switch {
	case eta*volt >= 0 && x >= p.XP:
		g *= math.Exp(-p.AlphaP*(x-p.XP)) * ((p.XP-x)/(1-p.XP) + 1)
	case eta*volt < 0 && x <= 1-p.XN:
		g *= math.Exp(p.AlphaN*(x+p.XN-1)) * (x / (1 - p.XN))
	}
	return eta * g
}

var (
	_ Cell   = (*Yakopcic)(nil)
	_ Curved = (*Yakopcic)(nil)
)
