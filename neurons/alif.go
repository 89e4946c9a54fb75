package neurons

import (
	"math"

	"github.com/synohm/synohm/internal/catalog"
	"github.com/synohm/synohm/internal/kernels"
	"github.com/synohm/synohm/sim"
)

// ALIFParams are the settings of the leaky integrate-and-fire cell with an
// adaptive threshold: those of iaf_psc_exp, and q_sfa and tau_sfa as NEST names
// them in gif_psc_exp.
type ALIFParams struct {
	EL       float64 `yaml:"e_l" unit:"mV" default:"-70 mV" doc:"resting potential"`
	CM       float64 `yaml:"c_m" unit:"pF" default:"250 pF" range:"(0, inf)" doc:"capacitance of the membrane"`
	TauM     float64 `yaml:"tau_m" unit:"ms" default:"10 ms" range:"(0, inf)" doc:"time constant of the membrane"`
	TauSynEx float64 `yaml:"tau_syn_ex" unit:"ms" default:"2 ms" range:"(0, inf)" doc:"decay of the excitatory current"`
	TauSynIn float64 `yaml:"tau_syn_in" unit:"ms" default:"2 ms" range:"(0, inf)" doc:"decay of the inhibitory current"`
	TRef     float64 `yaml:"t_ref" unit:"ms" default:"2 ms" range:"[0, inf)" doc:"refractory time; currents and threshold go on in it"`
	VTh      float64 `yaml:"v_th" unit:"mV" default:"-55 mV" doc:"threshold of a cell that has not spiked"`
	VReset   float64 `yaml:"v_reset" unit:"mV" default:"-70 mV" doc:"potential after a spike and while refractory"`
	QSfa     float64 `yaml:"q_sfa" unit:"mV" default:"2 mV" range:"[0, inf)" doc:"by how much a spike raises the threshold"`
	TauSfa   float64 `yaml:"tau_sfa" unit:"ms" default:"200 ms" range:"(0, inf)" doc:"decay of what spikes have raised it by"`
	IE       float64 `yaml:"i_e" unit:"pA" default:"0 pA" doc:"constant current"`
}

// Validate wants the reset below the threshold.
func (p *ALIFParams) Validate() error { return resetBelowThreshold(p.VReset, p.VTh) }

// Charge is the time integral of the current of a spike of weight 1 pA, ms.
func (p *ALIFParams) Charge() (ex, in float64) { return p.TauSynEx, p.TauSynIn }

// WithCurrent returns the parameters with a constant current more, pA.
func (p *ALIFParams) WithCurrent(pA float64) any {
	q := *p
	q.IE += pA
	return &q
}

// ALIFModel describes the leaky integrate-and-fire cell with exponential
// synaptic currents and a threshold that its own spikes raise:
//
//	dV/dt = -(V - e_l) / tau_m + (i_e + I + I_ex + I_in) / c_m
//	dI_ex/dt = -I_ex / tau_syn_ex    I_ex jumps by w when a spike arrives, so does I_in
//	dA/dt = -A / tau_sfa             A jumps by q_sfa at every spike of the cell
//	V >= v_th + A: a spike, V = v_reset for t_ref
//
// symbol | unit | meaning
// V      | mV   | potential of the membrane
// I_ex   | pA   | current of the excitatory synapses
// I_in   | pA   | current of the inhibitory synapses, negative
// A      | mV   | rise of the threshold
// I      | pA   | injected current
// w      | pA   | weight: the jump; negative for the input in
//
// Bellec et al. write the threshold as B = b0 + beta b with b decaying by
// rho = exp(-h/tau_a) a step and rising by 1 - rho at a spike: v_th = b0,
// tau_sfa = tau_a, q_sfa = beta (1 - rho), A = beta b. Without q_sfa the cell
// is iaf_psc_exp, in whose order a step goes; A decays before the threshold is
// tested. The equations are linear, so a step of any length is exact. Spikes
// lie on the grid.
func ALIFModel() Model {
	return Model{
		Entry: catalog.Entry{
			Name:    "alif",
			Summary: "leaky integrate-and-fire with exponential currents and a threshold that its spikes raise",
			Equation: "dV/dt = -(V - e_l)/tau_m + (i_e + I + I_ex + I_in)/c_m\n" +
				"dI_ex/dt = -I_ex/tau_syn_ex, dI_in/dt = -I_in/tau_syn_in;  += w at every spike that arrives\n" +
				"dA/dt = -A/tau_sfa;  A += q_sfa at every spike of the cell\n" +
				"V >= v_th + A: a spike, V = v_reset for t_ref; exact integration on the grid",
			Reference: "Bellec, Salaj, Subramoney, Legenstein, Maass, NeurIPS 31 (2018), section 2, the adaptive threshold; " +
				"Gerstner, Kistler, Naud, Paninski, Neuronal Dynamics (2014), section 6.4, the moving threshold",
			Omits:  "the reset by subtraction of Bellec et al.; spike times between grid points, in stepped mode",
			Params: &ALIFParams{},
			Variables: []catalog.Variable{
				{Name: "v_m", Unit: "mV", Doc: "potential of the membrane"},
				{Name: "i_syn_ex", Unit: "pA", Doc: "current of the excitatory synapses"},
				{Name: "i_syn_in", Unit: "pA", Doc: "current of the inhibitory synapses"},
				{Name: "a_th", Unit: "mV", Doc: "rise of the threshold above v_th"},
			},
		},
		Inputs: []catalog.Variable{
			{Name: "ex", Unit: "pA", Doc: "jump of the excitatory current"},
			{Name: "in", Unit: "pA", Doc: "jump of the inhibitory current, of negative weight"},
		},
		Current: true,
		New: func(b Block, params any) (sim.Population, error) {
			return newALIF(b, *params.(*ALIFParams))
		},
	}
}

