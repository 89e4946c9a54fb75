package plasticity

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/internal/philox"
	"github.com/synohm/synohm/sim"
	"github.com/synohm/synohm/synapses"
)

// BenchmarkDeliver is a projection with the rows of Brunel's network: 1,000
// sources of 1,000 synapses each to 10,000 targets; all neurons at 10 Hz.
func BenchmarkDeliver(b *testing.B) {
	const sources, targets = 1000, 10000
	for _, r := range replays {
		b.Run(r.name, func(b *testing.B) {
			l, err := r.make(setting(b, sources, targets, 1, philox.Fixed(1.5), &synapses.FixedIndegree{N: 100, Multiples: synapses.Multiples{Multapses: true}}))
			require.NoError(b, err)
			ring := sim.NewRing(targets, 15, 15)
			pre, post := benchTrain("pre", sources), benchTrain("post", targets)
			events, step := 0, int64(0)
			for b.Loop() {
				events += benchEpoch(b, l, ring, pre, post, step)
				step += 15
			}
			b.ReportMetric(float64(events)/b.Elapsed().Seconds(), "synaptic-events/s")
		})
	}
}

// benchEpoch is an epoch of 15 steps.
func benchEpoch(b *testing.B, l sim.Learner, ring *sim.Ring, pre, post [][]int32, first int64) (events int) {
	ctx := context.Background()
	for k := first; k < first+15; k++ {
		if err := l.Post(ctx, k, post[k%int64(len(post))], 0); err != nil {
			b.Fatal(err)
		}
	}
	for k := first; k < first+15; k++ {
		n, err := l.Deliver(ctx, sim.Key{Step: uint32(k)}, pre[k%int64(len(pre))], nil, 0, ring)
		if err != nil {
			b.Fatal(err)
		}
		events += n
	}
	return events
}

// benchTrain is spikes at 10 Hz in 10,000 steps.
func benchTrain(name string, size int) [][]int32 {
	s := philox.Stream{Seed: 1, Purpose: philox.Purpose(name)}
	out := make([][]int32, 10000)
	for k := range out {
		for i := 0; i < size; i += 4 {
			for j, u := range s.Block(uint32(i/4), uint32(k)) {
				if philox.Uniform(u) < 0.001 {
					out[k] = append(out[k], int32(i+j))
				}
			}
		}
	}
	return out
}
