package devices

import (
	"errors"
	"fmt"
	"math"

	"github.com/synohm/synohm/internal/catalog"
	"github.com/synohm/synohm/internal/config"
	"github.com/synohm/synohm/internal/philox"
)

// StanfordPKU is a filament in an oxide that ends a gap before the electrode.
// Current tunnels through the gap and heats the cell; field and heat move the
// oxygen vacancies, and so the gap.
//
//	I      = i_0 exp(-gap/g_0) sinh(V/v_0)
//	T      = temperature + |V I| r_th
//	gamma  = gamma_0 - beta (gap/1 nm)^3, or 0 where gamma |V|/t_ox < f_min
//	dgap/dt = -vel_0 exp(-e_a/(k T)) sinh(gamma a_0 q V/(t_ox k T)) + noise
//	noise  = noise_rate/(1 + exp((t_crit - T)/t_smooth)) xi, where cycle_noise is on
//
// The gap lies between those of r_on and r_off at v_read. The source draws xi
// anew at every step of the circuit simulator, so that its noise is the larger
// the longer the step is; here that step is noise_time. An operation of t
// seconds draws once, and xi then is the mean of t/noise_time draws.
//
// Left out: the inertia of heat, parasitic capacitance, forming, retention.
type StanfordPKU struct {
	I0          float64 `yaml:"i_0" unit:"A" default:"1 mA" range:"(0, inf)" doc:"current factor"`
	G0          float64 `yaml:"g_0" unit:"nm" default:"0.25 nm" range:"(0, 100]" doc:"gap over which the current falls to 1/e"`
	V0          float64 `yaml:"v_0" unit:"V" default:"0.25 V" range:"(0, 100]" doc:"voltage beyond which the current grows exponentially"`
	RTh         float64 `yaml:"r_th" unit:"K/W" default:"2100 K/W" range:"[0, inf)" doc:"thermal resistance; 0 for no Joule heating"`
	Temperature float64 `yaml:"temperature" unit:"K" default:"298 K" range:"[1, 2000]" doc:"of the surroundings"`
	Gamma0      float64 `yaml:"gamma_0" default:"16" range:"(0, 1000]" doc:"by how much the local field exceeds the mean field without a gap"`
	Beta        float64 `yaml:"beta" default:"0.8" range:"[0, 1000]" doc:"how that falls with the third power of the gap in nm"`
	TOx         float64 `yaml:"t_ox" unit:"nm" default:"12 nm" range:"(0, 1000]" doc:"thickness of the oxide"`
	FMin        float64 `yaml:"f_min" unit:"V/m" default:"1.4e9 V/m" range:"[0, inf)" doc:"local field below which nothing moves"`
	Vel0        float64 `yaml:"vel_0" unit:"m/s" default:"10 m/s" range:"(0, inf)" doc:"velocity factor of the vacancies"`
	EA          float64 `yaml:"e_a" unit:"eV" default:"0.6 eV" range:"[0, 10]" doc:"activation energy of their motion"`
	A0          float64 `yaml:"a_0" unit:"nm" default:"0.25 nm" range:"(0, 10]" doc:"distance of their places"`
	ROn         float64 `yaml:"r_on" unit:"ohm" default:"542 ohm" range:"(0, inf)" doc:"resistance at v_read of the smallest gap"`
	ROff        float64 `yaml:"r_off" unit:"ohm" default:"218586 ohm" range:"(0, inf)" doc:"resistance at v_read of the largest gap"`
	RStart      float64 `yaml:"r_start" unit:"ohm" default:"218586 ohm" range:"(0, inf)" doc:"resistance at v_read of a new cell"`
	VRead       float64 `yaml:"v_read" unit:"V" default:"0.1 V" range:"(0, 5]" doc:"voltage at which conductance is told"`
	CycleNoise  bool    `yaml:"cycle_noise" default:"false" doc:"whether the gap moves at random, anew in every operation"`
	NoiseRate   float64 `yaml:"noise_rate" unit:"m/s" default:"0.02 m/s" range:"[0, inf)" doc:"standard deviation of its random velocity when hot"`
	NoiseTime   float64 `yaml:"noise_time" unit:"s" default:"1 ps" range:"(0, 1]" doc:"time for which one random velocity lasts"`
	TCrit       float64 `yaml:"t_crit" unit:"K" default:"450 K" range:"(0, inf)" doc:"temperature at which half of noise_rate acts"`
	TSmooth     float64 `yaml:"t_smooth" unit:"K" default:"500 K" range:"(0, inf)" doc:"how softly the noise sets in with temperature"`
	Integration `yaml:",inline"`
}

