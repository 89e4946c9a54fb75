package neurons

import (
	"math"

	"github.com/synohm/synohm/internal/catalog"
	"github.com/synohm/synohm/internal/kernels"
	"github.com/synohm/synohm/sim"
)

// IAFPscExpParams are the settings of the leaky integrate-and-fire cell with
// exponential currents. Names and defaults are NEST's.
type IAFPscExpParams struct {
	EL       float64 `yaml:"e_l" unit:"mV" default:"-70 mV" doc:"resting potential"`
	CM       float64 `yaml:"c_m" unit:"pF" default:"250 pF" range:"(0, inf)" doc:"capacitance of the membrane"`
	TauM     float64 `yaml:"tau_m" unit:"ms" default:"10 ms" range:"(0, inf)" doc:"time constant of the membrane"`
	TauSynEx float64 `yaml:"tau_syn_ex" unit:"ms" default:"2 ms" range:"(0, inf)" doc:"decay of the excitatory current"`
	TauSynIn float64 `yaml:"tau_syn_in" unit:"ms" default:"2 ms" range:"(0, inf)" doc:"decay of the inhibitory current"`
	TRef     float64 `yaml:"t_ref" unit:"ms" default:"2 ms" range:"[0, inf)" doc:"refractory time; currents go on in it"`
	VTh      float64 `yaml:"v_th" unit:"mV" default:"-55 mV" doc:"threshold; a potential at or above it makes a spike"`
	VReset   float64 `yaml:"v_reset" unit:"mV" default:"-70 mV" doc:"potential after a spike and while refractory"`
	IE       float64 `yaml:"i_e" unit:"pA" default:"0 pA" doc:"constant current"`
}

// Validate wants the reset below the threshold.
func (p *IAFPscExpParams) Validate() error { return resetBelowThreshold(p.VReset, p.VTh) }

// Charge is the time integral of the current of a spike of weight 1 pA, ms.
func (p *IAFPscExpParams) Charge() (ex, in float64) { return p.TauSynEx, p.TauSynIn }

// WithCurrent returns the parameters with a constant current more, pA.
func (p *IAFPscExpParams) WithCurrent(pA float64) any {
	q := *p
	q.IE += pA
	return &q
}

// IAFPscExpModel describes the leaky integrate-and-fire cell with exponential
// synaptic currents:
//
//	dV/dt = -(V - e_l) / tau_m + (i_e + I + I_ex + I_in) / c_m
//	dI_ex/dt = -I_ex / tau_syn_ex    I_ex jumps by w when a spike arrives, so does I_in
//	V >= v_th: a spike, V = v_reset for t_ref
//
// symbol | unit | meaning
// V      | mV   | potential of the membrane
// I_ex   | pA   | current of the excitatory synapses
// I_in   | pA   | current of the inhibitory synapses, negative
// I      | pA   | injected current
// w      | pA   | weight: the jump; negative for the input in
//
// The equations are linear, so a step of any length is exact, also where
// tau_m = tau_syn. In a step the membrane moves by the currents at its
// beginning, the currents decay, what arrives at its end is added to them, and
// then the threshold is tested. Spikes lie on the grid.
func IAFPscExpModel() Model {
	return Model{
		Entry: catalog.Entry{
			Name:    "iaf_psc_exp",
			Summary: "leaky integrate-and-fire with exponential synaptic currents",
			Equation: "dV/dt = -(V - e_l)/tau_m + (i_e + I + I_ex + I_in)/c_m\n" +
				"dI_ex/dt = -I_ex/tau_syn_ex, dI_in/dt = -I_in/tau_syn_in;  += w at every spike that arrives\n" +
				"V >= v_th: a spike, V = v_reset for t_ref; exact integration on the grid",
			Reference: "Rotter, Diesmann, Biological Cybernetics 81 (1999); Tsodyks, Uziel, Markram, J. Neurosci. 20 (2000); conventions of NEST's iaf_psc_exp",
			Omits:     "spike times between grid points, in stepped mode; NEST's escape noise (rho, delta)",
			Params:    &IAFPscExpParams{},
			Variables: []catalog.Variable{
				{Name: "v_m", Unit: "mV", Doc: "potential of the membrane"},
				{Name: "i_syn_ex", Unit: "pA", Doc: "current of the excitatory synapses"},
				{Name: "i_syn_in", Unit: "pA", Doc: "current of the inhibitory synapses"},
			},
		},
		Inputs: []catalog.Variable{
			{Name: "ex", Unit: "pA", Doc: "jump of the excitatory current"},
			{Name: "in", Unit: "pA", Doc: "jump of the inhibitory current, of negative weight"},
		},
		Current: true,
		New: func(b Block, params any) (sim.Population, error) {
			return newIAFPscExp(b, *params.(*IAFPscExpParams))
		},
		NewEvent: func(size int, params any) (sim.EventPopulation, error) {
			return newIAFPscExpEvent(size, params.(*IAFPscExpParams)), nil
		},
	}
}

