package devices

import (
	"math"

	"github.com/synohm/synohm/internal/catalog"
)

// LinearStep is a cell whose steps change linearly with its weight:
//
//	up:   w = w + (scale_up   + slope_up   w) (1 + dw_min_std xi)
//	down: w = w - (scale_down + slope_down w) (1 + dw_min_std xi)
//	slope_up   = -|gamma_up   + gamma_up_dtod   xi| scale_up   / w_max
//	slope_down = -|gamma_down + gamma_down_dtod xi| scale_down / w_min
//
// so that a step at the bound is 1 - gamma of that at 0. With mult_noise: false
// the noise is that of the step at 0, scale dw_min_std xi. Slopes refer to the
// nominal bounds, or to each cell's own with mean_bound_reference: false; that
// of a bound at 0 is 0.
type LinearStep struct {
	StepParams `yaml:",inline"`

	GammaUp       float64 `yaml:"gamma_up" default:"0" range:"[0, 10]" doc:"share by which an up step is smaller at w_max than at 0"`
	GammaUpDtod   float64 `yaml:"gamma_up_dtod" default:"0.05" range:"[0, 10]" doc:"spread of gamma_up between cells"`
	GammaDown     float64 `yaml:"gamma_down" default:"0" range:"[0, 10]" doc:"share by which a down step is smaller at w_min than at 0"`
	GammaDownDtod float64 `yaml:"gamma_down_dtod" default:"0.05" range:"[0, 10]" doc:"spread of gamma_down between cells"`
	MultNoise     bool    `yaml:"mult_noise" default:"true" doc:"noise is in proportion to the step where the cell stands, not to that at 0"`
	MeanBound     bool    `yaml:"mean_bound_reference" default:"true" doc:"slopes refer to the nominal bounds, not to each cell's"`
}

func linearStepModel(name, summary, reference string, defaults map[string]string) Model {
	return Model{
		Entry: catalog.Entry{
			Name: name, Summary: summary, Reference: reference, Defaults: defaults,
			Equation: "up:   w = w + (scale_up + slope_up w) (1 + dw_min_std xi)\ndown: w = w - (scale_down + slope_down w) (1 + dw_min_std xi)\n" +
				"slope_up = -|gamma_up + gamma_up_dtod xi| scale_up / w_max, slope_down likewise with w_min\n" +
				"mult_noise false: noise scale dw_min_std xi\n" + stepEquation,
			Omits:  stepOmits,
			Params: &LinearStep{},
		},
		New: func(params any) (Cell, error) { return params.(*LinearStep), nil },
	}
}

// LinearStepModel describes the cell.
func LinearStepModel() Model {
	return linearStepModel("linear-step", "pulsed cell whose steps change linearly with its weight", rasch2021, nil)
}

// CapacitorModel is a capacitor whose charge is the weight. Its lifetime counts
// updates of the network; update_period makes it a time.
func CapacitorModel() Model {
	return linearStepModel("capacitor", "capacitor with a current source: nearly equal steps, leaks",
		"Li et al., Capacitor-based cross-point array for analog neural network with record symmetry and linearity, VLSI Technology (2018), as fitted by aihwkit; a lifetime of 1e6 updates is aihwkit's assumption, 1 us an update is ours",
		map[string]string{
			"dw_min": "0.005", "dw_min_dtod": "0.1", "dw_min_std": "0.3", "up_down_dtod": "0.06",
			"w_max": "1", "w_max_dtod": "0.07", "w_min": "-1", "w_min_dtod": "0.07",
			"gamma_up": "0.05", "gamma_up_dtod": "0.01", "gamma_down": "0.05", "gamma_down_dtod": "0.01",
			"mult_noise": "false", "lifetime": "1e6", "lifetime_dtod": "0.3",
		})
}

// EcRAMModel is a lithium-based electro-chemical cell, its range shifted so that
// up and down steps are equal at 0.
func EcRAMModel() Model {
	return linearStepModel("ecram", "electro-chemical cell with lithium",
		"Tang et al., ECRAM as scalable synaptic cell for high-speed, low-power neuromorphic computing, IEDM (2018), as fitted by aihwkit",
		map[string]string{
			"dw_min": "0.002", "dw_min_dtod": "0.1", "dw_min_std": "0.3",
			"w_max": "1.1724", "w_max_dtod": "0.05", "w_min": "-0.8276", "w_min_dtod": "0.05",
			"gamma_up": "0.1153", "gamma_down": "0.5085",
		})
}

// EcRAMMOModel is an electro-chemical cell of metal oxide.
func EcRAMMOModel() Model {
	return linearStepModel("ecram-mo", "electro-chemical cell of metal oxide",
		"Kim et al., Metal-oxide based, CMOS-compatible ECRAM for deep learning accelerator, IEDM (2019), as fitted by aihwkit",
		map[string]string{
			"dw_min": "2.8214e-4", "dw_min_dtod": "0.1", "dw_min_std": "2",
			"w_max": "1.1714", "w_max_dtod": "0.05", "w_min": "-0.8286", "w_min_dtod": "0.05",
			"gamma_up": "0.4152", "gamma_down": "0.7342",
		})
}

// Make draws the population.
func (p *LinearStep) Make(n int, seed uint64, first uint32) Cells {
	of := p.draw(n, seed, first)
	r := newLinearRule(of, p.DwMinStd, p.MultNoise)
	for i := range n {
		xi := cellWords(seed, first+uint32(i), 2)
		up, down := p.WMax, p.WMin
		if !p.MeanBound {
			up, down = of.high[i], of.low[i]
		}
		r.slope(i, math.Abs(p.GammaUp+float64(p.GammaUpDtod*xi[0])), math.Abs(p.GammaDown+float64(p.GammaDownDtod*xi[1])), up, down)
	}
	return p.cells(of, r, seed, first)
}

// Nominal is the cell without any spread or noise.
func (p *LinearStep) Nominal() Cell {
	q := *p
	q.StepParams, q.GammaUpDtod, q.GammaDownDtod = p.nominal(), 0, 0
	return &q
}

// linearRule serves the soft bounds too.
type linearRule struct {
	population
	slopeUp, slopeDown []float64
	std                float64
	mult               bool
}

func newLinearRule(of population, std float64, mult bool) *linearRule {
	n := len(of.low)
	return &linearRule{population: of, slopeUp: make([]float64, n), slopeDown: make([]float64, n), std: std, mult: mult}
}

// slope makes steps of cell i smaller by gamma at the references.
func (r *linearRule) slope(i int, gammaUp, gammaDown, refUp, refDown float64) {
	if refUp != 0 {
		r.slopeUp[i] = -gammaUp * r.up[i] / refUp
	}
	if refDown != 0 {
		r.slopeDown[i] = -gammaDown * r.down[i] / refDown
	}
}

func (r *linearRule) pulses(i int, w float64, up bool, xi []float64) float64 {
	scale, slope, low, high := r.up[i], r.slopeUp[i], r.low[i], r.high[i]
	if !up {
		scale, slope = -r.down[i], -r.slopeDown[i]
	}
	if r.mult {
		for _, x := range xi {
			w = clamp(w+float64((float64(slope*w)+scale)*(1+float64(r.std*x))), low, high)
		}
		return w
	}
	for _, x := range xi {
		w = clamp(w+float64(slope*w)+float64(scale*(1+float64(r.std*x))), low, high)
	}
	return w
}

var _ Nominal = (*LinearStep)(nil)
