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
	defer func() { require.NoError(t, kernels.Use("auto")) }()
	drive := strong(t, m)
	var spikes [][2]int
	var state []sim.Variable
	for k, form := range kernels.Forms() {
		require.NoError(t, kernels.Use(form))
		p := block(t, m, 0, size)
		got := run(m, p, drive, 0, size, 0)
		if k == 0 {
			spikes, state = got, p.State()
		}
		require.Equal(t, spikes, got, form)
		for i, v := range p.State() {
			require.Equal(t, bits(state[i].Values), bits(v.Values), "%s, %s", form, v.Name)
		}
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
