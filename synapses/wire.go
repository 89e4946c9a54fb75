package synapses

import (
	"fmt"
	"math"
	"sync"

	"github.com/synohm/synohm/internal/philox"
	"github.com/synohm/synohm/sim"
)

var (
	purposeSparse = philox.Purpose("synapses.sparse.weight")
	purposeDelay  = philox.Purpose("synapses.sparse.delay")
)

// wire draws synapses and stores them on ideal memory. Every part of the
// targets is drawn twice, first to count and then to fill, so that little but
// the result takes memory; parts are drawn at the same time.
func (w *Wiring) wire(seed uint64) (*sparse, error) {
	if err := w.Check(); err != nil {
		return nil, err
	}
	low, high, err := w.delays()
	if err != nil {
		return nil, err
	}
	parts := sim.Parts(w.Targets, w.Workers)
	n := len(parts)
	s := &sparse{
		sources: w.Sources, size: w.Targets, parts: parts, low: low, high: high, plastic: w.Plastic,
		start:  make([]uint32, w.Sources*n+1),
		weight: float32(w.Weight.Value(0)),
	}
	all, err := w.count(s, seed)
	if err != nil {
		return nil, err
	}
	s.targets = make([]uint16, all)
	if w.ownWeights() {
		s.weights = make([]float32, all)
	}
	switch {
	case low == high:
	case high <= math.MaxUint8:
		s.delays8 = make([]uint8, all)
	default:
		s.delays16 = make([]uint16, all)
	}
	steps := newDelayTable(w, low, high)
	each(w, n, func(q int, at []uint32) {
		for src := range at {
			at[src] = s.start[src*n+q]
		}
		f := filler{w: w, s: s, at: at, seed: seed, steps: steps}
		f.fill(q)
	})
	return s, nil
}

// count draws all synapses to find where each row starts.
func (w *Wiring) count(s *sparse, seed uint64) (all uint64, err error) {
	n := len(s.parts)
	total := make([]uint64, n)
	each(w, n, func(q int, counts []uint32) {
		clear(counts)
		next := w.Rule.Wire(w, seed)
		var sources []int32
		for t := s.parts[q].Lo; t < s.parts[q].Hi; t++ {
			sources = next(t, sources[:0])
			for _, src := range sources {
				counts[src]++
			}
			total[q] += uint64(len(sources))
		}
		for src, c := range counts {
			s.start[src*n+q+1] = c
		}
	})
	for _, t := range total {
		all += t
	}
	if all > maxSynapses {
		return 0, fmt.Errorf("%d synapses; one projection can have %d: have fewer, or several projections", all, uint64(maxSynapses))
	}
	for i := 1; i < len(s.start); i++ {
		s.start[i] += s.start[i-1]
	}
	return all, nil
}

// filler stores the synapses of a part.
type filler struct {
	w     *Wiring
	s     *sparse
	seed  uint64
	steps *delayTable
	at    []uint32 // next free place in the row of every source
	slots []uint32 // of the synapses of one target
}

// fill goes through the targets of a part, ascending, and so sorts the rows.
func (f *filler) fill(q int) {
	next := f.w.Rule.Wire(f.w, f.seed)
	var lag func(source, target int) float64
	if f.w.maxLag() > 0 {
		lag = f.w.Rule.(Lagged).Lag(f.w)
	}
	part := f.s.parts[q]
	var sources []int32
	for t := part.Lo; t < part.Hi; t++ {
		sources = next(t, sources[:0])
		f.place(sources, uint16(t-part.Lo))
		if f.s.weights != nil {
			f.weigh(uint32(t))
		}
		switch {
		case f.s.low == f.s.high:
		case lag != nil:
			f.delayBy(sources, t, lag)
		default:
			f.delay(uint32(t))
		}
	}
}

