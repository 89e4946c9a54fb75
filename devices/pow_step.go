package devices

import (
	"math"

	"github.com/synohm/synohm/internal/catalog"
)

// PowStep is a cell whose steps go with a power of the distance to the bound:
//
//	omega = (b_max - w)/(b_max - b_min)
//	up:   w = w + scale_up   omega^g_up         (1 + dw_min_std xi)
//	down: w = w - scale_down (1 - omega)^g_down (1 + dw_min_std xi)
//	g_up   = gamma_up   |1 + gamma_dtod xi + gamma_up_down_dtod xi'|
//	g_down = gamma_down |1 + gamma_dtod xi - gamma_up_down_dtod xi'|
//
// dw_min is the step at the far bound. A stuck cell does not move.
type PowStep struct {
	StepParams `yaml:",inline"`

	GammaUp         float64 `yaml:"gamma_up" default:"1" range:"[0, 100]" doc:"power of an up step"`
	GammaDown       float64 `yaml:"gamma_down" default:"1" range:"[0, 100]" doc:"power of a down step"`
	GammaDtod       float64 `yaml:"gamma_dtod" default:"0.1" range:"[0, 10]" doc:"spread of both powers between cells, relative"`
	GammaUpDownDtod float64 `yaml:"gamma_up_down_dtod" default:"0" range:"[0, 10]" doc:"spread of one power against the other, relative"`
}

// PowStepModel describes the cell.
func PowStepModel() Model {
	return Model{
		Entry: catalog.Entry{
			Name: "pow-step", Summary: "pulsed cell whose steps go with a power of the distance to the bound",
			Equation: "omega = (b_max - w)/(b_max - b_min)\nup:   w = w + scale_up omega^g_up (1 + dw_min_std xi)\ndown: w = w - scale_down (1 - omega)^g_down (1 + dw_min_std xi)\n" +
				"g = gamma |1 + gamma_dtod xi +- gamma_up_down_dtod xi|\n" + stepEquation,
			Reference: rasch2021 + "; Fusi, Abbott, Nature Neuroscience 10 (2007); Frascaroli et al., Evidence of soft bound behaviour in analogue memristive devices for neuromorphic computing, Scientific Reports 8 (2018)",
			Omits:     stepOmits,
			Params:    &PowStep{},
		},
		New: func(params any) (Cell, error) { return params.(*PowStep), nil },
	}
}

// Make draws the population.
func (p *PowStep) Make(n int, seed uint64, first uint32) Cells {
	of := p.draw(n, seed, first)
	r := &powRule{population: of, gammaUp: make([]float64, n), gammaDown: make([]float64, n), std: p.DwMinStd}
	for i := range n {
		xi := cellWords(seed, first+uint32(i), 2)
		both, one := 1+float64(p.GammaDtod*xi[0]), float64(p.GammaUpDownDtod*xi[1])
		r.gammaUp[i], r.gammaDown[i] = p.GammaUp*math.Abs(both+one), p.GammaDown*math.Abs(both-one)
	}
	return p.cells(of, r, seed, first)
}

// Nominal is the cell without any spread or noise.
func (p *PowStep) Nominal() Cell {
	q := *p
	q.StepParams, q.GammaDtod, q.GammaUpDownDtod = p.nominal(), 0, 0
	return &q
}

type powRule struct {
	population
	gammaUp, gammaDown []float64
	std                float64
}

func (r *powRule) pulses(i int, w float64, up bool, xi []float64) float64 {
	low, high := r.low[i], r.high[i]
	if !(high > low) {
		return w
	}
	scale, gamma := r.up[i], r.gammaUp[i]
	if !up {
		scale, gamma = -r.down[i], r.gammaDown[i]
	}
	for _, x := range xi {
		far := (high - w) / (high - low)
		if !up {
			far = (w - low) / (high - low)
		}
		w = clamp(w+float64(scale*math.Pow(far, gamma)*(1+float64(r.std*x))), low, high)
	}
	return w
}

var _ Nominal = (*PowStep)(nil)
