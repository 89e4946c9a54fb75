package array_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/devices"
	"github.com/synohm/synohm/devices/array"
)

// Conductances copied out of tiles are in the places of their weights.
func TestConductances(t *testing.T) {
	const rows, cols = 7, 5
	w := weights(rows * cols)
	for _, yaml := range []string{"{}", "tile: {rows: 3, cols: 2}"} {
		m, err := array.New(&devices.Generic{GMin: 1, GMax: 100, NuMean: 0.1, T0: 1}, settings(t, yaml), rows, cols, 3, 1)
		require.NoError(t, err)
		require.NoError(t, m.Program(t.Context(), w))
		maps := m.Conductances()
		require.Len(t, maps, 2)
		require.Equal(t, []string{"plus", "minus"}, []string{maps[0].Plane, maps[1].Plane})
		require.Equal(t, []int{rows, cols}, maps[0].Shape)
		scale := float32(0)
		for i := range w {
			if w[i] > 0.1 {
				scale = (maps[0].Now[i] - maps[1].Now[i]) / w[i]
			}
		}
		for i := range w {
			require.InDelta(t, w[i]*scale, maps[0].Now[i]-maps[1].Now[i], 1e-3)
		}
		require.Equal(t, maps[0].Target, maps[0].Now)
		require.NoError(t, m.AdvanceTo(t.Context(), 1))
		require.InEpsilon(t, maps[0].Now[3]*0.9330330, m.Conductances()[0].Now[3], 1e-5) // 2^-0.1
	}
	m, err := array.New(exact(), settings(t, "mapping: reference\ntile: {rows: 3, cols: 2}"), rows, cols, 3, 1)
	require.NoError(t, err)
	require.NoError(t, m.Program(t.Context(), w))
	shared := m.Conductances()[1]
	require.Equal(t, []int{rows, 3}, shared.Shape)
	require.Equal(t, float32(50.5), shared.Now[rows*3-1])
	f, err := array.New(formed(0), settings(t, "{}"), 2, 2, 3, 1)
	require.NoError(t, err)
	require.NoError(t, f.Formed(t.Context(), 1))
	require.Nil(t, f.Conductances()[0].Target)
}
