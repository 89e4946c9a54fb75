package neurons

import (
	"math"

	"github.com/synohm/synohm/internal/catalog"
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
			Reference: "Rotter, Diesmann, Biological Cybernetics 81 (1999), sections 3.1 and 3.2; conventions of NEST's iaf_psc_alpha",
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
	}
}

// iafPscAlpha is a block of cells.
type iafPscAlpha struct {
	params IAFPscAlphaParams
	step   iafPscAlphaStep // derived
	state  iafPscAlphaState
}

var _ sim.Population = (*iafPscAlpha)(nil)

// iafPscAlphaStep are the constants of a step.
type iafPscAlphaStep struct {
	p33          float64 // exp(-h/tau_m)
	rest         float64 // what e_l and i_e add to the potential, mV
	p30          float64 // what a current adds to it, mV/pA
	p31ex, p31in float64 // what J adds to it, mV ms/pA
	p32ex, p32in float64 // what I adds to it, mV/pA
	p11ex, p11in float64 // exp(-h/tau_syn), the decay of I and of J
	p21ex, p21in float64 // what J adds to I, ms
	p0ex, p0in   float64 // jump of J by weight, 1/ms
	vTh, vReset  float64 // mV
	hold         int32   // steps of t_ref
}

// iafPscAlphaState is the state of the cells.
type iafPscAlphaState struct {
	v        []float64 // mV
	ex, in   []float64 // I, pA
	jex, jin []float64 // J, pA/ms
	ref      []int32   // steps that the cell stays refractory
}

func newIAFPscAlpha(b Block, p IAFPscAlphaParams) (*iafPscAlpha, error) {
	h := b.StepMS
	c := iafPscAlphaStep{
		p33: math.Exp(-h / p.TauM), p30: -p.TauM / p.CM * math.Expm1(-h/p.TauM),
		p11ex: math.Exp(-h / p.TauSynEx), p11in: math.Exp(-h / p.TauSynIn),
		p0ex: math.E / p.TauSynEx, p0in: math.E / p.TauSynIn,
		vTh: p.VTh, vReset: p.VReset, hold: refractorySteps(p.TRef, h),
	}
	c.p21ex, c.p21in = h*c.p11ex, h*c.p11in
	first, second := pscPropagators(h, p.TauM, p.TauSynEx)
	c.p32ex, c.p31ex = first/p.CM, second/p.CM
	first, second = pscPropagators(h, p.TauM, p.TauSynIn)
	c.p32in, c.p31in = first/p.CM, second/p.CM
	c.rest = float64(-p.EL*math.Expm1(-h/p.TauM)) + float64(c.p30*p.IE)
	if err := mustBeFinite(h, constant{"the effect of a current on the membrane", c.p30},
		constant{"that of the excitatory current", c.p32ex + c.p31ex}, constant{"that of the inhibitory current", c.p32in + c.p31in},
		constant{"the rise of the excitatory current", c.p0ex + c.p21ex}, constant{"the rise of the inhibitory current", c.p0in + c.p21in},
		constant{"the potential at rest with i_e", c.rest}); err != nil {
		return nil, err
	}
	some := func() []float64 { return make([]float64, b.Len()) }
	n := &iafPscAlpha{params: p, step: c, state: iafPscAlphaState{some(), some(), some(), some(), some(), make([]int32, b.Len())}}
	n.Reset()
	return n, nil
}

// Size returns the number of cells.
func (n *iafPscAlpha) Size() int { return len(n.state.v) }

// Reset puts every cell to rest, without currents.
func (n *iafPscAlpha) Reset() {
	s := &n.state
	for i := range s.v {
		s.v[i] = n.params.EL
	}
	for _, x := range [][]float64{s.ex, s.in, s.jex, s.jin} {
		clear(x)
	}
	clear(s.ref)
}

// State is the potential, the currents, what drives them, and the rest of the
// refractory time.
func (n *iafPscAlpha) State() []sim.Variable {
	s := &n.state
	return []sim.Variable{
		{Name: "v_m", Values: s.v}, {Name: "i_syn_ex", Values: s.ex}, {Name: "i_syn_in", Values: s.in},
		{Name: "di_syn_ex", Values: s.jex}, {Name: "di_syn_in", Values: s.jin}, {Name: "refractory", Values: s.ref},
	}
}

// Advance goes one step on.
func (n *iafPscAlpha) Advance(in sim.Input, spikes []int32) []int32 {
	return stepIAFPscAlpha(&n.step, &n.state, in.Channels[0], in.Channels[1], in.Current, spikes)
}

// stepIAFPscAlpha is the step of all cells. The conversions keep products and
// sums from being fused; the order of the additions is part of the result.
func stepIAFPscAlpha(c *iafPscAlphaStep, s *iafPscAlphaState, addEx, addIn []float32, current []float64, spikes []int32) []int32 {
	v := s.v
	ex, in, jex, jin, ref := s.ex[:len(v)], s.in[:len(v)], s.jex[:len(v)], s.jin[:len(v)], s.ref[:len(v)]
	addEx, addIn = addEx[:len(v)], addIn[:len(v)]
	if current != nil {
		current = current[:len(v)]
	}
	for i, u := range v {
		if ref[i] > 0 {
			ref[i]--
		} else {
			u = float64(c.p33*u) + c.rest
			u += float64(c.p31ex * jex[i])
			u += float64(c.p32ex * ex[i])
			u += float64(c.p31in * jin[i])
			u += float64(c.p32in * in[i])
			if current != nil {
				u += float64(c.p30 * current[i])
			}
		}
		ex[i] = float64(c.p21ex*jex[i]) + float64(c.p11ex*ex[i])
		in[i] = float64(c.p21in*jin[i]) + float64(c.p11in*in[i])
		jex[i] = float64(c.p11ex*jex[i]) + float64(c.p0ex*float64(addEx[i]))
		jin[i] = float64(c.p11in*jin[i]) + float64(c.p0in*float64(addIn[i]))
		if u >= c.vTh {
			u = c.vReset
			ref[i] = c.hold
			spikes = append(spikes, int32(i))
		}
		v[i] = u
	}
	return spikes
}
