package devices

import (
	"fmt"
	"math"
	"slices"
)

// Block is cells of one kind together with the effects that were switched on:
// what an array is made of. It is changed by one goroutine at a time. In which
// order the effects act is told in docs/effects.md, and told again by the order
// of the lines in Program and in NewBlock.
type Block struct {
	cells     Cells
	n         int
	first     uint32
	low, high float64 // window, uS

	wear []uint32 // cycles of every cell; nil where nothing changes cells

	levels *LevelsEffect
	cycle  *cycleDraws
	lives  *lives
	held   []reading // retention and read disturb: what they do, a cell has become
	seen   []reading // the effects after these, which act on the look of a cell
	stuck  *stuckCells

	retained  *retained
	disturbed *disturbed
}

// NewBlock makes n cells, numbered from first. What is drawn for a cell depends
// on seed and its number alone. It returns every mistake of the effects, and
// all of them that such cells cannot have.
func NewBlock(cell Cell, e Effects, n int, seed uint64, first uint32) (*Block, error) {
	b := &Block{cells: cell.Make(n, seed, first), n: n, first: first}
	b.low, b.high = cell.Window()
	if err := checkEffects(b.cells, e); err != nil {
		return nil, err
	}
	if changes(b.cells) {
		b.wear = make([]uint32, n)
	}
	b.levels = e.Levels
	if e.Spread != nil && e.Spread.Cycle > 0 {
		b.cycle = &cycleDraws{effect: e.Spread, stream: stream(seed, purposeCycle)}
	}
	if e.Retention != nil {
		b.retained = &retained{written: make([]float64, n), tau: e.Retention.tau(), end: end(e.Retention.Towards, b.low, b.high)}
		b.held = append(b.held, b.retained)
	}
	if e.ReadDisturb != nil {
		b.disturbed = newDisturbed(e.ReadDisturb, n, b.low, b.high)
		b.held = append(b.held, b.disturbed)
	}
	if e.Spread != nil && e.Spread.Device > 0 {
		b.seen = append(b.seen, newDeviceGains(e.Spread, n, seed, first))
	}
	if e.Telegraph != nil {
		b.seen = append(b.seen, newTraps(e.Telegraph, n, seed, first))
	}
	if e.Endurance != nil {
		b.lives = newLives(e.Endurance, b.low, b.high, b.wear, seed, first)
		b.seen = append(b.seen, b.lives)
	}
	if e.Stuck != nil {
		b.stuck = newStuckCells(e.Stuck, n, b.low, b.high, seed, first)
		b.seen = append(b.seen, b.stuck)
	}
	return b, nil
}

// Len is the number of cells.
func (b *Block) Len() int { return b.n }

// First is the number of the first cell.
func (b *Block) First() uint32 { return b.first }

// Cells are those of the model, without the effects.
func (b *Block) Cells() Cells { return b.cells }

// Window is the range of conductances that a cell can be asked for, uS.
func (b *Block) Window() (low, high float64) { return b.low, b.high }

// Wear is how many cycles every cell has gone through: programmings, pulses,
// and voltages other than 0 that were applied. It is nil where nothing can be
// done to the cells. The slice is the block's own.
func (b *Block) Wear() []uint32 { return b.wear }

// Faults counts the cells that do not follow now.
func (b *Block) Faults() Faults {
	var f Faults
	var stuck []int32
	if b.stuck != nil {
		f, stuck = b.stuck.counts, b.stuck.cells
	}
	if b.lives != nil {
		for i := range b.wear {
			if len(stuck) > 0 && stuck[0] == int32(i) {
				stuck = stuck[1:]
				continue
			}
			if b.lives.left(i) == 0 {
				f.Worn++
			}
		}
	}
	return f
}

// Program brings cells[k] to about target[k] uS, which lies in the window, at
// time t.
func (b *Block) Program(t float64, cells []int32, target []float32) error {
	p, ok := b.cells.(Programmable)
	if !ok {
		return fmt.Errorf("these cells cannot be programmed to a conductance")
	}
	if err := b.listed(cells, len(target), "targets"); err != nil {
		return err
	}
	if err := b.inWindow(cells, target); err != nil {
		return err
	}
	reached := cells
	if b.lives != nil {
		reached, target = unbroken(b, cells, target)
	}
	if b.levels != nil || b.cycle != nil {
		asked := target
		target = make([]float32, len(asked))
		each(b.n, reached, func(k, i int) { target[k] = b.aim(i, asked[k]) })
	}
	p.Program(t, reached, target)
	b.written(t, reached)
	each(b.n, cells, func(_, i int) { b.wears(i, 1) })
	return nil
}

// aim is the target that a cell is given in place of the one asked for.
func (b *Block) aim(i int, target float32) float32 {
	x := float64(target)
	if b.levels != nil {
		x = b.levels.round(x, b.low, b.high)
	}
	if b.cycle != nil {
		x *= b.cycle.factor(b.first+uint32(i), b.wear[i])
	}
	return float32(min(max(x, b.low), b.high))
}

// Pulse gives cells[k] pulses[k] pulses, up where positive.
func (b *Block) Pulse(t float64, cells []int32, pulses []int32) error {
	p, ok := b.cells.(Pulsed)
	if !ok {
		return fmt.Errorf("these cells have no pulses of a fixed size")
	}
	if err := b.listed(cells, len(pulses), "numbers of pulses"); err != nil {
		return err
	}
	given := pulses
	if b.lives != nil {
		given = make([]int32, len(pulses))
		each(b.n, cells, func(k, i int) {
			left := int64(b.lives.left(i))
			given[k] = int32(max(-left, min(left, int64(pulses[k]))))
		})
	}
	b.settle(t, cells)
	p.Pulse(t, cells, given)
	each(b.n, cells, func(k, i int) { b.wears(i, uint32(max(int64(pulses[k]), -int64(pulses[k])))) })
	return nil
}

