package drives

import (
	"github.com/synohm/synohm/internal/catalog"
	"github.com/synohm/synohm/sim"
)

// DCGeneratorParams are the settings of a constant current.
type DCGeneratorParams struct {
	Amplitude float64 `yaml:"amplitude" unit:"pA" default:"0 pA" doc:"the current"`
	Active    `yaml:",inline"`
}

// Validate wants the end after the beginning.
func (p *DCGeneratorParams) Validate() error { return p.order() }

// DCGeneratorModel describes a constant current into every target, from start
// to stop, each a delay later:
//
//	I(t + delay) = amplitude for start <= t < stop, else 0
//
// symbol    | unit | meaning
// amplitude | pA   | the current
func DCGeneratorModel() Model {
	return Model{
		Entry: catalog.Entry{
			Name:      "dc_generator",
			Summary:   "constant current",
			Equation:  "I(t + delay) = amplitude for start <= t < stop, else 0",
			Reference: "NEST's dc_generator",
			Params:    &DCGeneratorParams{},
		},
		Injects: true,
		New: func(s Setting, params any) (sim.Drive, error) {
			p := params.(*DCGeneratorParams)
			w, err := p.window(s.StepMS)
			if err != nil {
				return nil, err
			}
			return &current{setting: s, window: w, values: pieces{from: []int64{0}, values: []float64{p.Amplitude}}}, nil
		},
	}
}

// current is the same current into all targets, constant for some steps.
type current struct {
	setting Setting
	window  window
	values  pieces // pA
}

var _ sim.Drive = (*current)(nil)

// Add adds the current that was sent a delay before.
func (d *current) Add(_ sim.Part, in sim.Input) {
	sent := in.Step - int64(d.setting.Delay)
	if !d.window.has(sent) {
		return
	}
	if x := d.values.at(sent); x != 0 {
		for i := range in.Current {
			in.Current[i] += x
		}
	}
}
