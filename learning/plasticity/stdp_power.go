package plasticity

import (
	"github.com/synohm/synohm/internal/catalog"
	"github.com/synohm/synohm/internal/config"
	"github.com/synohm/synohm/sim"
)

// STDPPowerParams are the settings of the power law. Names and defaults are
// those of NEST's stdp_pl_synapse_hom; tau_minus is a property of the target
// there, and w_0 one unit.
type STDPPowerParams struct {
	Lambda   float64       `yaml:"lambda" default:"0.1" range:"[0, inf)" doc:"step size"`
	Alpha    float64       `yaml:"alpha" default:"1" range:"[0, inf)" doc:"depression over facilitation"`
	Mu       float64       `yaml:"mu" default:"0.4" range:"[0, 1]" doc:"exponent of facilitation"`
	W0       config.Scalar `yaml:"w_0" default:"" doc:"reference weight; one unit of the target's input if empty"`
	TauPlus  float64       `yaml:"tau_plus" unit:"ms" default:"20 ms" range:"(0, inf)" doc:"time constant of facilitation, of the source's trace"`
	TauMinus float64       `yaml:"tau_minus" unit:"ms" default:"20 ms" range:"(0, inf)" doc:"time constant of depression, of the target's trace"`
}

// STDPPowerModel describes spike-timing-dependent plasticity with a power law:
//
//	spike of the target that reaches the synapse: w = w + lambda w_0 (w/w_0)^mu K+
//	spike of the source:                          w = w - alpha lambda w K-, at least 0
//
// symbol | unit | meaning
// w      | input's | weight
// K+, K- | 1    | traces of the source's and the target's spikes: up by 1 at each, decay with tau_plus, tau_minus
//
// A weight of 0 stays 0.
func STDPPowerModel() Model {
	return Model{
		Entry: catalog.Entry{
			Name: "stdp_power", Summary: "spike-timing-dependent plasticity of pairs whose facilitation is a power of the weight",
			Equation: "post: w += lambda w_0 (w/w_0)^mu K+; pre: w -= alpha lambda w K-\n" +
				"K+, K- rise by 1 at every spike of the source, the target; decay with tau_plus, tau_minus",
			Reference: "Morrison, Aertsen, Diesmann, Neural Comput. 19 (2007), the power law fitted to data of Bi and Poo; after van Rossum, Bi, Turrigiano, J. Neurosci. 20 (2000); NEST's stdp_pl_synapse_hom",
			Omits:     "axonal part of the delay: all of it is dendritic",
			Params:    &STDPPowerParams{},
		},
		New: func(s Setting, params any) (sim.Learner, error) {
			p := *params.(*STDPPowerParams)
			in := weights{s: s}
			r := stdpPower{w0: in.scale("w_0", p.W0), lambda: p.Lambda, down: p.Lambda * p.Alpha, mu: p.Mu}
			if err := in.err(); err != nil || s.Weights == nil {
				return nil, err
			}
			return newPair(s, &r, times{plus: p.TauPlus, minus: p.TauMinus}), nil
		},
	}
}

type stdpPower struct{ w0, lambda, down, mu float64 }

func (r *stdpPower) post(w, trace, _ float64) float64 {
	return w + float64(r.lambda*r.w0*power(max(w/r.w0, 0), r.mu)*trace)
}

func (r *stdpPower) pre(w, trace, _ float64) float64 {
	return max(w-float64(r.down*w*trace), 0)
}