// Apply puts volts[k] across cells[k] for some seconds.
func (b *Block) Apply(t float64, cells []int32, volts []float64, seconds float64) error {
	d, ok := b.cells.(Driven)
	if !ok {
		return fmt.Errorf("these cells do not follow a voltage")
	}
	if err := b.listed(cells, len(volts), "voltages"); err != nil {
		return err
	}
	reached, given := cells, volts
	if b.lives != nil {
		reached, given = unbroken(b, cells, volts)
	}
	b.settle(t, reached)
	if err := d.Apply(t, reached, given, seconds); err != nil {
		return err
	}
	each(b.n, cells, func(k, i int) {
		if volts[k] != 0 {
			b.wears(i, 1)
		}
	})
	return nil
}

// settle makes what retention and reads did to cells the state of the model,
// from which a pulse goes on. Both effects forget: what they do from here on
// does not depend on how a cell came here, so that this changes nothing that
// is read. A cell that moved by less than a ten-thousandth of the window is let
// be, and its time and reads run on: a step that single precision rounds is no
// place to begin anew from.
func (b *Block) settle(t float64, cells []int32) {
	s, ok := b.cells.(Settable)
	if !ok || len(b.held) == 0 {
		return
	}
	before, after := make([]float32, b.n), make([]float32, b.n)
	b.cells.Conductance(t, before, nil)
	copy(after, before)
	for _, e := range b.held {
		e.read(t, after, nil)
	}
	least := 1e-4 * (b.high - b.low)
	moved, to := []int32{}, []float32{}
	each(b.n, cells, func(_, i int) {
		if math.Abs(float64(after[i])-float64(before[i])) >= least {
			moved = append(moved, int32(i))
			to = append(to, float32(min(max(float64(after[i]), b.low), b.high)))
		}
	})
	s.Set(t, moved, to)
	b.written(t, moved)
}

// written begins the time and the reads of cells anew.
func (b *Block) written(t float64, cells []int32) {
	if b.retained != nil {
		each(b.n, cells, func(_, i int) { b.retained.written[i] = t })
	}
	if b.disturbed != nil {
		each(b.n, cells, func(_, i int) { b.disturbed.reads[i] = 0 })
	}
}

func (b *Block) wears(i int, cycles uint32) {
	b.wear[i] = uint32(min(uint64(b.wear[i])+uint64(cycles), mostWear))
}

// Reads tells that cell i was read times[i] times since it was told last.
func (b *Block) Reads(times []uint32) {
	if b.disturbed != nil {
		b.disturbed.count(times)
	}
}

// Conductance writes what the cells conduct at time t and the standard
// deviation of one read, uS. A nil sigma is not wanted.
func (b *Block) Conductance(t float64, g, sigma []float32) {
	b.cells.Conductance(t, g, sigma)
	for _, e := range b.held {
		e.read(t, g, sigma)
	}
	for _, e := range b.seen {
		e.read(t, g, sigma)
	}
}

// State names the variables of the cells and of the effects. Which cell is
// stuck, has a trap, or lives how long is drawn from the seed and is no state.
func (b *Block) State() []Variable {
	s := slices.Clip(b.cells.State())
	if b.wear != nil {
		s = append(s, Variable{Name: "wear", Doc: "cycles: programmings, pulses, voltages applied", Values: b.wear})
	}
	if b.retained != nil {
		s = append(s, Variable{Name: "retained_since", Unit: "s", Doc: "when the cell was as its model says", Values: b.retained.written})
	}
	if b.disturbed != nil {
		s = append(s, Variable{Name: "disturbing_reads", Doc: "reads since the cell was as its model says", Values: b.disturbed.reads})
	}
	return s
}

// unbroken leaves broken cells out of a list.
func unbroken[T any](b *Block, cells []int32, values []T) (reached []int32, of []T) {
	reached, of = make([]int32, 0, len(values)), make([]T, 0, len(values))
	each(b.n, cells, func(k, i int) {
		if b.lives.left(i) > 0 {
			reached, of = append(reached, int32(i)), append(of, values[k])
		}
	})
	return reached, of
}

// listed checks a list of cells and how many values came with it.
func (b *Block) listed(cells []int32, values int, what string) error {
	want := len(cells)
	if cells == nil {
		want = b.n
	}
	if values != want {
		return fmt.Errorf("%d %s for %d cells", values, what, want)
	}
	last := int32(-1)
	for _, c := range cells {
		if c <= last || int(c) >= b.n {
			return fmt.Errorf("cell %d in a list: cells are numbered from 0 to %d and listed in ascending order", c, b.n-1)
		}
		last = c
	}
	return nil
}

// inWindow checks targets, which may miss the ends by what single precision
// rounds away.
func (b *Block) inWindow(cells []int32, target []float32) error {
	slack := 1e-6 * b.high
	low, high := float32(b.low-slack), float32(b.high+slack)
	for k, x := range target {
		if x >= low && x <= high {
			continue
		}
		i := k
		if cells != nil {
			i = int(cells[k])
		}
		if math.IsNaN(float64(x)) {
			return fmt.Errorf("the target of cell %d is not a number", i)
		}
		return fmt.Errorf("cell %d cannot be brought to %g uS: its window is %g to %g uS", i, x, b.low, b.high)
	}
	return nil
}
