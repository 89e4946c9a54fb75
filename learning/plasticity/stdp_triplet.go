package plasticity

import (
	"github.com/synohm/synohm/internal/catalog"
	"github.com/synohm/synohm/internal/config"
	"github.com/synohm/synohm/sim"
)

// STDPTripletParams are the settings of the triplet rule. Names are those of
// NEST's stdp_triplet_synapse, defaults those of the all-to-all fit to visual
// cortex (Pfister and Gerstner 2006, table 4), which NEST has too but for the
// time constants of the target; amplitudes are times w_0.
type STDPTripletParams struct {
	APlus           float64       `yaml:"a_plus" default:"5e-10" range:"[0, inf)" doc:"facilitation by a pair, times w_0"`
	AMinus          float64       `yaml:"a_minus" default:"7e-3" range:"[0, inf)" doc:"depression by a pair, times w_0"`
	APlusTriplet    float64       `yaml:"a_plus_triplet" default:"6.2e-3" range:"[0, inf)" doc:"facilitation by a triplet, times w_0"`
	AMinusTriplet   float64       `yaml:"a_minus_triplet" default:"2.3e-4" range:"[0, inf)" doc:"depression by a triplet, times w_0"`
	W0              config.Scalar `yaml:"w_0" default:"" doc:"weight that amplitudes are parts of; one unit of the target's input if empty"`
	WMax            config.Scalar `yaml:"w_max" required:"true" doc:"largest weight, in the unit of the target's input, of the sign of the weights"`
	TauPlus         float64       `yaml:"tau_plus" unit:"ms" default:"16.8 ms" range:"(0, inf)" doc:"time constant of the source's trace"`
	TauPlusTriplet  float64       `yaml:"tau_plus_triplet" unit:"ms" default:"101 ms" range:"(0, inf)" doc:"time constant of the source's slow trace"`
	TauMinus        float64       `yaml:"tau_minus" unit:"ms" default:"33.7 ms" range:"(0, inf)" doc:"time constant of the target's trace"`
	TauMinusTriplet float64       `yaml:"tau_minus_triplet" unit:"ms" default:"125 ms" range:"(0, inf)" doc:"time constant of the target's slow trace"`
}

// Validate wants the slow traces slower.
func (p *STDPTripletParams) Validate() error {
	switch {
	case p.TauPlusTriplet <= p.TauPlus:
		return config.FieldError{Field: "tau_plus_triplet", Rule: "must be longer than tau_plus"}
	case p.TauMinusTriplet <= p.TauMinus:
		return config.FieldError{Field: "tau_minus_triplet", Rule: "must be longer than tau_minus"}
	}
	return nil
}

// STDPTripletModel describes plasticity by triplets of spikes:
//
//	spike of the target that reaches the synapse: w = w + w_0 r1 (a_plus + a_plus_triplet o2), at most w_max
//	spike of the source:                          w = w - w_0 o1 (a_minus + a_minus_triplet r2), at least 0
//
// symbol | unit | meaning
// r1, r2 | 1    | traces of the source's spikes, tau_plus and tau_plus_triplet; r2 just before the spike
// o1, o2 | 1    | traces of the target's spikes, tau_minus and tau_minus_triplet; o2 just before the spike
func STDPTripletModel() Model {
	return Model{
		Entry: catalog.Entry{
			Name: "stdp_triplet", Summary: "spike-timing-dependent plasticity of triplets, which depends on the rate as cortex does",
			Equation: "post: w += w_0 r1 (a_plus + a_plus_triplet o2); pre: w -= w_0 o1 (a_minus + a_minus_triplet r2)\n" +
				"r1, r2 (source), o1, o2 (target) rise by 1 at a spike, after r2, o2 were used; decay with tau_plus, tau_plus_triplet, tau_minus, tau_minus_triplet",
			Reference: "Pfister, Gerstner, J. Neurosci. 26 (2006), full model, all to all, table 4; order of events of NEST's stdp_triplet_synapse",
			Omits:     "the nearest-spike form; axonal part of the delay",
			Params:    &STDPTripletParams{},
		},
		New: func(s Setting, params any) (sim.Learner, error) {
			p := *params.(*STDPTripletParams)
			in := weights{s: s}
			w0 := in.scale("w_0", p.W0)
			r := stdpTriplet{wMax: in.limit("w_max", p.WMax), aPlus: w0 * p.APlus, aPlus3: w0 * p.APlusTriplet, aMinus: w0 * p.AMinus, aMinus3: w0 * p.AMinusTriplet}
			if err := in.err(); err != nil || s.Weights == nil {
				return nil, err
			}
			return newPair(s, &r, times{p.TauPlus, p.TauMinus, p.TauPlusTriplet, p.TauMinusTriplet}), nil
		},
	}
}

type stdpTriplet struct{ wMax, aPlus, aPlus3, aMinus, aMinus3 float64 }

func (r *stdpTriplet) post(w, trace, slow float64) float64 {
	return min(w+float64(trace*(r.aPlus+float64(r.aPlus3*slow))), r.wMax)
}

func (r *stdpTriplet) pre(w, trace, slow float64) float64 {
	return min(max(w-float64(trace*(r.aMinus+float64(r.aMinus3*slow))), 0), r.wMax)
}
