package neurons

import (
	"math"

	"github.com/synohm/synohm/internal/catalog"
	"github.com/synohm/synohm/internal/kernels"
	"github.com/synohm/synohm/sim"
)

// HHCondExpTraubParams are the settings of the Hodgkin-Huxley cell with the
// rates of Traub and Miles. Names and defaults are NEST's; v_detect and
// detection are this model's.
type HHCondExpTraubParams struct {
	EL         float64 `yaml:"e_l" unit:"mV" default:"-60 mV" doc:"reversal potential of the leak"`
	CM         float64 `yaml:"c_m" unit:"pF" default:"200 pF" range:"(0, inf)" doc:"capacitance of the membrane"`
	GL         float64 `yaml:"g_l" unit:"nS" default:"10 nS" range:"[0, inf)" doc:"conductance of the leak"`
	GNa        float64 `yaml:"g_na" unit:"nS" default:"20000 nS" range:"[0, inf)" doc:"largest conductance of sodium"`
	GK         float64 `yaml:"g_k" unit:"nS" default:"6000 nS" range:"[0, inf)" doc:"largest conductance of potassium"`
	ENa        float64 `yaml:"e_na" unit:"mV" default:"50 mV" doc:"reversal potential of sodium"`
	EK         float64 `yaml:"e_k" unit:"mV" default:"-90 mV" doc:"reversal potential of potassium"`
	VT         float64 `yaml:"v_t" unit:"mV" default:"-63 mV" doc:"offset of the potential in the rates; the threshold lies about 13 mV above it"`
	EEx        float64 `yaml:"e_ex" unit:"mV" default:"0 mV" doc:"reversal potential of excitation"`
	EIn        float64 `yaml:"e_in" unit:"mV" default:"-80 mV" doc:"reversal potential of inhibition"`
	TauSynEx   float64 `yaml:"tau_syn_ex" unit:"ms" default:"5 ms" range:"(0, inf)" doc:"time constant of the excitatory conductance"`
	TauSynIn   float64 `yaml:"tau_syn_in" unit:"ms" default:"10 ms" range:"(0, inf)" doc:"time constant of the inhibitory conductance"`
	TRef       float64 `yaml:"t_ref" unit:"ms" default:"2 ms" range:"[0, inf)" doc:"time after a spike in which no other one is detected; the membrane is left alone"`
	IE         float64 `yaml:"i_e" unit:"pA" default:"0 pA" doc:"constant current"`
	VDetect    float64 `yaml:"v_detect" unit:"mV" default:"30 mV" doc:"how far above v_t a spike is detected"`
	Detection  string  `yaml:"detection" enum:"peak|crossing" default:"peak" doc:"peak: above the level and falling, as NEST; crossing: where the potential comes to the level from below"`
	Integrator string  `yaml:"integrator" enum:"rkf45|exp_euler" default:"rkf45" doc:"rkf45 is accurate; exp_euler is fast and of first order"`
	Tolerance  float64 `yaml:"tolerance" default:"1e-6" range:"[1e-12, 1]" doc:"of rkf45: absolute error of every variable in one of its steps, in mV and nS"`
}

