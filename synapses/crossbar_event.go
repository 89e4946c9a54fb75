package synapses

import (
	"context"

	"github.com/synohm/synohm/devices/array"
	"github.com/synohm/synohm/sim"
)

// CheckEvent refuses what CheckSparse does of cells.
func (c *Crossbar) CheckEvent(w *Wiring) error {
	if err := w.CheckEvent(); err != nil {
		return err
	}
	return c.checkCells(w)
}

// MakeEvent gives every synapse cells of its own, which are read, and drift, at
// the very times at which spikes arrive.
func (c *Crossbar) MakeEvent(ctx context.Context, w *Wiring, seed uint64) (sim.EventWeights, error) {
	if err := c.CheckEvent(w); err != nil {
		return nil, err
	}
	a, err := c.alone(w)
	if err != nil {
		return nil, err
	}
	s, err := a.wiring.wireEvent(seed)
	if err != nil {
		return nil, err
	}
	s.order()
	n := s.Synapses()
	if n == 0 {
		return s, nil
	}
	numbers := a.numbers(s.rows.Weights, s.rows.Weight, n)
	s.rows.Weights = nil
	m, err := c.row(ctx, &a, numbers, n, seed)
	if err != nil {
		return nil, err
	}
	return &eventCells{eventSparse: s, cells: m}, nil
}

// eventCells is synapses of exact delays with cells of their own.
type eventCells struct {
	*eventSparse
	cells *array.Matrix
	one   [1]float32
}

var _ sim.EventReader = (*eventCells)(nil)

func (o *eventCells) Bytes() int     { return o.eventSparse.Bytes() + o.cells.Bytes() }
func (o *eventCells) Cost() sim.Cost { return costOf(o.cells) }

// Reports is one, of all cells.
func (o *eventCells) Reports() []array.Report { return o.cells.Reports() }

// Conductances are those of the cells, by source and delay.
func (o *eventCells) Conductances() []array.CellMap { return o.cells.Conductances() }

// Read lets the cells' time go on to that of the spike and reads them.
func (o *eventCells) Read(ctx context.Context, t float64, synapse uint32, sequence uint64) (float32, error) {
	if err := o.cells.AdvanceTo(ctx, t*1e-3); err != nil {
		return 0, err
	}
	o.one[0] = 0
	key := array.Key{Trial: uint32(sequence >> 32), Step: uint32(sequence)}
	err := o.cells.Read(key, onlyRow, int(synapse), int(synapse)+1, o.one[:])
	return o.one[0], err
}

// Snapshot lists the weights as the cells conduct now.
func (o *eventCells) Snapshot(name string) sim.Snapshot {
	s := o.eventSparse.Snapshot(name)
	w := make([]float32, o.Synapses())
	o.cells.Weights(w)
	for k, x := range w {
		s.Values[3*k+2] = float64(x)
	}
	return s
}
