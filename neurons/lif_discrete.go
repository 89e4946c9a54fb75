package neurons

import (
	"github.com/synohm/synohm/internal/catalog"
	"github.com/synohm/synohm/sim"
)

// LIFDiscreteParams are the settings of the discrete leaky integrate-and-fire
// cell. Voltages have no unit: weights are in fractions of the same scale.
type LIFDiscreteParams struct {
	Decay float64 `yaml:"decay" default:"0.9" range:"[0, 1]" doc:"fraction of the membrane value kept from one step to the next"`
	VTh   float64 `yaml:"v_th" default:"5" range:"(0, inf)" doc:"threshold; a membrane value above it makes a spike"`
}

// LIFDiscreteModel describes the discrete leaky integrate-and-fire cell:
//
//	u[t] = u[t-1] * decay * (1 - s[t-1]) + input[t]
//	s[t] = 1 where u[t] > v_th, else 0
//
// A spike clears the membrane before the next step adds its input; there is no
// refractory time and no reset below zero. It is the cell of the zero-shot
// liquid state machine on resistive memory, whose authors use decay 0.9 and
// threshold 5 on 50 steps.
func LIFDiscreteModel() Model {
	return Model{
		Entry: catalog.Entry{
			Name:     "lif_discrete",
			Summary:  "leaky integrate-and-fire in discrete steps, cleared by its spike",
			Equation: "u[t] = u[t-1] * decay * (1 - s[t-1]) + input[t]\ns[t] = 1 where u[t] > v_th, else 0",
			Reference: "Lin et al., Resistive memory-based zero-shot liquid state machine for " +
				"multimodal event data learning; equation as in the authors' code",
			Omits:  "refractory time, synaptic time course, any time shorter than a step",
			Params: &LIFDiscreteParams{},
			Variables: []catalog.Variable{
				{Name: "u", Doc: "membrane value"},
			},
		},
		Inputs:   []catalog.Variable{{Name: "input", Doc: "added to the membrane value"}},
		Discrete: true,
		New: func(b Block, params any) (sim.Population, error) {
			return NewLIFDiscrete(b.Len(), *params.(*LIFDiscreteParams)), nil
		},
	}
}

// LIFDiscrete is a population of discrete leaky integrate-and-fire cells.
type LIFDiscrete struct {
	params LIFDiscreteParams
	u      []float64 // membrane, cleared where the cell has just spiked
	shown  []float64 // membrane before that clearing, which is what u[t] is
}

var _ sim.Population = (*LIFDiscrete)(nil)

// NewLIFDiscrete makes the state of size cells at rest.
func NewLIFDiscrete(size int, p LIFDiscreteParams) *LIFDiscrete {
	return &LIFDiscrete{params: p, u: make([]float64, size), shown: make([]float64, size)}
}

// Size returns the number of cells.
func (l *LIFDiscrete) Size() int { return len(l.u) }

// Reset puts every membrane to zero.
func (l *LIFDiscrete) Reset() {
	clear(l.u)
	clear(l.shown)
}

// Advance goes one step on. The factor (1 - s) is applied when the spike is
// made, one step early, which gives the same numbers without storing s.
func (l *LIFDiscrete) Advance(in sim.Input, spikes []int32) []int32 {
	decay, vth := l.params.Decay, l.params.VTh
	u, shown := l.u, l.shown[:len(l.u)]
	input := in.Channels[0][:len(u)]
	for i := range u {
		// The conversion keeps product and sum from being fused.
		v := float64(u[i]*decay) + float64(input[i])
		shown[i] = v
		if v > vth {
			spikes = append(spikes, int32(i))
			v = 0
		}
		u[i] = v
	}
	return spikes
}

// State is the membrane value, before and after the clearing by its spike.
func (l *LIFDiscrete) State() []sim.Variable {
	return []sim.Variable{{Name: "u", Values: l.shown}, {Name: "cleared", Values: l.u}}
}
