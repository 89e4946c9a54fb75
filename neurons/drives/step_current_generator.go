package drives

import (
	"errors"

	"github.com/synohm/synohm/internal/catalog"
	"github.com/synohm/synohm/sim"
)

// StepCurrentGeneratorParams are the settings of a current that changes at
// given times.
type StepCurrentGeneratorParams struct {
	AmplitudeTimes  []float64 `yaml:"amplitude_times" unit:"ms" default:"[]" range:"[0, inf)" doc:"when the current changes, ascending"`
	AmplitudeValues []float64 `yaml:"amplitude_values" unit:"pA" default:"[]" doc:"the currents from those times on; zero before the first"`
	AllowOffgrid    bool      `yaml:"allow_offgrid" default:"false" doc:"move a time that is off the grid to the end of its step"`
	Active          `yaml:",inline"`
}

// Validate wants ascending times and a value for each.
func (p *StepCurrentGeneratorParams) Validate() error {
	return errors.Join(p.order(), ascending("amplitude_times", p.AmplitudeTimes, true),
		sameLength("amplitude_values", len(p.AmplitudeValues), len(p.AmplitudeTimes), "amplitude_times"))
}

// StepCurrentGeneratorModel describes a current into every target that is
// constant between given times:
//
//	I(t + delay) = amplitude_values[i] for amplitude_times[i] <= t < amplitude_times[i+1]
//	and start <= t < stop, else 0
func StepCurrentGeneratorModel() Model {
	return Model{
		Entry: catalog.Entry{
			Name:      "step_current_generator",
			Summary:   "current that changes at given times",
			Equation:  "I(t + delay) = amplitude_values[i] for amplitude_times[i] <= t < amplitude_times[i+1] and start <= t < stop, else 0",
			Reference: "NEST's step_current_generator",
			Params:    &StepCurrentGeneratorParams{},
		},
		Injects: true,
		New: func(s Setting, params any) (sim.Drive, error) {
			p := params.(*StepCurrentGeneratorParams)
			w, err := p.window(s.StepMS)
			if err != nil {
				return nil, err
			}
			values, err := newPieces("amplitude_times", p.AmplitudeTimes, p.AmplitudeValues, s.StepMS, p.AllowOffgrid)
			if err != nil {
				return nil, err
			}
			return &current{setting: s, window: w, values: values}, nil
		},
	}
}
