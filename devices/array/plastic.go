package array

import (
	"context"
	"fmt"
	"math"

	"github.com/synohm/synohm/devices"
	"github.com/synohm/synohm/internal/philox"
)

// SetEnd gives the weight that the end of the window stands for, which Program
// would take from the weights themselves. It is for rows of one list.
func (m *Matrix) SetEnd(weight float64) { m.end = weight }

// CheckUpdate refuses cells and mappings whose weights Update cannot change.
func CheckUpdate(cell devices.Cell, s *Settings) error {
	switch cell.Make(1, 0, 0).(type) {
	case devices.Programmable:
		return nil
	case devices.Pulsed:
		if _, ok := cell.(devices.Nominal); !ok {
			return fmt.Errorf("the size of a pulse's step is not known of these cells; choose another pulsed cell, such as ecram")
		}
		if s.Mapping.Kind != "differential" && s.Mapping.Kind != "offset" {
			return fmt.Errorf("pulses change weights of mapping differential or offset, not %s", s.Mapping.Kind)
		}
		return nil
	case devices.Driven:
		return fmt.Errorf("cells that follow a voltage have no pulse of a known size that a rule could ask for; choose a pulsed cell, such as ecram, or one that is programmed, such as pcm")
	}
	return fmt.Errorf("formed cells are not programmed, so no rule can change weights made of them; choose a pulsed cell, such as ecram, or one that is programmed, such as pcm")
}

// Align lets the clocks of rows of one list, which took different times to
// program, go on from the latest of them, and looks at all cells then.
func Align(ctx context.Context, rows []*Matrix) error {
	origin, apart := 0.0, false
	for i, m := range rows {
		apart = apart || i > 0 && m.origin != origin
		origin = max(origin, m.origin)
	}
	if !apart {
		return nil
	}
	for _, m := range rows {
		m.origin, m.programmed = origin, origin
		m.now = origin + m.s.Clock.Age
		if err := m.look(ctx); err != nil {
			return err
		}
	}
	return nil
}

var purposeUpdate = philox.Purpose("devices.array.update")

// Update changes the weights of a single row, from column lo on, as far as its
// cells can. Cells that are programmed go to the weight that they hold now plus
// the change; pulsed cells get so many pulses as their nominal step goes into
// the change, a part of one with its probability. Cells whose change is 0 are
// left alone.
func (m *Matrix) Update(key Key, lo int, change []float32) error {
	if m.rows != 1 || len(m.tiles) != 1 {
		panic("array: rows of a list are updated, whole arrays are not")
	}
	t := m.tiles[0]
	t.disturb() // reads until now are of what is written over
	var err error
	if _, ok := t.blocks[0].Cells().(devices.Programmable); ok {
		err = t.reprogram(m.now, lo, change)
	} else {
		err = t.pulse(key, m.now, lo, change)
	}
	if err != nil {
		return err
	}
	t.glance(m.now, lo, change)
	return nil
}

// glance looks at the cells of changed weights alone: what the others conduct
// stays as of the last look, so that a row may be cut into parts anywhere.
func (t *tile) glance(now float64, lo int, change []float32) {
	planes, gains, d := t.m.planes, t.m.gains, &t.digits[0]
	g, sigma := t.conduct(now)
	for k, c := range change {
		if c == 0 {
			continue
		}
		j := lo + k
		d.current[j] = 0
		var variance float32
		for i, p := range planes {
			gain := float32(p.Sign * gains[p.Digit])
			d.current[j] += float32(gain * g[i][j])
			v := float32(gain * sigma[i][j])
			variance += float32(v * v)
		}
		if variance > 0 && d.variance == nil {
			d.variance = make([]float32, t.cols)
		}
		if d.variance != nil {
			d.variance[j] = variance
		}
		t.single[j] = t.joulesOfColumn(g, j)
	}
	t.sumSingle()
}

// RowState is what a checkpoint keeps of a row that rules change, value by value
// for every column, so that rows of a list can be kept one after the other:
// beside the cells, their targets and what reads see of them.
func (m *Matrix) RowState() []devices.Variable {
	t := m.tiles[0]
	if t.digits[0].variance == nil {
		t.digits[0].variance = make([]float32, t.cols)
	}
	out := []devices.Variable{
		{Name: "seen", Unit: "uS", Values: t.digits[0].current},
		{Name: "variance", Unit: "uS^2", Values: t.digits[0].variance},
		{Name: "energy", Unit: "aJ", Values: t.single},
	}
	if t.rowReads != nil {
		out = append(out, devices.Variable{Name: "reads", Values: t.saveReads()})
	}
	for i, b := range t.blocks {
		name := m.planes[i].Name
		out = append(out, devices.Variable{Name: name + "/aim", Unit: "uS", Values: t.target[i]})
		for _, v := range b.State() {
			v.Name = name + "/" + v.Name
			out = append(out, v)
		}
	}
	return out
}

