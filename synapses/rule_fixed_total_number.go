package synapses

import (
	"fmt"

	"github.com/synohm/synohm/internal/catalog"
	"github.com/synohm/synohm/internal/philox"
)

// FixedTotalNumber draws a number of pairs.
type FixedTotalNumber struct {
	N         int `yaml:"n" required:"true" range:"[1, 4294967295]" doc:"synapses in all"`
	Selfs     `yaml:",inline"`
	Multiples `yaml:",inline"`
}

func fixedTotalNumberEntry() catalog.Entry {
	return catalog.Entry{
		Name: "fixed_total_number", Summary: "n synapses in all, their pairs drawn at random",
		Equation: "synapses of the targets and of the sources ~ Multinomial(n); without multapses any n pairs are equally likely",
		Params:   &FixedTotalNumber{},
	}
}

// Check wants enough pairs.
func (r *FixedTotalNumber) Check(w *Wiring) error {
	pairs := r.pairs(w)
	switch {
	case pairs < 1:
		return fmt.Errorf("fixed_total_number has no pair to choose: the only neuron is the same one; allow autapses")
	case !r.Multapses && float64(r.N) > pairs:
		return fmt.Errorf("fixed_total_number of %d with %.0f pairs to choose from cannot be met; have n at most %.0f or multapses: true", r.N, pairs, pairs)
	}
	return nil
}

// Expected is the number of synapses.
func (r *FixedTotalNumber) Expected(*Wiring) float64 { return float64(r.N) }

// Scaled has fewer targets and fewer synapses at each.
func (r *FixedTotalNumber) Scaled(f float64) Rule {
	s := *r
	s.N = int(scaledCount(int64(r.N), f*f))
	return &s
}

var (
	purposeTotal      = philox.Purpose("synapses.rule.fixed_total_number")
	purposeTotalSplit = philox.Purpose("synapses.rule.fixed_total_number.split")
)

// Wire draws how many synapses a target has, by halving the targets again and
// again, and then their sources. The number of a half is binomial, without
// multapses hypergeometric, given that of the whole; this is exact.
func (r *FixedTotalNumber) Wire(w *Wiring, seed uint64) func(int, []int32) []int32 {
	st := philox.Stream{Seed: seed, Purpose: purposeTotal}
	m, skips := r.choices(w, w.Sources), r.skips(w)
	tree := halving{size: w.Targets, split: func(node uint32, n int64, left, right int) int64 {
		b := philox.Stream{Seed: seed, Purpose: purposeTotalSplit}.Block(0, node)
		return share(philox.Uniform52(b[0], b[1]), n, int64(left)*int64(m), int64(right)*int64(m), r.Multapses)
	}}
	tree.path = append(tree.path, halfway{node: 1, hi: w.Targets, n: int64(r.N)})
	var c chooser
	return func(target int, into []int32) []int32 {
		words, first := st.Words(uint32(target)), len(into)
		n := int(tree.at(target))
		if r.Multapses {
			into = draw(&words, n, m, into)
		} else {
			into = c.choose(&words, n, m, into)
		}
		if skips {
			skip(into[first:], target)
		}
		return into
	}
}

// halving shares a number out to places. The share of a place depends on no
// other call; going through the places in order costs about one split each,
// since the way to the last one is kept.
type halving struct {
	size  int
	split func(node uint32, n int64, left, right int) int64
	path  []halfway // from the whole to the last place
}

// halfway is the places lo to hi-1 and what they share.
type halfway struct {
	node   uint32 // 1 is the whole, 2k and 2k+1 the halves of k
	lo, hi int
	n      int64
}

// at is the share of a place.
func (h *halving) at(i int) int64 {
	for i < h.path[len(h.path)-1].lo || i >= h.path[len(h.path)-1].hi {
		h.path = h.path[:len(h.path)-1]
	}
	for {
		p := h.path[len(h.path)-1]
		if p.hi-p.lo == 1 {
			return p.n
		}
		mid := (p.lo + p.hi) / 2
		left := h.split(p.node, p.n, mid-p.lo, p.hi-mid)
		if i < mid {
			h.path = append(h.path, halfway{2 * p.node, p.lo, mid, left})
		} else {
			h.path = append(h.path, halfway{2*p.node + 1, mid, p.hi, p.n - left})
		}
	}
}
