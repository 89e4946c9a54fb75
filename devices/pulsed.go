package devices

import (
	"math"

	"github.com/synohm/synohm/internal/philox"
)

// pulsedCells are cells that go up or down a step with every pulse. What is
// common to all rules is here: the population, the bounds, the noise, the leak
// and the way from weights to conductances; a stepRule says how large a step is.
//
// The weight w is hidden where there is write noise: pulses change w, and what
// is read is w + offset, the offset drawn anew by every pulse.
type pulsedCells struct {
	population
	rule  stepRule
	noisy bool // steps differ from pulse to pulse

	w      []float64 // weight before write noise
	count  []uint32  // pulses that a cell has had: the key of its draws
	offset []float64 // of the last write; nil without write noise
	since  []float64 // time at which w was so, s; nil without leak

	writeStd   float64
	wLow, gLow float64 // nominal lowest weight and its conductance, uS
	slope      float64 // uS a unit of w

	first       uint32
	step, write philox.Stream
	xi          [4]float64 // noise of some pulses, for rule
}

// stepRule is how large a step is.
type stepRule interface {
	// pulses takes cell i from w through pulses of one direction. xi is the
	// standard normal noise of each.
	pulses(i int, w float64, up bool, xi []float64) float64
}

// Nominal is a Cell whose cells differ from each other and from pulse to pulse.
type Nominal interface {
	Cell
	// Nominal is the cell without any spread or noise.
	Nominal() Cell
}

// Weighted cells have a normalised weight.
type Weighted interface {
	Pulsed
	// Weights writes the weights as they would be read at time t.
	Weights(t float64, w []float64)
	// SetWeights puts cells to weights, as far as their bounds allow, at time t.
	SetWeights(t float64, w []float64)
}

var (
	purposePulsedCycle = philox.Purpose("devices.pulsed.cycle")
	purposeWrite       = philox.Purpose("devices.pulsed.write")
)

// cells makes cells of a population, at w = 0 or the nearest that they can.
func (p *StepParams) cells(of population, rule stepRule, seed uint64, first uint32) *pulsedCells {
	n := len(of.low)
	c := &pulsedCells{
		population: of, rule: rule, noisy: p.DwMinStd > 0,
		w: make([]float64, n), count: make([]uint32, n),
		writeStd: p.WriteNoiseStd * p.DwMin,
		wLow:     p.WMin, gLow: p.GMin, slope: (p.GMax - p.GMin) / (p.WMax - p.WMin),
		first: first,
		step:  philox.Stream{Seed: seed, Purpose: purposePulsedCycle},
		write: philox.Stream{Seed: seed, Purpose: purposeWrite},
	}
	for i := range c.w {
		c.w[i] = clamp(0, of.low[i], of.high[i])
	}
	if c.writeStd > 0 {
		c.offset = make([]float64, n)
	}
	if of.tau != nil {
		c.since = make([]float64, n)
	}
	return c
}

// Pulse gives pulses, which take no time themselves: what lies between two
// calls is for the leak. A block of random words serves four pulses of a cell.
func (c *pulsedCells) Pulse(t float64, cells []int32, pulses []int32) {
	each(len(c.w), cells, func(k, i int) {
		if pulses[k] != 0 {
			c.run(t, i, int64(pulses[k]))
		}
	})
}

var noNoise [64]float64

func (c *pulsedCells) run(t float64, i int, n int64) {
	w := c.hidden(t, i)
	if c.since != nil {
		c.since[i] = t
	}
	up := n > 0
	if !up {
		n = -n
	}
	count := c.count[i]
	for left := n; left > 0; {
		var m int64
		if c.noisy {
			word := count % 4
			block := c.step.Block(c.first+uint32(i), count/4)
			m = min(left, int64(4-word))
			for k := range m {
				c.xi[k] = philox.Normal(block[int64(word)+k])
			}
			w = c.rule.pulses(i, w, up, c.xi[:m])
		} else {
			m = min(left, int64(len(noNoise)))
			w = c.rule.pulses(i, w, up, noNoise[:m])
		}
		count += uint32(m)
		left -= m
	}
	c.w[i], c.count[i] = w, count
	if c.offset != nil {
		c.offset[i] = float64(c.writeStd * philox.Normal(c.write.Block(c.first+uint32(i), count/4)[count%4]))
	}
}

