package drives

import (
	"errors"
	"math"

	"github.com/synohm/synohm/internal/catalog"
	"github.com/synohm/synohm/internal/config"
	"github.com/synohm/synohm/internal/philox"
	"github.com/synohm/synohm/sim"
)

// NoiseGeneratorParams are the settings of a Gaussian white current.
type NoiseGeneratorParams struct {
	Mean      float64 `yaml:"mean" unit:"pA" default:"0 pA" doc:"mean of the current"`
	Std       float64 `yaml:"std" unit:"pA" default:"0 pA" range:"[0, inf)" doc:"standard deviation of the current"`
	StdMod    float64 `yaml:"std_mod" unit:"pA" default:"0 pA" range:"[0, inf)" doc:"modulation of the standard deviation, at most std"`
	Frequency float64 `yaml:"frequency" unit:"Hz" default:"0 Hz" range:"[0, 10000000]" doc:"frequency of the modulation"`
	Phase     float64 `yaml:"phase" default:"0" range:"[-360, 360]" doc:"phase of the modulation at time zero, in degrees"`
	Dt        float64 `yaml:"dt" unit:"ms" default:"1 ms" range:"(0, 1000000000]" doc:"how long a drawn current holds, a whole number of steps"`
	Active    `yaml:",inline"`
}

// Validate keeps the variance from being negative.
func (p *NoiseGeneratorParams) Validate() error {
	err := p.order()
	if p.StdMod > p.Std {
		err = errors.Join(err, config.FieldError{Field: "std_mod", Rule: "must not be above std, or the variance would be negative for a while"})
	}
	return err
}

// NoiseGeneratorModel describes a Gaussian white current, independent for every
// target and constant over intervals of dt that are counted from start:
//
//	I_j = mean + sqrt(std^2 + std_mod^2 sin(2 pi frequency t_j + phase)) N_j
//
// symbol | unit | meaning
// t_j    | ms   | begin of interval j: start + j dt
// N_j    | 1    | standard normal number
//
// Its spectrum is white up to about 1/(2 dt): the power density at zero is
// 2 std^2 dt (one-sided). A membrane of time constant tau and resistance R
// sees, at the ends of intervals, a variance of
// (R std)^2 (1 - x)/(1 + x), x = exp(-dt/tau), so a change of dt changes the
// strength of the noise.
func NoiseGeneratorModel() Model {
	return Model{
		Entry: catalog.Entry{
			Name:      "noise_generator",
			Summary:   "Gaussian white current, independent for every target",
			Equation:  "I_j = mean + sqrt(std^2 + std_mod^2 sin(2 pi frequency t_j + phase)) N_j for t_j <= t < t_j + dt, t_j = start + j dt",
			Reference: "NEST's noise_generator",
			Omits:     "numbers beyond 6.3 standard deviations",
			Params:    &NoiseGeneratorParams{},
		},
		Injects: true,
		New: func(s Setting, params any) (sim.Drive, error) {
			p := params.(*NoiseGeneratorParams)
			w, err := p.window(s.StepMS)
			if err != nil {
				return nil, err
			}
			dt, err := onGrid("dt", p.Dt, s.StepMS)
			if err == nil && dt < 1 {
				err = config.FieldError{Field: "dt", Rule: offGrid(p.Dt, s.StepMS)}
			}
			if err != nil {
				return nil, err
			}
			return &noise{
				setting: s, window: w, params: *p, steps: dt,
				stream: philox.Stream{Seed: s.Seed, Purpose: purposeNoise},
				drawn:  make([]int64, (s.Size+held-1)/held), values: make([]float64, s.Size),
			}, nil
		},
	}
}

var purposeNoise = philox.Purpose("drives.noise")

// held is how many neighbours have their currents drawn together. Parts of
// workers begin at multiples of it.
const held = 16

// noise is a drive of independent currents. Currents of an interval are kept
// until the next, so that they are drawn once; what is kept follows from the
// step alone and is no state.
type noise struct {
	setting Setting
	window  window
	params  NoiseGeneratorParams
	steps   int64 // of an interval
	stream  philox.Stream
	drawn   []int64   // interval that the values of 16 neighbours are of, plus 1
	values  []float64 // pA
}

var _ sim.Drive = (*noise)(nil)

// Add adds the current that was sent a delay before.
func (d *noise) Add(part sim.Part, in sim.Input) {
	sent := in.Step - int64(d.setting.Delay)
	if !d.window.has(sent) {
		return
	}
	j := (sent - d.window.first) / d.steps
	for lo := part.Lo / held * held; lo < part.Hi; lo += held {
		if d.drawn[lo/held] != j+1 {
			d.draw(lo, j)
		}
	}
	for i, x := range d.values[part.Lo:part.Hi] {
		in.Current[i] += x
	}
}

// draw makes the currents of 16 neighbours in an interval.
func (d *noise) draw(lo int, j int64) {
	mean, std := d.params.Mean, d.deviation(j)
	for i := lo; i < min(lo+held, len(d.values)); i += 4 {
		for k, x := range philox.Normal4(d.stream.Block(uint32(i/4), uint32(j))) {
			if i+k < len(d.values) {
				d.values[i+k] = mean + float64(std*x)
			}
		}
	}
	d.drawn[lo/held] = j + 1
}

// deviation is the standard deviation in an interval.
func (d *noise) deviation(j int64) float64 {
	p := &d.params
	if p.StdMod == 0 {
		return p.Std
	}
	ms := float64(d.window.first+j*d.steps) * d.setting.StepMS
	s := math.Sin(float64(2*math.Pi*p.Frequency*1e-3*ms) + float64(p.Phase*(math.Pi/180)))
	return math.Sqrt(max(0, float64(p.Std*p.Std)+float64(p.StdMod*p.StdMod*s)))
}
