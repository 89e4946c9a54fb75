package array

import (
	"github.com/synohm/synohm/devices"
	"github.com/synohm/synohm/devices/converters"
)

// Memory is estimated before it is taken. A test compares the estimates with
// what is allocated.

// Bytes estimates the memory of a matrix at its peak, while it is made.
func Bytes(cell devices.Cell, s *Settings, rows, cols int) float64 {
	m, err := NewMapping(s.Mapping.Kind, s.Mapping.Value)
	if err != nil || rows < 1 || cols < 1 {
		return 0
	}
	n := float64(rows) * float64(cols)
	tr, tc := float64(limit(s.Tile.Rows, rows)), float64(limit(s.Tile.Cols, cols))
	digits := 1.0
	if s.Output != nil {
		digits = float64(len(m.Gains()))
	}
	// A tile at a time is looked at: the conductance and noise of its cells, and
	// its lines. Tiles beside that take little, and their sample of outputs.
	tile := tr * tc * float64(len(m.Planes())) * lookBytes
	if s.Resist() {
		tile += tr * tc * float64(len(m.Planes())) * lineBytes
	}
	tiles := float64((rows+int(tr)-1)/int(tr)) * float64((cols+int(tc)-1)/int(tc))
	each := 2048 + 32*tr + 24*tc
	if s.Output != nil && s.Output.Range != converters.Maximum {
		tile += calibrationVectors * tc * digits * 16 // grown and sorted
	}
	return n*weightBytes(cell, s, m) + tile + tiles*each
}

// CellBytes estimates the memory of a weight whose cells stand alone.
func CellBytes(cell devices.Cell, s *Settings) float64 {
	m, err := NewMapping(s.Mapping.Kind, s.Mapping.Value)
	if err != nil {
		return 0
	}
	per := weightBytes(cell, s, m) + float64(len(m.Planes()))*lookBytes + 12 // energies before it, factor
	if s.Effects.ReadDisturb != nil {
		per += 4
	}
	return per
}

const (
	lookBytes = 12  // conductance and noise of a cell, and how often it was read
	lineBytes = 200 // of the network of a cell's lines and of its solver
)

// weightBytes is what a weight takes for good: its cells, their targets, and
// what reads use.
func weightBytes(cell devices.Cell, s *Settings, m Mapping) float64 {
	digits := 1.0
	if s.Output != nil {
		digits = float64(len(m.Gains()))
	}
	per := 8 * digits // current and variance
	if s.Clock.Compensation != "none" {
		per += 8 // as read at first, and now
	}
	one := cellBytes(cell, s)
	for _, p := range m.Planes() {
		if !p.Shared {
			per += one
		}
	}
	return per
}

// cellBytes is the state of a cell with its effects, its target, and its noise.
func cellBytes(cell devices.Cell, s *Settings) float64 {
	per := 0.0
	if _, formed := cell.(devices.Formed); !formed {
		per += 4
	}
	if s.NoiseDraw == "cell" {
		per += 4
	}
	const n = 64
	block, err := devices.NewBlock(cell, s.Effects, n, 0, 0)
	if err != nil {
		return per // what Check refuses
	}
	for _, v := range block.State() {
		switch v.Values.(type) {
		case []float64:
			per += 8
		default:
			per += 4
		}
	}
	// What follows from the seed and is no state.
	if _, steps := block.Cells().(devices.Pulsed); steps {
		per += 48 // of what spreads between cells
	}
	if e := s.Effects.Spread; e != nil && e.Device > 0 {
		per += 4
	}
	if e := s.Effects.Telegraph; e != nil {
		per += 16 * e.Fraction
	}
	if s.Effects.Endurance != nil {
		per += 4
	}
	if e := s.Effects.Stuck; e != nil {
		per += 8 * (e.On + e.Off + e.Unformed + e.Random)
	}
	return per
}
