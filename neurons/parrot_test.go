package neurons_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/neurons"
	"github.com/synohm/synohm/sim"
)

// A spike is repeated in the step of its arrival, whatever its weight, and
// several that arrive together are repeated as one.
func TestParrotRepeats(t *testing.T) {
	p, err := neurons.ParrotModel().New(neurons.Block{Part: sim.Part{Lo: 5, Hi: 10}, StepMS: 0.1}, nil)
	require.NoError(t, err)
	heard := sim.Input{Channels: [][]float32{{0, 1, -0.5, 3, 0}}}
	require.Equal(t, []int32{1, 2, 3}, p.Advance(heard, nil))
	require.Empty(t, p.Advance(sim.Input{Channels: [][]float32{make([]float32, 5)}}, nil), "it remembers nothing")
}
