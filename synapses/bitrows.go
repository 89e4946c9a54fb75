package synapses

import (
	"context"
	"math/bits"

	"github.com/synohm/synohm/internal/kernels"
	"github.com/synohm/synohm/sim"
)

// bitRows is synapses on ideal memory that share one weight and one delay,
// where so many pairs are joined that a bit a pair takes less memory than an
// index a synapse. The spikes of a step are added up as rows of bits; pairs
// that are joined more than once have their further synapses in a list.
type bitRows struct {
	sources, size int
	parts         []sim.Part
	first         []int    // word of a row at which a part begins; one more at the end
	rows          []uint64 // [source][word]
	degree        []uint32 // [source*len(parts)+part]: synapses, with those of extra
	extra         *sparse
	weight        float32
	delay         int
	synapses      int
	counters      []*kernels.BitCounter // of each part
}

var _ sim.SparseWeights = (*bitRows)(nil)

// worthBits tells whether rows of bits serve a wiring better: at a sixteenth of
// all pairs they take no more memory than lists of 16-bit indices.
func (w *Wiring) worthBits() bool {
	low, high, _ := w.delays()
	return low == high && !w.Weight.Varies() && !w.Plastic && w.Targets >= 1024 &&
		w.Rule.Expected(w) >= float64(w.Sources)*float64(w.Targets)/16
}

// wireBits draws the synapses of a wiring that is worth it.
func (w *Wiring) wireBits(seed uint64) (*bitRows, error) {
	if err := w.Check(); err != nil {
		return nil, err
	}
	low, _, _ := w.delays()
	parts := sim.Parts(w.Targets, w.Workers)
	b := &bitRows{
		sources: w.Sources, size: w.Targets, parts: parts, first: []int{0},
		weight: float32(w.Weight.Value(0)), delay: low,
	}
	for _, p := range parts {
		words := (p.Len() + 63) / 64
		b.first = append(b.first, b.first[len(b.first)-1]+words)
		b.counters = append(b.counters, kernels.NewBitCounter(words))
	}
	stride := b.first[len(parts)]
	b.rows = make([]uint64, w.Sources*stride)
	b.degree = make([]uint32, w.Sources*len(parts))
	again := make([][][2]int32, len(parts)) // source and target of further synapses, by target
	each(len(parts), w.Workers, func(q int) {
		next := w.Rule.Wire(w, seed)
		var sources []int32
		for t := parts[q].Lo; t < parts[q].Hi; t++ {
			sources = next(t, sources[:0])
			i := t - parts[q].Lo
			for _, s := range sources {
				word, bit := &b.rows[int(s)*stride+b.first[q]+i/64], uint64(1)<<(i%64)
				if *word&bit != 0 {
					again[q] = append(again[q], [2]int32{s, int32(i)})
				}
				*word |= bit
				b.degree[int(s)*len(parts)+q]++
			}
		}
	})
	b.extra = listed(w, parts, again, b.weight, low)
	for _, d := range b.degree {
		b.synapses += int(d)
	}
	return b, nil
}

// listed stores pairs of source and target in a part, ascending by target.
func listed(w *Wiring, parts []sim.Part, pairs [][][2]int32, weight float32, delay int) *sparse {
	s := &sparse{sources: w.Sources, size: w.Targets, parts: parts, weight: weight, low: delay, high: delay, start: make([]uint32, w.Sources*len(parts)+1)}
	n := 0
	for q := range pairs {
		for _, p := range pairs[q] {
			s.start[int(p[0])*len(parts)+q+1]++
			n++
		}
	}
	for i := 1; i < len(s.start); i++ {
		s.start[i] += s.start[i-1]
	}
	s.targets = make([]uint16, n)
	at := append([]uint32(nil), s.start...)
	for q := range pairs {
		for _, p := range pairs[q] {
			i := &at[int(p[0])*len(parts)+q]
			s.targets[*i] = uint16(p[1])
			*i++
		}
	}
	return s
}

func (b *bitRows) Shape() (int, int)                        { return b.size, b.sources }
func (b *bitRows) AdvanceTo(context.Context, float64) error { return nil }
func (b *bitRows) Cost() sim.Cost                           { return sim.Cost{} }
func (b *bitRows) Delays() (int, int)                       { return b.delay, b.delay }
func (b *bitRows) Synapses() int                            { return b.synapses }
func (b *bitRows) Bytes() int                               { return 8*len(b.rows) + 4*len(b.degree) + b.extra.Bytes() }

// Deliver adds up rows where many synapses are met, and goes over the synapses
// where few are. Which one is a matter of the number of spikes alone, so it
// depends on no partition.
func (b *bitRows) Deliver(ctx context.Context, key sim.Key, spikes []int32, gain []float32, part int, ring *sim.Ring) (events int, err error) {
	p := b.parts[part]
	row := ring.Row(int64(key.Step) + int64(b.delay))[p.Lo:p.Hi]
	stride := b.first[len(b.parts)]
	for _, s := range spikes {
		events += int(b.degree[int(s)*len(b.parts)+part])
	}
	if gain == nil && len(spikes) >= 4 {
		b.counters[part].Add(row, b.rows, stride, b.first[part], spikes, b.weight)
	} else {
		for i, s := range spikes {
			w := b.weight
			if gain != nil {
				w = float32(gain[i] * w)
			}
			at := int(s) * stride
			for k, word := range b.rows[at+b.first[part] : at+b.first[part+1]] {
				for ; word != 0; word &= word - 1 {
					row[k*64+bits.TrailingZeros64(word)] += w
				}
			}
		}
	}
	_, err = b.extra.Deliver(ctx, key, spikes, gain, part, ring)
	return events, err
}

// Snapshot lists the weights, [synapses, 3]: source, target, weight.
func (b *bitRows) Snapshot(name string) sim.Snapshot {
	out := sim.Snapshot{Name: name, Kind: sim.KindSynapses, Values: make([]float64, 0, 3*b.synapses)}
	stride := b.first[len(b.parts)]
	for s := range b.sources {
		for q, p := range b.parts {
			lo, hi := b.extra.span(int32(s), q)
			more := b.extra.targets[lo:hi]
			for k, word := range b.rows[s*stride+b.first[q] : s*stride+b.first[q+1]] {
				for ; word != 0; word &= word - 1 {
					t := k*64 + bits.TrailingZeros64(word)
					n := 1
					for len(more) > 0 && int(more[0]) == t {
						n, more = n+1, more[1:]
					}
					for range n {
						out.Values = append(out.Values, float64(s), float64(p.Lo+t), float64(b.weight))
					}
				}
			}
		}
	}
	out.Shape = []int{b.synapses, 3}
	return out
}
