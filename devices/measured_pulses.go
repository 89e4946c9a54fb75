package devices

import (
	"context"
	"errors"
	"fmt"

	"github.com/synohm/synohm/internal/catalog"
	"github.com/synohm/synohm/internal/config"
)

// MeasuredPulses is a pulsed cell by your own measurement: a CSV of what was read
// after each pulse of a run up (first column) and of a run down (second column).
// When the cell is made, a table of steps over the range of the data is fitted to
// it by least squares, PiecewiseStep with so many nodes; cycle-to-cycle and write
// noise are estimated from what is left over. One run tells nothing of other
// cells: their spread is yours to set.
//
// Values are taken as weights where 0 lies inside them, else their range becomes
// -1 to 1. g_min and g_max are conductances at the ends of the range of the data.
type MeasuredPulses struct {
	Path     string  `yaml:"path" required:"true" doc:"CSV of the value after each up pulse and after each down pulse; seen from the working directory"`
	Nodes    int64   `yaml:"nodes" default:"6" range:"[2, 20]" doc:"nodes of the table of steps"`
	Noise    bool    `yaml:"noise" default:"true" doc:"the cell has the noise that the data show"`
	StepDtod float64 `yaml:"dw_min_dtod" default:"0" range:"[0, 10]" doc:"spread of the step between cells, relative"`
	MaxDtod  float64 `yaml:"w_max_dtod" default:"0" range:"[0, 10]" doc:"spread of the upper bound between cells, relative"`
	MinDtod  float64 `yaml:"w_min_dtod" default:"0" range:"[0, 10]" doc:"spread of the lower bound between cells, relative"`
	GMin     float64 `yaml:"g_min" unit:"uS" default:"0 uS" range:"[0, 1e6]" doc:"conductance at the lowest value (an assumption)"`
	GMax     float64 `yaml:"g_max" unit:"uS" default:"25 uS" range:"(0, 1e6]" doc:"conductance at the highest value (an assumption)"`
}

// MeasuredPulsesModel describes the cell.
func MeasuredPulsesModel() Model {
	return Model{
		Entry: catalog.Entry{
			Name: "measured-pulses", Summary: "pulsed cell by your own run of pulses up and down (CSV)",
			Equation: "up:   w = w + up(w) (1 + dw_min_std xi)\ndown: w = w - down(w) (1 + dw_min_std xi)\n" +
				"up and down are linear between nodes and fitted to the file, as are dw_min_std and the write noise",
			Reference: "the file; rule as piecewise-step",
			Omits:     "what one run cannot tell: other cells, time, other pulses",
			Params:    &MeasuredPulses{},
		},
		New: func(params any) (Cell, error) { return newMeasuredPulses(*params.(*MeasuredPulses)) },
	}
}

// Validate wants a range of conductances.
func (p *MeasuredPulses) Validate() error {
	if !(p.GMin < p.GMax) {
		return config.FieldError{Field: "g_max", Rule: "must be above g_min"}
	}
	return nil
}

func newMeasuredPulses(p MeasuredPulses) (Cell, error) {
	d, err := ReadPulses(p.Path)
	if err != nil {
		return nil, errors.Join(err, errors.New("name a CSV file of pulses with the parameter path"))
	}
	w, scale := d.normalised()
	fit, err := fitPulses(context.Background(), w, scale, guessPulses(w).piecewise(int(p.Nodes)))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", p.Path, err)
	}
	steps := fit.Params.(*PiecewiseStep)
	steps.DwMinDtod, steps.WMaxDtod, steps.WMinDtod = p.StepDtod, p.MaxDtod, p.MinDtod
	steps.GMin, steps.GMax = p.GMin, p.GMax
	if !p.Noise {
		steps.DwMinStd, steps.WriteNoiseStd = 0, 0
	}
	return &MeasuredPulsesCell{PiecewiseStep: steps, Fit: fit}, nil
}

// MeasuredPulsesCell is the cell with how well it fits.
type MeasuredPulsesCell struct {
	*PiecewiseStep
	Fit PulseFit
}

var _ Nominal = (*MeasuredPulsesCell)(nil)

// Files are those that the cell is made of.
func (p *MeasuredPulses) Files() []string { return []string{p.Path} }
