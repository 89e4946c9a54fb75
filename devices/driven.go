package devices

import (
	"fmt"
	"math"

	"github.com/synohm/synohm/internal/philox"
)

// Integration is how the compact models are integrated.
type Integration struct {
	Tolerance float64 `yaml:"tolerance" default:"1e-9" range:"[1e-13, 0.01]" doc:"error of one step of integration, over the range of the state"`
}

// physics is what a compact model says of one cell, whose state is one number.
type physics interface {
	// bounds are those of the state.
	bounds() (low, high float64)
	// rate is the change of the state per s. xi is what the cycle has drawn.
	rate(x, volt, xi float64) float64
	// current is that at a voltage, A.
	current(x, volt float64) float64
}

// closedForm is a compact model whose state after some time at one voltage can
// be written down; ok is false where its settings do not allow it. What comes
// out beyond the bounds has reached them.
type closedForm interface {
	after(x, volt, seconds float64) (y float64, ok bool)
}

// kinked is a compact model whose rate jumps or bends at some voltages: a
// waveform is cut where it crosses them.
type kinked interface {
	kinks() []float64 // V
}

// drivenCells are cells of a compact model.
type drivenCells struct {
	physics
	integrator
	state Variable  // what x is
	x     []float64 // the state
	read  float64   // voltage at which conductance is told, V
	noise *cycleNoise
}

// cycleNoise draws a standard normal number for every cell and operation.
type cycleNoise struct {
	stream philox.Stream
	first  uint32   // number of the first cell
	ops    []uint32 // operations so far
	time   float64  // for which a draw lasts, s
}

// draw is that of the next operation, its size that of the mean of the draws
// that it lasts for.
func (c *cycleNoise) draw(cell int, seconds float64) float64 {
	if c == nil {
		return 0
	}
	xi := philox.Normal(c.stream.Word(c.first+uint32(cell), c.ops[cell]))
	if seconds > c.time {
		xi *= math.Sqrt(c.time / seconds)
	}
	return xi
}

func (c *cycleNoise) count(cell int) {
	if c != nil {
		c.ops[cell]++
	}
}

// drive makes n cells of a compact model, all in the same state.
func drive(p physics, o Integration, state Variable, start float64, n int, read float64) *drivenCells {
	low, high := p.bounds()
	d := &drivenCells{
		physics: p, integrator: integrator{low: low, high: high, tolerance: o.Tolerance},
		state: state, x: make([]float64, n), read: read,
	}
	for i := range d.x {
		d.x[i] = start
	}
	d.state.Values = d.x
	return d
}

// Conductance is that at the read voltage: current over voltage.
func (d *drivenCells) Conductance(_ float64, g, sigma []float32) {
	for i, x := range d.x {
		g[i] = float32(d.current(x, d.read) / d.read * 1e6)
	}
	clear(sigma)
}

func (d *drivenCells) State() []Variable {
	if d.noise == nil {
		return []Variable{d.state}
	}
	return []Variable{d.state, {Name: "operations", Doc: "how often a voltage was applied", Values: d.noise.ops}}
}

// Current is that of a cell at a voltage, in A.
func (d *drivenCells) Current(cell int, volt float64) float64 { return d.current(d.x[cell], volt) }

// Apply puts volts[k] across cells[k] for some seconds. Either all cells have
// moved, or there is an error and none has.
func (d *drivenCells) Apply(_ float64, cells []int32, volts []float64, seconds float64) error {
	n := len(d.x)
	if cells != nil {
		n = len(cells)
	}
	if len(volts) != n {
		return fmt.Errorf("%d voltages for %d cells; give one each", len(volts), n)
	}
	if err := checkTime(seconds); err != nil {
		return err
	}
	next := make([]float64, n)
	var failed error
	each(len(d.x), cells, func(k, cell int) {
		if failed != nil {
			return
		}
		var err error
		if next[k], err = d.pulse(cell, volts[k], seconds); err != nil {
			failed = fmt.Errorf("cell %d at %.6g V for %.6g s: %w", cell, volts[k], seconds, err)
		}
	})
	if failed != nil {
		return failed
	}
	each(len(d.x), cells, func(k, cell int) {
		d.x[cell] = next[k]
		d.noise.count(cell)
	})
	return nil
}

// checkTime wants a time that can be waited for.
func checkTime(seconds float64) error {
	if !(seconds >= 0) || math.IsInf(seconds, 0) {
		return fmt.Errorf("a pulse of %g s; give a time of 0 s or more", seconds)
	}
	return nil
}

// checkVolt wants a voltage that is a number.
func checkVolt(volt float64) error {
	if math.IsNaN(volt) || math.IsInf(volt, 0) {
		return fmt.Errorf("%g V is no voltage; give a finite number", volt)
	}
	return nil
}

// pulse is the state of a cell after a time at one voltage.
func (d *drivenCells) pulse(cell int, volt, seconds float64) (float64, error) {
	if err := checkVolt(volt); err != nil {
		return 0, err
	}
	x := d.x[cell]
	if seconds == 0 {
		return x, nil
	}
	if c, ok := d.physics.(closedForm); ok {
		if y, ok := c.after(x, volt, seconds); ok {
			if math.IsNaN(y) {
				return x, errOverflow
			}
			return min(max(y, d.low), d.high), nil
		}
	}
	xi := d.noise.draw(cell, seconds)
	in := d.integrator
	in.constant = true
	return in.run(func(_, x float64) float64 { return d.rate(x, volt, xi) }, x, seconds)
}
