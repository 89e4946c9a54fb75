package drives

import (
	"fmt"
	"sync/atomic"

	"github.com/synohm/synohm/internal/catalog"
	"github.com/synohm/synohm/internal/config"
	"github.com/synohm/synohm/internal/kernels"
	"github.com/synohm/synohm/internal/philox"
	"github.com/synohm/synohm/sim"
)

// PoissonGeneratorParams are the settings of Poisson spike trains.
type PoissonGeneratorParams struct {
	Rate   float64 `yaml:"rate" unit:"Hz" required:"true" range:"[0, 10000000]" doc:"mean rate of every train"`
	Active `yaml:",inline"`
}

// Validate wants the end after the beginning.
func (p *PoissonGeneratorParams) Validate() error { return p.order() }

// PoissonGeneratorModel describes independent Poisson spike trains, one for
// every target. The number of spikes in a step of length h is a Poisson number
// of mean m = rate h, by the inverse of its distribution on a word of 32 bits.
//
// symbol | unit | meaning
// rate   | Hz   | mean rate of a train
// m      | 1    | mean number of spikes in a step
//
// As a population that sends, a train has at most one spike in a step, with
// probability m: its rate is exact, the variance of its counts is smaller than
// a Poisson train's by the factor 1-m, so m is bounded.
func PoissonGeneratorModel() Model {
	return Model{
		Entry: catalog.Entry{
			Name:    "poisson_generator",
			Summary: "Poisson spike trains, independent for every target",
			Equation: "P(n spikes in a step) = m^n exp(-m)/n!, m = rate h, at most 10000\n" +
				"without to: P(a spike in a step) = m, at most 0.1",
			Reference: "conventions of NEST's poisson_generator",
			Omits:     "spike times between grid points; a train without to has one spike a step at most",
			Params:    &PoissonGeneratorParams{},
		},
		New: func(s Setting, params any) (sim.Drive, error) {
			p := params.(*PoissonGeneratorParams)
			mean, w, err := p.prepare(s)
			if err == nil {
				err = drivable("rate", mean, s.StepMS)
			}
			if err != nil {
				return nil, err
			}
			return &poisson{
				setting: s, window: w, table: kernels.NewPoissonTable(mean),
				stream: philox.Stream{Seed: s.Seed, Purpose: purposePoisson},
			}, nil
		},
		Emit: func(s Setting, part sim.Part, params any) (sim.Population, error) {
			p := params.(*PoissonGeneratorParams)
			mean, w, err := p.prepare(s)
			if err == nil {
				err = sendable("rate", mean, s.StepMS)
			}
			if err != nil {
				return nil, err
			}
			stream := philox.Stream{Seed: s.Seed, Purpose: purposePoisson}
			return chances(part, w, stream, func(int64) float64 { return mean }), nil
		},
	}
}

// prepare gives the mean number of spikes in a step, and when there are any.
func (p *PoissonGeneratorParams) prepare(s Setting) (float64, window, error) {
	w, err := p.window(s.StepMS)
	return p.Rate * s.StepMS * 1e-3, w, err
}

var purposePoisson = philox.Purpose("drives.poisson")

// maxMean bounds the mean number of spikes in a step, and with it the table
// that numbers are drawn by: 48 kB.
const maxMean = 10_000

// maxChance bounds the probability of a spike in a step of a train that
// projections come from.
const maxChance = 0.1

// drivable refuses means that are too much for a table.
func drivable(field string, mean, step float64) error {
	if mean <= maxMean {
		return nil
	}
	return config.FieldError{Field: field, Rule: fmt.Sprintf("makes %.4g spikes in a step of %g ms, at most %d are possible; take a shorter step, or a lower rate with a larger weight", mean, step, maxMean)}
}

// sendable refuses means at which a train of one spike a step at most is no
// longer near a Poisson train.
func sendable(field string, mean, step float64) error {
	if mean <= maxChance*(1+1e-9) {
		return nil
	}
	return config.FieldError{Field: field, Rule: fmt.Sprintf("makes %.4g spikes in a step of %g ms; a train that projections come from has one spike a step at most and is near Poisson up to %g of them: take a step of at most %.3g ms, or more trains (size) of a lower rate, or drive the population itself (to)", mean, step, maxChance, step*maxChance/mean)}
}

// poisson is a drive of independent trains of a constant rate.
type poisson struct {
	setting Setting
	window  window
	table   kernels.PoissonTable
	stream  philox.Stream
}

var _ sim.Drive = (*poisson)(nil)

// Add draws the spikes that were sent a delay before and arrive now. The draw
// is that of the step in which they were sent, so a delay shifts a train.
func (p *poisson) Add(part sim.Part, in sim.Input) {
	if sent := in.Step - int64(p.setting.Delay); p.window.has(sent) {
		p.table.Add(p.stream, uint32(sent), part.Lo, in.Channels[p.setting.Channel], p.setting.Weight)
	}
}

// meanTable is the table of one mean.
type meanTable struct {
	mean  float64
	table kernels.PoissonTable
}

// lastTable keeps the table of the mean that was asked for last. Workers may
// ask at the same time: at worst one makes a table that another has made.
type lastTable struct{ last atomic.Pointer[meanTable] }

func (l *lastTable) of(mean float64) *kernels.PoissonTable {
	t := l.last.Load()
	if t == nil || t.mean != mean {
		t = &meanTable{mean: mean, table: kernels.NewPoissonTable(mean)}
		l.last.Store(t)
	}
	return &t.table
}

// chances makes a part of a population of trains that spike in a step with a
// probability, by the same words as a drive's numbers.
func chances(part sim.Part, w window, stream philox.Stream, chance func(step int64) float64) sim.Population {
	return &senders{size: part.Len(), send: func(step int64, spikes []int32) []int32 {
		if !w.has(step) {
			return spikes
		}
		// Words of this and above make a spike: the high ones do in a table too.
		from := uint64((1 - chance(step)) * (1 << 32))
		for i := 0; i < part.Len(); i += 4 {
			b := stream.Block(uint32((part.Lo+i)/4), uint32(step))
			for k := range min(4, part.Len()-i) {
				if uint64(b[k]) >= from {
					spikes = append(spikes, int32(i+k))
				}
			}
		}
		return spikes
	}}
}
