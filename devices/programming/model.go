package programming

import (
	"context"
	"fmt"
	"math"

	"github.com/synohm/synohm/devices"
	"github.com/synohm/synohm/internal/philox"
)

// Model is the port of a block of modelled cells, with a clock of its own:
// pulses and waiting take time, reads and writes of a target take none. A read
// is the conductance of that time and a draw of the cell's read noise, which
// depends on (seed, cell, how often it was read before) alone.
type Model struct {
	block *devices.Block
	seed  uint64
	clock float64 // s

	reads    []uint32  // of each cell through this port
	g, sigma []float32 // uS
	once     []uint32  // what Reads is told
	pulses   []int32
}

// NewModel makes a port to a block whose clock stands at some seconds. It is a
// Programmer where the cells can be programmed to a conductance. Cells that are
// pulsed take one pulse of their model each time, up where the voltage is
// positive, whatever its height and width; cells that are driven see the
// voltage itself.
func NewModel(block *devices.Block, at float64, seed uint64) (Port, error) {
	n := block.Len()
	m := &Model{
		block: block, seed: seed, clock: at,
		reads: make([]uint32, n), once: make([]uint32, n),
		g: make([]float32, n), sigma: make([]float32, n),
	}
	switch block.Cells().(type) {
	case devices.Programmable:
		return &programmableModel{m}, nil
	case devices.Pulsed, devices.Driven:
		return m, nil
	}
	return nil, fmt.Errorf("these cells stay as they were made; nothing programs them")
}

// Window is that of the cells' model.
func (m *Model) Window() (low, high float64) { return m.block.Window() }

// Time is that of the model's clock, s.
func (m *Model) Time() float64 { return m.clock }

var purposeRead = philox.Purpose("devices.programming.read")

// Read reads each cell once.
func (m *Model) Read(ctx context.Context, cells []int32, uS []float32) error {
	if err := m.ready(ctx, cells, len(uS)); err != nil {
		return err
	}
	m.block.Conductance(m.clock, m.g, m.sigma)
	clear(m.once)
	s := philox.Stream{Seed: m.seed, Purpose: purposeRead}
	var block [4]uint32
	at := [2]uint32{math.MaxUint32}
	for k, c := range cells {
		e, count := m.block.First()+uint32(c), m.reads[c]
		if now := [2]uint32{e / 4, count}; now != at { // neighbours that were read as often share it
			at, block = now, s.Block(e/4, count)
		}
		noise := float64(float64(m.sigma[c]) * philox.Normal(block[e%4]))
		uS[k] = float32(max(0, float64(m.g[c])+noise))
		m.reads[c]++
		m.once[c]++
	}
	m.block.Reads(m.once)
	return nil
}

// Pulse gives pulses, and time goes on by their width.
func (m *Model) Pulse(ctx context.Context, cells []int32, volts []float64, seconds float64) error {
	if err := m.ready(ctx, cells, len(volts)); err != nil {
		return err
	}
	if !(seconds > 0) || math.IsInf(seconds, 0) {
		return fmt.Errorf("a pulse of %g s is none", seconds)
	}
	for k, v := range volts {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return &CellError{cells[k], fmt.Errorf("a pulse of %g V is none", v)}
		}
	}
	var err error
	if _, pulsed := m.block.Cells().(devices.Pulsed); pulsed {
		m.pulses = m.pulses[:0]
		for _, v := range volts {
			m.pulses = append(m.pulses, sign(v))
		}
		err = m.block.Pulse(m.clock, cells, m.pulses)
	} else {
		err = m.block.Apply(m.clock, cells, volts, seconds)
	}
	if err != nil {
		return err
	}
	m.clock += seconds
	return nil
}

func sign(v float64) int32 {
	switch {
	case v > 0:
		return 1
	case v < 0:
		return -1
	}
	return 0
}

// Wait lets time go by.
func (m *Model) Wait(ctx context.Context, seconds float64) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if !(seconds >= 0) || math.IsInf(seconds, 0) {
		return fmt.Errorf("time cannot go on by %g s", seconds)
	}
	m.clock += seconds
	return nil
}

// ready refuses what is not a list of cells of the block with a value for each.
func (m *Model) ready(ctx context.Context, cells []int32, values int) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if len(cells) != values {
		return fmt.Errorf("%d cells and %d values", len(cells), values)
	}
	for k, c := range cells {
		if c < 0 || int(c) >= m.block.Len() {
			return &CellError{c, fmt.Errorf("does not exist; there are %d cells, from 0", m.block.Len())}
		}
		if k > 0 && c <= cells[k-1] {
			return &CellError{c, fmt.Errorf("follows cell %d; a list of cells is ascending", cells[k-1])}
		}
	}
	return nil
}

// programmableModel adds what cells can that are programmed to a conductance.
type programmableModel struct{ *Model }

// Program writes targets by the statistics of the cells' model. Such cells take
// no pulses.
func (m *programmableModel) Program(ctx context.Context, cells []int32, target []float32) error {
	if err := m.ready(ctx, cells, len(target)); err != nil {
		return err
	}
	return m.block.Program(m.clock, cells, target)
}

var (
	_ Port       = (*Model)(nil)
	_ Windowed   = (*Model)(nil)
	_ Programmer = (*programmableModel)(nil)
)
