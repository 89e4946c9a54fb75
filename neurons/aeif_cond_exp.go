package neurons

import (
	"fmt"

	"github.com/synohm/synohm/internal/catalog"
	"github.com/synohm/synohm/internal/config"
	"github.com/synohm/synohm/internal/kernels"
	"github.com/synohm/synohm/sim"
)

// AEIFCondExpParams are the settings of the adaptive exponential
// integrate-and-fire cell. Names and defaults are NEST's.
type AEIFCondExpParams struct {
	EL        float64 `yaml:"e_l" unit:"mV" default:"-70.6 mV" doc:"reversal potential of the leak"`
	CM        float64 `yaml:"c_m" unit:"pF" default:"281 pF" range:"(0, inf)" doc:"capacitance of the membrane"`
	GL        float64 `yaml:"g_l" unit:"nS" default:"30 nS" range:"[0, inf)" doc:"conductance of the leak"`
	EEx       float64 `yaml:"e_ex" unit:"mV" default:"0 mV" doc:"reversal potential of excitation"`
	EIn       float64 `yaml:"e_in" unit:"mV" default:"-85 mV" doc:"reversal potential of inhibition"`
	TauSynEx  float64 `yaml:"tau_syn_ex" unit:"ms" default:"0.2 ms" range:"(0, inf)" doc:"time constant of the excitatory conductance"`
	TauSynIn  float64 `yaml:"tau_syn_in" unit:"ms" default:"2 ms" range:"(0, inf)" doc:"time constant of the inhibitory conductance"`
	TRef      float64 `yaml:"t_ref" unit:"ms" default:"0 ms" range:"[0, inf)" doc:"refractory time, from the grid point after the spike; conductances and adaptation go on in it"`
	VTh       float64 `yaml:"v_th" unit:"mV" default:"-50.4 mV" doc:"where the exponential takes over; the threshold itself where delta_t is 0"`
	DeltaT    float64 `yaml:"delta_t" unit:"mV" default:"2 mV" range:"[0, inf)" doc:"how gradually a spike sets in"`
	VPeak     float64 `yaml:"v_peak" unit:"mV" default:"0 mV" doc:"a potential that reaches it is a spike; without meaning where delta_t is 0"`
	VReset    float64 `yaml:"v_reset" unit:"mV" default:"-60 mV" doc:"potential after a spike and while refractory"`
	A         float64 `yaml:"a" unit:"nS" default:"4 nS" doc:"adaptation to the potential"`
	B         float64 `yaml:"b" unit:"pA" default:"80.5 pA" doc:"adaptation to a spike"`
	TauW      float64 `yaml:"tau_w" unit:"ms" default:"144 ms" range:"(0, inf)" doc:"time constant of adaptation"`
	IE        float64 `yaml:"i_e" unit:"pA" default:"0 pA" doc:"constant current"`
	Tolerance float64 `yaml:"tolerance" default:"1e-6" range:"[1e-12, 1]" doc:"absolute error of every variable in one step of the integrator, in mV, nS and pA (NEST's gsl_error_tol)"`
}

// maxSlope bounds (v_peak - v_th)/delta_t: exp of it times 1e20 is still a
// number, so the potential can be followed to the peak.
const maxSlope = 663

// Validate wants the reset below the peak, and a rise that can be computed.
func (p *AEIFCondExpParams) Validate() error {
	switch {
	case p.DeltaT == 0:
		return resetBelowThreshold(p.VReset, p.VTh)
	case p.VPeak < p.VTh:
		return config.FieldError{Field: "v_peak", Rule: "must not be below v_th"}
	case p.VReset >= p.VPeak:
		return config.FieldError{Field: "v_reset", Rule: "must be below v_peak"}
	case (p.VPeak-p.VTh)/p.DeltaT > maxSlope:
		return config.FieldError{Field: "delta_t", Rule: fmt.Sprintf(
			"must be 0 mV, for a sharp threshold, or at least %.6g mV: the potential rises by exp((v_peak - v_th)/delta_t), beyond what a number can hold; or lower v_peak",
			(p.VPeak-p.VTh)/maxSlope)}
	}
	return nil
}

