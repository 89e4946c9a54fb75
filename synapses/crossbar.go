package synapses

import (
	"context"
	"fmt"
	"math"

	"github.com/synohm/synohm/devices"
	"github.com/synohm/synohm/internal/catalog"
	"github.com/synohm/synohm/internal/config"
	"github.com/synohm/synohm/sim"
)

// Crossbar puts weights onto differential pairs of resistive cells.
type Crossbar struct {
	Cell      config.Variant `yaml:",inline" catalog:"devices" key:"cell" under:"cell_params" default:"reram-formed" doc:"what a cell is"`
	Mapping   string         `yaml:"mapping" default:"differential" enum:"differential" doc:"how a weight is split over cells: differential is G+ minus G-"`
	NoiseDraw string         `yaml:"noise_draw" default:"output" enum:"output|cell" doc:"draw read noise once an output (exact in law) or for every cell; synapses with cells of their own draw it for every cell"`

	devices.ReadPulse `yaml:",inline"`
}

func crossbarKind() Kind {
	return Kind{
		Entry: catalog.Entry{
			Name: "crossbar", Summary: "differential pairs of modelled resistive cells",
			Equation: "w = scale * (G+ - G-), scale = wanted std / std(G+ - G-); the mean is 0\n" +
				"an output adds a normal number of variance scale^2 * sum(sigma+^2 + sigma-^2) over the driven rows",
			Reference: "Lin et al., Resistive memory-based zero-shot liquid state machine for multimodal event data learning",
			Omits:     "line resistance, converters, faults, drift",
			Params:    &Crossbar{},
		},
		New: func(p any) Substrate { return p.(*Crossbar) },
	}
}

// Check refuses weights that the difference of two formed cells cannot be.
func (c *Crossbar) Check(want Want) error {
	if err := want.Check(); err != nil {
		return err
	}
	_, err := c.scale(want)
	return err
}

// Bytes is two conductances, their difference and the variance of its read.
func (c *Crossbar) Bytes(want Want) float64 { return 16*want.count() + 8*float64(want.Sources) }

// scale is the weight of one microsiemens.
func (c *Crossbar) scale(want Want) (float64, error) {
	cell, err := c.cell()
	if err != nil {
		return 0, err
	}
	formed, ok := cell.(devices.Formed)
	if !ok {
		return 0, fmt.Errorf("cell %s is programmed, which this mapping cannot", c.Cell.Kind)
	}
	_, std := formed.Moments()
	switch {
	case want.Mean != 0:
		return 0, fmt.Errorf("weights of mean %g cannot be had from the difference of two formed cells, whose mean is 0", want.Mean)
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

// Make forms the cells. Formed cells are not programmed: their own spread is
// the randomness that the projection asks for, and the scale between a
// conductance difference and a weight is chosen so that the spread fits.
func (c *Crossbar) Make(want Want, seed uint64) (sim.SpikeWeights, error) {
	if err := want.Check(); err != nil {
		return nil, err
	}
	scale, err := c.scale(want)
	if err != nil {
		return nil, err
	}
	cell, err := c.cell()
	if err != nil {
		return nil, err
	}
	a := devices.NewCrossbar(cell, want.Sources, want.Targets, c.ReadPulse, seed)
	a.PerCell = c.NoiseDraw == "cell"
	return &onCrossbar{want: want, array: a, scale: float32(scale)}, nil
}

// onCrossbar reads weights out of an array.
type onCrossbar struct {
	want  Want
	array *devices.Crossbar
	scale float32 // weight per uS
}

func (o *onCrossbar) Shape() (int, int)                        { return o.want.Targets, o.want.Sources }
func (o *onCrossbar) AdvanceTo(context.Context, float64) error { return nil }
func (o *onCrossbar) Bytes() int {
	return 16*len(o.array.Plus) + 8*o.array.Rows
}

func (o *onCrossbar) Cost() sim.Cost {
	reads, aj := o.array.Counts()
	return sim.Cost{Reads: reads, Attojoule: aj}
}

func (o *onCrossbar) Deliver(_ context.Context, key sim.Key, spikes []int32, lo, hi int, input []float32) error {
	o.array.Read(key.Trial, key.Step, spikes, lo, hi, o.scale, input)
	return nil
}

// Snapshot shows the conductances of the positive cells of the pairs less
// those of the negative ones.
func (o *onCrossbar) Snapshot(name string) sim.Snapshot {
	d := make([]float32, len(o.array.Plus))
	for i := range d {
		d[i] = o.array.Plus[i] - o.array.Minus[i]
	}
	return matrixSnapshot(name, "uS", o.want, d)
}