// HHCondExpTraubModel describes the Hodgkin-Huxley cell of the benchmark
// COBAHH, with a sodium, a potassium and a leak current and conductances that
// jump with a spike and decay exponentially:
//
//	c_m dV/dt = -g_l (V - e_l) - g_na m^3 h (V - e_na) - g_k n^4 (V - e_k)
//	            - g_ex (V - e_ex) - g_in (V - e_in) + i_e + I
//	dx/dt = alpha_x (1 - x) - beta_x x  for x of m, h, n, with u = V - v_t:
//	alpha_m = 0.32 (13-u) / (exp((13-u)/4) - 1)   beta_m = 0.28 (u-40) / (exp((u-40)/5) - 1)
//	alpha_h = 0.128 exp((17-u)/18)                beta_h = 4 / (1 + exp((40-u)/5))
//	alpha_n = 0.032 (15-u) / (exp((15-u)/5) - 1)  beta_n = 0.5 exp((10-u)/40)
//	dg_ex/dt = -g_ex / tau_syn_ex,  dg_in/dt = -g_in / tau_syn_in
//
// symbol     | unit | meaning
// V          | mV   | potential of the membrane
// m, h, n    |      | gates: activation and inactivation of sodium, activation of potassium
// g_ex, g_in | nS   | conductances
// I          | pA   | injected current
//
// A spike is detected at the end of a step, where V is at least v_t + v_detect
// and below its value at the step's beginning (peak), or where V has come to
// that level from below within the step (crossing), unless one was detected
// within t_ref. Nothing is reset.
//
// Order of a step with exp_euler: V and the gates go on exponentially, each
// with all others at their values of the step's beginning; conductances decay
// by exp(-h/tau); then spikes that arrive are added; then detection. With
// rkf45 all are integrated together, then the same. Gates start at their
// steady state at e_l.
//
// COBAHH (Brette et al. 2007): the defaults with v_detect 43 mV (-20 mV),
// detection crossing, t_ref 3 ms, integrator exp_euler.
func HHCondExpTraubModel() Model {
	return Model{
		Entry: catalog.Entry{
			Name:    "hh_cond_exp_traub",
			Summary: "Hodgkin-Huxley with the rates of Traub and Miles; a spike opens a conductance that decays exponentially",
			Equation: "c_m dV/dt = -g_l (V - e_l) - g_na m^3 h (V - e_na) - g_k n^4 (V - e_k) - g_ex (V - e_ex) - g_in (V - e_in) + i_e + I\n" +
				"dx/dt = alpha_x (1 - x) - beta_x x for the gates m, h, n;  dg/dt = -g/tau_syn, g += w at every spike that arrives\n" +
				"with u = V - v_t: alpha_m = 0.32 (13-u)/(exp((13-u)/4)-1), beta_m = 0.28 (u-40)/(exp((u-40)/5)-1),\n" +
				"alpha_h = 0.128 exp((17-u)/18), beta_h = 4/(1+exp((40-u)/5)), alpha_n = 0.032 (15-u)/(exp((15-u)/5)-1), beta_n = 0.5 exp((10-u)/40)",
			Reference: "Traub, Miles, Neuronal Networks of the Hippocampus (1991); Brette et al., J. Comput. Neurosci. 23 (2007), appendix B, benchmark 3; conventions of NEST's hh_cond_exp_traub",
			Omits:     "calcium currents and compartments of Traub and Miles; spike times between grid points",
			Params:    &HHCondExpTraubParams{},
			Variables: []catalog.Variable{
				variableV, variableGEx, variableGIn,
				{Name: "act_m", Doc: "activation of sodium"}, {Name: "inact_h", Doc: "inactivation of sodium"}, {Name: "act_n", Doc: "activation of potassium"},
				unresolved,
			},
		},
		Inputs:      conductanceInputs,
		Current:     true,
		Conductance: true,
		New: func(b Block, params any) (sim.Population, error) {
			return newHHCondExpTraub(b, *params.(*HHCondExpTraubParams)), nil
		},
	}
}

// hhCondExpTraub is a block of cells.
type hhCondExpTraub struct {
	params HHCondExpTraubParams

	// derived
	h                float64 // ms
	decayEx, decayIn float64 // exp(-h/tau)
	level            float64 // mV, of detection
	hold             int32   // steps of t_ref

	// state
	v, gEx, gIn []float64    // mV, nS
	gates       [3][]float64 // m, h, n
	ref         []int32      // steps in which no spike is detected
	next        []float64    // ms, the length of rkf45's next step; nil with exp_euler
	lost        []float64    // steps that rkf45 has not resolved

	solver rkf45
	y      vec     // V, m, h, n, g_ex, g_in of the cell at work
	drive  float64 // pA, g_l e_l + i_e + I of the cell at work
}

var _ sim.Population = (*hhCondExpTraub)(nil)

func newHHCondExpTraub(b Block, p HHCondExpTraubParams) *hhCondExpTraub {
	n := &hhCondExpTraub{
		params: p, h: b.StepMS, level: p.VT + p.VDetect, hold: refractorySteps(p.TRef, b.StepMS),
		decayEx: kernels.Exp(-b.StepMS / p.TauSynEx), decayIn: kernels.Exp(-b.StepMS / p.TauSynIn),
		v: make([]float64, b.Len()), gEx: make([]float64, b.Len()), gIn: make([]float64, b.Len()),
		ref: make([]int32, b.Len()), lost: make([]float64, b.Len()),
		solver: newRKF45(6, p.Tolerance),
	}
	for g := range n.gates {
		n.gates[g] = make([]float64, b.Len())
	}
	if p.Integrator == "rkf45" {
		n.next = make([]float64, b.Len())
	}
	n.Reset()
	return n
}

// Size returns the number of cells.
func (n *hhCondExpTraub) Size() int { return len(n.v) }

// Reset puts every cell to e_l with its gates in their steady state.
func (n *hhCondExpTraub) Reset() {
	fill(n.v, n.params.EL)
	fill(n.next, n.h)
	alpha, beta := traubRates(n.params.EL - n.params.VT)
	for g := range n.gates {
		fill(n.gates[g], alpha[g]/(alpha[g]+beta[g]))
	}
	clear(n.gEx)
	clear(n.gIn)
	clear(n.ref)
	clear(n.lost)
}

// State is the potential, the conductances, the gates, the rest of the
// refractory time and the integrator's.
func (n *hhCondExpTraub) State() []sim.Variable {
	state := []sim.Variable{
		{Name: "v_m", Values: n.v}, {Name: "g_ex", Values: n.gEx}, {Name: "g_in", Values: n.gIn},
		{Name: "act_m", Values: n.gates[0]}, {Name: "inact_h", Values: n.gates[1]}, {Name: "act_n", Values: n.gates[2]},
		{Name: "refractory", Values: n.ref}, {Name: "unresolved", Values: n.lost},
	}
	if n.next != nil {
		state = append(state, sim.Variable{Name: "next", Values: n.next})
	}
	return state
}

