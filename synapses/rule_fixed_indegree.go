package synapses

import (
	"github.com/synohm/synohm/internal/catalog"
	"github.com/synohm/synohm/internal/philox"
)

// FixedIndegree draws the sources of every target.
type FixedIndegree struct {
	N         int `yaml:"n" required:"true" range:"[1, 1000000000]" doc:"synapses of every target"`
	Selfs     `yaml:",inline"`
	Multiples `yaml:",inline"`
}

func fixedIndegreeEntry() catalog.Entry {
	return catalog.Entry{
		Name: "fixed_indegree", Summary: "n sources for every target, drawn at random",
		Equation: "synapses of a source ~ Binomial(n targets, 1/sources); without multapses any n sources of a target are equally likely",
		Params:   &FixedIndegree{},
	}
}

// Check wants enough sources.
func (r *FixedIndegree) Check(w *Wiring) error {
	return checkDegree("fixed_indegree", r.N, r.choices(w, w.Sources), "source", r.Multapses)
}

// Expected is the number of synapses.
func (r *FixedIndegree) Expected(w *Wiring) float64 { return float64(r.N) * float64(w.Targets) }

// Scaled has fewer synapses at every target.
func (r *FixedIndegree) Scaled(f float64) Rule {
	s := *r
	s.N = int(scaledCount(int64(r.N), f))
	return &s
}

var purposeIndegree = philox.Purpose("synapses.rule.fixed_indegree")

// Wire draws with replacement or without.
func (r *FixedIndegree) Wire(w *Wiring, seed uint64) func(int, []int32) []int32 {
	st := philox.Stream{Seed: seed, Purpose: purposeIndegree}
	m, skips := r.choices(w, w.Sources), r.skips(w)
	var c chooser
	return func(target int, into []int32) []int32 {
		words, first := st.Words(uint32(target)), len(into)
		if r.Multapses {
			into = draw(&words, r.N, m, into)
		} else {
			into = c.choose(&words, r.N, m, into)
		}
		if skips {
			skip(into[first:], target)
		}
		return into
	}
}
