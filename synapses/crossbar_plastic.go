package synapses

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/synohm/synohm/devices"
	"github.com/synohm/synohm/devices/array"
	"github.com/synohm/synohm/sim"
)

// checkPlastic refuses what a rule cannot change.
func checkPlastic(cell devices.Cell, s *array.Settings) error {
	if s.Clock.Compensation != "none" || s.Clock.RefreshEvery > 0 {
		return fmt.Errorf("weights that a rule changes are not compensated or refreshed; leave compensation and refresh_every out")
	}
	if s.Saturate > 0 {
		return fmt.Errorf("weights that a rule changes are scaled by the largest of the start and headroom; leave saturate out")
	}
	if s.NoiseDraw == "cell" {
		return fmt.Errorf("weights that a rule changes draw their noise an output; set noise_draw to output")
	}
	return array.CheckUpdate(cell, s)
}

// makePlastic gives every synapse cells of its own, in one row for the synapses
// of a source within a part, so that a change looks at few cells. Cells are
// numbered as in one list of all.
func (c *Crossbar) makePlastic(ctx context.Context, cell devices.Cell, settings *array.Settings, s *sparse, numbers []float32, seed uint64) (sim.SparseWeights, error) {
	o := &plasticCells{sparse: s, buffer: make([][]float32, len(s.parts)), row: make([][]float32, len(s.parts))}
	end := 0.0
	for _, w := range numbers {
		end = max(end, math.Abs(float64(w)))
	}
	end *= settings.Headroom
	for source := range s.sources {
		for part := range s.parts {
			lo, hi := s.span(int32(source), part)
			var m *array.Matrix
			if hi > lo {
				var err error
				if m, err = array.NewRow(cell, settings, int(hi-lo), seed, lo); err != nil {
					return nil, err
				}
				m.SetEnd(end)
				if err := m.Program(ctx, numbers[lo:hi]); err != nil {
					return nil, err
				}
			}
			o.rows = append(o.rows, m)
		}
	}
	var filled []*array.Matrix
	for _, m := range o.rows {
		if m != nil {
			filled = append(filled, m)
		}
	}
	return o, array.Align(ctx, filled)
}

// plasticCells is synapses with cells of their own that a rule changes.
type plasticCells struct {
	*sparse
	rows   []*array.Matrix // [source*parts+part], nil without synapses
	saved  map[string]any  // State's variables, of all synapses
	times  []float64
	taken  []uint64    // for State
	before sim.Cost    // what was taken before a checkpoint, less what making the rows takes
	buffer [][]float32 // what a spike reads, by part
	row    [][]float32 // of the last row, by part
}

var _ sim.PlasticWeights = (*plasticCells)(nil)

func (o *plasticCells) at(source int32, part int) *array.Matrix {
	return o.rows[int(source)*len(o.parts)+part]
}

// Row reads weights as the cells conduct now, without the noise of a read.
func (o *plasticCells) Row(_ context.Context, _ sim.Key, source int32, part int) (sim.Row, bool, error) {
	r, lo, hi := o.sparse.row(source, part)
	o.row[part] = sized(o.row[part], int(hi-lo))
	r.Weights = o.row[part]
	if m := o.at(source, part); m != nil {
		m.Weights(r.Weights)
	}
	return r, false, nil
}

// sized is a slice of n values, in the memory of s where it has room.
func sized(s []float32, n int) []float32 {
	if n > cap(s) {
		return make([]float32, n)
	}
	return s[:n]
}

// Update programs or pulses the cells of a row.
func (o *plasticCells) Update(_ context.Context, key sim.Key, source int32, part int, change []float32) error {
	m := o.at(source, part)
	if m == nil {
		return nil
	}
	return m.Update(array.Key(key), 0, change)
}

// Deliver reads the cells of every synapse that a spike goes over.
func (o *plasticCells) Deliver(_ context.Context, key sim.Key, spikes []int32, gain []float32, part int, ring *sim.Ring) (events int, err error) {
	to := o.arrivals(key.Step, part, ring)
	for i, source := range spikes {
		m := o.at(source, part)
		if m == nil {
			continue
		}
		lo, hi := o.span(source, part)
		w := zeros(&o.buffer[part], int(hi-lo))
		if err := m.Read(array.Key(key), onlyRow, 0, len(w), w); err != nil {
			return events, err
		}
		to.add(lo, hi, w, gainOf(gain, i))
		events += len(w)
	}
	return events, nil
}

// Reports is one of all cells.
func (o *plasticCells) Reports() []array.Report {
	all := array.Report{Rows: 1, Cols: len(o.targets)}
	for _, m := range o.rows {
		if m == nil {
			continue
		}
		r := m.Reports()[0]
		all.Cells += r.Cells
		all.Wear = max(all.Wear, r.Wear)
		all.Stuck += r.Stuck
		all.Verdicts = all.Verdicts.Add(r.Verdicts)
	}
	cost := o.Cost()
	all.Reads, all.Pulses, all.ReadAttojoule, all.WriteAttojoule = cost.Reads, cost.Pulses, cost.Attojoule, cost.WriteAttojoule
	return []array.Report{all}
}

