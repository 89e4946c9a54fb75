package devices

import (
	"math"

	"github.com/synohm/synohm/internal/catalog"
	"github.com/synohm/synohm/internal/philox"
)

// FormedReRAM is a resistive cell as it is after electroforming, and is never
// programmed: the stochastic breakdown of its oxide has given it a conductance,
// quasi-normally distributed over cells, which then stays. It is a source of
// fixed random weights.
//
//	G        = max(0, g_mean + g_std * xi_cell)
//	one read = G * (1 + read_noise * xi_read)
//
// Left out: drift, stuck and unformed cells, random telegraph noise.
type FormedReRAM struct {
	GMean     float64 `yaml:"g_mean" unit:"uS" default:"14.2473 uS" range:"(0, 1e6]" doc:"mean conductance of formed cells"`
	GStd      float64 `yaml:"g_std" unit:"uS" default:"2.4624 uS" range:"[0, 1e6]" doc:"standard deviation between formed cells"`
	ReadNoise float64 `yaml:"read_noise" default:"0.02" range:"[0, 1]" doc:"standard deviation of one read over the cell's conductance"`
}

// FormedReRAMModel describes the cell. Mean and spread are those that the
// same laboratory published for its 40 nm macro: N(14.2473, 2.4624) uS, with
// w * (1 + noise * xi) drawn anew at every product. The size of the noise is
// not published; 2 % is an assumption.
func FormedReRAMModel() Model {
	return Model{
		Entry: catalog.Entry{
			Name:      "reram-formed",
			Summary:   "electroformed resistive cell, a fixed random conductance",
			Equation:  "G = max(0, g_mean + g_std * xi_cell)\none read = G * (1 + read_noise * xi_read)",
			Reference: "Wang et al., Echo state graph neural networks with analogue random resistive memory arrays, Nature Machine Intelligence 5 (2023); cell distribution of the authors' code",
			Omits:     "drift, stuck and unformed cells, random telegraph noise",
			Params:    &FormedReRAM{},
		},
		New: func(params any) (Cell, error) { return params.(*FormedReRAM), nil },
	}
}

// Window is where all but one in 30,000 formed cells lie.
func (c *FormedReRAM) Window() (low, high float64) {
	return max(0, c.GMean-4*c.GStd), c.GMean + 4*c.GStd
}

var purposeForm = philox.Purpose("devices.reram-formed.form")

// Make draws the conductances of formed cells.
func (c *FormedReRAM) Make(n int, seed uint64, first uint32) Cells {
	s := philox.Stream{Seed: seed, Purpose: purposeForm}
	f := &formedCells{g: make([]float32, n), noise: float32(c.ReadNoise)}
	var block [4]uint32
	for i := range f.g {
		e := first + uint32(i)
		if i == 0 || e%4 == 0 {
			block = s.Block(e/4, 0)
		}
		x := c.GMean + float64(c.GStd*philox.Normal(block[e%4]))
		f.g[i] = float32(math.Max(0, x))
	}
	return f
}

// formedCells are formed cells: nothing changes them.
type formedCells struct {
	g     []float32 // uS
	noise float32
}

func (f *formedCells) Conductance(_ float64, g, sigma []float32) {
	copy(g, f.g)
	for i := range sigma {
		sigma[i] = f.noise * f.g[i]
	}
}

func (f *formedCells) State() []Variable {
	return []Variable{{Name: "g", Unit: "uS", Doc: "conductance as formed", Values: f.g}}
}

// Moments returns mean and standard deviation of max(0, N(g_mean, g_std)):
// with a = g_mean/g_std, E = mean*Phi(a) + std*phi(a) and
// E2 = (mean^2 + std^2)*Phi(a) + mean*std*phi(a).
func (c *FormedReRAM) Moments() (mean, std float64) {
	if c.GStd == 0 {
		return c.GMean, 0
	}
	a := c.GMean / c.GStd
	cdf := 0.5 * math.Erfc(-a/math.Sqrt2)
	pdf := math.Exp(-a*a/2) / math.Sqrt(2*math.Pi)
	mean = float64(c.GMean*cdf) + float64(c.GStd*pdf)
	second := float64((float64(c.GMean*c.GMean)+float64(c.GStd*c.GStd))*cdf) + float64(c.GMean*c.GStd*pdf)
	return mean, math.Sqrt(math.Max(0, second-float64(mean*mean)))
}

var (
	_ Cell   = (*FormedReRAM)(nil)
	_ Formed = (*FormedReRAM)(nil)
)
