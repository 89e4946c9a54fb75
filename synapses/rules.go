package synapses

import (
	"fmt"
	"math"

	"github.com/synohm/synohm/internal/catalog"
	"github.com/synohm/synohm/internal/philox"
)

// Rules lists the rules that join populations. A new rule is one line.
func Rules() catalog.Catalog {
	return catalog.Catalog{
		{Name: "all_to_all", Summary: "every source to every target", Params: &AllToAll{}},
		{Name: "one_to_one", Summary: "source i to target i", Params: &OneToOne{}},
		{Name: "fixed_indegree", Summary: "n sources for every target, drawn at random", Params: &FixedIndegree{}},
		{Name: "pairwise_bernoulli", Summary: "every pair with probability p", Params: &PairwiseBernoulli{}},
	}
}

// Selfs says whether a neuron may be joined with itself.
type Selfs struct {
	Autapses bool `yaml:"autapses" default:"true" doc:"a neuron may be joined with itself"`
}

// Multiples says whether a pair may be joined more than once.
type Multiples struct {
	Multapses bool `yaml:"multapses" default:"true" doc:"a pair may be joined more than once"`
}

// AllToAll joins every source with every target.
type AllToAll struct {
	Selfs `yaml:",inline"`
}

// Check takes all sizes.
func (r *AllToAll) Check(*Wiring) error { return nil }

// Expected is the number of pairs.
func (r *AllToAll) Expected(w *Wiring) float64 {
	n := float64(w.Sources) * float64(w.Targets)
	if w.Same && !r.Autapses {
		n -= float64(w.Targets)
	}
	return n
}

// Scaled is the rule itself.
func (r *AllToAll) Scaled(float64) Rule { return r }

// Wire lists all sources.
func (r *AllToAll) Wire(w *Wiring, _ uint64) func(int, []int32) []int32 {
	return func(target int, into []int32) []int32 {
		for s := range w.Sources {
			if s != target || r.Autapses || !w.Same {
				into = append(into, int32(s))
			}
		}
		return into
	}
}

// OneToOne joins neurons of the same index.
type OneToOne struct{}

// Check wants equal sizes.
func (r *OneToOne) Check(w *Wiring) error {
	if w.Sources != w.Targets {
		return fmt.Errorf("one_to_one joins populations of the same size, these have %d and %d neurons", w.Sources, w.Targets)
	}
	return nil
}

// Expected is the number of targets.
func (r *OneToOne) Expected(w *Wiring) float64 { return float64(w.Targets) }

// Scaled is the rule itself.
func (r *OneToOne) Scaled(float64) Rule { return r }

// Wire names the target itself.
func (r *OneToOne) Wire(*Wiring, uint64) func(int, []int32) []int32 {
	return func(target int, into []int32) []int32 { return append(into, int32(target)) }
}

// FixedIndegree draws the sources of every target.
type FixedIndegree struct {
	N         int `yaml:"n" required:"true" range:"[1, 1000000000]" doc:"synapses of every target"`
	Selfs     `yaml:",inline"`
	Multiples `yaml:",inline"`
}

// Check wants enough sources.
func (r *FixedIndegree) Check(w *Wiring) error {
	n := w.Sources
	if w.Same && !r.Autapses {
		n--
	}
	if n < 1 {
		return fmt.Errorf("fixed_indegree has no source to choose")
	}
	if !r.Multapses && r.N > n {
		return fmt.Errorf("fixed_indegree of %d from %d sources needs multapses: true", r.N, n)
	}
	return nil
}

// Expected is the number of synapses.
func (r *FixedIndegree) Expected(w *Wiring) float64 { return float64(r.N) * float64(w.Targets) }

var purposeIndegree = philox.Purpose("synapses.rule.fixed_indegree")

// Scaled has fewer synapses at every target.
func (r *FixedIndegree) Scaled(f float64) Rule {
	s := *r
	s.N = max(1, int(math.Round(float64(r.N)*f)))
	return &s
}

// Wire draws with replacement.
func (r *FixedIndegree) Wire(w *Wiring, seed uint64) func(int, []int32) []int32 {
	st := philox.Stream{Seed: seed, Purpose: purposeIndegree}
	n := uint64(w.Sources)
	skip := w.Same && !r.Autapses
	if skip {
		n--
	}
	return func(target int, into []int32) []int32 {
		for k := 0; k < r.N; k += 4 {
			for i, u := range st.Block(uint32(k/4), uint32(target)) {
				if k+i >= r.N {
					break
				}
				// 32 random bits over n choices: the bias is below n/2^32.
				s := int32(uint64(u) * n >> 32)
				if skip && int(s) >= target {
					s++
				}
				into = append(into, s)
			}
		}
		return into
	}
}

// PairwiseBernoulli joins every pair with a probability.
type PairwiseBernoulli struct {
	P     float64 `yaml:"p" required:"true" range:"[0, 1]" doc:"probability"`
	Selfs `yaml:",inline"`
}

// Check takes all sizes.
func (r *PairwiseBernoulli) Check(*Wiring) error { return nil }

// Expected is the mean number of synapses.
func (r *PairwiseBernoulli) Expected(w *Wiring) float64 {
	return r.P * float64(w.Sources) * float64(w.Targets)
}

var purposeBernoulli = philox.Purpose("synapses.rule.pairwise_bernoulli")

// Scaled is the rule itself: smaller populations have fewer pairs.
func (r *PairwiseBernoulli) Scaled(float64) Rule { return r }

// Wire draws the gaps between the joined sources, which are geometric, so that
// the work is that of the synapses and not of the pairs.
func (r *PairwiseBernoulli) Wire(w *Wiring, seed uint64) func(int, []int32) []int32 {
	st := philox.Stream{Seed: seed, Purpose: purposeBernoulli}
	log1p := math.Log1p(-r.P)
	return func(target int, into []int32) []int32 {
		if r.P == 0 {
			return into
		}
		s := -1.0
		for k := uint32(0); ; k++ {
			for _, u := range st.Block(k, uint32(target)) {
				gap := 1.0
				if r.P < 1 {
					gap += math.Floor(math.Log(philox.Uniform(u)) / log1p)
				}
				if s += gap; s >= float64(w.Sources) {
					return into
				}
				if int(s) != target || r.Autapses || !w.Same {
					into = append(into, int32(s))
				}
			}
		}
	}
}
