package plasticity

import (
	"github.com/synohm/synohm/internal/catalog"
	"github.com/synohm/synohm/internal/config"
	"github.com/synohm/synohm/sim"
)

// VogelsSprekelerParams are the settings of inhibitory plasticity. Names and
// defaults are those of NEST's vogels_sprekeler_synapse; eta is times w_0.
type VogelsSprekelerParams struct {
	Eta   float64       `yaml:"eta" default:"0.001" range:"[0, inf)" doc:"step size, times w_0"`
	Alpha float64       `yaml:"alpha" default:"0.12" range:"[0, inf)" doc:"depression by a spike of the source: 2 rho_0 tau for a rate rho_0 of the target"`
	Tau   float64       `yaml:"tau" unit:"ms" default:"20 ms" range:"(0, inf)" doc:"time constant of both traces"`
	W0    config.Scalar `yaml:"w_0" default:"" doc:"weight that eta is a part of; one unit of the target's input if empty"`
	WMax  config.Scalar `yaml:"w_max" required:"true" doc:"strongest weight, in the unit of the target's input, of the sign of the weights"`
}

// VogelsSprekelerModel describes symmetric plasticity of inhibitory synapses,
// which brings the rate of the target to rho_0 = alpha/(2 tau):
//
//	spike of the target that reaches the synapse: |w| = |w| + w_0 eta K+, at most |w_max|
//	spike of the source:                          |w| = |w| + w_0 eta (K- - alpha), at least 0
//
// symbol | unit | meaning
// w      | input's | weight
// K+, K- | 1    | traces of the source's and the target's spikes: up by 1 at each, decay with tau
func VogelsSprekelerModel() Model {
	return Model{
		Entry: catalog.Entry{
			Name: "vogels_sprekeler", Summary: "inhibitory plasticity that balances excitation: the target comes to a given rate",
			Equation: "post: |w| += w_0 eta K+; pre: |w| += w_0 eta (K- - alpha), alpha = 2 rho_0 tau\n" +
				"K+, K- rise by 1 at every spike of the source, the target; decay with tau",
			Reference: "Vogels, Sprekeler, Zenke, Clopath, Gerstner, Science 334 (2011), supplement; order of events of NEST's vogels_sprekeler_synapse",
			Omits:     "axonal part of the delay: all of it is dendritic",
			Params:    &VogelsSprekelerParams{},
		},
		New: func(s Setting, params any) (sim.Learner, error) {
			p := *params.(*VogelsSprekelerParams)
			in := weights{s: s}
			eta := in.scale("w_0", p.W0) * p.Eta
			r := vogelsSprekeler{eta: eta, down: eta * p.Alpha, wMax: in.limit("w_max", p.WMax)}
			if err := in.err(); err != nil || s.Weights == nil {
				return nil, err
			}
			return newPair(s, &r, times{plus: p.Tau, minus: p.Tau}), nil
		},
	}
}

type vogelsSprekeler struct{ eta, down, wMax float64 }

func (r *vogelsSprekeler) post(w, trace, _ float64) float64 {
	return min(w+float64(r.eta*trace), r.wMax)
}

func (r *vogelsSprekeler) pre(w, trace, _ float64) float64 {
	return max(min(w+float64(r.eta*trace), r.wMax)-r.down, 0)
}
