package devices

import "fmt"

// Block is cells of one kind together with the effects that were switched on:
// what an array is made of. It is changed by one goroutine at a time.
type Block struct {
	cells Cells
	n     int
}

// NewBlock makes n cells, numbered from first. What is drawn for a cell depends
// on seed and its number alone.
func NewBlock(cell Cell, e Effects, n int, seed uint64, first uint32) (*Block, error) {
	return &Block{cells: cell.Make(n, seed, first), n: n}, nil
}

// Len is the number of cells.
func (b *Block) Len() int { return b.n }

// Cells are those of the model, without the effects.
func (b *Block) Cells() Cells { return b.cells }

// Program brings cells[k] to about target[k] uS at time t.
func (b *Block) Program(t float64, cells []int32, target []float32) error {
	p, ok := b.cells.(Programmable)
	if !ok {
		return fmt.Errorf("these cells cannot be programmed to a conductance")
	}
	p.Program(t, cells, target)
	return nil
}

// Pulse gives cells[k] pulses[k] pulses, up where positive.
func (b *Block) Pulse(t float64, cells []int32, pulses []int32) error {
	p, ok := b.cells.(Pulsed)
	if !ok {
		return fmt.Errorf("these cells have no pulses of a fixed size")
	}
	p.Pulse(t, cells, pulses)
	return nil
}

// Apply puts volts[k] across cells[k] for some seconds.
func (b *Block) Apply(t float64, cells []int32, volts []float64, seconds float64) error {
	d, ok := b.cells.(Driven)
	if !ok {
		return fmt.Errorf("these cells do not follow a voltage")
	}
	return d.Apply(t, cells, volts, seconds)
}

// Reads tells that every cell was read so many times since it was told last.
func (b *Block) Reads(times []uint32) {}

// Conductance writes what the cells conduct at time t and the standard
// deviation of one read, uS.
func (b *Block) Conductance(t float64, g, sigma []float32) { b.cells.Conductance(t, g, sigma) }

// State names the variables of the cells and of the effects.
func (b *Block) State() []Variable { return b.cells.State() }