// AEIFCondExpModel describes the adaptive exponential integrate-and-fire cell
// with synaptic conductances:
//
//	c_m dV/dt = -g_l (V - e_l) + g_l delta_t exp((V - v_th)/delta_t)
//	            - g_ex (V - e_ex) - g_in (V - e_in) - w + i_e + I
//	tau_w dw/dt = a (V - e_l) - w
//	dg_ex/dt = -g_ex / tau_syn_ex,  dg_in/dt = -g_in / tau_syn_in
//	V reaches v_peak: a spike, V = v_reset for t_ref, w = w + b
//
// symbol     | unit | meaning
// V          | mV   | potential of the membrane
// w          | pA   | adaptation
// g_ex, g_in | nS   | conductances
// I          | pA   | injected current
//
// Within a step all are integrated together by rkf45, with V no larger than
// v_peak in the equations. Where V reaches the peak it is reset at that very
// moment and, without refractory time, the integration goes on; the spike is
// stamped at the end of the step. Spikes that arrive are added last. A cell
// that reaches the peak several times within a step sends one spike.
//
// With delta_t = 0 the exponential is absent below v_th and infinite above, so
// v_th is the peak.
func AEIFCondExpModel() Model {
	return Model{
		Entry: catalog.Entry{
			Name:    "aeif_cond_exp",
			Summary: "adaptive exponential integrate-and-fire (AdEx); a spike opens a conductance that decays exponentially",
			Equation: "c_m dV/dt = -g_l (V - e_l) + g_l delta_t exp((V - v_th)/delta_t) - g_ex (V - e_ex) - g_in (V - e_in) - w + i_e + I\n" +
				"tau_w dw/dt = a (V - e_l) - w;  dg/dt = -g/tau_syn, g += w at every spike that arrives\n" +
				"V reaches v_peak: a spike, V = v_reset for t_ref, w += b; Runge-Kutta-Fehlberg 4(5) with adaptive steps",
			Reference: "Brette, Gerstner, J. Neurophysiol. 94 (2005), equations 1 to 3; conventions of NEST's aeif_cond_exp",
			Omits:     "spike times between grid points; all but one of the spikes that a cell makes within a step",
			Params:    &AEIFCondExpParams{},
			Variables: []catalog.Variable{variableV, variableGEx, variableGIn, {Name: "w", Unit: "pA", Doc: "adaptation"}, unresolved},
		},
		Inputs:      conductanceInputs,
		Current:     true,
		Conductance: true,
		New: func(b Block, params any) (sim.Population, error) {
			return newAEIFCondExp(b, *params.(*AEIFCondExpParams)), nil
		},
	}
}

// aeifCondExp is a block of cells.
type aeifCondExp struct {
	params AEIFCondExpParams

	// derived
	h    float64 // ms
	hold int32   // steps of t_ref

	// state
	v, gEx, gIn, w []float64 // mV, nS, nS, pA
	ref            []int32   // steps that the cell stays refractory
	next           []float64 // ms, the length of the integrator's next step
	lost           []float64 // steps that were not resolved

	solver rkf45
	y      vec     // V, g_ex, g_in, w of the cell at work
	drive  float64 // pA, g_l e_l + i_e + I of the cell at work
	frozen bool    // the cell at work is refractory
}

var _ sim.Population = (*aeifCondExp)(nil)

func newAEIFCondExp(b Block, p AEIFCondExpParams) *aeifCondExp {
	n := &aeifCondExp{
		params: p, h: b.StepMS, hold: refractorySteps(p.TRef, b.StepMS),
		v: make([]float64, b.Len()), gEx: make([]float64, b.Len()), gIn: make([]float64, b.Len()), w: make([]float64, b.Len()),
		ref: make([]int32, b.Len()), next: make([]float64, b.Len()), lost: make([]float64, b.Len()),
		solver: newRKF45(4, p.Tolerance),
	}
	if p.DeltaT == 0 {
		n.params.VPeak = p.VTh
	}
	n.solver.peak = n.params.VPeak
	n.Reset()
	return n
}

