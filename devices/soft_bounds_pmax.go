package devices

import (
	"errors"
	"math"

	"github.com/synohm/synohm/internal/catalog"
	"github.com/synohm/synohm/internal/config"
)

// SoftBoundsPmax is a cell with soft bounds by what a measurement shows: the
// number of pulses p_max from one end of its range to the other, and alpha, how
// curved the way is. From the end of its range, after p pulses of one direction
//
//	up:   w = range_min + B (1 - exp(-alpha p))
//	down: w = range_max - B (1 - exp(-alpha p))
//	B = (range_max - range_min) / (1 - exp(-alpha p_max))
//
// alpha = 1/A, the non-linearity A of NeuroSim's cells (Chen, Peng, Yu, NeuroSim,
// IEEE Transactions on CAD 37 (2018), equations 3 to 5). Each pulse takes the
// share 1 - exp(-alpha) of the way to range_min + B or range_max - B, which the
// cell does not reach, since it stops at range_max and range_min. A step at
// w = 0 is (1 - exp(-alpha)) (range_min + B) up, ... (B - range_max) down.
//
// aihwkit takes dw_min = B alpha and up_down = 1 + 2 range_min/B here, which by
// its present rule of up_down is a cell of other steps than its documented
// response; ours keeps the response.
type SoftBoundsPmax struct {
	RangeMax float64 `yaml:"range_max" default:"1" range:"(0, 1000]" doc:"weight after p_max up pulses from range_min"`
	RangeMin float64 `yaml:"range_min" default:"-1" range:"[-1000, 0)" doc:"weight after p_max down pulses from range_max"`
	PMax     float64 `yaml:"p_max" default:"1000" range:"[1, 1e9]" doc:"pulses from one end of the range to the other"`
	Alpha    float64 `yaml:"alpha" default:"0.0005" range:"(0, 10]" doc:"curvature: the share of the way to the soft bound that a pulse goes, about"`

	DwMinDtod     float64 `yaml:"dw_min_dtod" default:"0.3" range:"[0, 10]" doc:"spread of the step between cells, relative"`
	DwMinStd      float64 `yaml:"dw_min_std" default:"0.3" range:"[0, 1000]" doc:"noise of a step from pulse to pulse, in steps"`
	UpDownDtod    float64 `yaml:"up_down_dtod" default:"0.01" range:"[0, 10]" doc:"spread between cells of how much larger up steps are than down steps, in steps"`
	RangeDtod     float64 `yaml:"range_dtod" default:"0.3" range:"[0, 10]" doc:"spread of either end of the range between cells, relative"`
	WriteNoiseStd float64 `yaml:"write_noise_std" default:"0" range:"[0, 10000]" doc:"noise of what is read after a pulse, in steps at 0"`
	MultNoise     bool    `yaml:"mult_noise" default:"true" doc:"noise is in proportion to the step where the cell stands, not to that at 0"`
	GMin          float64 `yaml:"g_min" unit:"uS" default:"0 uS" range:"[0, 1e6]" doc:"conductance at range_min (an assumption)"`
	GMax          float64 `yaml:"g_max" unit:"uS" default:"25 uS" range:"(0, 1e6]" doc:"conductance at range_max (an assumption)"`
}

// SoftBoundsPmaxModel describes the cell.
func SoftBoundsPmaxModel() Model {
	return Model{
		Entry: catalog.Entry{
			Name: "soft-bounds-pmax", Summary: "soft bounds by the pulses across the range and the curvature",
			Equation: "p pulses up from range_min:   w = range_min + B (1 - exp(-alpha p))\np pulses down from range_max: w = range_max - B (1 - exp(-alpha p))\n" +
				"B = (range_max - range_min)/(1 - exp(-alpha p_max)); a step is the share 1 - exp(-alpha) of the way, times (1 + dw_min_std xi)\n" +
				"kept within range_min and range_max; alpha = 1/A of NeuroSim",
			Reference: "Chen, Peng, Yu, NeuroSim, IEEE Transactions on CAD 37 (2018), equations 3 to 5; spreads as in " + rasch2021,
			Omits:     "stuck cells, leak, diffusion and drift of the weight; g_min and g_max are assumed",
			Params:    &SoftBoundsPmax{},
		},
		New: func(params any) (Cell, error) { return params.(*SoftBoundsPmax), nil },
	}
}

// Validate wants a range of conductances, and a response that p_max bends by
// more than rounding.
func (p *SoftBoundsPmax) Validate() error {
	var errs []error
	if !(p.GMin < p.GMax) {
		errs = append(errs, config.FieldError{Field: "g_max", Rule: "must be above g_min"})
	}
	if !(p.Alpha*p.PMax >= 1e-6) {
		errs = append(errs, config.FieldError{Field: "alpha", Rule: "must be at least 1e-6/p_max, which is as good as equal steps"})
	}
	return errors.Join(errs...)
}

// Window is the range of conductances.
func (p *SoftBoundsPmax) Window() (low, high float64) { return p.GMin, p.GMax }

// linear is the same cell as linear steps. The larger step at 0 is dw_min;
// up_down makes the other one.
func (p *SoftBoundsPmax) linear() (of StepParams, softHigh, softLow float64) {
	b := (p.RangeMax - p.RangeMin) / -math.Expm1(-p.Alpha*p.PMax)
	softHigh, softLow = p.RangeMin+b, p.RangeMax-b
	share := -math.Expm1(-p.Alpha)
	up, down := share*softHigh, -share*softLow
	of = StepParams{
		DwMin: max(up, down), DwMinDtod: p.DwMinDtod, DwMinStd: p.DwMinStd, UpDownDtod: p.UpDownDtod,
		WMax: p.RangeMax, WMaxDtod: p.RangeDtod, WMin: p.RangeMin, WMinDtod: p.RangeDtod,
		WriteNoiseStd: p.WriteNoiseStd, GMin: p.GMin, GMax: p.GMax,
	}
	if up > down {
		of.UpDown = 1 - down/up
	} else {
		of.UpDown = up/down - 1
	}
	return of, softHigh, softLow
}

// Make draws the population.
func (p *SoftBoundsPmax) Make(n int, seed uint64, first uint32) Cells {
	steps, softHigh, softLow := p.linear()
	of := steps.draw(n, seed, first)
	r := newLinearRule(of, p.DwMinStd, p.MultNoise)
	for i := range n {
		r.slope(i, 1, 1, softHigh, softLow)
	}
	return steps.cells(of, r, seed, first)
}

// Nominal is the cell without any spread or noise.
func (p *SoftBoundsPmax) Nominal() Cell {
	q := *p
	q.DwMinDtod, q.DwMinStd, q.UpDownDtod, q.RangeDtod, q.WriteNoiseStd = 0, 0, 0, 0, 0
	return &q
}

var _ Nominal = (*SoftBoundsPmax)(nil)
