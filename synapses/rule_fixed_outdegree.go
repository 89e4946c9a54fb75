package synapses

import (
	"github.com/synohm/synohm/internal/catalog"
	"github.com/synohm/synohm/internal/philox"
)

// FixedOutdegree draws the targets of every source.
type FixedOutdegree struct {
	N         int `yaml:"n" required:"true" range:"[1, 1000000000]" doc:"synapses of every source"`
	Selfs     `yaml:",inline"`
	Multiples `yaml:",inline"`
}

func fixedOutdegreeEntry() catalog.Entry {
	return catalog.Entry{
		Name: "fixed_outdegree", Summary: "n targets for every source, drawn at random",
		Equation: "synapses of a target ~ Binomial(n sources, 1/targets); without multapses any n targets of a source are equally likely",
		Params:   &FixedOutdegree{},
	}
}

// Check wants enough targets.
func (r *FixedOutdegree) Check(w *Wiring) error {
	return checkDegree("fixed_outdegree", r.N, r.choices(w, w.Targets), "target", r.Multapses)
}

// Expected is the number of synapses.
func (r *FixedOutdegree) Expected(w *Wiring) float64 { return float64(r.N) * float64(w.Sources) }

// Scaled has fewer synapses at every source.
func (r *FixedOutdegree) Scaled(f float64) Rule {
	s := *r
	s.N = int(scaledCount(int64(r.N), f))
	return &s
}

var (
	purposeOutdegree      = philox.Purpose("synapses.rule.fixed_outdegree")
	purposeOutdegreeSplit = philox.Purpose("synapses.rule.fixed_outdegree.split")
)

// outdegreeBlock is about how many synapses are drawn at a time; it bounds the
// memory that the drawing takes.
const outdegreeBlock = 1 << 20

// outdegree gives the synapses, which are drawn by source, by target. It cuts
// the targets into blocks, the same ones for any number of workers, shares the
// synapses of every source out to the blocks by halving, and draws and sorts
// one block at a time.
type outdegree struct {
	rule   *FixedOutdegree
	w      *Wiring
	seed   uint64
	skips  bool
	blocks int
	path   []outdegreeNode
	loaded int      // block
	start  []uint32 // of the sources of every target of the block, one more at the end
	list   []int32  // sources
	drawn  []int32  // targets of one source
	chooser
}

// outdegreeNode is the blocks lo to hi-1 and what every source has in them.
type outdegreeNode struct {
	node   uint32
	lo, hi int
	counts []uint32
}

// Wire draws blocks of targets.
func (r *FixedOutdegree) Wire(w *Wiring, seed uint64) func(int, []int32) []int32 {
	// Enough blocks for the bound, but not so many that sharing out, at a
	// price for each source and block, costs more than drawing.
	return r.wire(w, seed, max(1, min(int(r.Expected(w)/outdegreeBlock), r.N/4, w.Targets)))
}

func (r *FixedOutdegree) wire(w *Wiring, seed uint64, blocks int) func(int, []int32) []int32 {
	o := &outdegree{rule: r, w: w, seed: seed, skips: r.skips(w), blocks: blocks, loaded: -1}
	counts := make([]uint32, w.Sources)
	for i := range counts {
		counts[i] = uint32(r.N)
	}
	o.path = []outdegreeNode{{node: 1, hi: o.blocks, counts: counts}}
	return func(target int, into []int32) []int32 {
		b := o.blockOf(target)
		if b != o.loaded {
			o.load(b)
		}
		i := target - o.first(b)
		return append(into, o.list[o.start[i]:o.start[i+1]]...)
	}
}

// first is the first target of a block.
func (o *outdegree) first(block int) int { return o.w.Targets * block / o.blocks }

func (o *outdegree) blockOf(target int) int {
	b := target * o.blocks / o.w.Targets
	for o.first(b+1) <= target {
		b++
	}
	return b
}

// places is how many of the targets lo to hi-1 a source can be joined with.
func (o *outdegree) places(source, lo, hi int) int64 {
	if o.skips && source >= lo && source < hi {
		return int64(hi - lo - 1)
	}
	return int64(hi - lo)
}

// load draws a block.
func (o *outdegree) load(block int) {
	for top := len(o.path) - 1; block < o.path[top].lo || block >= o.path[top].hi; top-- {
		o.path = o.path[:top]
	}
	for top := &o.path[len(o.path)-1]; top.hi-top.lo > 1; top = &o.path[len(o.path)-1] {
		o.descend(top, block)
	}
	counts := o.path[len(o.path)-1].counts
	lo, hi := o.first(block), o.first(block+1)
	o.start = append(o.start[:0], make([]uint32, hi-lo+1)...)
	o.each(block, lo, hi, counts, func(_ int32, t int32) { o.start[t+1]++ })
	for i := range hi - lo {
		o.start[i+1] += o.start[i]
	}
	all := int(o.start[hi-lo])
	if cap(o.list) < all {
		o.list = make([]int32, all+all/8)
	}
	o.list = o.list[:all]
	o.each(block, lo, hi, counts, func(s int32, t int32) {
		o.list[o.start[t]] = s
		o.start[t]++
	})
	// Every start has moved to that of the next target.
	copy(o.start[1:], o.start)
	o.start[0] = 0
	o.loaded = block
}

// descend goes from a node to the half that has the block.
func (o *outdegree) descend(p *outdegreeNode, block int) {
	mid := (p.lo + p.hi) / 2
	lo, middle, hi := o.first(p.lo), o.first(mid), o.first(p.hi)
	next := outdegreeNode{node: 2 * p.node, lo: p.lo, hi: mid}
	right := block >= mid
	if right {
		next.node, next.lo, next.hi = 2*p.node+1, mid, p.hi
	}
	if n := len(o.path); n < cap(o.path) {
		next.counts = o.path[:n+1][n].counts // of an earlier way
	}
	if next.counts == nil {
		next.counts = make([]uint32, len(p.counts))
	}
	st := philox.Stream{Seed: o.seed, Purpose: purposeOutdegreeSplit, Trial: p.node}
	var b [4]uint32
	for s, n := range p.counts {
		if s%2 == 0 {
			b = st.Block(uint32(s/2), 0)
		}
		k := s % 2 * 2
		left := uint32(share(philox.Uniform52(b[k], b[k+1]), int64(n), o.places(s, lo, middle), o.places(s, middle, hi), o.rule.Multapses))
		if right {
			left = n - left
		}
		next.counts[s] = left
	}
	o.path = append(o.path, next)
}

// each draws the synapses of a block, source by source.
func (o *outdegree) each(block, lo, hi int, counts []uint32, f func(source, target int32)) {
	st := philox.Stream{Seed: o.seed, Purpose: purposeOutdegree, Trial: uint32(block)}
	for s, n := range counts {
		if n == 0 {
			continue
		}
		words := st.Words(uint32(s))
		m := int(o.places(s, lo, hi))
		if o.rule.Multapses {
			o.drawn = draw(&words, int(n), m, o.drawn[:0])
		} else {
			o.drawn = o.choose(&words, int(n), m, o.drawn[:0])
		}
		if o.skips && s >= lo && s < hi {
			skip(o.drawn, s-lo)
		}
		for _, t := range o.drawn {
			f(int32(s), t)
		}
	}
}
