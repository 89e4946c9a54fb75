package drives

import (
	"math"

	"github.com/synohm/synohm/internal/catalog"
	"github.com/synohm/synohm/internal/config"
	"github.com/synohm/synohm/internal/kernels"
	"github.com/synohm/synohm/internal/philox"
	"github.com/synohm/synohm/sim"
)

// PoissonGeneratorParams are the settings of Poisson spike trains.
type PoissonGeneratorParams struct {
	Rate  float64 `yaml:"rate" unit:"Hz" required:"true" range:"[0, 10000000]" doc:"mean rate of every train"`
	Start float64 `yaml:"start" unit:"ms" default:"0 ms" range:"[0, inf)" doc:"when it begins"`
	Stop  float64 `yaml:"stop" unit:"ms" default:"1e12 ms" range:"[0, inf)" doc:"when it ends"`
}

// Validate wants the end after the beginning.
func (p *PoissonGeneratorParams) Validate() error { return startBeforeStop(p.Start, p.Stop) }

func startBeforeStop(start, stop float64) error {
	if stop < start {
		return config.FieldError{Field: "stop", Rule: "must not be before start"}
	}
	return nil
}

// PoissonGeneratorModel describes independent Poisson spike trains, one for
// every target. The number of spikes in a step of length h is a Poisson number
// of mean rate h, by the inverse of its distribution on a word of 32 bits.
func PoissonGeneratorModel() Model {
	return Model{
		Entry: catalog.Entry{
			Name:      "poisson_generator",
			Summary:   "Poisson spike trains, independent for every target",
			Equation:  "P(n spikes in a step) = m^n exp(-m)/n!, m = rate h",
			Reference: "conventions of NEST's poisson_generator",
			Params:    &PoissonGeneratorParams{},
		},
		New: func(s Setting, params any) (sim.Drive, error) {
			return newPoisson(s, params.(*PoissonGeneratorParams)), nil
		},
		Event: func(s EventSetting, params any) (sim.EventDrive, error) {
			return newEventPoisson(s, params.(*PoissonGeneratorParams)), nil
		},
	}
}

// poisson is a drive of independent trains.
type poisson struct {
	setting     Setting
	table       kernels.PoissonTable
	stream      philox.Stream
	first, last int64 // steps with spikes: from first to last-1
}

var purposePoisson = philox.Purpose("drives.poisson")

func newPoisson(s Setting, p *PoissonGeneratorParams) *poisson {
	return &poisson{
		setting: s,
		table:   kernels.NewPoissonTable(p.Rate * s.StepMS * 1e-3),
		stream:  philox.Stream{Seed: s.Seed, Purpose: purposePoisson},
		first:   onGrid(p.Start, s.StepMS), last: onGrid(p.Stop, s.StepMS),
	}
}

// onGrid is the step that begins at a time, or after it.
func onGrid(ms, step float64) int64 { return int64(math.Ceil(min(ms/step-1e-9, 1e15))) }

// Add draws the spikes that were sent a delay before and arrive now.
func (p *poisson) Add(part sim.Part, in sim.Input) {
	sent := in.Step - int64(p.setting.Delay)
	if sent < p.first || sent >= p.last {
		return
	}
	p.table.Add(p.stream, uint32(in.Step), part.Lo, in.Channels[p.setting.Channel], p.setting.Weight)
}