// iafPscExp is a block of cells.
type iafPscExp struct {
	params IAFPscExpParams
	step   kernels.IAFPscExp // derived

	// state
	v   []float64 // mV
	ex  []float64 // pA
	in  []float64 // pA
	ref []int32   // steps that the cell stays refractory
}

var _ sim.Population = (*iafPscExp)(nil)

func newIAFPscExp(b Block, p IAFPscExpParams) (*iafPscExp, error) {
	c := kernels.IAFPscExp{
		P22: kernels.Exp(-b.StepMS / p.TauM), P20: -p.TauM / p.CM * math.Expm1(-b.StepMS/p.TauM),
		P11Ex: kernels.Exp(-b.StepMS / p.TauSynEx), P11In: kernels.Exp(-b.StepMS / p.TauSynIn),
		VTh: p.VTh, VReset: p.VReset, Hold: refractorySteps(p.TRef, b.StepMS),
	}
	ex, _ := pscPropagators(b.StepMS, p.TauM, p.TauSynEx)
	in, _ := pscPropagators(b.StepMS, p.TauM, p.TauSynIn)
	c.P21Ex, c.P21In = ex/p.CM, in/p.CM
	c.Rest = float64(-p.EL*math.Expm1(-b.StepMS/p.TauM)) + float64(c.P20*p.IE)
	if err := mustBeFinite(b.StepMS, constant{"the effect of a current on the membrane", c.P20},
		constant{"that of the excitatory current", c.P21Ex}, constant{"that of the inhibitory current", c.P21In},
		constant{"the potential at rest with i_e", c.Rest}); err != nil {
		return nil, err
	}
	n := &iafPscExp{
		params: p, step: c,
		v: make([]float64, b.Len()), ex: make([]float64, b.Len()), in: make([]float64, b.Len()), ref: make([]int32, b.Len()),
	}
	n.Reset()
	return n, nil
}

// Size returns the number of cells.
func (n *iafPscExp) Size() int { return len(n.v) }

// Reset puts every cell to rest, without currents.
func (n *iafPscExp) Reset() {
	for i := range n.v {
		n.v[i] = n.params.EL
	}
	clear(n.ex)
	clear(n.in)
	clear(n.ref)
}

// State is the potential, the currents and the rest of the refractory time.
func (n *iafPscExp) State() []sim.Variable {
	return []sim.Variable{
		{Name: "v_m", Values: n.v}, {Name: "i_syn_ex", Values: n.ex}, {Name: "i_syn_in", Values: n.in},
		{Name: "refractory", Values: n.ref},
	}
}

// Advance goes one step on.
func (n *iafPscExp) Advance(in sim.Input, spikes []int32) []int32 {
	flushTiny(in.Step, n.v, n.ex, n.in)
	return n.step.Step(n.v, n.ex, n.in, n.ref, in.Channels[0], in.Channels[1], in.Current, spikes)
}