// Size returns the number of cells.
func (n *aeifCondExp) Size() int { return len(n.v) }

// Reset puts every cell to rest.
func (n *aeifCondExp) Reset() {
	fill(n.v, n.params.EL)
	fill(n.next, n.h)
	clear(n.gEx)
	clear(n.gIn)
	clear(n.w)
	clear(n.ref)
	clear(n.lost)
}

// State is the potential, the conductances, the adaptation, the rest of the
// refractory time and the integrator's.
func (n *aeifCondExp) State() []sim.Variable {
	return []sim.Variable{
		{Name: "v_m", Values: n.v}, {Name: "g_ex", Values: n.gEx}, {Name: "g_in", Values: n.gIn}, {Name: "w", Values: n.w},
		{Name: "refractory", Values: n.ref}, {Name: "next", Values: n.next}, {Name: "unresolved", Values: n.lost},
	}
}

// Advance goes one step on.
func (n *aeifCondExp) Advance(in sim.Input, spikes []int32) []int32 {
	for i := range n.v {
		n.drive = float64(n.params.GL*n.params.EL) + n.params.IE
		if in.Current != nil {
			n.drive += in.Current[i]
		}
		n.y = vec{n.v[i], n.gEx[i], n.gIn[i], n.w[i]}
		n.frozen = n.ref[i] > 0
		if n.frozen {
			n.ref[i]--
		}
		if n.integrate(i) {
			spikes = append(spikes, int32(i))
		}
		n.v[i], n.w[i] = n.y[0], n.y[3]
		n.gEx[i] = n.y[1] + float64(in.Channels[0][i])
		n.gIn[i] = n.y[2] + float64(in.Channels[1][i])
	}
	return spikes
}

// integrate brings the cell at work to the end of the step and tells whether
// it spiked.
func (n *aeifCondExp) integrate(i int) (spiked bool) {
	n.solver.begin()
	for left := n.h; left > 0; {
		var ok bool
		if left, ok = n.solver.run(n, &n.y, &n.next[i], left); !ok {
			n.lost[i]++
		}
		if n.y[0] < n.params.VPeak {
			continue // the end, without a spike
		}
		spiked = true
		n.y[0] = n.params.VReset
		n.y[3] += n.params.B
		if n.hold > 0 {
			n.frozen = true
			n.ref[i] = n.hold
		}
	}
	return spiked
}

// slopes are the equations of a cell.
func (n *aeifCondExp) slopes(y, f *vec) {
	v, e, m, w := min(y[0], n.params.VPeak), y[1], y[2], y[3]
	f[0] = 0
	if n.frozen {
		v = n.params.VReset
	} else {
		f[0] = (n.drive - float64(n.params.GL*v) + n.onset(v) - float64(e*(v-n.params.EEx)) - float64(m*(v-n.params.EIn)) - w) / n.params.CM
	}
	f[1] = -e / n.params.TauSynEx
	f[2] = -m / n.params.TauSynIn
	f[3] = (float64(n.params.A*(v-n.params.EL)) - w) / n.params.TauW
}

// onset is the current of a spike that sets in, pA.
func (n *aeifCondExp) onset(v float64) float64 {
	if n.params.DeltaT == 0 {
		return 0
	}
	return float64(float64(n.params.GL*n.params.DeltaT) * kernels.Exp((v-n.params.VTh)/n.params.DeltaT))
}

// relax is a step of exponential Euler of any length.
func (n *aeifCondExp) relax(y *vec, h float64) {
	v, e, m, w := min(y[0], n.params.VPeak), y[1], y[2], y[3]
	if n.frozen {
		v = n.params.VReset
	} else {
		a := n.drive + n.onset(v) + float64(e*n.params.EEx) + float64(m*n.params.EIn) - w
		y[0] = relaxed(v, a, n.params.GL+e+m, h/n.params.CM)
	}
	y[1] = float64(e * kernels.Exp(-h/n.params.TauSynEx))
	y[2] = float64(m * kernels.Exp(-h/n.params.TauSynIn))
	y[3] = relaxed(w, float64(n.params.A*(v-n.params.EL)), 1, h/n.params.TauW)
}