// alif is a block of cells.
type alif struct {
	params ALIFParams
	step   alifStep // derived
	state  alifState
}

var _ sim.Population = (*alif)(nil)

// alifStep are the constants of a step.
type alifStep struct {
	p22          float64 // exp(-h/tau_m)
	rest         float64 // what e_l and i_e add to the potential, mV
	p20          float64 // what a current adds to it, mV/pA
	p21ex, p21in float64 // what the synaptic currents add to it, mV/pA
	p11ex, p11in float64 // exp(-h/tau_syn)
	pa           float64 // exp(-h/tau_sfa)
	vTh, vReset  float64 // mV
	raise        float64 // q_sfa, mV
	hold         int32   // steps of t_ref
}

// alifState is the state of the cells.
type alifState struct {
	v      []float64 // mV
	ex, in []float64 // pA
	a      []float64 // mV
	ref    []int32   // steps that the cell stays refractory
}

func newALIF(b Block, p ALIFParams) (*alif, error) {
	h := b.StepMS
	c := alifStep{
		p22: kernels.Exp(-h / p.TauM), p20: -p.TauM / p.CM * math.Expm1(-h/p.TauM),
		p11ex: kernels.Exp(-h / p.TauSynEx), p11in: kernels.Exp(-h / p.TauSynIn), pa: kernels.Exp(-h / p.TauSfa),
		vTh: p.VTh, vReset: p.VReset, raise: p.QSfa, hold: refractorySteps(p.TRef, h),
	}
	ex, _ := pscPropagators(h, p.TauM, p.TauSynEx)
	in, _ := pscPropagators(h, p.TauM, p.TauSynIn)
	c.p21ex, c.p21in = ex/p.CM, in/p.CM
	c.rest = float64(-p.EL*math.Expm1(-h/p.TauM)) + float64(c.p20*p.IE)
	if err := mustBeFinite(h, constant{"the effect of a current on the membrane", c.p20},
		constant{"that of the excitatory current", c.p21ex}, constant{"that of the inhibitory current", c.p21in},
		constant{"the potential at rest with i_e", c.rest}); err != nil {
		return nil, err
	}
	some := func() []float64 { return make([]float64, b.Len()) }
	n := &alif{params: p, step: c, state: alifState{some(), some(), some(), some(), make([]int32, b.Len())}}
	n.Reset()
	return n, nil
}

// Size returns the number of cells.
func (n *alif) Size() int { return len(n.state.v) }

// Reset puts every cell to rest, without currents and with its first threshold.
func (n *alif) Reset() {
	s := &n.state
	for i := range s.v {
		s.v[i] = n.params.EL
	}
	for _, x := range [][]float64{s.ex, s.in, s.a} {
		clear(x)
	}
	clear(s.ref)
}

// State is the potential, the currents, the rise of the threshold and the rest
// of the refractory time.
func (n *alif) State() []sim.Variable {
	s := &n.state
	return []sim.Variable{
		{Name: "v_m", Values: s.v}, {Name: "i_syn_ex", Values: s.ex}, {Name: "i_syn_in", Values: s.in},
		{Name: "a_th", Values: s.a}, {Name: "refractory", Values: s.ref},
	}
}

// Advance goes one step on.
func (n *alif) Advance(in sim.Input, spikes []int32) []int32 {
	flushTiny(in.Step, n.state.v, n.state.ex, n.state.in, n.state.a)
	return stepALIF(&n.step, &n.state, in.Channels[0], in.Channels[1], in.Current, spikes)
}

// stepALIF is the step of all cells. The conversions keep products and sums
// from being fused; the order of the additions is that of iaf_psc_exp.
func stepALIF(c *alifStep, s *alifState, addEx, addIn []float32, current []float64, spikes []int32) []int32 {
	v := s.v
	ex, in, a, ref := s.ex[:len(v)], s.in[:len(v)], s.a[:len(v)], s.ref[:len(v)]
	addEx, addIn = addEx[:len(v)], addIn[:len(v)]
	if current != nil {
		current = current[:len(v)]
	}
	for i, u := range v {
		if ref[i] > 0 {
			ref[i]--
		} else {
			u = float64(c.p22*u) + c.rest
			u += float64(c.p21ex * ex[i])
			u += float64(c.p21in * in[i])
			if current != nil {
				u += float64(c.p20 * current[i])
			}
		}
		ex[i] = float64(c.p11ex*ex[i]) + float64(addEx[i])
		in[i] = float64(c.p11in*in[i]) + float64(addIn[i])
		a[i] *= c.pa
		if u >= c.vTh+a[i] {
			u = c.vReset
			a[i] += c.raise
			ref[i] = c.hold
			spikes = append(spikes, int32(i))
		}
		v[i] = u
	}
	return spikes
}
