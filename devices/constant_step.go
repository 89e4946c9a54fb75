package devices

import "github.com/synohm/synohm/internal/catalog"

// ConstantStep is a cell whose steps are the same everywhere between its bounds:
//
//	up:   w = w + scale_up   (1 + dw_min_std xi)
//	down: w = w - scale_down (1 + dw_min_std xi)
//
// Bounds, spreads and write noise are those of StepParams. Left out: diffusion
// and drift of the weight.
type ConstantStep struct {
	StepParams `yaml:",inline"`
}

const (
	stepEquation = "kept within b_min = -|w_min (1 + w_min_dtod xi)| and b_max = |w_max (1 + w_max_dtod xi)|\n" +
		"scale_up = |gain + r + min(up_down, 0)| dw_min, scale_down = |gain - r - max(up_down, 0)| dw_min\n" +
		"gain = 1 + dw_min_dtod xi (or exp(dw_min_dtod xi)), r = up_down_dtod xi, drawn once a cell\n" +
		"read: w + write_noise_std dw_min xi; G = g_min + (w - w_min)/(w_max - w_min) (g_max - g_min)"
	stepOmits = "diffusion and drift of the weight; g_min and g_max are assumed"
	rasch2021 = "Rasch et al., A flexible and fast PyTorch toolkit for simulating training and inference on analog crossbar arrays, AICAS (2021)"
)

func constantStepModel(name, summary, reference string, defaults map[string]string) Model {
	return Model{
		Entry: catalog.Entry{
			Name: name, Summary: summary, Reference: reference, Defaults: defaults,
			Equation: "up:   w = w + scale_up   (1 + dw_min_std xi)\ndown: w = w - scale_down (1 + dw_min_std xi)\n" + stepEquation,
			Omits:    stepOmits,
			Params:   &ConstantStep{},
		},
		New: func(params any) (Cell, error) { return params.(*ConstantStep), nil },
	}
}

// ConstantStepModel describes the cell.
func ConstantStepModel() Model {
	return constantStepModel("constant-step", "pulsed cell of equal steps",
		"Gokmen, Vlasov, Frontiers in Neuroscience 10 (2016), table 1; rule as in "+rasch2021, nil)
}

// GokmenVlasovModel is the cell that training on resistive memory asks for, its
// weights scaled to 1.
func GokmenVlasovModel() Model {
	return constantStepModel("gokmen-vlasov", "what training asks of a cell: 1250 equal steps, 30 % spread",
		"Gokmen, Vlasov, Acceleration of deep neural network training with resistive cross-point devices, Frontiers in Neuroscience 10 (2016), scaled to weights of 1",
		map[string]string{"dw_min": "0.0016", "w_max": "1", "w_min": "-1"})
}

// IdealizedModel has no imbalance of up and down, and finer steps.
func IdealizedModel() Model {
	return constantStepModel("idealized", "10,000 equal steps without imbalance of up and down",
		"Rasch, Gokmen, Haensch, Training large-scale artificial neural networks on simulated resistive crossbar arrays, IEEE Design and Test 37 (2020)",
		map[string]string{"dw_min": "0.0002", "up_down_dtod": "0", "w_max": "1", "w_min": "-1"})
}

// Make draws the population.
func (p *ConstantStep) Make(n int, seed uint64, first uint32) Cells {
	of := p.draw(n, seed, first)
	return p.cells(of, &constantRule{population: of, std: p.DwMinStd}, seed, first)
}

// Nominal is the cell without any spread or noise.
func (p *ConstantStep) Nominal() Cell { return &ConstantStep{p.nominal()} }

type constantRule struct {
	population
	std float64
}

func (r *constantRule) pulses(i int, w float64, up bool, xi []float64) float64 {
	step, low, high := r.up[i], r.low[i], r.high[i]
	if !up {
		step = -r.down[i]
	}
	for _, x := range xi {
		w = clamp(w+float64(step*(1+float64(r.std*x))), low, high)
	}
	return w
}

var _ Nominal = (*ConstantStep)(nil)
