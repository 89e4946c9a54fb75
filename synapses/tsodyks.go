package synapses

import (
	"math"

	"github.com/synohm/synohm/internal/catalog"
	"github.com/synohm/synohm/internal/config"
	"github.com/synohm/synohm/internal/kernels"
	"github.com/synohm/synohm/sim"
)

// TsodyksParams are the settings of depressing and facilitating synapses. Names
// and defaults are those of NEST's tsodyks_synapse_hom.
type TsodyksParams struct {
	U      float64 `yaml:"u" default:"0.5" range:"[0, 1]" doc:"U: by how much of the rest to 1 a spike raises the use of resources"`
	TauPsc float64 `yaml:"tau_psc" unit:"ms" default:"3 ms" range:"(0, inf)" doc:"time constant of the synaptic current, the time that resources are active; that of the target's input"`
	TauRec float64 `yaml:"tau_rec" unit:"ms" default:"800 ms" range:"(0, inf)" doc:"time constant of recovery from depression"`
	TauFac float64 `yaml:"tau_fac" unit:"ms" default:"0 ms" range:"[0, inf)" doc:"time constant of facilitation; 0 for none"`
}

// TsodyksDynamic describes short-term depression and facilitation:
//
//	dx/dt = z/tau_rec;  dy/dt = -y/tau_psc;  dz/dt = y/tau_psc - z/tau_rec
//	du/dt = -u/tau_fac
//	at a spike: u = u + U (1 - u), then y = y + u x, x = x - u x; it brings w u x
//
// symbol  | unit | meaning
// x, y, z | 1    | parts of the resources that are recovered, active, inactive; x + y + z = 1
// u       | 1    | part of the recovered resources that a spike uses
// w       | input's | weight: what a spike brings that uses all resources
//
// Between spikes the solution is exact; where tau_psc and tau_rec are equal, it
// is the limit. At the start x is 1 and u is 0.
func TsodyksDynamic() Dynamic {
	return Dynamic{
		Entry: catalog.Entry{
			Name: "tsodyks", Summary: "short-term depression and facilitation, with the time that resources are active",
			Equation: "dx/dt = z/tau_rec;  dy/dt = -y/tau_psc;  z = 1 - x - y;  du/dt = -u/tau_fac\n" +
				"at a spike: u += U (1 - u); it brings w u x, which moves from x to y",
			Reference: "Tsodyks, Uziel, Markram, J. Neurosci. 20 (2000) RC50, equations 3 and 4; conventions of NEST's tsodyks_synapse_hom",
			Omits:     "parameters of single synapses",
			Params:    &TsodyksParams{},
		},
		New: func(w sim.SparseWeights, s Setting, params any) (sim.SparseWeights, error) {
			return withGains(w, s, func(n int) gains { return newTsodyks(n, s.StepMS, params.(*TsodyksParams)) }), nil
		},
	}
}

// tsodyks is the state of the sources.
type tsodyks struct {
	p       *TsodyksParams
	h       float64
	u, x, y []float64 // after the last spike
	last    []int64   // its step
}

func newTsodyks(n int, h float64, p *TsodyksParams) *tsodyks {
	t := &tsodyks{p: p, h: h, u: make([]float64, n), x: make([]float64, n), y: make([]float64, n), last: make([]int64, n)}
	for i := range t.x {
		t.x[i] = 1
	}
	return t
}

func (t *tsodyks) state() []sim.Variable {
	return []sim.Variable{{Name: "u", Values: t.u}, {Name: "x", Values: t.x}, {Name: "y", Values: t.y}, {Name: "last", Values: t.last}}
}

func (t *tsodyks) spike(i int32, step int64) float64 {
	dt := float64(step-t.last[i]) * t.h
	t.last[i] = step
	u, x, y := t.u[i], t.x[i], t.y[i]
	u *= decayed(dt, t.p.TauFac)
	z := 1 - x - y
	x += float64(recovered(dt, t.p.TauPsc, t.p.TauRec)*y) - float64(math.Expm1(-dt/t.p.TauRec)*z)
	y *= kernels.Exp(-dt / t.p.TauPsc)
	u += float64(t.p.U * (1 - u))
	used := u * x
	t.u[i], t.x[i], t.y[i] = u, x-used, y+used
	return used
}