// hidden is the weight before write noise at time t: with a leak it goes to the
// reset weight as exp(-t/tau).
func (c *pulsedCells) hidden(t float64, i int) float64 {
	w := c.w[i]
	if c.since == nil || t <= c.since[i] {
		return w
	}
	b := c.reset[i]
	w = b + float64((w-b)*math.Exp(-(t-c.since[i])/c.tau[i]))
	return clamp(w, c.low[i], c.high[i])
}

// Weights writes the weights as they would be read at time t.
func (c *pulsedCells) Weights(t float64, w []float64) {
	for i := range w {
		w[i] = c.hidden(t, i)
		if c.offset != nil {
			w[i] += c.offset[i]
		}
	}
}

// SetWeights puts cells to weights, as far as their bounds allow, without write
// noise.
func (c *pulsedCells) SetWeights(t float64, w []float64) {
	for i := range w {
		c.w[i] = clamp(w[i], c.low[i], c.high[i])
		if c.offset != nil {
			c.offset[i] = 0
		}
		if c.since != nil {
			c.since[i] = t
		}
	}
}

// Set moves the weight below the write noise, so that the cell is read as g, as
// far as its bounds allow.
func (c *pulsedCells) Set(t float64, cells []int32, g []float32) {
	each(len(c.w), cells, func(k, i int) {
		w := c.wLow + (float64(g[k])-c.gLow)/c.slope
		if c.offset != nil {
			w -= c.offset[i]
		}
		c.w[i] = clamp(w, c.low[i], c.high[i])
		if c.since != nil {
			c.since[i] = t
		}
	})
}

// Conductance maps the nominal range of weights to that of conductances; a cell
// whose bounds are wider goes beyond, down to nothing.
func (c *pulsedCells) Conductance(t float64, g, sigma []float32) {
	for i := range g {
		w := c.hidden(t, i)
		if c.offset != nil {
			w += c.offset[i]
		}
		g[i] = float32(max(0, c.gLow+float64((w-c.wLow)*c.slope)))
	}
	clear(sigma)
}

// State is what pulses change. The population follows from seed and number.
func (c *pulsedCells) State() []Variable {
	v := []Variable{
		{Name: "w", Doc: "normalised weight before write noise", Values: c.w},
		{Name: "pulses", Doc: "pulses that the cell has had", Values: c.count},
	}
	if c.offset != nil {
		v = append(v, Variable{Name: "offset", Doc: "write noise of the last pulse, in weights", Values: c.offset})
	}
	if c.since != nil {
		v = append(v, Variable{Name: "since", Unit: "s", Doc: "time of the last pulse, from which the weight leaks", Values: c.since})
	}
	return v
}

// StepOf is the size of a step of the nominal cell at w = 0 in uS, the mean of
// up and down; only that of the free direction where w = 0 is a bound.
func StepOf(cell Nominal) float64 {
	one := cell.Nominal()
	var g [3]float32 // at rest, after one up, after one down
	for k, pulses := range []int32{0, 1, -1} {
		c := one.Make(1, 0, 0)
		if p, ok := c.(Pulsed); ok {
			p.Pulse(0, nil, []int32{pulses})
		}
		c.Conductance(0, g[k:k+1], nil)
	}
	up, down := float64(g[1]-g[0]), float64(g[0]-g[2])
	if up == 0 || down == 0 {
		return up + down
	}
	return (up + down) / 2
}

var (
	_ Weighted = (*pulsedCells)(nil)
	_ Settable = (*pulsedCells)(nil)
)
