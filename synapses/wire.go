package synapses

import (
	"fmt"
	"math"
	"slices"
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

// batch is about how many synapses are drawn before they are stored: so many
// that those of neighbouring sources, whose rows lie side by side, can be
// stored together, and few enough for a processor's cache.
const batch = 1 << 15

// buckets is into how many groups of neighbouring sources a batch is sorted.
const buckets = 1 << 9

// filler stores the synapses of a part.
type filler struct {
	w     *Wiring
	s     *sparse
	seed  uint64
	steps *delayTable
	lag   func(source, target int) float64
	at    []uint32 // next free place in the row of every source
	shift int      // source to bucket

	// The batch, by target, and its order by bucket.
	sources []int32
	targets []uint16
	weights []float32
	delays  []uint16
	order   []uint32
	slots   []uint32 // in the rows, by order
	next    [buckets + 1]uint32
}

// fill goes through the targets of a part, ascending, and so sorts the rows.
func (f *filler) fill(q int) {
	next := f.w.Rule.Wire(f.w, f.seed)
	if f.w.maxLag() > 0 {
		f.lag = f.w.Rule.(Lagged).Lag(f.w)
	}
	for (f.w.Sources-1)>>f.shift >= buckets {
		f.shift++
	}
	part := f.s.parts[q]
	// Most batches end with less than an eighth too much.
	room := min(batch+batch/8, len(f.s.targets))
	f.sources, f.targets = slices.Grow(f.sources, room), slices.Grow(f.targets, room)
	f.order, f.slots = slices.Grow(f.order, room), slices.Grow(f.slots, room)
	for t := part.Lo; t < part.Hi; t++ {
		before := len(f.sources)
		f.sources = next(t, f.sources)
		n := len(f.sources) - before
		f.targets = slices.Grow(f.targets, n)[:before+n]
		for i := range f.targets[before:] {
			f.targets[before+i] = uint16(t - part.Lo)
		}
		if f.s.weights != nil {
			f.weights = slices.Grow(f.weights, n)[:before+n]
			f.weigh(uint32(t), f.weights[before:])
		}
		if f.s.low != f.s.high {
			f.delays = slices.Grow(f.delays, n)[:before+n]
			f.delay(uint32(t), f.sources[before:], f.delays[before:])
		}
		if len(f.sources) >= batch {
			f.store()
		}
	}
	f.store()
}

// weigh draws the weights of a target's synapses.
func (f *filler) weigh(target uint32, weights []float32) {
	d := &f.w.Weight
	if !d.Varies() {
		for i := range weights {
			weights[i] = f.s.weight
		}
		return
	}
	st := philox.Stream{Seed: f.seed, Purpose: purposeSparse}
	for k := uint32(0); len(weights) > 0; k++ {
		x := d.Value4(st.Block(k, target))
		n := min(4, len(weights))
		for j := range weights[:n] {
			weights[j] = float32(x[j])
		}
		weights = weights[n:]
	}
}

// delay draws the delays of a target's synapses, in steps.
func (f *filler) delay(target uint32, sources []int32, delays []uint16) {
	words := philox.Stream{Seed: f.seed, Purpose: purposeDelay}.Words(target)
	for i := range delays {
		d := 0
		if u := words.Next(); f.lag == nil {
			d = f.steps.of(u)
		} else {
			ms := f.w.Delay.Value(u) + f.lag(int(sources[i]), int(target))
			d = min(max(f.w.steps(ms), f.s.low), f.s.high)
		}
		delays[i] = uint16(d)
	}
}

// store puts the batch into the rows.
func (f *filler) store() {
	n := len(f.sources)
	f.order, f.slots = slices.Grow(f.order[:0], n)[:n], slices.Grow(f.slots[:0], n)[:n]
	clear(f.next[:])
	for _, src := range f.sources {
		f.next[int(src)>>f.shift+1]++
	}
	for b := range buckets {
		f.next[b+1] += f.next[b]
	}
	for k, src := range f.sources {
		b := int(src) >> f.shift
		f.order[f.next[b]] = uint32(k)
		f.next[b]++
	}
	for j, k := range f.order {
		src := f.sources[k]
		i := f.at[src]
		f.at[src] = i + 1
		f.slots[j] = i
		f.s.targets[i] = f.targets[k]
	}
	if f.s.weights != nil {
		for j, k := range f.order {
			f.s.weights[f.slots[j]] = f.weights[k]
		}
	}
	if f.s.delays8 != nil {
		for j, k := range f.order {
			f.s.delays8[f.slots[j]] = uint8(f.delays[k])
		}
	}
	if f.s.delays16 != nil {
		for j, k := range f.order {
			f.s.delays16[f.slots[j]] = f.delays[k]
		}
	}
	f.sources, f.targets, f.weights, f.delays = f.sources[:0], f.targets[:0], f.weights[:0], f.delays[:0]
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
