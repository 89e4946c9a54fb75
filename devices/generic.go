package devices

import (
	"math"

	"github.com/synohm/synohm/internal/catalog"
	"github.com/synohm/synohm/internal/philox"
)

// Generic is a cell of no laboratory: errors of programming and of reading that
// are normal, of a fixed size or proportional to the conductance, and a drift
// by a power of time. It serves to ask how large an error a network bears.
//
//	G      = max(0, target + (program_abs + program_rel * target) * xi)
//	G(t)   = G * ((t + t_0) / t_0)^-nu, nu = max(0, nu_mean + nu_std * xi), drawn at programming
//	a read = G(t) + (read_abs + read_rel * G(t)) * xi
//
// Left out: everything that devices.Effects adds.
type Generic struct {
	GMin       float64 `yaml:"g_min" unit:"uS" default:"1 uS" range:"[0, 1e6]" doc:"low end of the window"`
	GMax       float64 `yaml:"g_max" unit:"uS" default:"100 uS" range:"(0, 1e6]" doc:"high end of the window"`
	ProgramAbs float64 `yaml:"program_abs" unit:"uS" default:"0 uS" range:"[0, 1e6]" doc:"standard deviation of programming, the same for all targets"`
	ProgramRel float64 `yaml:"program_rel" default:"0" range:"[0, 10]" doc:"standard deviation of programming over the target"`
	ReadAbs    float64 `yaml:"read_abs" unit:"uS" default:"0 uS" range:"[0, 1e6]" doc:"standard deviation of a read, the same for all cells"`
	ReadRel    float64 `yaml:"read_rel" default:"0" range:"[0, 10]" doc:"standard deviation of a read over the conductance"`
	NuMean     float64 `yaml:"nu_mean" default:"0" range:"[0, 1]" doc:"mean exponent of drift"`
	NuStd      float64 `yaml:"nu_std" default:"0" range:"[0, 1]" doc:"standard deviation of the exponent between programmings"`
	T0         float64 `yaml:"t_0" unit:"s" default:"1 s" range:"(0, inf)" doc:"time from which drift is counted"`
}

// GenericModel describes the cell.
func GenericModel() Model {
	return Model{
		Entry: catalog.Entry{
			Name:    "generic",
			Summary: "normal errors of programming and reading, drift by a power of time",
			Equation: "G = max(0, target + (program_abs + program_rel * target) * xi)\n" +
				"G(t) = G * ((t + t_0)/t_0)^-nu, nu = max(0, nu_mean + nu_std * xi)\n" +
				"one read = G(t) + (read_abs + read_rel * G(t)) * xi",
			Reference: "the independent and proportional normal errors of CrossSim (Xiao et al., IEEE Circuits and Systems Magazine 22 (2022), section 4); power-law drift, Ielmini et al., IEEE Trans. Electron Devices 54 (2007)",
			Params:    &Generic{},
		},
		New: func(params any) (Cell, error) { return params.(*Generic), nil },
	}
}

// Validate wants a window.
func (g *Generic) Validate() error {
	if g.GMin >= g.GMax {
		return fieldError("g_max", "must be above g_min")
	}
	return nil
}

// Window is from g_min to g_max.
func (g *Generic) Window() (low, high float64) { return g.GMin, g.GMax }

// Make makes cells at the low end.
func (g *Generic) Make(n int, seed uint64, first uint32) Cells {
	c := &genericCells{
		p: g, seed: seed, first: first,
		g: make([]float32, n), nu: make([]float32, n), at: make([]float64, n), count: make([]uint32, n),
	}
	for i := range c.g {
		c.g[i] = float32(g.GMin)
	}
	return c
}

type genericCells struct {
	p     *Generic
	seed  uint64
	first uint32
	g, nu []float32
	at    []float64 // when each was programmed, s
	count []uint32  // how often
}

var purposeGeneric = philox.Purpose("devices.generic.program")

func (c *genericCells) Program(t float64, cells []int32, target []float32) {
	s := philox.Stream{Seed: c.seed, Purpose: purposeGeneric}
	each(len(c.g), cells, func(k, i int) {
		b := s.Block(c.first+uint32(i), c.count[i])
		x := float64(target[k])
		sigma := c.p.ProgramAbs + float64(c.p.ProgramRel*x)
		c.g[i] = float32(math.Max(0, x+float64(sigma*philox.Normal(b[0]))))
		c.nu[i] = float32(math.Max(0, c.p.NuMean+float64(c.p.NuStd*philox.Normal(b[1]))))
		c.at[i] = t
		c.count[i]++
	})
}

func (c *genericCells) Conductance(t float64, g, sigma []float32) {
	for i := range g {
		x := float64(c.g[i])
		if c.nu[i] > 0 && t > c.at[i] {
			x *= math.Pow((t-c.at[i]+c.p.T0)/c.p.T0, -float64(c.nu[i]))
		}
		g[i] = float32(x)
		if sigma != nil {
			sigma[i] = float32(c.p.ReadAbs + float64(c.p.ReadRel*x))
		}
	}
}

func (c *genericCells) State() []Variable {
	return []Variable{
		{Name: "g", Unit: "uS", Doc: "conductance as programmed", Values: c.g},
		{Name: "nu", Doc: "exponent of drift", Values: c.nu},
		{Name: "programmed", Unit: "s", Doc: "when it was programmed", Values: c.at},
		{Name: "count", Doc: "how often it was programmed", Values: c.count},
	}
}

var (
	_ Cell         = (*Generic)(nil)
	_ Programmable = (*genericCells)(nil)
)
