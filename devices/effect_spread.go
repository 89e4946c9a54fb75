package devices

import "github.com/synohm/synohm/internal/philox"

// SpreadEffect is spread beside that of the model: between cells, and between
// the programmings of one cell.
//
//	target' = target * c(cell, programming), cut to the window
//	G'      = G * d(cell)
//
// c and d have mean 1: 1 + s*xi cut at 0 (normal), or exp(s*xi - s^2/2)
// (lognormal). A cell keeps its d for good; c is drawn anew each time it is
// programmed.
type SpreadEffect struct {
	Device float64 `yaml:"device" default:"0" range:"[0, 2]" doc:"spread s between cells, a fraction of the conductance"`
	Cycle  float64 `yaml:"cycle" default:"0" range:"[0, 2]" doc:"spread s between programmings of a cell, a fraction of the target"`
	Shape  string  `yaml:"shape" default:"normal" enum:"normal|lognormal" doc:"normal, or lognormal with s that of the logarithm"`
}

var (
	purposeDevice = philox.Purpose("devices.spread.device")
	purposeCycle  = philox.Purpose("devices.spread.cycle")
)

// deviceGains are the factors of cells.
type deviceGains []float32

func newDeviceGains(e *SpreadEffect, n int, seed uint64, first uint32) deviceGains {
	d := make(deviceGains, n)
	words(stream(seed, purposeDevice), n, first, func(i int, word uint32) {
		d[i] = float32(factor(e.Shape, e.Device, word))
	})
	return d
}

func (d deviceGains) read(_ float64, g, sigma []float32) {
	for i, x := range d {
		scale(g, sigma, i, x)
	}
}

// cycleDraws are the factors of programmings: that of a cell is drawn by how
// often it was programmed before.
type cycleDraws struct {
	effect *SpreadEffect
	stream philox.Stream

	block  [4]uint32
	entity uint32 // whose block this is, by four
	step   uint32
	drawn  bool
}

func (c *cycleDraws) factor(entity, before uint32) float64 {
	if !c.drawn || c.entity != entity/4 || c.step != before {
		c.block = c.stream.Block(entity/4, before)
		c.entity, c.step, c.drawn = entity/4, before, true
	}
	return factor(c.effect.Shape, c.effect.Cycle, c.block[entity%4])
}
