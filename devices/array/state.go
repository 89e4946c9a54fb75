package array

import (
	"context"
	"fmt"

	"github.com/synohm/synohm/devices"
)

// State names what a checkpoint keeps of the matrix, sharing its memory: the
// cells of all tiles and the clock. What was read of them follows from it, by
// Restored.
func (m *Matrix) State() []devices.Variable {
	m.saveClock()
	out := []devices.Variable{
		{Name: "clock", Unit: "s", Doc: "now, last programming, last look", Values: m.clock[:]},
		{Name: "counts", Doc: "looks and refreshes", Values: m.counts[:]},
	}
	for k, t := range m.tiles {
		for i, b := range t.blocks {
			for _, v := range b.State() {
				v.Name = fmt.Sprintf("tile%d/%s/%s", k, m.planes[i].Name, v.Name)
				out = append(out, v)
			}
		}
		for _, v := range []struct {
			name   string
			values []float32
		}{{"compensation", t.comp}, {"base", t.base}} {
			if v.values != nil {
				out = append(out, devices.Variable{Name: fmt.Sprintf("tile%d/%s", k, v.name), Doc: "what drift is compensated with", Values: v.values})
			}
		}
	}
	return out
}

// saveClock puts the clock where State shows it.
func (m *Matrix) saveClock() {
	m.clock = [3]float64{m.now, m.programmed, m.looked}
	m.counts = [2]uint64{uint64(m.looks), m.refreshes}
}

// Restored goes on from a state that was loaded: the conductances that reads
// use are those of the last look.
func (m *Matrix) Restored(ctx context.Context) error {
	m.now, m.programmed, m.looked = m.clock[0], m.clock[1], m.clock[2]
	m.looks, m.refreshes = uint32(m.counts[0]), m.counts[1]
	for _, t := range m.tiles {
		if err := t.look(ctx, m.looked); err != nil {
			return err
		}
	}
	return nil
}