// Conductances are those of all cells, in the order of sources and targets.
func (o *plasticCells) Conductances() (all []array.CellMap) {
	for _, m := range o.rows {
		if m == nil {
			continue
		}
		for i, c := range m.Conductances() {
			if i == len(all) {
				all = append(all, array.CellMap{Plane: c.Plane, Shape: []int{1, 0}})
			}
			a := &all[i]
			a.Now, a.Target = append(a.Now, c.Now...), append(a.Target, c.Target...)
			a.Shape[1] = len(a.Now)
		}
	}
	return all
}

// Warnings are those of all rows, each once.
func (o *plasticCells) Warnings() (all []string) {
	for _, m := range o.rows {
		if m == nil {
			continue
		}
		for _, w := range m.Warnings() {
			if !slices.Contains(all, w) {
				all = append(all, w)
			}
		}
	}
	return all
}

// Ages tells whether the cells change with time.
func (o *plasticCells) Ages() bool {
	for _, m := range o.rows {
		if m != nil {
			return m.Ages()
		}
	}
	return false
}

func (o *plasticCells) AdvanceTo(ctx context.Context, t float64) error {
	for _, m := range o.rows {
		if m == nil {
			continue
		}
		if err := m.AdvanceTo(ctx, t); err != nil {
			return err
		}
	}
	return nil
}

func (o *plasticCells) Cost() (c sim.Cost) {
	c = o.before
	for _, m := range o.rows {
		if m != nil {
			c = c.Add(costOf(m))
		}
	}
	return c
}

// State is that of all cells, by source and then by target, which is the same
// for any number of workers.
func (o *plasticCells) State() []sim.Variable {
	if o.saved == nil {
		o.saved = map[string]any{}
	}
	cost := o.Cost()
	o.taken = append(o.taken[:0], cost.Reads, cost.Pulses, cost.Attojoule, cost.WriteAttojoule, cost.Picoseconds)
	out := []sim.Variable{{Name: "taken", Values: o.taken}}
	first := true
	at := map[string]int{}
	for _, m := range o.rows {
		if m == nil {
			continue
		}
		if first {
			times := m.Times()
			o.times = append(o.times[:0], times[:]...)
			out = append(out, sim.Variable{Name: "times", Values: o.times})
		}
		for _, v := range m.RowState() {
			o.saved[v.Name] = gather(o.saved[v.Name], at, v, len(o.targets))
			if first {
				for _, other := range out {
					if other.Name == v.Name {
						panic("synapses: two variables of a cell are named " + v.Name)
					}
				}
				out = append(out, sim.Variable{Name: v.Name})
			}
		}
		first = false
	}
	for i := range out {
		if out[i].Values == nil {
			out[i].Values = o.saved[out[i].Name]
		}
	}
	return out
}

// gather puts the values of a row behind those of the rows before it.
func gather(into any, at map[string]int, v devices.Variable, n int) any {
	lo := at[v.Name]
	switch from := v.Values.(type) {
	case []float64:
		into, lo = gathered(into, lo, from, n)
	case []float32:
		into, lo = gathered(into, lo, from, n)
	case []uint32:
		into, lo = gathered(into, lo, from, n)
	case []uint64:
		into, lo = gathered(into, lo, from, n)
	default:
		panic(fmt.Sprintf("synapses: state of type %T", v.Values))
	}
	at[v.Name] = lo
	return into
}

func gathered[T any](into any, lo int, from []T, n int) (any, int) {
	all, ok := into.([]T)
	if !ok {
		all = make([]T, n)
	}
	return all, lo + copy(all[lo:], from)
}

// Restored deals out what was loaded.
func (o *plasticCells) Restored() error {
	at := map[string]int{}
	for _, m := range o.rows {
		if m == nil {
			continue
		}
		for _, v := range m.RowState() {
			lo := at[v.Name]
			switch to := v.Values.(type) {
			case []float64:
				lo += copy(to, o.saved[v.Name].([]float64)[lo:])
			case []float32:
				lo += copy(to, o.saved[v.Name].([]float32)[lo:])
			case []uint32:
				lo += copy(to, o.saved[v.Name].([]uint32)[lo:])
			case []uint64:
				lo += copy(to, o.saved[v.Name].([]uint64)[lo:])
			}
			at[v.Name] = lo
		}
		m.RestoredRow([3]float64(o.times))
	}
	o.before = sim.Cost{}
	now := o.Cost()
	o.before = sim.Cost{
		Reads: o.taken[0] - now.Reads, Pulses: o.taken[1] - now.Pulses, Attojoule: o.taken[2] - now.Attojoule,
		WriteAttojoule: o.taken[3] - now.WriteAttojoule, Picoseconds: o.taken[4] - now.Picoseconds,
	}
	return nil
}

// Bytes adds the cells and the rows they stand in.
func (o *plasticCells) Bytes() int {
	n := o.sparse.Bytes()
	for _, m := range o.rows {
		if m != nil {
			n += m.Bytes() + rowBytes
		}
	}
	return n
}

// rowBytes is what a row takes beside its cells.
const rowBytes = 3000

// Snapshot lists the weights as the cells conduct now, [synapses, 3].
func (o *plasticCells) Snapshot(name string) sim.Snapshot {
	s := o.sparse.Snapshot(name)
	for source := range o.sources {
		for part := range o.parts {
			m := o.at(int32(source), part)
			if m == nil {
				continue
			}
			lo, hi := o.span(int32(source), part)
			w := make([]float32, hi-lo)
			m.Weights(w)
			for k, x := range w {
				s.Values[3*(int(lo)+k)+2] = float64(x)
			}
		}
	}
	return s
}
