package devices

import (
	"math"

	"github.com/synohm/synohm/internal/catalog"
)

// ExpStep is a cell whose steps change exponentially with its weight:
//
//	z = 2 a w / (b_max - b_min) + b
//	up:   w = w + y_up   scale_up   (1 + dw_min_std xi),  y_up   = max(1 - A_up   exp( gamma_up   z), 0)
//	down: w = w - y_down scale_down (1 + dw_min_std xi),  y_down = max(1 - A_down exp(-gamma_down z), 0)
//
// With dw_min_std_add or dw_min_std_slope the noise of a step dw is complex:
// dw_min_std (|dw| + dw_min_std_add + dw_min_std_slope |w|) xi. A stuck cell
// does not move.
type ExpStep struct {
	StepParams `yaml:",inline"`

	AUp       float64 `yaml:"A_up" default:"0.00081" range:"[-1e6, 1e6]" doc:"weight of the exponential in an up step"`
	ADown     float64 `yaml:"A_down" default:"0.36833" range:"[-1e6, 1e6]" doc:"weight of the exponential in a down step"`
	GammaUp   float64 `yaml:"gamma_up" default:"12.44625" range:"[-1000, 1000]" doc:"exponent of an up step"`
	GammaDown float64 `yaml:"gamma_down" default:"12.78785" range:"[-1000, 1000]" doc:"exponent of a down step"`
	A         float64 `yaml:"a" default:"0.244" range:"[-1000, 1000]" doc:"slope of z over the weight"`
	B         float64 `yaml:"b" default:"0.2425" range:"[-1000, 1000]" doc:"z at w = 0"`
	StdAdd    float64 `yaml:"dw_min_std_add" default:"0" range:"[0, 1000]" doc:"noise of a step that does not depend on its size, in weights"`
	StdSlope  float64 `yaml:"dw_min_std_slope" default:"0" range:"[0, 1000]" doc:"noise of a step in proportion to the weight"`
}

func expStepModel(name, summary, reference, omits string, defaults map[string]string) Model {
	return Model{
		Entry: catalog.Entry{
			Name: name, Summary: summary, Reference: reference, Defaults: defaults,
			Equation: "z = 2 a w/(b_max - b_min) + b\n" +
				"up:   w = w + max(1 - A_up exp(gamma_up z), 0) scale_up (1 + dw_min_std xi)\n" +
				"down: w = w - max(1 - A_down exp(-gamma_down z), 0) scale_down (1 + dw_min_std xi)\n" +
				"noise of a step dw with dw_min_std_add or dw_min_std_slope: dw_min_std (|dw| + dw_min_std_add + dw_min_std_slope |w|) xi\n" + stepEquation,
			Omits:  omits,
			Params: &ExpStep{},
		},
		New: func(params any) (Cell, error) { return params.(*ExpStep), nil },
	}
}

// ExpStepModel describes the cell; the defaults are those of aihwkit.
func ExpStepModel() Model {
	return expStepModel("exp-step", "pulsed cell whose steps change exponentially with its weight", rasch2021, stepOmits, nil)
}

// ReRAMESModel is a resistive cell, fitted to 1000 pulses up and 1000 down.
func ReRAMESModel() Model {
	return expStepModel("reram-es", "resistive cell, fit by exponential steps",
		"Gong et al., Signal and noise extraction from analog memory elements for neuromorphic computing, Nature Communications 9 (2018), as fitted by aihwkit",
		stepOmits, map[string]string{
			"dw_min": "0.00135", "dw_min_dtod": "0.2", "dw_min_std": "5", "up_down": "0.259359", "up_down_dtod": "0.05",
			"w_max": "1", "w_min": "-1", "write_noise_std": "75",
			"a": "-0.5", "b": "-0.5", "gamma_up": "5", "gamma_down": "5", "A_up": "-1.18445", "A_down": "-0.081404",
		})
}

// PCMPulsedModel is a phase-change cell under pulses that crystallise it step by
// step. It goes well one way only: arrays use pairs of which each cell gets up
// pulses alone, and melt both again when they are full. A down pulse follows
// the fitted A_down here.
func PCMPulsedModel() Model {
	return expStepModel("pcm-pulsed", "phase-change cell under up pulses, one of a one-sided pair",
		"Nandakumar et al., Mixed-precision deep learning based on computational memory, Frontiers in Neuroscience 14 (2020), as fitted by aihwkit",
		"the melting pulse that resets a full cell to the weight reset; "+stepOmits, map[string]string{
			"dw_min": "0.01", "dw_min_dtod": "0.2", "dw_min_std": "0.6", "dw_min_std_add": "0.042", "dw_min_std_slope": "0.108",
			"up_down_dtod": "0.05", "w_max": "2", "w_max_dtod": "0.1", "w_min": "0", "w_min_dtod": "0",
			"a": "-1", "b": "0", "gamma_up": "2.5", "gamma_down": "2.5", "A_up": "-27.235", "A_down": "-2.235",
			"reset": "0.01", "reset_dtod": "0.02",
		})
}

// Make draws the population.
func (p *ExpStep) Make(n int, seed uint64, first uint32) Cells {
	of := p.draw(n, seed, first)
	return p.cells(of, &expRule{
		population: of, ExpStep: p, complex: p.StdAdd > 0 || p.StdSlope > 0,
	}, seed, first)
}

// Nominal is the cell without any spread or noise.
func (p *ExpStep) Nominal() Cell {
	q := *p
	q.StepParams = p.nominal()
	return &q
}

type expRule struct {
	population
	*ExpStep
	complex bool
}

func (r *expRule) pulses(i int, w float64, up bool, xi []float64) float64 {
	low, high := r.low[i], r.high[i]
	if !(high > low) {
		return w
	}
	scale, a, gamma := r.up[i], r.AUp, r.GammaUp
	if !up {
		scale, a, gamma = -r.down[i], r.ADown, -r.GammaDown
	}
	// gamma z = at0 + slope w
	at0, slope := float64(gamma*r.B), 2*r.A*gamma/(high-low)
	for _, x := range xi {
		dw := float64(scale * expPart(a, at0+float64(slope*w)))
		if r.complex {
			sigma := r.DwMinStd * (math.Abs(dw) + r.StdAdd + float64(r.StdSlope*math.Abs(w)))
			w += dw + float64(sigma*x)
		} else {
			w += float64(dw * (1 + float64(r.DwMinStd*x)))
		}
		w = clamp(w, low, high)
	}
	return w
}

// expPart is max(1 - a exp(x), 0). It is kept below 1e12, so that what is
// multiplied with it stays a number.
func expPart(a, x float64) float64 {
	return clamp(1-float64(a*math.Exp(min(x, 600))), 0, 1e12)
}

var _ Nominal = (*ExpStep)(nil)
