package devices

import "github.com/synohm/synohm/internal/catalog"

// SoftBounds is a cell whose steps shrink to nothing towards its bounds, which
// it so comes near to but never hits: LinearStep with gamma 1 and each cell's
// own bounds as references.
//
//	up:   w = w + scale_up   (1 - w/b_max) (1 + dw_min_std xi)
//	down: w = w - scale_down (1 - w/b_min) (1 + dw_min_std xi)
//
// Without noise w_n = b (1 - (1 - scale/b)^n) from 0.
type SoftBounds struct {
	StepParams `yaml:",inline"`

	MultNoise bool `yaml:"mult_noise" default:"true" doc:"noise is in proportion to the step where the cell stands, not to that at 0"`
}

// SoftBoundsModel describes the cell.
func SoftBoundsModel() Model {
	return Model{
		Entry: catalog.Entry{
			Name: "soft-bounds", Summary: "pulsed cell whose steps shrink to nothing towards its bounds",
			Equation: "up:   w = w + scale_up   (1 - w/b_max) (1 + dw_min_std xi)\ndown: w = w - scale_down (1 - w/b_min) (1 + dw_min_std xi)\n" +
				"mult_noise false: noise scale dw_min_std xi\n" + stepEquation,
			Reference: rasch2021 + "; Fusi, Abbott, Limits on the memory storage capacity of bounded synapses, Nature Neuroscience 10 (2007)",
			Omits:     stepOmits,
			Params:    &SoftBounds{},
		},
		New: func(params any) (Cell, error) { return params.(*SoftBounds), nil },
	}
}

// Make draws the population.
func (p *SoftBounds) Make(n int, seed uint64, first uint32) Cells {
	of := p.draw(n, seed, first)
	r := newLinearRule(of, p.DwMinStd, p.MultNoise)
	for i := range n {
		r.slope(i, 1, 1, of.high[i], of.low[i])
	}
	return p.cells(of, r, seed, first)
}

// Nominal is the cell without any spread or noise.
func (p *SoftBounds) Nominal() Cell { return &SoftBounds{p.nominal(), p.MultNoise} }

var _ Nominal = (*SoftBounds)(nil)
