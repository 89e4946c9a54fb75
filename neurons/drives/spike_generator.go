package drives

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"sort"

	"github.com/synohm/synohm/internal/catalog"
	"github.com/synohm/synohm/internal/config"
	"github.com/synohm/synohm/sim"
)

// SpikeGeneratorParams are spike times.
type SpikeGeneratorParams struct {
	SpikeTimes   []float64   `yaml:"spike_times" unit:"ms" default:"[]" range:"(0, inf)" doc:"times of the spikes of every train, ascending"`
	SpikeWeights []float64   `yaml:"spike_weights" default:"[]" range:"[0, inf)" doc:"a factor of the weight for every spike time, such as a number of spikes; 1 where empty"`
	SpikeTrains  [][]float64 `yaml:"spike_trains" unit:"ms" default:"[]" range:"(0, inf)" doc:"in place of spike_times, a list of times for each train"`
	AllowOffgrid bool        `yaml:"allow_offgrid" default:"false" doc:"move a time that is off the grid to the end of its step"`
	Active       `yaml:",inline"`
}

// Validate wants ascending times, one way to give them, and a factor for each
// or for none.
func (p *SpikeGeneratorParams) Validate() error {
	errs := []error{p.order(), ascending("spike_times", p.SpikeTimes, false)}
	if len(p.SpikeWeights) > 0 {
		errs = append(errs, sameLength("spike_weights", len(p.SpikeWeights), len(p.SpikeTimes), "spike_times"))
	}
	if len(p.SpikeTrains) > 0 && len(p.SpikeTimes) > 0 {
		errs = append(errs, config.FieldError{Field: "spike_trains", Rule: "has no meaning beside spike_times; give one list for all trains, or one for each"})
	}
	for i, times := range p.SpikeTrains {
		if err := ascending("spike_trains", times, false); err != nil {
			fe := err.(config.FieldError)
			errs = append(errs, config.FieldError{Field: fe.Field, Rule: fmt.Sprintf("train %d %s", i, fe.Rule)})
		}
	}
	return errors.Join(errs...)
}

// SpikeGeneratorModel describes spikes at given times. As a drive every target
// gets all spikes of spike_times, or those of its own train; as a population
// that sends, every train has all of them, or its own.
//
// A spike at t = m h is that of step m-1, as a spike that a neuron stamps so.
// A time within 0.5 us of the grid is on it; others are an error, or with
// allow_offgrid at the end of the step in which they lie.
func SpikeGeneratorModel() Model {
	return Model{
		Entry: catalog.Entry{
			Name:      "spike_generator",
			Summary:   "spikes at given times",
			Equation:  "a spike at every spike time t with start < t <= stop; weight times spike_weights[i] for the i-th",
			Reference: "NEST's spike_generator: rounding to the grid, allow_offgrid_times, spike_weights",
			Omits:     "precise times between grid points, origin",
			Params:    &SpikeGeneratorParams{},
		},
		New: func(s Setting, params any) (sim.Drive, error) {
			list, err := newSpikeList(s, params.(*SpikeGeneratorParams))
			if err != nil {
				return nil, err
			}
			return &givenSpikes{setting: s, list: list}, nil
		},
		Emit: func(s Setting, part sim.Part, params any) (sim.Population, error) {
			p := params.(*SpikeGeneratorParams)
			if len(p.SpikeWeights) > 0 {
				return nil, config.FieldError{Field: "spike_weights", Rule: "has no meaning where projections come from it, since spikes are all alike there; drive the population itself (to)"}
			}
			list, err := newSpikeList(s, p)
			if err == nil {
				err = list.single(s.StepMS)
			}
			if err != nil {
				return nil, err
			}
			return &senders{size: part.Len(), send: func(step int64, spikes []int32) []int32 { return list.send(part, step, spikes) }}, nil
		},
	}
}

// given is one spike.
type given struct {
	step   int64 // in which it is made
	train  int32 // allTrains for a spike of every one
	factor float32
}

const allTrains = -1

// spikeList is spikes by ascending step, and in each by ascending train.
type spikeList struct {
	field  string
	spikes []given
}

// newSpikeList puts the spikes on the grid and leaves out those that the
// generator is not active for.
func newSpikeList(s Setting, p *SpikeGeneratorParams) (*spikeList, error) {
	w, err := p.window(s.StepMS)
	if err != nil {
		return nil, err
	}
	l := &spikeList{field: "spike_times"}
	add := func(train int, times, factors []float64) error {
		stamps, err := gridTimes(l.field, times, s.StepMS, p.AllowOffgrid)
		if err != nil {
			return err
		}
		for i, stamp := range stamps {
			if stamp < 1 {
				return config.FieldError{Field: l.field, Rule: fmt.Sprintf("%g ms would be made before the run begins; the first possible time is %g ms", times[i], s.StepMS)}
			}
			g := given{step: stamp - 1, train: int32(train), factor: 1}
			if len(factors) > 0 {
				g.factor = float32(factors[i])
			}
			if w.has(g.step) {
				l.spikes = append(l.spikes, g)
			}
		}
		return nil
	}
	if len(p.SpikeTrains) == 0 {
		return l, add(allTrains, p.SpikeTimes, p.SpikeWeights)
	}
	l.field = "spike_trains"
	if len(p.SpikeTrains) != s.Size {
		return nil, config.FieldError{Field: l.field, Rule: fmt.Sprintf("has %d lists for %d trains; there must be one for each", len(p.SpikeTrains), s.Size)}
	}
	for i, times := range p.SpikeTrains {
		if err := add(i, times, nil); err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(l.spikes, func(a, b given) int {
		return cmp.Or(cmp.Compare(a.step, b.step), cmp.Compare(a.train, b.train))
	})
	return l, nil
}

// single refuses two spikes of a train in one step.
func (l *spikeList) single(step float64) error {
	for i := 1; i < len(l.spikes); i++ {
		if a, b := l.spikes[i-1], l.spikes[i]; a.step == b.step && a.train == b.train {
			return config.FieldError{Field: l.field, Rule: fmt.Sprintf("has two spikes of a train at %g ms; where projections come from it, a train has one spike a step at most", float64(a.step+1)*step)}
		}
	}
	return nil
}

// of are the spikes of a step.
func (l *spikeList) of(step int64) []given {
	lo := sort.Search(len(l.spikes), func(i int) bool { return l.spikes[i].step >= step })
	hi := lo
	for hi < len(l.spikes) && l.spikes[hi].step == step {
		hi++
	}
	return l.spikes[lo:hi]
}

// send appends the trains of a part that spike in a step.
func (l *spikeList) send(part sim.Part, step int64, spikes []int32) []int32 {
	for _, g := range l.of(step) {
		if g.train == allTrains {
			for i := range part.Len() {
				spikes = append(spikes, int32(i))
			}
		} else if t := int(g.train); t >= part.Lo && t < part.Hi {
			spikes = append(spikes, int32(t-part.Lo))
		}
	}
	return spikes
}

// givenSpikes is a drive of given spikes.
type givenSpikes struct {
	setting Setting
	list    *spikeList
}

var _ sim.Drive = (*givenSpikes)(nil)

// Add adds the spikes that were made a delay before and arrive now.
func (d *givenSpikes) Add(part sim.Part, in sim.Input) {
	to := in.Channels[d.setting.Channel]
	for _, g := range d.list.of(in.Step - int64(d.setting.Delay)) {
		w := float32(d.setting.Weight * g.factor)
		if g.train == allTrains {
			for i := range to {
				to[i] += w
			}
		} else if t := int(g.train); t >= part.Lo && t < part.Hi {
			to[t-part.Lo] += w
		}
	}
}
