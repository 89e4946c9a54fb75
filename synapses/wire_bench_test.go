package synapses

import (
	"fmt"
	"math"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/internal/philox"
	"github.com/synohm/synohm/sim"
)

// microcircuit is the projections of Potjans and Diesmann (Cerebral Cortex 24,
// 2014, table 5), populations L2/3E to L6I, the sizes and the synapse numbers
// times scale each.
func microcircuit(tb testing.TB, scale float64, workers int) []*Wiring {
	n := []float64{20683, 5834, 21915, 5479, 4850, 1065, 14395, 2948}
	c := [8][8]float64{ // [target][source]
		{.1009, .1689, .0437, .0818, .0323, 0, .0076, 0},
		{.1346, .1371, .0316, .0515, .0755, 0, .0042, 0},
		{.0077, .0059, .0497, .135, .0067, .0003, .0453, 0},
		{.0691, .0029, .0794, .1597, .0033, 0, .1057, 0},
		{.1004, .0622, .0505, .0057, .0831, .3726, .0204, 0},
		{.0548, .0269, .0257, .0022, .06, .3158, .0086, 0},
		{.0156, .0066, .0211, .0166, .0572, .0197, .0396, .2252},
		{.0364, .001, .0034, .0005, .0277, .008, .0658, .1443},
	}
	var all []*Wiring
	for t := range n {
		for s := range n {
			if c[t][s] == 0 {
				continue
			}
			k := math.Log(1-c[t][s]) / math.Log((n[t]*n[s]-1)/(n[t]*n[s]))
			w, low, high, delay := 87.8, 0.0, math.Inf(1), 1.5
			if s%2 == 1 {
				w, low, high, delay = -4*87.8, math.Inf(-1), 0, 0.75
			}
			weight, err := philox.NewDraw(philox.NormalDraw, w, 0.1*math.Abs(w), low, high)
			require.NoError(tb, err)
			late, err := philox.NewDraw(philox.NormalDraw, delay, delay/2, 0.1, math.Inf(1))
			require.NoError(tb, err)
			all = append(all, &Wiring{
				Sources: int(n[s] * scale), Targets: int(n[t] * scale), Same: s == t,
				Rule:   &FixedTotalNumber{N: int(k * scale * scale), Selfs: Selfs{true}, Multiples: Multiples{true}},
				Weight: weight, Delay: late, StepMS: 0.1, Workers: workers,
			})
		}
	}
	return all
}

// BenchmarkWire builds the microcircuit at a fifth of its size (12 million
// synapses) and Brunel's network.
func BenchmarkWire(b *testing.B) {
	for _, workers := range []int{1, 2} {
		b.Run(fmt.Sprint("microcircuit/", workers), func(b *testing.B) { benchmarkWire(b, microcircuit(b, 0.2, workers)) })
		b.Run(fmt.Sprint("brunel/", workers), func(b *testing.B) {
			var all []*Wiring
			for _, p := range [][3]int{{10_000, 10_000, 1000}, {10_000, 2500, 1000}, {2500, 10_000, 250}, {2500, 2500, 250}} {
				all = append(all, &Wiring{
					Sources: p[0], Targets: p[1], StepMS: 0.1, Workers: workers, Weight: philox.Fixed(0.1), Delay: philox.Fixed(1.5),
					Rule: &FixedIndegree{N: p[2], Selfs: Selfs{true}, Multiples: Multiples{true}},
				})
			}
			benchmarkWire(b, all)
		})
	}
}

func benchmarkWire(b *testing.B, all []*Wiring) {
	synapses, bytes := 0, 0
	for b.Loop() {
		runtime.GC()
		synapses, bytes = wireAll(b, all)
	}
	b.ReportMetric(float64(synapses)*float64(b.N)/b.Elapsed().Seconds(), "synapses/s")
	b.ReportMetric(float64(bytes)/float64(synapses), "bytes/synapse")
}

func wireAll(tb testing.TB, all []*Wiring) (synapses, bytes int) {
	var kept []sim.SparseWeights
	for i, w := range all {
		s, err := w.wire(uint64(i))
		require.NoError(tb, err)
		kept = append(kept, s)
		synapses, bytes = synapses+s.Synapses(), bytes+s.Bytes()
	}
	runtime.KeepAlive(kept)
	return synapses, bytes
}