// decayed is exp(-dt/tau), 0 for a time constant of 0.
func decayed(dt, tau float64) float64 {
	if tau == 0 {
		return 0
	}
	return kernels.Exp(-dt / tau)
}

// recovered is the part of what was active that has recovered after dt: minus
// the difference quotient of tau expm1(-dt/tau) between the two time constants.
func recovered(dt, psc, rec float64) float64 {
	if math.Abs(psc-rec) < 1e-5*rec { // the derivative in the middle; both forms are 1e-11 off here
		r := 2 * dt / (psc + rec)
		return -math.Expm1(-r) - float64(r*kernels.Exp(-r))
	}
	return (float64(math.Expm1(-dt/rec)*rec) - float64(math.Expm1(-dt/psc)*psc)) / (psc - rec)
}

// Tsodyks2Params are the settings of depressing and facilitating synapses.
// Names and defaults are those of NEST's tsodyks2_synapse.
type Tsodyks2Params struct {
	U      float64 `yaml:"u" default:"0.5" range:"[0, 1]" doc:"U: use of resources by the first spike"`
	TauRec float64 `yaml:"tau_rec" unit:"ms" default:"800 ms" range:"(0, inf)" doc:"time constant of recovery from depression"`
	TauFac float64 `yaml:"tau_fac" unit:"ms" default:"0 ms" range:"[0, inf)" doc:"time constant of facilitation; 0 for none"`
}

// Validate wants a synapse that transmits.
func (p *Tsodyks2Params) Validate() error {
	if p.U == 0 {
		return config.FieldError{Field: "u", Rule: "of 0 lets no spike through"}
	}
	return nil
}

// Tsodyks2Dynamic describes short-term depression and facilitation by a
// recursion from spike to spike:
//
//	first spike: x = 1, u = U
//	later, dt after the one before: x = 1 + (x - x u - 1) exp(-dt/tau_rec)
//	                                u = U + u (1 - U) exp(-dt/tau_fac)
//	a spike brings w x u
//
// symbol | unit | meaning
// x      | 1    | resources
// u      | 1    | part of them that a spike uses
//
// Both new values follow from both old ones.
func Tsodyks2Dynamic() Dynamic {
	return Dynamic{
		Entry: catalog.Entry{
			Name: "tsodyks2", Summary: "short-term depression and facilitation, resources used at once",
			Equation: "x = 1 + (x - x u - 1) exp(-dt/tau_rec);  u = U + u (1 - U) exp(-dt/tau_fac)\n" +
				"a spike brings w x u; the first one has x = 1, u = U",
			Reference: "Maass, Markram, Neural Networks 15 (2002), equation 2; Markram, Wang, Tsodyks, PNAS 95 (1998); NEST's tsodyks2_synapse",
			Omits:     "the time that resources are active; parameters of single synapses",
			Params:    &Tsodyks2Params{},
		},
		New: func(w sim.SparseWeights, s Setting, params any) (sim.SparseWeights, error) {
			return withGains(w, s, func(n int) gains { return newTsodyks2(n, s.StepMS, params.(*Tsodyks2Params)) }), nil
		},
	}
}

// tsodyks2 is the state of the sources.
type tsodyks2 struct {
	p    *Tsodyks2Params
	h    float64
	u, x []float64 // of the last spike
	last []int64   // its step, -1 before the first
}

func newTsodyks2(n int, h float64, p *Tsodyks2Params) *tsodyks2 {
	t := &tsodyks2{p: p, h: h, u: make([]float64, n), x: make([]float64, n), last: make([]int64, n)}
	for i := range t.x {
		t.x[i], t.u[i], t.last[i] = 1, p.U, -1
	}
	return t
}

func (t *tsodyks2) state() []sim.Variable {
	return []sim.Variable{{Name: "u", Values: t.u}, {Name: "x", Values: t.x}, {Name: "last", Values: t.last}}
}

func (t *tsodyks2) spike(i int32, step int64) float64 {
	if t.last[i] >= 0 {
		dt := float64(step-t.last[i]) * t.h
		u, x := t.u[i], t.x[i]
		t.x[i] = 1 + float64((x-float64(x*u)-1)*kernels.Exp(-dt/t.p.TauRec))
		t.u[i] = t.p.U + float64(u*(1-t.p.U)*decayed(dt, t.p.TauFac))
	}
	t.last[i] = step
	return t.x[i] * t.u[i]
}