// place gives the synapses of a target their places in the rows.
func (f *filler) place(sources []int32, target uint16) {
	if cap(f.slots) < len(sources) {
		f.slots = make([]uint32, len(sources)+len(sources)/4)
	}
	f.slots = f.slots[:len(sources)]
	at, targets := f.at, f.s.targets
	for k, src := range sources {
		i := at[src]
		at[src] = i + 1
		f.slots[k] = i
		targets[i] = target
	}
}

// weigh draws the weights of a target's synapses.
func (f *filler) weigh(target uint32) {
	weights, d := f.s.weights, &f.w.Weight
	if !d.Varies() {
		for _, i := range f.slots {
			weights[i] = f.s.weight
		}
		return
	}
	st := philox.Stream{Seed: f.seed, Purpose: purposeSparse}
	slots := f.slots
	for k := uint32(0); len(slots) > 0; k++ {
		x := d.Value4(st.Block(k, target))
		n := min(4, len(slots))
		for j, i := range slots[:n] {
			weights[i] = float32(x[j])
		}
		slots = slots[n:]
	}
}

// delay draws the delays of a target's synapses.
func (f *filler) delay(target uint32) {
	st := philox.Stream{Seed: f.seed, Purpose: purposeDelay}
	slots := f.slots
	for k := uint32(0); len(slots) > 0; k++ {
		b := st.Block(k, target)
		n := min(4, len(slots))
		for j, i := range slots[:n] {
			f.setDelay(i, f.steps.of(b[j]))
		}
		slots = slots[n:]
	}
}

// delayBy draws delays that the rule makes longer.
func (f *filler) delayBy(sources []int32, target int, lag func(source, target int) float64) {
	words := philox.Stream{Seed: f.seed, Purpose: purposeDelay}.Words(uint32(target))
	for k, i := range f.slots {
		ms := f.w.Delay.Value(words.Next()) + lag(int(sources[k]), target)
		f.setDelay(i, min(max(f.w.steps(ms), f.s.low), f.s.high))
	}
}

func (f *filler) setDelay(i uint32, steps int) {
	if f.s.delays8 != nil {
		f.s.delays8[i] = uint8(steps)
	} else {
		f.s.delays16[i] = uint16(steps)
	}
}

// delayTable maps words to delays. A delay grows with its word, so words are
// compared with those where it changes: the same delays as by the
// distribution, at a tenth of the price.
type delayTable struct {
	low     int
	changes []uint32        // the first word of the delay low+1, low+2, ...
	from    [1 << 10]uint16 // by the high bits of a word, where to begin
}

func newDelayTable(w *Wiring, low, high int) *delayTable {
	t := &delayTable{low: low}
	if low == high || w.maxLag() > 0 {
		return t
	}
	u := uint64(0)
	for d := low + 1; d <= high; d++ {
		hi := uint64(math.MaxUint32) + 1
		for u < hi {
			if mid := (u + hi) / 2; w.steps(w.Delay.Value(uint32(mid))) >= d {
				hi = mid
			} else {
				u = mid + 1
			}
		}
		if u > math.MaxUint32 {
			break
		}
		t.changes = append(t.changes, uint32(u))
	}
	k := 0
	for i := range t.from {
		for k < len(t.changes) && t.changes[k] <= uint32(i)<<22 {
			k++
		}
		t.from[i] = uint16(k)
	}
	return t
}

// of is the delay of a word, in steps.
func (t *delayTable) of(u uint32) int {
	k := int(t.from[u>>22])
	for k < len(t.changes) && u >= t.changes[k] {
		k++
	}
	return t.low + k
}

// each calls f for 0 to n-1 on several workers; each has memory of its own
// with a number a source.
func each(w *Wiring, n int, f func(i int, scratch []uint32)) {
	var wg sync.WaitGroup
	for worker := range min(n, w.Workers) {
		wg.Add(1)
		go func() {
			defer wg.Done()
			scratch := make([]uint32, w.Sources)
			for i := worker; i < n; i += w.Workers {
				f(i, scratch)
			}
		}()
	}
	wg.Wait()
}
