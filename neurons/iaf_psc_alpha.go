package neurons

import (
	"math"

	"github.com/synohm/synohm/internal/catalog"
	"github.com/synohm/synohm/internal/kernels"
	"github.com/synohm/synohm/sim"
)

// IAFPscAlphaParams are the settings of the leaky integrate-and-fire cell with
// alpha-shaped currents. Names and defaults are NEST's.
type IAFPscAlphaParams struct {
	EL       float64 `yaml:"e_l" unit:"mV" default:"-70 mV" doc:"resting potential"`
	CM       float64 `yaml:"c_m" unit:"pF" default:"250 pF" range:"(0, inf)" doc:"capacitance of the membrane"`
	TauM     float64 `yaml:"tau_m" unit:"ms" default:"10 ms" range:"(0, inf)" doc:"time constant of the membrane"`
	TauSynEx float64 `yaml:"tau_syn_ex" unit:"ms" default:"2 ms" range:"(0, inf)" doc:"time from a spike's arrival to the peak of the excitatory current"`
	TauSynIn float64 `yaml:"tau_syn_in" unit:"ms" default:"2 ms" range:"(0, inf)" doc:"time from a spike's arrival to the peak of the inhibitory current"`
	TRef     float64 `yaml:"t_ref" unit:"ms" default:"2 ms" range:"[0, inf)" doc:"refractory time; currents go on in it"`
	VTh      float64 `yaml:"v_th" unit:"mV" default:"-55 mV" doc:"threshold; a potential at or above it makes a spike"`
	VReset   float64 `yaml:"v_reset" unit:"mV" default:"-70 mV" doc:"potential after a spike and while refractory"`
	IE       float64 `yaml:"i_e" unit:"pA" default:"0 pA" doc:"constant current"`
}

// Validate wants the reset below the threshold.
func (p *IAFPscAlphaParams) Validate() error { return resetBelowThreshold(p.VReset, p.VTh) }

// Charge is the time integral of the current of a spike of weight 1 pA, ms.
func (p *IAFPscAlphaParams) Charge() (ex, in float64) {
	return math.E * p.TauSynEx, math.E * p.TauSynIn
}

// WithCurrent returns the parameters with a constant current more, pA.
func (p *IAFPscAlphaParams) WithCurrent(pA float64) any {
	q := *p
	q.IE += pA
	return &q
}

// IAFPscAlphaModel describes the leaky integrate-and-fire cell with
// alpha-shaped synaptic currents:
//
//	dV/dt = -(V - e_l) / tau_m + (i_e + I + I_ex + I_in) / c_m
//	dI_ex/dt = J_ex - I_ex / tau_syn_ex    dJ_ex/dt = -J_ex / tau_syn_ex
//	J_ex jumps by w e / tau_syn_ex when a spike arrives; I_in, J_in likewise
//	V >= v_th: a spike, V = v_reset for t_ref
//
// so that a spike makes the current w (t/tau_syn) exp(1 - t/tau_syn), whose
// peak w lies at tau_syn.
//
// symbol | unit  | meaning
// V      | mV    | potential of the membrane
// I_ex   | pA    | current of the excitatory synapses
// I_in   | pA    | current of the inhibitory synapses, negative
// J      | pA/ms | what drives the current
// I      | pA    | injected current
// w      | pA    | weight: the peak; negative for the input in
//
// The equations are linear, so a step of any length is exact, also where
// tau_m = tau_syn. The order of what happens in a step is that of iaf_psc_exp.
func IAFPscAlphaModel() Model {
	return Model{
		Entry: catalog.Entry{
			Name:    "iaf_psc_alpha",
			Summary: "leaky integrate-and-fire with alpha-shaped synaptic currents",
			Equation: "dV/dt = -(V - e_l)/tau_m + (i_e + I + I_ex + I_in)/c_m\n" +
				"dI_ex/dt = J_ex - I_ex/tau_syn_ex, dJ_ex/dt = -J_ex/tau_syn_ex;  J_ex += w e/tau_syn_ex at every spike; I_in likewise\n" +
				"V >= v_th: a spike, V = v_reset for t_ref; exact integration on the grid",
			Reference: "Rotter, Diesmann, Biological Cybernetics 81 (1999); conventions of NEST's iaf_psc_alpha",
			Omits:     "spike times between grid points, in stepped mode",
			Params:    &IAFPscAlphaParams{},
			Variables: []catalog.Variable{
				{Name: "v_m", Unit: "mV", Doc: "potential of the membrane"},
				{Name: "i_syn_ex", Unit: "pA", Doc: "current of the excitatory synapses"},
				{Name: "i_syn_in", Unit: "pA", Doc: "current of the inhibitory synapses"},
			},
		},
		Inputs: []catalog.Variable{
			{Name: "ex", Unit: "pA", Doc: "peak of the excitatory current"},
			{Name: "in", Unit: "pA", Doc: "peak of the inhibitory current, of negative weight"},
		},
		Current: true,
		New: func(b Block, params any) (sim.Population, error) {
			return newIAFPscAlpha(b, *params.(*IAFPscAlphaParams))
		},
		NewEvent: func(size int, params any) (sim.EventPopulation, error) {
			return newIAFPscAlphaEvent(size, params.(*IAFPscAlphaParams)), nil
		},
	}
}

