package synapses

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"

	"github.com/synohm/synohm/devices"
	"github.com/synohm/synohm/devices/array"
	"github.com/synohm/synohm/internal/catalog"
	"github.com/synohm/synohm/internal/config"
	"github.com/synohm/synohm/sim"
)

// Crossbar puts weights onto arrays of resistive cells.
type Crossbar struct {
	Cell config.Variant `yaml:",inline" catalog:"devices" key:"cell" under:"cell_params" default:"reram-formed" doc:"what a cell is"`

	array.Settings `yaml:",inline"`
}

var _ Physical = (*Crossbar)(nil)

func crossbarKind() Kind {
	return Kind{
		Entry: catalog.Entry{
			Name: "crossbar", Summary: "arrays of modelled resistive cells",
			Equation: "programmed cells: w = scale * (what the mapping makes of the conductances), the largest |w| at the end of the window\n" +
				"formed cells: w = scale * (G+ - G-), scale = wanted std / std(G+ - G-); the mean is 0\n" +
				"an output adds a normal number of variance scale^2 * sum(sigma^2) over the cells of the driven rows",
			Reference: "Lin et al., Resistive memory-based zero-shot liquid state machine for multimodal event data learning, for formed cells; docs/effects.md for what acts when",
			Params:    &Crossbar{},
		},
		New: func(p any) Substrate { return p.(*Crossbar) },
	}
}

// Check refuses weights that the cells cannot be.
func (c *Crossbar) Check(want Want) error {
	if err := want.Check(); err != nil {
		return err
	}
	cell, err := c.cell()
	if err != nil {
		return err
	}
	_, err = formedScale(cell, want)
	return errors.Join(array.Check(cell, &c.Settings, want.Sources, want.Targets), err)
}

// Files are those that the cell is made of.
func (c *Crossbar) Files() []string {
	if f, ok := c.Cell.Value.(interface{ Files() []string }); ok {
		return f.Files()
	}
	return nil
}

// CheckAlone finds what is wrong with cells and arrays whatever is put on them.
func (c *Crossbar) CheckAlone() error {
	cell, err := c.cell()
	if err != nil {
		return err
	}
	return array.Check(cell, &c.Settings, 1, 1)
}

// CheckAge tells whether the cells' model knows them so many seconds after the
// beginning of a run.
func (c *Crossbar) CheckAge(seconds float64) error {
	cell, err := c.cell()
	if err != nil {
		return err
	}
	return array.CheckAge(cell, &c.Settings, seconds)
}

// Bytes is what arrays take.
func (c *Crossbar) Bytes(want Want) float64 {
	cell, err := c.cell()
	if err != nil {
		return 0
	}
	return array.Bytes(cell, &c.Settings, want.Sources, want.Targets)
}

// formedScale is the weight of one microsiemens of cells that are not
// programmed: their own spread is the randomness that a network asks for.
func formedScale(cell devices.Cell, want Want) (float64, error) {
	formed, ok := cell.(devices.Formed)
	if !ok {
		return 0, nil
	}
	_, std := formed.Moments()
	switch {
	case want.Mean != 0:
		return 0, fmt.Errorf("weights of mean %g cannot be had from the difference of two formed cells, whose mean is 0; name a cell that is programmed", want.Mean)
	case want.Std == 0:
		return 0, nil
	case std == 0:
		return 0, fmt.Errorf("cells without spread (g_std 0) cannot give random weights")
	}
	return want.Std / (math.Sqrt2 * std), nil
}

func (c *Crossbar) cell() (devices.Cell, error) {
	model, ok := devices.Find(c.Cell.Kind)
	if !ok {
		return nil, fmt.Errorf("no cell %q", c.Cell.Kind)
	}
	return model.New(c.Cell.Value)
}

// Make makes an array and programs the weights that are wanted onto it, or
// takes formed cells as they are.
func (c *Crossbar) Make(ctx context.Context, want Want, seed uint64) (sim.SpikeWeights, error) {
	if err := c.Check(want); err != nil {
		return nil, err
	}
	var numbers []float32
	cell, err := c.cell()
	if err != nil {
		return nil, err
	}
	if _, ok := cell.(devices.Formed); !ok {
		numbers = want.draw(seed)
	}
	m, err := c.matrix(ctx, cell, &c.Settings, want, numbers, seed, runtime.GOMAXPROCS(0))
	if err != nil {
		return nil, err
	}
	return &onCrossbar{want: want, Matrix: m}, nil
}

// matrix makes an array and puts numbers onto it, or takes formed cells. The
// number of workers changes no result.
func (c *Crossbar) matrix(ctx context.Context, cell devices.Cell, s *array.Settings, want Want, numbers []float32, seed uint64, workers int) (*array.Matrix, error) {
	m, err := array.New(cell, s, want.Sources, want.Targets, seed, workers)
	if err != nil {
		return nil, err
	}
	return m, c.fill(ctx, m, cell, want, numbers)
}

// fill puts numbers onto cells, or takes formed ones as they are.
func (c *Crossbar) fill(ctx context.Context, m *array.Matrix, cell devices.Cell, want Want, numbers []float32) error {
	if numbers != nil {
		return m.Program(ctx, numbers)
	}
	scale, err := formedScale(cell, want)
	if err != nil {
		return err
	}
	return m.Formed(ctx, scale)
}

// onCrossbar reads weights out of an array.
type onCrossbar struct {
	want Want
	*array.Matrix
}

func (o *onCrossbar) Shape() (targets, sources int) { return o.want.Targets, o.want.Sources }

// State is what the array has taken and, where it changes, its cells.
func (o *onCrossbar) State() []sim.Variable { return arrayState(o.Matrix) }

// Restored looks at the cells that were loaded.
func (o *onCrossbar) Restored() error { return o.Matrix.Restored(context.Background()) }

// arrayState is what a checkpoint keeps of an array.
func arrayState(m *array.Matrix) (out []sim.Variable) {
	for _, v := range m.State() {
		out = append(out, sim.Variable{Name: v.Name, Values: v.Values})
	}
	return out
}

func (o *onCrossbar) Cost() sim.Cost { return costOf(o.Matrix) }

// costOf is what an array has taken, over all its tiles.
func costOf(m *array.Matrix) sim.Cost {
	t := m.Taken()
	return sim.Cost{
		Reads: t.Reads, Pulses: t.Pulses, Conversions: t.Conversions,
		Attojoule: t.ReadAttojoule, WriteAttojoule: t.WriteAttojoule, ConvertAttojoule: t.ConvertAttojoule,
		Picoseconds: t.Picoseconds,
	}
}

func (o *onCrossbar) Deliver(_ context.Context, key sim.Key, spikes []int32, lo, hi int, input []float32) error {
	return o.Read(array.Key(key), spikes, lo, hi, input)
}

// Snapshot shows the weights as the cells conduct now.
func (o *onCrossbar) Snapshot(name string) sim.Snapshot {
	w := make([]float32, o.want.Sources*o.want.Targets)
	o.Weights(w)
	return matrixSnapshot(name, "", o.want, w)
}
