package synapses

import (
	"context"
	"math/bits"
	"slices"

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
	more          []uint16 // [source*len(parts)+part][span]: see record
	span          int
	weight        float32
	delay         int
	synapses      int
	counters      []*kernels.BitCounter // of each part
}

var _ sim.SparseWeights = (*bitRows)(nil)

// record is what a source has in a part beside its row of bits, in one place:
// how many synapses join a pair once more, their targets, and, in the last two
// words, the number of all synapses.
func (b *bitRows) record(source int32, part int) []uint16 {
	at := (int(source)*len(b.parts) + part) * b.span
	return b.more[at : at+b.span : at+b.span]
}

func degreeOf(r []uint16) int     { return int(r[len(r)-2]) | int(r[len(r)-1])<<16 }
func againOf(r []uint16) []uint16 { return r[1 : 1+r[0]] }

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
	degree := make([]uint32, w.Sources*len(parts))
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
				degree[int(s)*len(parts)+q]++
			}
		}
	})
	b.remember(degree, again)
	return b, nil
}

// remember makes the records of all sources.
func (b *bitRows) remember(degree []uint32, again [][][2]int32) {
	n := len(b.parts)
	count := make([]int, len(degree))
	for q := range again {
		for _, p := range again[q] {
			count[int(p[0])*n+q]++
		}
	}
	b.span = 3 + slices.Max(count)
	b.more = make([]uint16, len(degree)*b.span)
	for i, d := range degree {
		r := b.more[i*b.span : (i+1)*b.span]
		r[b.span-2], r[b.span-1] = uint16(d), uint16(d>>16)
		b.synapses += int(d)
	}
	for q := range again {
		for _, p := range again[q] {
			r := b.more[(int(p[0])*n+q)*b.span:]
			r[1+r[0]] = uint16(p[1])
			r[0]++
		}
	}
}

func (b *bitRows) Shape() (int, int)                        { return b.size, b.sources }
func (b *bitRows) AdvanceTo(context.Context, float64) error { return nil }
func (b *bitRows) Cost() sim.Cost                           { return sim.Cost{} }
func (b *bitRows) Delays() (int, int)                       { return b.delay, b.delay }
func (b *bitRows) Synapses() int                            { return b.synapses }
func (b *bitRows) Bytes() int                               { return 8*len(b.rows) + 2*len(b.more) }

// Deliver adds up rows where many synapses are met, and goes over the synapses
// where few are. Which one is a matter of the number of spikes alone, so it
// depends on no partition.
func (b *bitRows) Deliver(_ context.Context, key sim.Key, spikes []int32, gain []float32, part int, ring *sim.Ring) (events int, err error) {
	p := b.parts[part]
	row := ring.Row(int64(key.Step) + int64(b.delay))[p.Lo:p.Hi]
	stride := b.first[len(b.parts)]
	for _, s := range spikes { // first of all, so that the memory is on its way for all of them
		events += degreeOf(b.record(s, part))
	}
	added := gain == nil && len(spikes) >= 4
	if added {
		b.counters[part].Add(row, b.rows, stride, b.first[part], spikes, b.weight)
	}
	for i, s := range spikes {
		w := b.weight
		if gain != nil {
			w = float32(gain[i] * w)
		}
		if !added {
			at := int(s) * stride
			for k, word := range b.rows[at+b.first[part] : at+b.first[part+1]] {
				for ; word != 0; word &= word - 1 {
					row[k*64+bits.TrailingZeros64(word)] += w
				}
			}
		}
		kernels.Scatter(row, againOf(b.record(s, part)), w)
	}
	return events, nil
}

// Snapshot lists the weights, [synapses, 3]: source, target, weight.
func (b *bitRows) Snapshot(name string) sim.Snapshot {
	out := sim.Snapshot{Name: name, Kind: sim.KindSynapses, Values: make([]float64, 0, 3*b.synapses)}
	stride := b.first[len(b.parts)]
	for s := range b.sources {
		for q, p := range b.parts {
			more := againOf(b.record(int32(s), q))
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
