package array

import (
	"context"
	"fmt"

	"github.com/synohm/synohm/devices"
)

// saved is what State shows of what is kept in other forms.
type saved struct {
	clock  []float64
	looks  []uint64
	counts []uint64 // of every tile
}

// counters is how many counts a tile has.
const counters = 12

// State names what a checkpoint keeps of the matrix: the counts and, where time
// changes anything, the clock and the cells of all tiles, sharing their memory.
// What is read of them follows from it, by Restored.
func (m *Matrix) State() []devices.Variable {
	s := &m.saved
	s.counts = s.counts[:0]
	for _, t := range m.tiles {
		s.counts = append(s.counts, t.reads.Load(), t.attojoule.Load(), t.picoseconds.Load(),
			t.conversions.Load(), t.convertAttojoule.Load(), t.pulses, t.writeAttojoule)
		v := t.verdicts
		for _, n := range []int{v.Reached, v.StuckLow, v.StuckHigh, v.NotFormed, v.GaveUp} {
			s.counts = append(s.counts, uint64(n))
		}
	}
	out := []devices.Variable{{Name: "counts", Doc: "what every tile has taken", Values: s.counts}}
	if !m.Ages() {
		return out
	}
	s.clock = append(s.clock[:0], m.now, m.programmed, m.looked, m.origin)
	s.looks = append(s.looks[:0], uint64(m.looks), m.refreshes, m.writes)
	out = append(out,
		devices.Variable{Name: "clock", Unit: "s", Doc: "now, last programming, last look, first programming", Values: s.clock},
		devices.Variable{Name: "looks", Doc: "looks, refreshes, programmings", Values: s.looks})
	if m.carried != nil {
		out = append(out, devices.Variable{Name: "carried", Doc: "changes of weights that were not yet written", Values: m.carried})
	}
	for k, t := range m.tiles {
		for i, b := range t.blocks {
			if m.carried != nil {
				out = append(out, devices.Variable{Name: fmt.Sprintf("tile%d/%s/aim", k, m.planes[i].Name), Unit: "uS", Doc: "targets that training changes", Values: t.target[i]})
			}
			for _, v := range b.State() {
				v.Name = fmt.Sprintf("tile%d/%s/%s", k, m.planes[i].Name, v.Name)
				out = append(out, v)
			}
		}
		if t.comp != nil {
			out = append(out,
				devices.Variable{Name: fmt.Sprintf("tile%d/compensation", k), Doc: "factor of every column", Values: t.comp},
				devices.Variable{Name: fmt.Sprintf("tile%d/base", k), Unit: "uS", Doc: "weights as read after programming", Values: t.base},
				devices.Variable{Name: fmt.Sprintf("tile%d/again", k), Unit: "uS", Doc: "the same, read once more", Values: t.again})
		}
		if t.rowReads != nil {
			out = append(out, devices.Variable{Name: fmt.Sprintf("tile%d/row_reads", k), Doc: "reads of every row since the last look", Values: t.saveReads()})
		}
	}
	return out
}

// Restored goes on from what was loaded into the variables of the last State:
// the conductances that reads use are those of the last look before.
func (m *Matrix) Restored(ctx context.Context) error {
	s := &m.saved
	for k, t := range m.tiles {
		c := s.counts[k*counters:]
		t.reads.Store(c[0])
		t.attojoule.Store(c[1])
		t.picoseconds.Store(c[2])
		t.conversions.Store(c[3])
		t.convertAttojoule.Store(c[4])
		t.pulses, t.writeAttojoule = c[5], c[6]
		t.verdicts = Verdicts{Reached: int(c[7]), StuckLow: int(c[8]), StuckHigh: int(c[9]), NotFormed: int(c[10]), GaveUp: int(c[11])}
	}
	if !m.Ages() {
		return nil
	}
	m.now, m.programmed, m.looked, m.origin = s.clock[0], s.clock[1], s.clock[2], s.clock[3]
	m.looks, m.refreshes, m.writes = uint32(s.looks[0]), s.looks[1], s.looks[2]
	if err := m.inRange(m.looked - m.programmed); err != nil {
		return err
	}
	for _, t := range m.tiles {
		// Reads since the last look act at the next one.
		for r := range t.rowReads {
			t.rowReads[r].Store(0)
		}
		if err := t.look(ctx, m.looked); err != nil {
			return err
		}
		t.loadReads()
	}
	return nil
}

// saveReads copies the reads since the last look to where State shows them.
func (t *tile) saveReads() []uint32 {
	t.savedReads = make([]uint32, len(t.rowReads))
	for r := range t.rowReads {
		t.savedReads[r] = t.rowReads[r].Load()
	}
	return t.savedReads
}

// loadReads takes them back.
func (t *tile) loadReads() {
	for r := range t.rowReads {
		t.rowReads[r].Store(t.savedReads[r])
	}
}
