package neurons

import (
	"math"

	"github.com/synohm/synohm/internal/catalog"
	"github.com/synohm/synohm/internal/config"
	"github.com/synohm/synohm/internal/kernels"
	"github.com/synohm/synohm/sim"
)

// IAFPscDeltaParams are the settings of the leaky integrate-and-fire cell
// whose input jumps the membrane. Names and defaults are NEST's.
type IAFPscDeltaParams struct {
	EL     float64 `yaml:"e_l" unit:"mV" default:"-70 mV" doc:"resting potential"`
	CM     float64 `yaml:"c_m" unit:"pF" default:"250 pF" range:"(0, inf)" doc:"capacitance of the membrane"`
	TauM   float64 `yaml:"tau_m" unit:"ms" default:"10 ms" range:"(0, inf)" doc:"time constant of the membrane"`
	TRef   float64 `yaml:"t_ref" unit:"ms" default:"2 ms" range:"[0, inf)" doc:"refractory time; input that arrives in it is lost"`
	VTh    float64 `yaml:"v_th" unit:"mV" default:"-55 mV" doc:"threshold; a potential at or above it makes a spike"`
	VReset float64 `yaml:"v_reset" unit:"mV" default:"-70 mV" doc:"potential after a spike and while refractory"`
	IE     float64 `yaml:"i_e" unit:"pA" default:"0 pA" doc:"constant current"`
}

// Validate wants the reset below the threshold.
func (p *IAFPscDeltaParams) Validate() error { return resetBelowThreshold(p.VReset, p.VTh) }

// resetBelowThreshold keeps a cell from spiking in every step.
func resetBelowThreshold(reset, threshold float64) error {
	if reset >= threshold {
		return config.FieldError{Field: "v_reset", Rule: "must be below v_th"}
	}
	return nil
}

// IAFPscDeltaModel describes the leaky integrate-and-fire cell with
// delta-shaped currents:
//
//	dV/dt = -(V - e_l) / tau_m + (i_e + I) / c_m
//	V jumps by the weight of a spike when it arrives
//	V >= v_th: a spike, V = v_reset for t_ref
//
// symbol | unit | meaning
// V      | mV   | potential of the membrane
// I      | pA   | injected current
// w      | mV   | weight: the jump
//
// The equation is linear, so a step of any length h is exact:
// V(t+h) = e_l + (V(t) - e_l) exp(-h/tau_m) + tau_m/c_m (1 - exp(-h/tau_m)) (i_e + I).
// Spikes lie on the grid.
func IAFPscDeltaModel() Model {
	return Model{
		Entry: catalog.Entry{
			Name:    "iaf_psc_delta",
			Summary: "leaky integrate-and-fire; a spike jumps the membrane by its weight",
			Equation: "dV/dt = -(V - e_l)/tau_m + (i_e + I)/c_m;  V += w at every spike that arrives\n" +
				"V >= v_th: a spike, V = v_reset for t_ref; exact integration on the grid",
			Reference: "Rotter, Diesmann, Biological Cybernetics 81 (1999), section 3.1; conventions of NEST's iaf_psc_delta",
			Omits:     "spike times between grid points, in stepped mode",
			Params:    &IAFPscDeltaParams{},
			Variables: []catalog.Variable{{Name: "v_m", Unit: "mV", Doc: "potential of the membrane"}},
		},
		Inputs:  []catalog.Variable{{Name: "spikes", Unit: "mV", Doc: "jump of the membrane"}},
		Current: true,
		New: func(b Block, params any) (sim.Population, error) {
			return newIAFPscDelta(b, *params.(*IAFPscDeltaParams)), nil
		},
		NewEvent: func(size int, params any) (sim.EventPopulation, error) {
			return newIAFPscDeltaEvent(size, *params.(*IAFPscDeltaParams)), nil
		},
	}
}

// iafPscDelta is a block of cells.
type iafPscDelta struct {
	params IAFPscDeltaParams
	step   kernels.IAFPscDelta // derived

	// state
	v   []float64 // mV
	ref []int32   // steps that the cell stays refractory
}

var _ sim.Population = (*iafPscDelta)(nil)

func newIAFPscDelta(b Block, p IAFPscDeltaParams) *iafPscDelta {
	n := &iafPscDelta{params: p, v: make([]float64, b.Len()), ref: make([]int32, b.Len())}
	gain := -p.TauM / p.CM * math.Expm1(-b.StepMS/p.TauM)
	n.step = kernels.IAFPscDelta{
		Decay: kernels.Exp(-b.StepMS / p.TauM), Gain: gain,
		Rest: float64(-p.EL*math.Expm1(-b.StepMS/p.TauM)) + float64(gain*p.IE),
		VTh:  p.VTh, VReset: p.VReset, Hold: refractorySteps(p.TRef, b.StepMS),
	}
	n.Reset()
	return n
}

// refractorySteps rounds a refractory time to the grid, as NEST does.
func refractorySteps(tRef, step float64) int32 {
	return int32(min(math.Round(tRef/step), math.MaxInt32))
}

// Size returns the number of cells.
func (n *iafPscDelta) Size() int { return len(n.v) }

// Reset puts every cell to rest.
func (n *iafPscDelta) Reset() {
	for i := range n.v {
		n.v[i] = n.params.EL
	}
	clear(n.ref)
}

// State is the potential and the rest of the refractory time.
func (n *iafPscDelta) State() []sim.Variable {
	return []sim.Variable{{Name: "v_m", Values: n.v}, {Name: "refractory", Values: n.ref}}
}

// Advance goes one step on.
func (n *iafPscDelta) Advance(in sim.Input, spikes []int32) []int32 {
	return n.step.Step(n.v, n.ref, in.Channels[0], in.Current, spikes)
}
