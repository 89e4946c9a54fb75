package neurons

import (
	"github.com/synohm/synohm/internal/catalog"
	"github.com/synohm/synohm/internal/kernels"
	"github.com/synohm/synohm/sim"
)

// IAFCondExpParams are the settings of the leaky integrate-and-fire cell with
// synaptic conductances. Names and defaults are NEST's.
type IAFCondExpParams struct {
	EL         float64 `yaml:"e_l" unit:"mV" default:"-70 mV" doc:"reversal potential of the leak"`
	CM         float64 `yaml:"c_m" unit:"pF" default:"250 pF" range:"(0, inf)" doc:"capacitance of the membrane"`
	GL         float64 `yaml:"g_l" unit:"nS" default:"16.6667 nS" range:"[0, inf)" doc:"conductance of the leak"`
	EEx        float64 `yaml:"e_ex" unit:"mV" default:"0 mV" doc:"reversal potential of excitation"`
	EIn        float64 `yaml:"e_in" unit:"mV" default:"-85 mV" doc:"reversal potential of inhibition"`
	TauSynEx   float64 `yaml:"tau_syn_ex" unit:"ms" default:"0.2 ms" range:"(0, inf)" doc:"time constant of the excitatory conductance"`
	TauSynIn   float64 `yaml:"tau_syn_in" unit:"ms" default:"2 ms" range:"(0, inf)" doc:"time constant of the inhibitory conductance"`
	TRef       float64 `yaml:"t_ref" unit:"ms" default:"2 ms" range:"[0, inf)" doc:"refractory time; conductances go on in it"`
	VTh        float64 `yaml:"v_th" unit:"mV" default:"-55 mV" doc:"threshold; a potential at or above it makes a spike"`
	VReset     float64 `yaml:"v_reset" unit:"mV" default:"-60 mV" doc:"potential after a spike and while refractory"`
	IE         float64 `yaml:"i_e" unit:"pA" default:"0 pA" doc:"constant current"`
	Integrator string  `yaml:"integrator" enum:"rkf45|exp_euler" default:"rkf45" doc:"rkf45 is accurate; exp_euler is fast, of first order, and wants steps well below the time constants of the conductances"`
	Tolerance  float64 `yaml:"tolerance" default:"1e-6" range:"[1e-12, 1]" doc:"of rkf45: absolute error of every variable in one of its steps, in mV and nS"`
}

// Validate wants the reset below the threshold.
func (p *IAFCondExpParams) Validate() error { return resetBelowThreshold(p.VReset, p.VTh) }

// conductanceInputs are the two inputs of the models with conductances.
var conductanceInputs = []catalog.Variable{
	{Name: "ex", Unit: "nS", Doc: "rise of the excitatory conductance"},
	{Name: "in", Unit: "nS", Doc: "rise of the inhibitory conductance"},
}

// What every model with conductances can record.
var (
	variableV   = catalog.Variable{Name: "v_m", Unit: "mV", Doc: "potential of the membrane"}
	variableGEx = catalog.Variable{Name: "g_ex", Unit: "nS", Doc: "excitatory conductance"}
	variableGIn = catalog.Variable{Name: "g_in", Unit: "nS", Doc: "inhibitory conductance"}
	unresolved  = catalog.Variable{Name: "unresolved", Doc: "steps that rkf45 could not resolve and exponential Euler finished"}
)

