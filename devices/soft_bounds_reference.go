package devices

import (
	"math"

	"github.com/synohm/synohm/internal/catalog"
)

// SoftBoundsReference is a cell with soft bounds of which the conductance of a
// reference cell is subtracted, best one that stands where up and down steps
// are equal:
//
//	v = w + ref
//	up:   v = v + scale_up   ((1 - v/b_max) (1 + dw_min_std xi))
//	down: v = v - scale_down ((1 - v/b_min) (1 + dw_min_std xi))
//	w = v kept within b_min and b_max, less ref
//	ref = reference_mean + reference_std xi
//	      + (scale_up - scale_down)/(scale_up/b_max - scale_down/b_min)
//
// the last term with subtract_symmetry_point. With mult_noise: false the noise
// is scale dw_min_std xi. slope_up_dtod and slope_down_dtod spread the slopes
// beyond what the bounds do, which moves the bounds: b / |1 + slope_dtod xi|.
type SoftBoundsReference struct {
	StepParams `yaml:",inline"`

	MultNoise     bool    `yaml:"mult_noise" default:"true" doc:"noise is in proportion to the step where the cell stands, not to that at 0"`
	SlopeUpDtod   float64 `yaml:"slope_up_dtod" default:"0" range:"[0, 1]" doc:"spread of the slope of up steps between cells, relative"`
	SlopeDownDtod float64 `yaml:"slope_down_dtod" default:"0" range:"[0, 1]" doc:"spread of the slope of down steps between cells, relative"`
	Subtract      bool    `yaml:"subtract_symmetry_point" default:"false" doc:"the reference stands where up and down steps are equal"`
	RefMean       float64 `yaml:"reference_mean" default:"0" range:"[-1000, 1000]" doc:"weight of the reference, added to the symmetry point"`
	RefStd        float64 `yaml:"reference_std" default:"0" range:"[0, 1000]" doc:"spread of the reference between cells"`
}

func softBoundsReferenceModel(name, summary, reference string, defaults map[string]string) Model {
	return Model{
		Entry: catalog.Entry{
			Name: name, Summary: summary, Reference: reference, Defaults: defaults,
			Equation: "v = w + ref\nup:   v = v + scale_up   (1 - v/b_max) (1 + dw_min_std xi)\ndown: v = v - scale_down (1 - v/b_min) (1 + dw_min_std xi)\n" +
				"w = v - ref; mult_noise false: noise scale dw_min_std xi\n" +
				"ref = reference_mean + reference_std xi, and the symmetry point of the cell\n" + stepEquation,
			Omits:  stepOmits,
			Params: &SoftBoundsReference{},
		},
		New: func(params any) (Cell, error) { return params.(*SoftBoundsReference), nil },
	}
}

// SoftBoundsReferenceModel describes the cell.
func SoftBoundsReferenceModel() Model {
	return softBoundsReferenceModel("soft-bounds-reference", "soft bounds, read against a reference cell", rasch2021, nil)
}

// ReRAMSBModel is a resistive cell as soft bounds see it, already shifted to its
// symmetry point.
func ReRAMSBModel() Model {
	return softBoundsReferenceModel("reram-sb", "resistive cell, loose fit by soft bounds",
		"Gong et al., Signal and noise extraction from analog memory elements for neuromorphic computing, Nature Communications 9 (2018), as fitted by aihwkit",
		map[string]string{
			"dw_min": "0.002", "dw_min_std": "3.75", "write_noise_std": "56", "mult_noise": "false",
			"w_max": "1.25", "w_max_dtod": "0.24", "w_min": "-0.75", "w_min_dtod": "0.4",
		})
}

const gong2022 = "Gong, Rasch et al., Deep learning acceleration in 14 nm CMOS compatible ReRAM array: device, material and algorithm co-optimization, IEDM (2022), as fitted by aihwkit"

// ReRAMArrayOMModel is a cell of an array of optimised material. Of the array
// measured, 13.48 % of the cells were stuck; none are by default.
func ReRAMArrayOMModel() Model {
	return softBoundsReferenceModel("reram-array-om", "resistive cell of an array, optimised material", gong2022,
		arrayDefaults("0.0949", "0.7829", "0.3499", "0.5695", "0.4158", "1.4113"))
}

// ReRAMArrayHfO2Model is a cell of an array of plain HfO2, of which 9.77 % were
// stuck; none are by default.
func ReRAMArrayHfO2Model() Model {
	return softBoundsReferenceModel("reram-array-hfo2", "resistive cell of an array, plain HfO2", gong2022,
		arrayDefaults("0.4622", "0.7125", "0.4295", "0.5990", "0.2174", "0.5841"))
}

func arrayDefaults(dw, dwDtod, maxDtod, minDtod, std, write string) map[string]string {
	return map[string]string{
		"dw_min": dw, "dw_min_dtod": dwDtod, "dw_min_dtod_log_normal": "true", "dw_min_std": std, "write_noise_std": write,
		"w_max": "1", "w_max_dtod": maxDtod, "w_min": "-1", "w_min_dtod": minDtod, "mult_noise": "false",
		"corrupt_devices_range": "0.01", "subtract_symmetry_point": "true", "reference_std": "0.05",
	}
}

// Make draws the population.
func (p *SoftBoundsReference) Make(n int, seed uint64, first uint32) Cells {
	of := p.draw(n, seed, first)
	r := &referenceRule{
		population: population{low: make([]float64, n), high: make([]float64, n), up: of.up, down: of.down},
		ref:        make([]float64, n), std: p.DwMinStd, mult: p.MultNoise,
	}
	for i := range n {
		xi := cellWords(seed, first+uint32(i), 2)
		low, high := of.low[i], of.high[i]
		both := high > 0 && low < 0 // neither is so of a stuck cell
		if both {
			high /= math.Abs(1 + float64(p.SlopeUpDtod*xi[0]))
			low /= math.Abs(1 + float64(p.SlopeDownDtod*xi[1]))
		}
		ref := p.RefMean + float64(p.RefStd*xi[2])
		if slope := of.up[i]/high - of.down[i]/low; p.Subtract && both && slope > 0 {
			point := (of.up[i] - of.down[i]) / slope
			ref += point
			if of.reset != nil {
				of.reset[i] += point
			}
		}
		r.low[i], r.high[i], r.ref[i] = low, high, ref
		// The bounds of what is read.
		of.low[i], of.high[i] = low-ref, high-ref
	}
	return p.cells(of, r, seed, first)
}

// Nominal is the cell without any spread or noise.
func (p *SoftBoundsReference) Nominal() Cell {
	q := *p
	q.StepParams, q.SlopeUpDtod, q.SlopeDownDtod, q.RefStd = p.nominal(), 0, 0, 0
	return &q
}

// referenceRule has the bounds before the reference is subtracted.
type referenceRule struct {
	population
	ref  []float64
	std  float64
	mult bool
}

func (r *referenceRule) pulses(i int, w float64, up bool, xi []float64) float64 {
	ref, low, high := r.ref[i], r.low[i], r.high[i]
	scale, slope := r.up[i], 0.0
	if !up {
		scale = -r.down[i]
	}
	switch {
	case up && high > 0:
		slope = 1 / high
	case !up && low < 0:
		slope = 1 / low
	}
	for _, x := range xi {
		v := w + ref
		part := 1 - float64(v*slope)
		if r.mult {
			part *= 1 + float64(r.std*x)
		} else {
			part += float64(r.std * x)
		}
		w = clamp(v+float64(scale*part), low, high) - ref
	}
	return w
}

var _ Nominal = (*SoftBoundsReference)(nil)
