package neurons_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/synohm/synohm/neurons"
	"github.com/synohm/synohm/sim"
)

// The equation as the paper writes it, with the spike of the step before kept.
func TestLIFDiscreteFollowsItsEquation(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := neurons.LIFDiscreteParams{
			Decay: rapid.Float64Range(0, 1).Draw(t, "decay"),
			VTh:   rapid.Float64Range(0.1, 10).Draw(t, "v_th"),
		}
		input := rapid.SliceOfN(rapid.Float32Range(-5, 10), 1, 60).Draw(t, "input")
		cell := neurons.NewLIFDiscrete(1, p)
		var u, s float64
		for k, x := range input {
			u = float64(u*p.Decay*(1-s)) + float64(x)
			s = 0
			if u > p.VTh {
				s = 1
			}
			got := cell.Advance(sim.Input{Channels: [][]float32{{x}}}, nil)
			require.Equal(t, s == 1, len(got) == 1, "step %d", k)
			snap, err := sim.SnapshotOf(cell, "u", "")
			require.NoError(t, err)
			require.InDelta(t, u, snap.Values[0], 1e-12*math.Max(1, math.Abs(u)))
		}
	})
}

// Under constant input x the membrane is x (1 - d^k)/(1 - d): the first spike
// comes at the smallest k for which that is above the threshold, and then
// every k steps.
func TestLIFDiscreteIntervals(t *testing.T) {
	for _, c := range []struct {
		decay, vth, x float64
		every         int
	}{
		{0.9, 5, 1, 7}, // 1 - 0.9^k > 0.5 first at k = 7
		{0.5, 1.8, 1, 4},
		{1, 5, 1, 6}, // no leak: above 5 at the sixth step, not at 5 itself
		{0, 0.5, 1, 1},
		{0.9, 10, 1, 0}, // the limit 1/(1-0.9) is never passed
	} {
		t.Run(fmt.Sprint(c), func(t *testing.T) {
			cell := neurons.NewLIFDiscrete(1, neurons.LIFDiscreteParams{Decay: c.decay, VTh: c.vth})
			for k := 1; k <= 100; k++ {
				spike := len(cell.Advance(sim.Input{Channels: [][]float32{{float32(c.x)}}}, nil)) == 1
				require.Equal(t, c.every > 0 && k%c.every == 0, spike, "step %d", k)
			}
		})
	}
}

func BenchmarkLIFDiscrete(b *testing.B) {
	const n = 1000
	cell := neurons.NewLIFDiscrete(n, neurons.LIFDiscreteParams{Decay: 0.9, VTh: 5})
	input := make([]float32, n)
	for i := range input {
		input[i] = float32(i%13) - 5
	}
	var spikes []int32
	for b.Loop() {
		spikes = cell.Advance(sim.Input{Channels: [][]float32{input}}, spikes[:0])
	}
	b.ReportMetric(float64(b.N)*n/b.Elapsed().Seconds(), "updates/s")
}
