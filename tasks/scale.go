package tasks

import (
	"fmt"
	"math"

	"github.com/synohm/synohm/neurons"
	"github.com/synohm/synohm/neurons/drives"
	"github.com/synohm/synohm/synapses"
)

// A network at a scale s has s times the neurons and s times the in-degrees.
// Weights are larger by 1/sqrt(s), so the variance of what arrives stays the
// same; its mean falls by sqrt(s), and a constant current of the difference
// takes its place (van Albada, Helias, Diesmann, PLoS Comput. Biol. 11, 2015,
// section "Preserving mean and variance"). The mean at full scale follows from
// the rates that the file gives for its populations.

// params are a population's parameters at the file's scale.
func (s *spiking) params(p *Population) any {
	if s.x.Scale == 1 {
		return p.Model.Value
	}
	scalable, ok := p.Model.Value.(neurons.Scalable)
	if !ok {
		return p.Model.Value
	}
	return scalable.WithCurrent((1 - math.Sqrt(s.x.Scale)) * s.meanInput(p, scalable))
}

// meanInput is the mean current that a neuron gets at full scale, pA.
func (s *spiking) meanInput(p *Population, model neurons.Scalable) float64 {
	ex, in := model.Charge()
	charge := []float64{ex, in} // ms: of a spike of 1 pA
	mean := 0.0
	for i := range s.x.Projections {
		pr := &s.x.Projections[i]
		if pr.To != p.Name {
			continue
		}
		_, channel, w, ok := s.input("", pr.Receptor, pr.To, &pr.Weight)
		rule, known := pr.Rule.Value.(synapses.Rule)
		if !ok || !known {
			continue
		}
		for j := range s.x.Populations {
			if q := &s.x.Populations[j]; q.Name == pr.From {
				wide := &synapses.Wiring{Sources: q.Size, Targets: p.Size, Same: q == p, Rule: rule}
				indegree := rule.Expected(wide) / float64(p.Size)
				part, _ := gain(pr)
				mean += part * indegree * w.Mean() * charge[channel] * q.Rate * 1e-3 // Hz in 1/ms
			}
		}
	}
	for i := range s.x.Sources {
		src := &s.x.Sources[i]
		g, ok := src.Model.Value.(*drives.PoissonGeneratorParams)
		if !ok || src.To != p.Name {
			continue
		}
		if _, channel, w, ok := s.input("", src.Receptor, src.To, &src.Weight); ok {
			mean += w.Mean() * charge[channel] * g.Rate * 1e-3
		}
	}
	return mean
}

// gain is the part of its weight that a synapse brings in the mean; not known
// where that depends on the rate. Of plastic synapses it is the weight that they
// begin with.
func gain(p *Projection) (part float64, known bool) {
	if r, ok := p.Synapse.Value.(*synapses.StochasticReleaseParams); ok {
		return r.P, true
	}
	return 1, p.Synapse.Kind == "" || p.Synapse.Kind == "static"
}

// sourceParams are a source's parameters at the file's scale: fewer fibres make
// a lower rate.
func (s *spiking) sourceParams(src *Source) any {
	g, ok := src.Model.Value.(*drives.PoissonGeneratorParams)
	if !ok || s.x.Scale == 1 || src.To == "" {
		return src.Model.Value
	}
	scaled := *g
	scaled.Rate *= s.x.Scale
	return &scaled
}

// checkScale finds what cannot be made smaller.
func (s *spiking) checkScale() {
	if s.x.Scale == 1 {
		return
	}
	for i := range s.x.Populations {
		p := &s.x.Populations[i]
		if _, ok := p.Model.Value.(neurons.Scalable); !ok {
			s.add("populations["+p.Name+"].model", fmt.Sprintf("%s cannot be used with a scale of %g; models with synaptic currents can", p.Model.Kind, s.x.Scale))
		}
		sends := false
		for _, pr := range s.x.Projections {
			sends = sends || pr.From == p.Name
		}
		if sends && p.Rate == 0 {
			s.add("populations["+p.Name+"].rate", "is needed with a scale: the mean rate at full scale, from which the current follows that makes up for lost input")
		}
	}
	for _, p := range s.x.Projections {
		if _, known := gain(&p); !known {
			s.add("projections["+p.Name+"].synapse", "cannot be used with a scale: how much of its weight arrives depends on the rate; static and stochastic_release can")
		}
	}
	for _, src := range s.x.Sources {
		if src.To == "" {
			s.add("sources["+src.Name+"]", "that projections come from cannot be used with a scale; give it a to")
			continue
		}
		if _, ok := src.Model.Value.(*drives.PoissonGeneratorParams); !ok {
			if m, known := drives.Find(src.Model.Kind); known && !m.Injects {
				s.add("sources["+src.Name+"].model", "cannot be used with a scale; poisson_generator can")
			}
		}
	}
}
