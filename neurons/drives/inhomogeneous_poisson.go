package drives

import (
	"errors"
	"math"
	"slices"

	"github.com/synohm/synohm/internal/catalog"
	"github.com/synohm/synohm/internal/config"
	"github.com/synohm/synohm/internal/philox"
	"github.com/synohm/synohm/sim"
)

// InhomogeneousPoissonParams are the settings of Poisson spike trains whose
// rate changes: by a list, or as a sine.
type InhomogeneousPoissonParams struct {
	RateTimes    []float64 `yaml:"rate_times" unit:"ms" default:"[]" range:"[0, inf)" doc:"when a rate of the list begins to hold, ascending"`
	RateValues   []float64 `yaml:"rate_values" unit:"Hz" default:"[]" range:"[0, 10000000]" doc:"the rates from those times on; zero before the first"`
	AllowOffgrid bool      `yaml:"allow_offgrid" default:"false" doc:"move a time that is off the grid to the end of its step"`
	Rate         float64   `yaml:"rate" unit:"Hz" default:"0 Hz" range:"[0, 10000000]" doc:"mean of the sine"`
	Amplitude    float64   `yaml:"amplitude" unit:"Hz" default:"0 Hz" range:"[0, 10000000]" doc:"amplitude of the sine, at most its mean"`
	Frequency    float64   `yaml:"frequency" unit:"Hz" default:"0 Hz" range:"[0, 10000000]" doc:"frequency of the sine"`
	Phase        float64   `yaml:"phase" default:"0" range:"[-360, 360]" doc:"phase of the sine at time zero, in degrees"`
	Active       `yaml:",inline"`
}

// Validate wants one of the two forms, and no negative rate.
func (p *InhomogeneousPoissonParams) Validate() error {
	errs := []error{
		p.order(), ascending("rate_times", p.RateTimes, true),
		sameLength("rate_values", len(p.RateValues), len(p.RateTimes), "rate_times"),
	}
	sine := p.Rate != 0 || p.Amplitude != 0
	switch lists := len(p.RateTimes) > 0; {
	case lists && sine:
		errs = append(errs, config.FieldError{Field: "rate_times", Rule: "has no meaning beside rate and amplitude; give the list or the sine"})
	case p.Amplitude > p.Rate:
		errs = append(errs, config.FieldError{Field: "amplitude", Rule: "must not be above rate, which would be negative for a while"})
	}
	return errors.Join(errs...)
}

// InhomogeneousPoissonModel describes independent Poisson spike trains of a
// common rate l(t) that changes. The number of spikes in a step is a Poisson
// number of the integral of l over the step, which is exact for both forms:
//
//	list: l(t) = rate_values[i] from rate_times[i] to rate_times[i+1]
//	sine: l(t) = rate + amplitude sin(2 pi frequency t + phase)
//
// symbol | unit | meaning
// l      | Hz   | rate of every train
// m      | 1    | integral of l over a step
//
// NEST's generators take the rate at the end of a step for all of it, so a
// listed rate acts one step earlier there.
func InhomogeneousPoissonModel() Model {
	return Model{
		Entry: catalog.Entry{
			Name:    "inhomogeneous_poisson",
			Summary: "Poisson spike trains whose rate changes by a list or as a sine, independent for every target",
			Equation: "P(n spikes in a step) = m^n exp(-m)/n!, m the integral of l(t) over the step, at most 10000\n" +
				"l(t) = rate_values[i] from rate_times[i] on, or l(t) = rate + amplitude sin(2 pi frequency t + phase)\n" +
				"without to: P(a spike in a step) = m, at most 0.1",
			Reference: "NEST's inhomogeneous_poisson_generator and sinusoidal_poisson_generator",
			Omits:     "spike times between grid points; a train without to has one spike a step at most",
			Params:    &InhomogeneousPoissonParams{},
		},
		New: func(s Setting, params any) (sim.Drive, error) {
			d, err := newInhomogeneous(s, params.(*InhomogeneousPoissonParams), drivable)
			if err != nil {
				return nil, err
			}
			return d, nil
		},
		Emit: func(s Setting, part sim.Part, params any) (sim.Population, error) {
			d, err := newInhomogeneous(s, params.(*InhomogeneousPoissonParams), sendable)
			if err != nil {
				return nil, err
			}
			return chances(part, d.window, d.stream, d.mean), nil
		},
	}
}

// inhomogeneous is a drive of independent trains of one changing rate.
type inhomogeneous struct {
	setting Setting
	window  window
	stream  philox.Stream
	list    pieces // mean numbers of spikes in a step, where the rate is a list
	sine    bool
	base    float64 // of the sine: rate h
	swing   float64 // amplitude h times what the mean over a step leaves of it
	turn    float64 // radians a step
	phase   float64 // radians at the middle of step 0
	table   lastTable
}

var (
	_ sim.Drive = (*inhomogeneous)(nil)

	purposeInhomogeneous = philox.Purpose("drives.inhomogeneous_poisson")
)

func newInhomogeneous(s Setting, p *InhomogeneousPoissonParams, possible func(field string, mean, step float64) error) (*inhomogeneous, error) {
	d := &inhomogeneous{setting: s, stream: philox.Stream{Seed: s.Seed, Purpose: purposeInhomogeneous}, sine: len(p.RateTimes) == 0}
	var err error
	if d.window, err = p.window(s.StepMS); err != nil {
		return nil, err
	}
	seconds := s.StepMS * 1e-3
	if !d.sine {
		if err := possible("rate_values", slices.Max(p.RateValues)*seconds, s.StepMS); err != nil {
			return nil, err
		}
		d.list, err = newPieces("rate_times", p.RateTimes, nil, s.StepMS, p.AllowOffgrid)
		for _, rate := range p.RateValues {
			d.list.values = append(d.list.values, rate*seconds)
		}
		return d, err
	}
	// The mean of sin over a step is sin at its middle times sin(x)/x, where x
	// is half of what the phase turns in a step.
	d.turn = 2 * math.Pi * p.Frequency * seconds
	left := 1.0
	if x := d.turn / 2; x != 0 {
		left = math.Sin(x) / x
	}
	d.base, d.swing = p.Rate*seconds, p.Amplitude*seconds*left
	d.phase = float64(p.Phase*(math.Pi/180)) + float64(d.turn/2)
	return d, possible("rate", d.base+math.Abs(d.swing), s.StepMS)
}

// mean is the mean number of spikes in a step.
func (d *inhomogeneous) mean(step int64) float64 {
	if !d.sine {
		return d.list.at(step)
	}
	return max(0, d.base+float64(d.swing*math.Sin(float64(d.turn*float64(step))+d.phase)))
}

// Add draws the spikes that were sent a delay before and arrive now.
func (d *inhomogeneous) Add(part sim.Part, in sim.Input) {
	sent := in.Step - int64(d.setting.Delay)
	if !d.window.has(sent) {
		return
	}
	if mean := d.mean(sent); mean > 0 {
		d.table.of(mean).Add(d.stream, uint32(sent), part.Lo, in.Channels[d.setting.Channel], d.setting.Weight)
	}
}
