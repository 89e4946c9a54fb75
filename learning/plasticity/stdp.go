package plasticity

import (
	"math"

	"github.com/synohm/synohm/internal/catalog"
	"github.com/synohm/synohm/internal/config"
	"github.com/synohm/synohm/sim"
)

// STDPParams are the settings of pair-based plasticity. Names and defaults are
// NEST's; tau_minus is a property of the target there.
type STDPParams struct {
	Dependence string        `yaml:"dependence" default:"guetig" enum:"additive|multiplicative|guetig" doc:"how changes depend on the weight: both exponents 0, both 1, or as mu_plus and mu_minus say"`
	WMax       config.Scalar `yaml:"w_max" required:"true" doc:"largest weight, in the unit of the target's input, of the sign of the weights"`
	Lambda     float64       `yaml:"lambda" default:"0.01" range:"[0, inf)" doc:"step size, a part of w_max"`
	Alpha      float64       `yaml:"alpha" default:"1" range:"[0, inf)" doc:"depression over facilitation"`
	MuPlus     float64       `yaml:"mu_plus" default:"1" range:"[0, inf)" doc:"exponent of facilitation, of guetig"`
	MuMinus    float64       `yaml:"mu_minus" default:"1" range:"[0, inf)" doc:"exponent of depression, of guetig"`
	TauPlus    float64       `yaml:"tau_plus" unit:"ms" default:"20 ms" range:"(0, inf)" doc:"time constant of facilitation, of the source's trace"`
	TauMinus   float64       `yaml:"tau_minus" unit:"ms" default:"20 ms" range:"(0, inf)" doc:"time constant of depression, of the target's trace"`
}

// Validate wants exponents only where they act.
func (p *STDPParams) Validate() error {
	if p.Dependence != "guetig" && (p.MuPlus != 1 || p.MuMinus != 1) {
		field := "mu_plus"
		if p.MuPlus == 1 {
			field = "mu_minus"
		}
		return config.FieldError{Field: field, Rule: "has a meaning for dependence: guetig alone"}
	}
	return nil
}

// STDPModel describes spike-timing-dependent plasticity of all pairs:
//
//	u = w / w_max
//	spike of the target that reaches the synapse: u = u + lambda (1 - u)^mu_plus K+, at most 1
//	spike of the source:                          u = u - alpha lambda u^mu_minus K-, at least 0
//
// symbol | unit | meaning
// w      | input's | weight
// K+, K- | 1    | traces of the source's and the target's spikes: up by 1 at each, decay with tau_plus, tau_minus
func STDPModel() Model {
	return Model{
		Entry: catalog.Entry{
			Name: "stdp", Summary: "spike-timing-dependent plasticity of pairs; additive, multiplicative or between",
			Equation: "u = w/w_max; post: u += lambda (1 - u)^mu_plus K+; pre: u -= alpha lambda u^mu_minus K-\n" +
				"K+, K- rise by 1 at every spike of the source, the target; decay with tau_plus, tau_minus",
			Reference: "Guetig, Aharonov, Rotter, Sompolinsky, J. Neurosci. 23 (2003), functions f+ and f-; order of events of NEST's stdp_synapse (Morrison, Diesmann, Gerstner 2008)",
			Omits:     "axonal part of the delay: all of it is dendritic",
			Params:    &STDPParams{},
		},
		New: func(s Setting, params any) (sim.Learner, error) {
			p := *params.(*STDPParams)
			in := weights{s: s}
			r := stdp{wMax: in.limit("w_max", p.WMax), lambda: p.Lambda, down: p.Alpha * p.Lambda, muPlus: p.MuPlus, muMinus: p.MuMinus}
			if err := in.err(); err != nil || s.Weights == nil {
				return nil, err
			}
			if p.Dependence == "additive" {
				r.muPlus, r.muMinus = 0, 0
			}
			return newPair(s, &r, times{plus: p.TauPlus, minus: p.TauMinus}), nil
		},
	}
}

type stdp struct {
	wMax, lambda, down, muPlus, muMinus float64
}

// power is x to the mu, quick for the usual ones.
func power(x, mu float64) float64 {
	switch mu {
	case 0:
		return 1
	case 1:
		return x
	}
	return math.Pow(x, mu)
}

func (r *stdp) post(w, trace, _ float64) float64 {
	u := min(w/r.wMax, 1)
	u += float64(r.lambda * power(1-u, r.muPlus) * trace)
	return min(u, 1) * r.wMax
}

func (r *stdp) pre(w, trace, _ float64) float64 {
	u := min(max(w/r.wMax, 0), 1)
	u -= float64(r.down * power(u, r.muMinus) * trace)
	return max(u, 0) * r.wMax
}
