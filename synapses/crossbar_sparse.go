package synapses

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/synohm/synohm/devices"
	"github.com/synohm/synohm/devices/array"
	"github.com/synohm/synohm/internal/philox"
	"github.com/synohm/synohm/sim"
)

// CheckSparse refuses weights that the cells cannot be, and what needs a whole
// array: a synapse has cells of its own, which share no line and no converter.
func (c *Crossbar) CheckSparse(w *Wiring) error {
	if err := w.Check(); err != nil {
		return err
	}
	return c.checkCells(w)
}

// checkCells is CheckSparse but for what is wired.
func (c *Crossbar) checkCells(w *Wiring) error {
	cell, err := c.cell()
	if err != nil {
		return err
	}
	s, err := c.sparseSettings()
	errs := []error{err, array.Check(cell, s, 1, 1)}
	if w.Plastic {
		errs = append(errs, checkPlastic(cell, s))
	}
	if _, ok := cell.(devices.Formed); ok {
		want, err := sparseWant(w)
		if err == nil {
			_, err = formedScale(cell, want)
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// sparseSettings are those of cells that stand alone, with everything in them
// that such cells cannot have.
func (c *Crossbar) sparseSettings() (*array.Settings, error) {
	s := c.Settings
	s.Tile = array.Tile{}
	var errs []error
	refuse := func(is bool, remedy string) {
		if is {
			errs = append(errs, fmt.Errorf("synapses that are not a whole matrix %s", remedy))
		}
	}
	const whole = ", or make it one: all_to_all, with normal weights (a std other than 0, no min or max) and one delay"
	refuse(s.Resist(), "have cells of their own, which share no lines; leave lines out"+whole)
	refuse(s.Input != nil || s.Output != nil, "have cells of their own, which share no converters; leave input and output out"+whole)
	refuse(s.Mapping.Kind == "reference", "share no reference column; choose another mapping, such as differential"+whole)
	refuse(s.Scaling != "matrix", "have no tiles, rows and columns; set scaling to matrix"+whole)
	refuse(s.Clock.Compensation == "column", "have no columns; set compensation to none or global"+whole)
	return &s, errors.Join(errs...)
}

// sparseWant is what formed cells are asked for.
func sparseWant(w *Wiring) (Want, error) {
	d := w.Weight
	if d.Kind == philox.Constant || d.Kind == philox.NormalDraw && !d.Cut() {
		return Want{Sources: 1, Targets: 1, Mean: d.A, Std: d.B}, nil
	}
	return Want{}, fmt.Errorf("weights that are not normal, or are cut by min and max, cannot be had from the difference of two formed cells; give mean 0 and std alone, or name a cell that is programmed")
}

// SparseBytes is the wiring and the cells of every synapse.
func (c *Crossbar) SparseBytes(w *Wiring) float64 {
	cell, err := c.cell()
	if err != nil {
		return 0
	}
	bytes := w.bytes(array.CellBytes(cell, &c.Settings))
	if w.Plastic {
		rows := float64(w.Sources) * float64(len(sim.Parts(w.Targets, w.Workers)))
		bytes += rowBytes * min(rows, w.Rule.Expected(w))
	}
	return bytes
}

// alone is what synapses with cells of their own are made with.
type alone struct {
	cell     devices.Cell
	settings *array.Settings
	formed   bool
	want     Want   // of formed cells
	wiring   Wiring // without weights where the cells are formed
}

func (c *Crossbar) alone(w *Wiring) (a alone, err error) {
	if a.cell, err = c.cell(); err != nil {
		return a, err
	}
	if a.settings, err = c.sparseSettings(); err != nil {
		return a, err
	}
	a.wiring = *w
	if _, a.formed = a.cell.(devices.Formed); a.formed {
		a.want, err = sparseWant(w)
		a.wiring.Weight = philox.Fixed(0)
	}
	return a, err
}

// numbers are the weights of n synapses, each its own or all the same, that are
// programmed; none where cells are formed.
func (a *alone) numbers(own []float32, same float32, n int) []float32 {
	switch {
	case a.formed:
		return nil
	case own != nil:
		return own
	}
	return slices.Repeat([]float32{same}, n)
}

// row makes the cells of all synapses, as a single row.
func (c *Crossbar) row(ctx context.Context, a *alone, numbers []float32, n int, seed uint64) (*array.Matrix, error) {
	m, err := array.NewRow(a.cell, a.settings, n, seed, 0)
	if err != nil {
		return nil, err
	}
	return m, c.fill(ctx, m, a.cell, a.want, numbers)
}

// MakeSparse gives every synapse cells of its own: the array of them is a
// single row, of which a spike reads the columns of its source.
func (c *Crossbar) MakeSparse(ctx context.Context, w *Wiring, seed uint64) (sim.SparseWeights, error) {
	if err := c.CheckSparse(w); err != nil {
		return nil, err
	}
	a, err := c.alone(w)
	if err != nil {
		return nil, err
	}
	s, err := a.wiring.wire(seed)
	if err != nil {
		return nil, err
	}
	n := len(s.targets)
	if n == 0 {
		return s, nil
	}
	numbers := a.numbers(s.weights, s.weight, n)
	s.weights = nil
	if w.Plastic {
		return c.makePlastic(ctx, a.cell, a.settings, s, numbers, seed)
	}
	m, err := c.row(ctx, &a, numbers, n, seed)
	if err != nil {
		return nil, err
	}
	return &onCells{SparseWeights: s, wires: s, cells: m, buffer: make([][]float32, len(s.parts))}, nil
}

// onCells is synapses with cells of their own. The draws of a synapse are those
// of its place in the order of sources and targets, which depends on no number
// of workers.
type onCells struct {
	sim.SparseWeights         // who is joined with whom; nothing that changes weights
	wires             *sparse // the same
	cells             *array.Matrix
	buffer            [][]float32 // what a spike reads, by part
}

var _ sim.SparseWeights = (*onCells)(nil)

func (o *onCells) Bytes() int     { return o.wires.Bytes() + o.cells.Bytes() }
func (o *onCells) Cost() sim.Cost { return costOf(o.cells) }

// Reports is one, of all cells.
func (o *onCells) Reports() []array.Report { return o.cells.Reports() }

// Conductances are those of the cells, in the order of sources and targets.
func (o *onCells) Conductances() []array.CellMap { return o.cells.Conductances() }

// Warnings are those of the cells.
func (o *onCells) Warnings() []string { return o.cells.Warnings() }

// State is that of cells that change.
func (o *onCells) State() []sim.Variable { return arrayState(o.cells) }

// Restored looks at the cells that were loaded.
func (o *onCells) Restored() error { return o.cells.Restored(context.Background()) }

// Ages tells whether the cells change with time.
func (o *onCells) Ages() bool { return o.cells.Ages() }

func (o *onCells) AdvanceTo(ctx context.Context, t float64) error { return o.cells.AdvanceTo(ctx, t) }

// Deliver reads the cells of every synapse that a spike goes over.
func (o *onCells) Deliver(_ context.Context, key sim.Key, spikes []int32, gain []float32, part int, ring *sim.Ring) (events int, err error) {
	to := o.wires.arrivals(key.Step, part, ring)
	for i, source := range spikes {
		lo, hi := o.wires.span(source, part)
		w := zeros(&o.buffer[part], int(hi-lo))
		if err := o.cells.Read(array.Key(key), onlyRow, int(lo), int(hi), w); err != nil {
			return events, err
		}
		to.add(lo, hi, w, gainOf(gain, i))
		events += len(w)
	}
	return events, nil
}

// onlyRow is what is driven where cells stand alone, in a single row.
var onlyRow = []int32{0}

// zeros are n of them, in memory that is kept.
func zeros(in *[]float32, n int) []float32 {
	*in = sized(*in, n)
	clear(*in)
	return *in
}

// Snapshot lists the weights as the cells conduct now, [synapses, 3]: source,
// target, weight.
func (o *onCells) Snapshot(name string) sim.Snapshot {
	s := o.wires.Snapshot(name)
	w := make([]float32, len(o.wires.targets))
	o.cells.Weights(w)
	for k, x := range w {
		s.Values[3*k+2] = float64(x)
	}
	return s
}
