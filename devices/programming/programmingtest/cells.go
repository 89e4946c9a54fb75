// Package programmingtest has ports that behave as cells of the laboratory do at
// their best and worst, and note everything that they are sent.
package programmingtest

import (
	"context"
	"fmt"
	"math"

	"github.com/synohm/synohm/devices/programming"
	"github.com/synohm/synohm/internal/philox"
)

// Kind is how a cell behaves.
type Kind int

// Kinds of cells.
const (
	Good      Kind = iota // moves with every pulse above its threshold
	StuckLow              // stays at 3 uS
	StuckHigh             // stays at 90 uS
	Unformed              // stays at 0.01 uS
	Relaxing              // good, but loses a quarter of its conductance in its first waits, half as much in each next
	Lazy                  // good up to 30 uS
)

// Most is what a good cell conducts at most, uS.
const Most = 100

// threshold is the voltage above which a cell moves, V.
const threshold = 1.0

// Cells are a port of such cells. A pulse moves a good one by
//
//	dG = Step * (|V| - 1 V) * (1 + Spread * xi)
//
// up where V is positive, within 1 uS and Most; a read adds Noise * xi. Draws
// depend on the cell and on how often it was pulsed or read before.
type Cells struct {
	Kinds  []Kind
	G      []float64 // uS
	Step   float64   // uS per V
	Spread float64   // of a pulse, relative
	Noise  float64   // of a read, uS
	Seed   uint64

	// Fail, where it is not nil, is asked before each call, which does nothing
	// if it returns an error.
	Fail func(call Call) error

	Log []Call // what was done

	relax         []float64
	pulses, reads []uint32
}

// Call is what the port was asked to do.
type Call struct {
	What    string // read, pulse, program, wait
	Cells   []int32
	Volts   []float64
	Seconds float64
}

// New makes cells. Those that move begin at 10 uS.
func New(kinds ...Kind) *Cells {
	c := &Cells{
		Kinds: kinds, G: make([]float64, len(kinds)), Step: 2, Seed: 1, relax: make([]float64, len(kinds)),
		pulses: make([]uint32, len(kinds)), reads: make([]uint32, len(kinds)),
	}
	for i, k := range kinds {
		switch c.G[i] = 10; k {
		case StuckLow:
			c.G[i] = 3
		case StuckHigh:
			c.G[i] = 90
		case Unformed:
			c.G[i] = 0.01
		case Relaxing:
			c.relax[i] = 0.25
		}
	}
	return c
}

// Many makes n cells of a kind.
func Many(kind Kind, n int) *Cells {
	kinds := make([]Kind, n)
	for i := range kinds {
		kinds[i] = kind
	}
	return New(kinds...)
}

func (c *Cells) moves(cell int32) bool {
	k := c.Kinds[cell]
	return k == Good || k == Relaxing || k == Lazy
}

func (c *Cells) set(cell int32, g float64) {
	most := float64(Most)
	if c.Kinds[cell] == Lazy {
		most = 30
	}
	if c.moves(cell) {
		c.G[cell] = min(max(g, 1), most)
	}
}

// call notes a call, unless it fails.
func (c *Cells) call(ctx context.Context, call Call) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	for k, cell := range call.Cells {
		if cell < 0 || int(cell) >= len(c.Kinds) || k > 0 && cell <= call.Cells[k-1] {
			return &programming.CellError{Cell: cell, Err: fmt.Errorf("is not in order, or there is none")}
		}
	}
	if c.Fail != nil {
		if err := c.Fail(call); err != nil {
			return err
		}
	}
	call.Cells = append([]int32(nil), call.Cells...)
	call.Volts = append([]float64(nil), call.Volts...)
	c.Log = append(c.Log, call)
	return nil
}

var (
	purposeRead  = philox.Purpose("devices.programmingtest.read")
	purposePulse = philox.Purpose("devices.programmingtest.pulse")
)

func (c *Cells) normal(purpose uint32, cell int32, count *uint32) float64 {
	s := philox.Stream{Seed: c.Seed, Purpose: purpose}
	x := philox.Normal(s.Word(uint32(cell), *count))
	*count++
	return x
}

// Read reads each cell once.
func (c *Cells) Read(ctx context.Context, cells []int32, uS []float32) error {
	if err := c.call(ctx, Call{What: "read", Cells: cells}); err != nil {
		return err
	}
	for k, cell := range cells {
		noise := c.Noise * c.normal(purposeRead, cell, &c.reads[cell])
		uS[k] = float32(math.Max(0, c.G[cell]+noise))
	}
	return nil
}

// Pulse gives each cell a pulse.
func (c *Cells) Pulse(ctx context.Context, cells []int32, volts []float64, seconds float64) error {
	if err := c.call(ctx, Call{What: "pulse", Cells: cells, Volts: volts, Seconds: seconds}); err != nil {
		return err
	}
	for k, cell := range cells {
		d := c.Step * math.Max(0, math.Abs(volts[k])-threshold) * (1 + float64(c.Spread*c.normal(purposePulse, cell, &c.pulses[cell])))
		c.set(cell, c.G[cell]+math.Copysign(1, volts[k])*d)
	}
	return nil
}

// Wait lets relaxing cells relax.
func (c *Cells) Wait(ctx context.Context, seconds float64) error {
	if err := c.call(ctx, Call{What: "wait", Seconds: seconds}); err != nil {
		return err
	}
	for i := range c.G {
		c.G[i] *= 1 - c.relax[i]
		c.relax[i] /= 2
	}
	return nil
}

// Sent is how many pulses and writes a cell took, by the log.
func (c *Cells) Sent(cell int32) (n int) {
	for _, call := range c.Log {
		for _, x := range call.Cells {
			if x == cell && (call.What == "pulse" || call.What == "program") {
				n++
			}
		}
	}
	return n
}

// Writable are cells whose port brings them to a conductance by itself, with an
// error of 10 uS times a normal draw times Spread.
type Writable struct{ *Cells }

// Program writes each target.
func (w Writable) Program(ctx context.Context, cells []int32, target []float32) error {
	if err := w.call(ctx, Call{What: "program", Cells: cells}); err != nil {
		return err
	}
	for k, cell := range cells {
		x := w.normal(purposePulse, cell, &w.pulses[cell])
		w.set(cell, float64(target[k])+float64(10*w.Spread*x))
	}
	return nil
}

var (
	_ programming.Port       = (*Cells)(nil)
	_ programming.Programmer = Writable{}
)
