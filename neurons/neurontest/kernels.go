package neurontest

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/internal/kernels"
	"github.com/synohm/synohm/neurons"
	"github.com/synohm/synohm/sim"
)

// sameOnEveryPath holds that kernels in assembly and portable ones make the
// same spikes and leave the same bits in the state.
func sameOnEveryPath(t *testing.T, m neurons.Model) {
	defer kernels.UsePortable(false)
	drive := strong(t, m)
	var spikes [2][][2]int
	var states [2][]sim.Variable
	for k, portable := range []bool{false, true} {
		kernels.UsePortable(portable)
		p := block(t, m, 0, size)
		spikes[k] = run(m, p, drive, 0, size, 0)
		states[k] = p.State()
	}
	require.Equal(t, spikes[1], spikes[0])
	for i, v := range states[1] {
		require.Equal(t, bits(v.Values), bits(states[0][i].Values), v.Name)
	}
}

// bits shows float64 values as they are stored, so that -0 is not 0.
func bits(values any) any {
	x, ok := values.([]float64)
	if !ok {
		return values
	}
	b := make([]uint64, len(x))
	for i, v := range x {
		b[i] = math.Float64bits(v)
	}
	return b
}
