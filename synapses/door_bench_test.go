package synapses

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/internal/kernels"
	"github.com/synohm/synohm/internal/philox"
	"github.com/synohm/synohm/sim"
)

// BenchmarkDoor delivers the spikes of steps of Brunel's network, 40 of 10,000
// cells at a time to 12,500 targets, through the interface and in the same loop
// on bare slices: what the one door costs where no device is modelled.
func BenchmarkDoor(b *testing.B) {
	w := &Wiring{
		Sources: 10000, Targets: 12500, Rule: &FixedIndegree{N: 1000, Selfs: Selfs{true}, Multiples: Multiples{true}},
		Weight: philox.Fixed(0.1), Delay: philox.Fixed(1.5), StepMS: 0.1, Workers: 1,
	}
	require.True(b, w.worthBits())
	bits, err := w.wireBits(1)
	require.NoError(b, err)
	list, err := w.wire(1)
	require.NoError(b, err)
	ring := sim.NewRing(w.Targets, 15, 15)
	spikes := make([][]int32, 250)
	for k := range spikes {
		for s := range int32(40) {
			spikes[k] = append(spikes[k], s*250+int32(k))
		}
	}
	bench := func(name string, step func(k int) int) {
		b.Run(name, func(b *testing.B) {
			events, k := 0, 0
			for b.Loop() {
				events += step(k)
				k++
			}
			b.ReportMetric(float64(events)/b.Elapsed().Seconds(), "synaptic-events/s")
		})
	}
	for name, through := range map[string]sim.SparseWeights{"bits": bits, "list": list} {
		bench(name+"/door", func(k int) int { return deliver(b, through, ring, k, spikes[k%len(spikes)]) })
		bare := bareList(list)
		if name == "bits" {
			bare = bareBits(bits)
		}
		bench(name+"/bare", func(k int) int { return bare(ring, k, spikes[k%len(spikes)]) })
	}
}

func deliver(b *testing.B, w sim.SparseWeights, ring *sim.Ring, k int, spikes []int32) int {
	n, err := w.Deliver(context.Background(), sim.Key{Step: uint32(k)}, spikes, nil, 0, ring)
	if err != nil {
		b.Fatal(err)
	}
	return n
}

// bareList is the loop over slices of a list of synapses.
func bareList(s *sparse) func(*sim.Ring, int, []int32) int {
	start, targets, weight, delay := s.start, s.targets, s.weight, s.low
	return func(ring *sim.Ring, k int, spikes []int32) (events int) {
		row := ring.Row(int64(k + delay))
		for _, source := range spikes {
			at := targets[start[source]:start[source+1]]
			kernels.Scatter(row, at, weight)
			events += len(at)
		}
		return events
	}
}

// bareBits is the loop over slices of rows of bits.
func bareBits(s *bitRows) func(*sim.Ring, int, []int32) int {
	rows, more, span, stride, weight, delay, counter := s.rows, s.more, s.span, s.first[1], s.weight, s.delay, s.counters[0]
	return func(ring *sim.Ring, k int, spikes []int32) (events int) {
		row := ring.Row(int64(k + delay))
		for _, source := range spikes {
			events += degreeOf(more[int(source)*span : (int(source)+1)*span])
		}
		counter.Add(row, rows, stride, 0, spikes, weight)
		for _, source := range spikes {
			kernels.Scatter(row, againOf(more[int(source)*span:(int(source)+1)*span]), weight)
		}
		return events
	}
}