// StanfordPKUModel describes the cell. The defaults are those of version 1.0.0
// of the authors' model as MemTorch 1.1.6 takes them, with the resistances that
// it sets the gap's bounds by; constants of nature are those of the SI.
func StanfordPKUModel() Model {
	return Model{
		Entry: catalog.Entry{
			Name:      "stanford-pku",
			Summary:   "compact model: a tunnelling gap before a filament, moved by field and Joule heat",
			Equation:  "I = i_0 exp(-gap/g_0) sinh(V/v_0), T = temperature + |V I| r_th\ndgap/dt = -vel_0 exp(-e_a/(k T)) sinh(gamma a_0 q V/(t_ox k T)) + noise_rate/(1 + exp((t_crit - T)/t_smooth)) xi\ngamma = gamma_0 - beta (gap/1 nm)^3, or 0 where gamma |V|/t_ox < f_min; xi where cycle_noise is on",
			Reference: "Jiang, Yu, Wu, Engel, Guan, Wong, Verilog-A compact model for oxide-based resistive random access memory (RRAM), SISPAD 2014; Jiang and Wong, Stanford University RRAM Verilog-A model 1.0.0, doi:10.4231/D37H1DN48",
			Omits:     "inertia of heat, parasitic capacitance, forming, retention, spread between cells",
			Params:    &StanfordPKU{},
		},
		New: func(params any) (Cell, error) { return params.(*StanfordPKU), nil },
	}
}

// Validate wants resistances apart, the start between, and a gap at r_on.
func (c *StanfordPKU) Validate() error {
	errs := []error{resistancesApart(c.ROn, c.ROff)}
	if c.RStart < min(c.ROn, c.ROff) || c.RStart > max(c.ROn, c.ROff) {
		errs = append(errs, config.FieldError{Field: "r_start", Rule: fmt.Sprintf("must be from r_on, %g ohm, to r_off, %g ohm", c.ROn, c.ROff)})
	}
	closed := c.VRead / (c.I0 * math.Sinh(c.VRead/c.V0)) // ohm without a gap
	if !(closed > 0) {
		errs = append(errs, config.FieldError{Field: "v_read", Rule: fmt.Sprintf("must be lower: with v_0 = %g V the current at it is beyond all numbers", c.V0)})
	} else if c.ROn < closed {
		errs = append(errs, config.FieldError{Field: "r_on", Rule: fmt.Sprintf("must be at least %.6g ohm, the resistance without a gap at v_read", closed)})
	}
	return errors.Join(errs...)
}

// gap is that of a resistance at v_read, nm.
func (c *StanfordPKU) gap(ohm float64) float64 {
	return c.G0 * math.Log(c.I0*math.Sinh(c.VRead/c.V0)*ohm/c.VRead)
}

// Window is from the largest gap to the smallest, uS.
func (c *StanfordPKU) Window() (low, high float64) { return 1e6 / c.ROff, 1e6 / c.ROn }

// Current is that of a cell of conductance g, S at v_read, and its slope.
func (c *StanfordPKU) Current(g, volt float64) (amp, slope float64) {
	return sinhCurve(g, 1/c.V0, c.VRead, volt)
}

var purposeStanford = philox.Purpose("devices.stanford-pku.cycle")

// Make makes n cells of resistance r_start.
func (c *StanfordPKU) Make(n int, seed uint64, first uint32) Cells {
	gap := Variable{Name: "gap", Unit: "nm", Doc: "from the end of the filament to the electrode"}
	d := drive(stanfordPhysics{c}, c.Integration, gap, c.gap(c.RStart), n, c.VRead)
	if c.CycleNoise {
		d.noise = &cycleNoise{
			stream: philox.Stream{Seed: seed, Purpose: purposeStanford},
			first:  first, ops: make([]uint32, n), time: c.NoiseTime,
		}
	}
	return d
}

// voltPerKelvin is Boltzmann's constant over the elementary charge, V/K; both
// are exact since the SI of 2019.
const voltPerKelvin = 1.380649e-23 / 1.602176634e-19

// stanfordPhysics has the gap in nm as its state.
type stanfordPhysics struct{ *StanfordPKU }

func (p stanfordPhysics) bounds() (low, high float64) { return p.gap(p.ROn), p.gap(p.ROff) }

func (p stanfordPhysics) current(gap, volt float64) float64 {
	return p.I0 * math.Exp(-gap/p.G0) * math.Sinh(volt/p.V0)
}

func (p stanfordPhysics) rate(gap, volt, xi float64) float64 {
	t := p.Temperature + float64(math.Abs(volt*p.current(gap, volt))*p.RTh)
	if math.IsInf(t, 0) {
		return math.NaN() // or the heat would seem to stop the gap
	}
	thermal := voltPerKelvin * t // kT/q, V
	rate := 0.0
	gamma := p.Gamma0 - float64(p.Beta*float64(gap*gap*gap))
	if gamma*math.Abs(volt) >= p.FMin*p.TOx*1e-9 {
		rate = -p.Vel0 * math.Exp(-p.EA/thermal) * math.Sinh(gamma*p.A0/p.TOx*volt/thermal)
	}
	if xi != 0 {
		rate += float64(p.NoiseRate / (1 + math.Exp((p.TCrit-t)/p.TSmooth)) * xi)
	}
	return rate * 1e9 // nm/s
}

var (
	_ Cell   = (*StanfordPKU)(nil)
	_ Curved = (*StanfordPKU)(nil)
)

// Nominal is the cell without noise.
func (p *StanfordPKU) Nominal() Cell {
	q := *p
	q.CycleNoise = false
	return &q
}

var _ Nominal = (*StanfordPKU)(nil)