// Advance goes one step on.
func (n *hhCondExpTraub) Advance(in sim.Input, spikes []int32) []int32 {
	for i, old := range n.v {
		n.y = vec{old, n.gates[0][i], n.gates[1][i], n.gates[2][i], n.gEx[i], n.gIn[i]}
		n.drive = float64(n.params.GL*n.params.EL) + n.params.IE
		if in.Current != nil {
			n.drive += in.Current[i]
		}
		if n.next == nil {
			n.membrane(&n.y, n.h)
			n.y[4], n.y[5] = float64(n.y[4]*n.decayEx), float64(n.y[5]*n.decayIn)
		} else {
			n.solver.begin()
			if _, ok := n.solver.run(n, &n.y, &n.next[i], n.h); !ok {
				n.lost[i]++
			}
		}
		n.v[i], n.gates[0][i], n.gates[1][i], n.gates[2][i] = n.y[0], n.y[1], n.y[2], n.y[3]
		n.gEx[i] = n.y[4] + float64(in.Channels[0][i])
		n.gIn[i] = n.y[5] + float64(in.Channels[1][i])
		switch {
		case n.ref[i] > 0:
			n.ref[i]--
		case n.detect(old, n.y[0]):
			n.ref[i] = n.hold
			spikes = append(spikes, int32(i))
		}
	}
	return spikes
}

// detect tells whether a spike is seen between two values of the potential.
func (n *hhCondExpTraub) detect(old, now float64) bool {
	if n.params.Detection == "crossing" {
		return old < n.level && now >= n.level
	}
	return now >= n.level && now < old
}

// channels are the conductance and the current at 0 mV of all channels, nS and
// pA.
func (n *hhCondExpTraub) channels(y *vec) (g, current float64) {
	m, h, k := y[1], y[2], float64(y[3]*y[3])
	na := float64(float64(n.params.GNa*float64(float64(m*m)*m)) * h)
	k = float64(n.params.GK * float64(k*k))
	g = n.params.GL + na + k + y[4] + y[5]
	current = n.drive + float64(na*n.params.ENa) + float64(k*n.params.EK) + float64(y[4]*n.params.EEx) + float64(y[5]*n.params.EIn)
	return g, current
}

// slopes are the equations of a cell.
func (n *hhCondExpTraub) slopes(y, f *vec) {
	g, current := n.channels(y)
	f[0] = (current - float64(g*y[0])) / n.params.CM
	alpha, beta := traubRates(y[0] - n.params.VT)
	for i := range 3 {
		f[1+i] = alpha[i] - float64((alpha[i]+beta[i])*y[1+i])
	}
	f[4] = -y[4] / n.params.TauSynEx
	f[5] = -y[5] / n.params.TauSynIn
}

// membrane is a step of exponential Euler of potential and gates.
func (n *hhCondExpTraub) membrane(y *vec, h float64) {
	g, current := n.channels(y)
	alpha, beta := traubRates(y[0] - n.params.VT)
	y[0] = relaxed(y[0], current, g, h/n.params.CM)
	for i := range 3 {
		y[1+i] = relaxed(y[1+i], alpha[i], alpha[i]+beta[i], h)
	}
}

// relax is a step of exponential Euler of any length.
func (n *hhCondExpTraub) relax(y *vec, h float64) {
	n.membrane(y, h)
	y[4] = float64(y[4] * kernels.Exp(-h/n.params.TauSynEx))
	y[5] = float64(y[5] * kernels.Exp(-h/n.params.TauSynIn))
}

// traubRates are the rates of m, h and n, 1/ms, at u mV above v_t. Beyond 1 V
// they no longer change, so that they stay finite whatever drives the cell.
func traubRates(u float64) (alpha, beta [3]float64) {
	u = min(max(u, -1000), 1000)
	alpha = [3]float64{
		float64(0.32 * linoid(13-u, 4)),
		float64(0.128 * kernels.Exp((17-u)/18)),
		float64(0.032 * linoid(15-u, 5)),
	}
	beta = [3]float64{
		float64(0.28 * linoid(u-40, 5)),
		4 / (1 + kernels.Exp((40-u)/5)),
		float64(0.5 * kernels.Exp((10-u)/40)),
	}
	return alpha, beta
}

// linoid is x / (exp(x/s) - 1). Near 0, where the difference loses its digits,
// it is the series s (1 - z/2 + z^2/12 - z^4/720) of z = x/s; the next term is
// z^6/30240, below 1e-15 there.
func linoid(x, s float64) float64 {
	z := x / s
	if math.Abs(z) < 0.0175 {
		z2 := float64(z * z)
		return float64(s * (1 - float64(z*0.5) + float64(z2*(1.0/12-float64(z2*(1.0/720))))))
	}
	return x / (kernels.Exp(z) - 1)
}