// iafPscAlpha is a block of cells.
type iafPscAlpha struct {
	params IAFPscAlphaParams
	step   kernels.IAFPscAlpha // derived
	state  kernels.IAFPscAlphaState
}

var _ sim.Population = (*iafPscAlpha)(nil)

func newIAFPscAlpha(b Block, p IAFPscAlphaParams) (*iafPscAlpha, error) {
	h := b.StepMS
	c := kernels.IAFPscAlpha{
		P33: kernels.Exp(-h / p.TauM), P30: -p.TauM / p.CM * math.Expm1(-h/p.TauM),
		P11Ex: kernels.Exp(-h / p.TauSynEx), P11In: kernels.Exp(-h / p.TauSynIn),
		P0Ex: math.E / p.TauSynEx, P0In: math.E / p.TauSynIn,
		VTh: p.VTh, VReset: p.VReset, Hold: refractorySteps(p.TRef, h),
	}
	c.P21Ex, c.P21In = h*c.P11Ex, h*c.P11In
	first, second := pscPropagators(h, p.TauM, p.TauSynEx)
	c.P32Ex, c.P31Ex = first/p.CM, second/p.CM
	first, second = pscPropagators(h, p.TauM, p.TauSynIn)
	c.P32In, c.P31In = first/p.CM, second/p.CM
	c.Rest = float64(-p.EL*math.Expm1(-h/p.TauM)) + float64(c.P30*p.IE)
	if err := mustBeFinite(h, constant{"the effect of a current on the membrane", c.P30},
		constant{"that of the excitatory current", c.P32Ex + c.P31Ex}, constant{"that of the inhibitory current", c.P32In + c.P31In},
		constant{"the rise of the excitatory current", c.P0Ex + c.P21Ex}, constant{"the rise of the inhibitory current", c.P0In + c.P21In},
		constant{"the potential at rest with i_e", c.Rest}); err != nil {
		return nil, err
	}
	some := func() []float64 { return make([]float64, b.Len()) }
	n := &iafPscAlpha{params: p, step: c, state: kernels.IAFPscAlphaState{
		V: some(), Ex: some(), In: some(), JEx: some(), JIn: some(), Ref: make([]int32, b.Len()),
	}}
	n.Reset()
	return n, nil
}

// Size returns the number of cells.
func (n *iafPscAlpha) Size() int { return len(n.state.V) }

// Reset puts every cell to rest, without currents.
func (n *iafPscAlpha) Reset() {
	s := &n.state
	for i := range s.V {
		s.V[i] = n.params.EL
	}
	for _, x := range [][]float64{s.Ex, s.In, s.JEx, s.JIn} {
		clear(x)
	}
	clear(s.Ref)
}

// State is the potential, the currents, what drives them, and the rest of the
// refractory time.
func (n *iafPscAlpha) State() []sim.Variable {
	s := &n.state
	return []sim.Variable{
		{Name: "v_m", Values: s.V}, {Name: "i_syn_ex", Values: s.Ex}, {Name: "i_syn_in", Values: s.In},
		{Name: "di_syn_ex", Values: s.JEx}, {Name: "di_syn_in", Values: s.JIn}, {Name: "refractory", Values: s.Ref},
	}
}

// Advance goes one step on.
func (n *iafPscAlpha) Advance(in sim.Input, spikes []int32) []int32 {
	flushTiny(in.Step, n.state.V, n.state.Ex, n.state.In, n.state.JEx, n.state.JIn)
	return n.step.Step(&n.state, in.Channels[0], in.Channels[1], in.Current, spikes)
}