// IAFCondExpModel describes the leaky integrate-and-fire cell with
// conductances that jump with a spike and decay exponentially:
//
//	c_m dV/dt = -g_l (V - e_l) - g_ex (V - e_ex) - g_in (V - e_in) + i_e + I
//	dg_ex/dt = -g_ex / tau_syn_ex,  dg_in/dt = -g_in / tau_syn_in
//	g_ex or g_in jumps by the weight of a spike when it arrives
//	V >= v_th: a spike, V = v_reset for t_ref
//
// symbol     | unit | meaning
// V          | mV   | potential of the membrane
// g_ex, g_in | nS   | conductances
// I          | pA   | injected current
//
// Order of a step of length h with exp_euler: V goes to V_inf + (V - V_inf)
// exp(-h g/c_m) with the conductances of the step's beginning, g = g_l + g_ex
// + g_in, V_inf = (g_l e_l + g_ex e_ex + g_in e_in + i_e + I)/g; they decay
// by exp(-h/tau); spikes that arrive are added; a potential at or above v_th
// is a spike. A refractory cell keeps v_reset while its conductances go on.
// With rkf45 V and the conductances are integrated together, then the same.
func IAFCondExpModel() Model {
	return Model{
		Entry: catalog.Entry{
			Name:    "iaf_cond_exp",
			Summary: "leaky integrate-and-fire; a spike opens a conductance that decays exponentially",
			Equation: "c_m dV/dt = -g_l (V - e_l) - g_ex (V - e_ex) - g_in (V - e_in) + i_e + I\n" +
				"dg_ex/dt = -g_ex/tau_syn_ex, dg_in/dt = -g_in/tau_syn_in;  g += w at every spike that arrives\n" +
				"V >= v_th: a spike, V = v_reset for t_ref",
			Reference: "Meffin, Burkitt, Grayden, J. Comput. Neurosci. 16 (2004); Brette et al., J. Comput. Neurosci. 23 (2007), appendix B, benchmark 1; conventions of NEST's iaf_cond_exp",
			Omits:     "spike times between grid points",
			Params:    &IAFCondExpParams{},
			Variables: []catalog.Variable{variableV, variableGEx, variableGIn, unresolved},
		},
		Inputs:      conductanceInputs,
		Current:     true,
		Conductance: true,
		New: func(b Block, params any) (sim.Population, error) {
			return newIAFCondExp(b, *params.(*IAFCondExpParams)), nil
		},
	}
}

// iafCondExp is a block of cells.
type iafCondExp struct {
	params IAFCondExpParams
	step   kernels.IAFCondExp // of exp_euler
	h      float64            // ms

	// state
	v, gEx, gIn []float64 // mV, nS
	ref         []int32   // steps that the cell stays refractory
	next        []float64 // ms, the length of rkf45's next step; nil with exp_euler
	lost        []float64 // steps that rkf45 has not resolved

	solver rkf45
	y      vec     // V, g_ex, g_in of the cell at work
	drive  float64 // pA, g_l e_l + i_e + I of the cell at work
}

var _ sim.Population = (*iafCondExp)(nil)

func newIAFCondExp(b Block, p IAFCondExpParams) *iafCondExp {
	n := &iafCondExp{
		params: p, h: b.StepMS,
		step: kernels.IAFCondExp{
			GL: p.GL, Rest: float64(p.GL*p.EL) + p.IE, EEx: p.EEx, EIn: p.EIn, Rate: -b.StepMS / p.CM,
			DecayEx: kernels.Exp(-b.StepMS / p.TauSynEx), DecayIn: kernels.Exp(-b.StepMS / p.TauSynIn),
			VTh: p.VTh, VReset: p.VReset, Hold: refractorySteps(p.TRef, b.StepMS),
		},
		v: make([]float64, b.Len()), gEx: make([]float64, b.Len()), gIn: make([]float64, b.Len()),
		ref: make([]int32, b.Len()), lost: make([]float64, b.Len()),
		solver: newRKF45(3, p.Tolerance),
	}
	if p.Integrator == "rkf45" {
		n.next = make([]float64, b.Len())
	}
	n.Reset()
	return n
}

// Size returns the number of cells.
func (n *iafCondExp) Size() int { return len(n.v) }

// Reset puts every cell to rest.
func (n *iafCondExp) Reset() {
	fill(n.v, n.params.EL)
	fill(n.next, n.h)
	clear(n.gEx)
	clear(n.gIn)
	clear(n.ref)
	clear(n.lost)
}

