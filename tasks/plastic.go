package tasks

import (
	"errors"
	"fmt"

	"github.com/synohm/synohm/internal/config"
	"github.com/synohm/synohm/internal/philox"
	"github.com/synohm/synohm/learning/plasticity"
	"github.com/synohm/synohm/neurons"
	"github.com/synohm/synohm/neurons/drives"
	"github.com/synohm/synohm/sim"
	"github.com/synohm/synohm/synapses"
)

// plastic tells that the weights of a projection change.
func (p *Projection) plastic() bool {
	return p.Plasticity.Kind != "" && p.Plasticity.Kind != "none"
}

// single tells that synapses need weights of their own.
func (p *Projection) single() bool {
	d, err := synapses.FindDynamic(p.Synapse.Kind)
	return p.plastic() || err == nil && d.Single
}

// static tells that synapses do nothing but carry a weight.
func (p *Projection) static() bool {
	return !p.plastic() && (p.Synapse.Kind == "" || p.Synapse.Kind == "static")
}

// plasticBytes estimates the memory of what synapses and rules know beside the
// weights: a few numbers for every source and part, eligibilities.
func (p *Projection) plasticBytes(w *synapses.Wiring) (n float64) {
	if p.static() {
		return 0
	}
	n = 40 * float64(w.Sources) * float64(len(sim.Parts(w.Targets, w.Workers)))
	if m, err := plasticity.Find(p.Plasticity.Kind); err == nil && m.Modulated {
		n += 4 * w.Rule.Expected(w)
	}
	return n
}

// rule is the rule of a projection and where it acts, but for the weights.
func (s *spiking) rule(p *Projection, mean float64) (m plasticity.Model, set plasticity.Setting, err error) {
	if m, err = plasticity.Find(p.Plasticity.Kind); err != nil {
		return m, set, err
	}
	set = plasticity.Setting{StepMS: s.x.Time.Step, Negative: mean < 0, Factor: s.weightFactor()}
	if n, err := neurons.Find(s.x.model(p.To)); err == nil && len(n.Inputs) > 0 {
		set.Unit = n.Inputs[0].Unit
		set.Magnitude = n.Conductance
	}
	return m, set, nil
}

// checkPlastic looks at what a projection's synapses do. The mean of its
// weights is that of the file, with its sign.
func (s *spiking) checkPlastic(p *Projection) {
	at := "projections[" + p.Name + "]"
	if !p.plastic() {
		if p.Modulator != "" {
			s.add(at+".modulator", "has no meaning without a plasticity that hears it, such as stdp_dopamine")
		}
		return
	}
	w, errs := p.Weight.draw(s.unit(p))
	if len(errs) > 0 {
		return // said already
	}
	m, set, err := s.rule(p, w.Mean())
	if err != nil {
		s.add(at+".plasticity", err.Error())
		return
	}
	if _, err := m.New(set, p.Plasticity.Value); err != nil {
		for _, e := range unjoin(err) {
			path := at + ".plasticity"
			var fe config.FieldError
			if errors.As(e, &fe) {
				s.add(path+"."+fe.Field, fe.Rule)
			} else {
				s.add(path, e.Error())
			}
		}
	}
	switch {
	case m.Modulated && p.Modulator == "":
		s.add(at+".modulator", "is missing: the population whose spikes "+m.Name+" hears")
	case !m.Modulated && p.Modulator != "":
		s.add(at+".modulator", "has no meaning for "+m.Name)
	}
	for _, src := range s.x.Sources {
		if d, known := drives.Find(src.Model.Kind); src.Name == p.Modulator && (src.To != "" || known && d.Emit == nil) {
			s.add(at+".modulator", "drives a population by its to and sends no spikes of its own; name a population")
		}
	}
}

// unit is that of the weights of a projection.
func (s *spiking) unit(p *Projection) string {
	if m, err := neurons.Find(s.x.model(p.To)); err == nil && len(m.Inputs) > 0 {
		return m.Inputs[0].Unit
	}
	return ""
}

// unjoin lists the errors that were joined, at any depth.
func unjoin(err error) (all []error) {
	if j, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range j.Unwrap() {
			all = append(all, unjoin(e)...)
		}
		return all
	}
	if err != nil {
		all = append(all, err)
	}
	return all
}

// withSynapses puts what synapses do before weights: short-term dynamics, and
// around them the rule.
func (s *spiking) withSynapses(p *Projection, w sim.SparseWeights, workers int) (sim.SparseWeights, error) {
	if p.static() {
		return w, nil
	}
	d, err := synapses.FindDynamic(p.Synapse.Kind)
	if err != nil {
		return nil, err
	}
	set := synapses.Setting{StepMS: s.x.Time.Step, Workers: workers, Seed: philox.Fork(s.x.Seed, "projection/"+p.Name)}
	if w, err = d.New(w, set, p.Synapse.Value); err != nil || !p.plastic() {
		return w, err
	}
	draw, _ := p.Weight.draw(s.unit(p))
	m, rule, err := s.rule(p, draw.Mean())
	if err != nil {
		return nil, err
	}
	plastic, ok := w.(sim.PlasticWeights)
	if !ok {
		return nil, fmt.Errorf("its weights cannot be changed one by one; put it on ideal memory")
	}
	rule.Weights, rule.Workers = plastic, workers
	return m.New(rule, p.Plasticity.Value)
}