// Times are now, the last programming of all and the last look, s. They are the
// same for all rows of a list.
func (m *Matrix) Times() [3]float64 { return [3]float64{m.now, m.programmed, m.looked} }

// RestoredRow goes on from what was loaded into RowState at the given Times.
func (m *Matrix) RestoredRow(times [3]float64) {
	m.now, m.programmed, m.looked = times[0], times[1], times[2]
	t := m.tiles[0]
	t.sumSingle()
	t.loadReads()
}

// reprogram gives the cells of changed weights new targets: change[k] is that
// of weight lo+k, row by row. A cell that stays at an end of its window is left
// alone, and what it conducts in spite of its target is made up for by the cell
// of most weight that is written.
func (t *tile) reprogram(now float64, lo int, change []float32) error {
	m := t.m
	held := make([]float32, t.rows*t.cols)
	t.weights(held, t.cols)
	g := t.conductances(now)
	window := m.high - m.low
	gains := m.gains
	x := make([]float64, len(m.planes))
	cells := make([][]int32, len(m.planes))
	targets := make([][]float32, len(m.planes))
	for k, c := range change {
		if c == 0 {
			continue
		}
		at := lo + k
		u := 0.0
		if full := t.unit(at) * window; full > 0 {
			u = min(max((float64(held[at])+float64(c))/full, -1), 1)
		}
		m.mapping.Encode(u, x)
		rest, best := u-m.mapping.Offset(), -1 // what is still to be made up, and where
		for i, p := range m.planes {
			if p.Shared {
				rest -= float64(float64(gains[p.Digit]*p.Sign) * x[i])
				x[i] = math.NaN() // the same for all weights
				continue
			}
			old := float64(t.target[i][at])
			if kept := float32(m.low + float64(x[i]*window)); (x[i] == 0 || x[i] == 1) && kept == float32(old) {
				rest -= float64(float64(gains[p.Digit]*p.Sign) * (float64(g[i][at]) - m.low) / window)
				x[i] = math.NaN() // not written
				continue
			}
			rest -= float64(float64(gains[p.Digit]*p.Sign) * x[i])
			if best < 0 || gains[p.Digit] > gains[m.planes[best].Digit] {
				best = i
			}
		}
		if best >= 0 {
			p := m.planes[best]
			x[best] = min(max(x[best]+rest/(gains[p.Digit]*p.Sign), 0), 1)
		}
		for i := range m.planes {
			if math.IsNaN(x[i]) {
				continue
			}
			to := float32(m.low + float64(x[i]*window))
			t.target[i][at] = to
			cells[i], targets[i] = append(cells[i], int32(at)), append(targets[i], to)
		}
	}
	for i, b := range t.blocks {
		if len(cells[i]) == 0 {
			continue
		}
		if err := b.Program(now, cells[i], targets[i]); err != nil {
			return err
		}
		t.pulses += uint64(len(cells[i]))
		t.writeAttojoule += uint64(len(cells[i])) * m.writeAttojoule()
	}
	return nil
}

// unit is the weight of a microsiemens at a place of the tile.
func (t *tile) unit(at int) float64 {
	u := float64(t.factor[at%t.cols])
	if t.drive != nil {
		u *= float64(t.drive[at/t.cols])
	}
	return u
}

// pulse moves pulsed cells by as many pulses as go into the changes: change[k]
// is that of weight lo+k, row by row.
func (t *tile) pulse(key Key, now float64, lo int, change []float32) error {
	m := t.m
	st := philox.Stream{Seed: t.seed, Purpose: purposeUpdate, Trial: key.Trial}
	uS := m.pulseStep()
	s := t.steer(now)
	var of pulses
	var words [4]uint32
	drawn := uint32(math.MaxUint32) // the block that words are of
	for k, c := range change {
		at := lo + k
		step := t.unit(at) * uS // of the weight by a pulse
		if c == 0 || step == 0 {
			continue
		}
		cell := m.first + uint32(at)
		if cell/4 != drawn {
			drawn = cell / 4
			words = st.Block(drawn, key.Step)
		}
		u := philox.Uniform(words[cell%4])
		n := int32(min(math.Floor(math.Abs(float64(c))/step+u), maxPulses))
		if c < 0 {
			n = -n
		}
		of.add(int32(at), n)
	}
	return t.give(now, []pulses{of}, s)
}

// conductances of all planes, uS.
func (t *tile) conductances(now float64) [][]float32 {
	g := make([][]float32, len(t.blocks))
	for i, b := range t.blocks {
		g[i] = make([]float32, b.Len())
		b.Conductance(now, g[i], nil)
	}
	return g
}

// maxPulses bounds what one change asks of a cell.
const maxPulses = 1_000_000
