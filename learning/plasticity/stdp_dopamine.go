package plasticity

import (
	"github.com/synohm/synohm/internal/catalog"
	"github.com/synohm/synohm/internal/config"
	"github.com/synohm/synohm/sim"
)

// STDPDopamineParams are the settings of plasticity that dopamine gates. Names
// and defaults are those of NEST's stdp_dopamine_synapse; tau_minus is a
// property of the target there, b is per ms there, and amplitudes are times w_0.
type STDPDopamineParams struct {
	APlus    float64       `yaml:"a_plus" default:"1" range:"[0, inf)" doc:"facilitation of the eligibility by a pair, times w_0"`
	AMinus   float64       `yaml:"a_minus" default:"1.5" range:"[0, inf)" doc:"depression of the eligibility by a pair, times w_0"`
	W0       config.Scalar `yaml:"w_0" default:"" doc:"weight that amplitudes are parts of; one unit of the target's input if empty"`
	WMin     config.Scalar `yaml:"w_min" default:"" doc:"weakest weight, in the unit of the target's input; 0 if empty"`
	WMax     config.Scalar `yaml:"w_max" required:"true" doc:"strongest weight, in the unit of the target's input, of the sign of the weights"`
	TauPlus  float64       `yaml:"tau_plus" unit:"ms" default:"20 ms" range:"(0, inf)" doc:"time constant of facilitation, of the source's trace"`
	TauMinus float64       `yaml:"tau_minus" unit:"ms" default:"20 ms" range:"(0, inf)" doc:"time constant of depression, of the target's trace"`
	TauC     float64       `yaml:"tau_c" unit:"ms" default:"1000 ms" range:"(0, inf)" doc:"time constant of the eligibility"`
	TauN     float64       `yaml:"tau_n" unit:"ms" default:"200 ms" range:"(0, inf)" doc:"time constant of the dopamine"`
	B        float64       `yaml:"b" unit:"Hz" default:"0 Hz" range:"(-inf, inf)" doc:"baseline: the summed rate of the modulator at which weights stay in the mean"`
}

// STDPDopamineModel describes plasticity whose changes wait, as an eligibility,
// for dopamine:
//
//	dw/dt = c (n - b), between w_min and w_max
//	dc/dt = -c/tau_c;  post: c = c + w_0 a_plus K+;  pre: c = c - w_0 a_minus K-
//	dn/dt = -n/tau_n;  a spike of the modulator: n = n + 1/tau_n
//
// symbol | unit | meaning
// c      | input's | eligibility, one for each synapse
// n      | 1/ms | dopamine, at once and everywhere; its mean is the modulator's summed rate
// K+, K- | 1    | traces of the source's and the target's spikes: up by 1 at each, decay with tau_plus, tau_minus
//
// Between events the solution is closed: with s = 1/tau_c + 1/tau_n,
// w(t) = w + c (n (1 - exp(-s t))/s - b tau_c (1 - exp(-t/tau_c))).
func STDPDopamineModel() Model {
	return Model{
		Entry: catalog.Entry{
			Name: "stdp_dopamine", Summary: "pairs of spikes leave an eligibility, which dopamine turns into a change of the weight",
			Equation: "dw/dt = c (n - b); dc/dt = -c/tau_c; dn/dt = -n/tau_n\n" +
				"post: c += w_0 a_plus K+; pre: c -= w_0 a_minus K-; a spike of the modulator: n += 1/tau_n; exact between events",
			Reference: "Izhikevich, Cereb. Cortex 17 (2007); Potjans, Morrison, Diesmann, Front. Comput. Neurosci. 4:141 (2010), closed form between events; NEST's stdp_dopamine_synapse",
			Omits:     "the way of the dopamine: it acts at the time of the spike; axonal part of the delay",
			Params:    &STDPDopamineParams{},
		},
		Modulated: true,
		New: func(s Setting, params any) (sim.Learner, error) {
			p := *params.(*STDPDopamineParams)
			in := weights{s: s}
			r := gate{b: p.B * 1e-3, tauC: p.TauC, tauN: p.TauN}
			w0 := in.scale("w_0", p.W0)
			r.aPlus, r.aMinus = w0*p.APlus, w0*p.AMinus
			if p.WMin != "" {
				r.wMin = in.bound("w_min", p.WMin)
			}
			if r.wMax = in.limit("w_max", p.WMax); r.wMax <= r.wMin && in.err() == nil {
				in.bad("w_min", "must be weaker than w_max")
			}
			if err := in.err(); err != nil || s.Weights == nil {
				return nil, err
			}
			r.prepare(s.StepMS)
			return newDopamine(s, r, times{plus: p.TauPlus, minus: p.TauMinus})
		},
	}
}
