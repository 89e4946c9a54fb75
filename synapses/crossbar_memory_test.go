package synapses

import (
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/internal/philox"
)

// The memory of synapses on cells, those in one list and those in rows that
// rules change, is estimated before it is taken, and told afterwards: neither is
// far from what it is.
func TestMemoryOfCellsIsEstimated(t *testing.T) {
	for _, plastic := range []bool{false, true} {
		w := &Wiring{
			Sources: 500, Targets: 500, Same: true, Rule: &FixedIndegree{N: 20, Selfs: Selfs{true}, Multiples: Multiples{true}},
			Weight: philox.Draw{Kind: philox.UniformDraw, A: 1, B: 2}, Delay: philox.Fixed(1), StepMS: 1, Workers: 2, Plastic: plastic,
		}
		sub := made(t, "crossbar", "{cell: pcm}")
		before := heapInUse()
		s, err := sub.MakeSparse(t.Context(), w, 1)
		require.NoError(t, err)
		took := heapInUse() - before
		for _, says := range []float64{sub.SparseBytes(w), float64(s.Bytes())} {
			require.Greater(t, says, 0.8*took, "plastic: %v", plastic)
			require.Less(t, says, 2*took, "plastic: %v", plastic)
		}
	}
}

func heapInUse() float64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}
