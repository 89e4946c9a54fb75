package synapses

import (
	"github.com/synohm/synohm/internal/catalog"
	"github.com/synohm/synohm/internal/philox"
)

// PairwiseBernoulli joins every pair with a probability.
type PairwiseBernoulli struct {
	P     float64 `yaml:"p" required:"true" range:"[0, 1]" doc:"probability"`
	Selfs `yaml:",inline"`
}

func pairwiseBernoulliEntry() catalog.Entry {
	return catalog.Entry{
		Name: "pairwise_bernoulli", Summary: "every pair with probability p, independent of the others",
		Equation: "synapses of a target ~ Binomial(sources, p), of a source ~ Binomial(targets, p)",
		Params:   &PairwiseBernoulli{},
	}
}

// Check takes all sizes.
func (r *PairwiseBernoulli) Check(*Wiring) error { return nil }

// Expected is the mean number of synapses.
func (r *PairwiseBernoulli) Expected(w *Wiring) float64 { return r.P * r.pairs(w) }

// Scaled is the rule itself: smaller populations have fewer pairs.
func (r *PairwiseBernoulli) Scaled(float64) Rule { return r }

var purposeBernoulli = philox.Purpose("synapses.rule.pairwise_bernoulli")

// Wire draws how many sources a target has and then which, so that the work is
// that of the synapses and not of the pairs.
func (r *PairwiseBernoulli) Wire(w *Wiring, seed uint64) func(int, []int32) []int32 {
	st := philox.Stream{Seed: seed, Purpose: purposeBernoulli}
	m, skips := r.choices(w, w.Sources), r.skips(w)
	var c chooser
	return func(target int, into []int32) []int32 {
		words, first := st.Words(uint32(target)), len(into)
		n := philox.Binomial(words.Uniform(), int64(m), r.P)
		into = c.choose(&words, int(n), m, into)
		if skips {
			skip(into[first:], target)
		}
		return into
	}
}
