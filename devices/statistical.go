package devices

import "github.com/synohm/synohm/internal/philox"

// law is what a statistical model says of its cells. Conductances are in uS,
// the numbers xi are standard normal and belong to one programming of one cell.
type law struct {
	low float64 // what a cell conducts that was never programmed

	// program is the conductance of a cell just after it was programmed.
	program func(target, xi float64) float64

	// trait names what else a programming leaves in a cell, and draw gives it:
	// of the number that the conductance was drawn with, and of another one.
	// The name is empty where there is nothing.
	trait Variable
	draw  func(target, xi, other float64) float64

	// later writes conductance and noise of a read some seconds after the
	// programming, the same for all of the cells. sigma may be nil.
	later func(seconds float64, c run, g, sigma []float32)
}

// run is cells that were programmed at the same time.
type run struct {
	target, prog, trait []float32 // trait is nil where the law has none
}

// statistical are cells of a law. Every programming of a cell draws anew, from
// the cell's number and how often it was programmed before.
type statistical struct {
	law
	programs, traits philox.Stream
	first            uint32

	target, prog, drawn []float32
	when                []float64 // of the last programming, s
	times               []uint32  // programmed so often
}

// makeStatistical makes n cells; name keeps the draws of one model apart from
// those of another.
func makeStatistical(l law, name string, n int, seed uint64, first uint32) *statistical {
	c := &statistical{
		law:      l,
		programs: philox.Stream{Seed: seed, Purpose: philox.Purpose("devices." + name + ".program")},
		traits:   philox.Stream{Seed: seed, Purpose: philox.Purpose("devices." + name + ".trait")},
		first:    first,
		target:   make([]float32, n), prog: make([]float32, n), when: make([]float64, n), times: make([]uint32, n),
	}
	if l.trait.Name != "" {
		c.drawn = make([]float32, n)
	}
	for i := range c.prog {
		c.target[i], c.prog[i] = float32(l.low), float32(l.low)
	}
	return c
}

// Program draws what the cells conduct. Neighbours share a block of random
// words, so it is kept while cells and counts are neighbours.
func (c *statistical) Program(t float64, cells []int32, target []float32) {
	var words, others [4]uint32
	block, step, fresh := uint32(0), uint32(0), true
	each(len(c.prog), cells, func(k, i int) {
		e := c.first + uint32(i)
		if fresh || e/4 != block || c.times[i] != step {
			block, step, fresh = e/4, c.times[i], false
			words = c.programs.Block(block, step)
			if c.drawn != nil {
				others = c.traits.Block(block, step)
			}
		}
		g, xi := float64(target[k]), philox.Normal(words[e%4])
		c.target[i], c.when[i] = target[k], t
		c.prog[i] = float32(c.program(g, xi))
		if c.drawn != nil {
			c.drawn[i] = float32(c.draw(g, xi, philox.Normal(others[e%4])))
		}
		c.times[i]++
	})
}

// Conductance goes over runs of cells that were programmed together, since
// what depends on the time alone is then worked out once.
func (c *statistical) Conductance(t float64, g, sigma []float32) {
	for lo := 0; lo < len(c.prog); {
		hi := lo + 1
		for hi < len(c.prog) && c.when[hi] == c.when[lo] && (c.times[hi] == 0) == (c.times[lo] == 0) {
			hi++
		}
		var s []float32
		if sigma != nil {
			s = sigma[lo:hi]
		}
		if c.times[lo] == 0 {
			copy(g[lo:hi], c.prog[lo:hi])
			clear(s)
		} else {
			r := run{target: c.target[lo:hi], prog: c.prog[lo:hi]}
			if c.drawn != nil {
				r.trait = c.drawn[lo:hi]
			}
			c.later(max(0, t-c.when[lo]), r, g[lo:hi], s)
		}
		lo = hi
	}
}

// State is all that a programming left in the cells.
func (c *statistical) State() []Variable {
	v := []Variable{
		{Name: "target", Unit: "uS", Doc: "conductance that was asked for last", Values: c.target},
		{Name: "g", Unit: "uS", Doc: "conductance just after the last programming", Values: c.prog},
		{Name: "when", Unit: "s", Doc: "time of the last programming", Values: c.when},
		{Name: "times", Doc: "how often the cell was programmed", Values: c.times},
	}
	if c.drawn != nil {
		trait := c.trait
		trait.Values = c.drawn
		v = append(v, trait)
	}
	return v
}

var _ Programmable = (*statistical)(nil)

// stays is the law of cells that keep what they were programmed to and are
// read without noise.
func stays(_ float64, c run, g, sigma []float32) {
	copy(g, c.prog)
	clear(sigma)
}

// polynomial is c[0] + c[1] x + c[2] x^2 + ..., with a rounding after every
// product and sum.
func polynomial(x float64, c []float64) float64 {
	s := 0.0
	for i := len(c) - 1; i >= 0; i-- {
		s = float64(s*x) + c[i]
	}
	return s
}

func clamp(x, low, high float64) float64 { return min(max(x, low), high) }