func fill(s []float64, x float64) {
	for i := range s {
		s[i] = x
	}
}

// State is the potential, the conductances, the rest of the refractory time
// and the integrator's.
func (n *iafCondExp) State() []sim.Variable {
	state := []sim.Variable{
		{Name: "v_m", Values: n.v}, {Name: "g_ex", Values: n.gEx}, {Name: "g_in", Values: n.gIn},
		{Name: "refractory", Values: n.ref}, {Name: "unresolved", Values: n.lost},
	}
	if n.next != nil {
		state = append(state, sim.Variable{Name: "next", Values: n.next})
	}
	return state
}

// weakLeak is the h g_l/c_m below which the potential that the cell goes to
// may lie too far away to be computed with.
const weakLeak = 1e-6

// Advance goes one step on.
func (n *iafCondExp) Advance(in sim.Input, spikes []int32) []int32 {
	switch {
	case n.next != nil:
		return n.advanceRKF45(in, spikes)
	case -n.step.GL*n.step.Rate < weakLeak:
		return n.advanceWeak(in, spikes)
	}
	return n.step.Step(n.v, n.gEx, n.gIn, n.ref, in.Channels[0], in.Channels[1], in.Current, spikes)
}

// advanceWeak is a step of exponential Euler where the leak is so weak, or
// absent, that the potential at the end of all times may not exist.
func (n *iafCondExp) advanceWeak(in sim.Input, spikes []int32) []int32 {
	for i := range n.v {
		n.take(i, in.Current)
		e, m := n.gEx[i], n.gIn[i]
		n.relax(&n.y, n.h)
		n.y[1], n.y[2] = float64(e*n.step.DecayEx), float64(m*n.step.DecayIn)
		spikes = n.put(i, in, spikes)
	}
	return spikes
}

func (n *iafCondExp) advanceRKF45(in sim.Input, spikes []int32) []int32 {
	for i := range n.v {
		n.take(i, in.Current)
		n.solver.begin()
		if _, ok := n.solver.run(n, &n.y, &n.next[i], n.h); !ok {
			n.lost[i]++
		}
		spikes = n.put(i, in, spikes)
	}
	return spikes
}

// take brings a cell to work.
func (n *iafCondExp) take(i int, current []float64) {
	n.y = vec{n.v[i], n.gEx[i], n.gIn[i]}
	n.drive = n.step.Rest
	if current != nil {
		n.drive += current[i]
	}
}

// put ends the step of a cell.
func (n *iafCondExp) put(i int, in sim.Input, spikes []int32) []int32 {
	n.v[i] = n.y[0]
	n.gEx[i] = n.y[1] + float64(in.Channels[0][i])
	n.gIn[i] = n.y[2] + float64(in.Channels[1][i])
	switch {
	case n.ref[i] > 0:
		n.ref[i]--
		n.v[i] = n.params.VReset
	case n.v[i] >= n.params.VTh:
		n.v[i] = n.params.VReset
		n.ref[i] = n.step.Hold
		spikes = append(spikes, int32(i))
	}
	return spikes
}

// slopes are the equations of a cell.
func (n *iafCondExp) slopes(y, f *vec) {
	v, e, m := y[0], y[1], y[2]
	f[0] = (n.drive - float64(n.params.GL*v) - float64(e*(v-n.params.EEx)) - float64(m*(v-n.params.EIn))) / n.params.CM
	f[1] = -e / n.params.TauSynEx
	f[2] = -m / n.params.TauSynIn
}

// relax is a step of exponential Euler of any length.
func (n *iafCondExp) relax(y *vec, h float64) {
	v, e, m := y[0], y[1], y[2]
	y[0] = relaxed(v, n.drive+float64(e*n.params.EEx)+float64(m*n.params.EIn), n.params.GL+e+m, h/n.params.CM)
	y[1] = float64(e * kernels.Exp(-h/n.params.TauSynEx))
	y[2] = float64(m * kernels.Exp(-h/n.params.TauSynIn))
}
