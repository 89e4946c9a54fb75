package array_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/devices/array"
	"github.com/synohm/synohm/devices/lines"
)

// An array behind lines gives the currents of the network of its cells: laid
// out here anew, pair by pair, and solved for the very drive.
func TestReadsThroughLines(t *testing.T) {
	const rows, cols = 12, 7
	w := weights(rows * cols)
	cell := exact()
	largest := 0.0
	for _, x := range w {
		largest = math.Max(largest, math.Abs(float64(x)))
	}
	net := &lines.Network{Rows: rows, Cols: 2 * cols, Wires: lines.Wires{Word: 20, Bit: 30, Source: 100, Sense: 50}}
	for r := range rows {
		for j := range cols {
			u := float64(w[r*cols+j]) / largest
			for _, x := range []float64{math.Max(u, 0), math.Max(-u, 0)} {
				g := (1 + 99*x) * 1e-6
				net.G = append(net.G, g/(1+500*g))
			}
		}
	}
	x := make([]float64, rows)
	driven := []int32{1, 2, 5, 7, 11}
	for _, r := range driven {
		x[r] = 1
	}
	sol, err := net.Solve(t.Context(), []lines.Drive{{Word: x}}, lines.Options{})
	require.NoError(t, err)
	var want []float64
	for j := range cols {
		want = append(want, (sol[0].Out[2*j]-sol[0].Out[2*j+1])*1e6*largest/99)
	}
	const wires = "r_word: 20 ohm, r_bit: 30 ohm, r_source: 100 ohm, r_sense: 50 ohm, r_transistor: 500 ohm"
	m, err := array.New(cell, settings(t, "lines: {solve: exact, "+wires+"}"), rows, cols, 3, 2)
	require.NoError(t, err)
	require.NoError(t, m.Program(t.Context(), w))
	got := make([]float32, cols)
	require.NoError(t, m.Read(array.Key{}, driven, 0, cols, got))
	for j := range want {
		require.InDelta(t, want[j], got[j], 1e-4)
	}
	r := m.Reports()[0]
	require.True(t, r.LineLoss > 0.05 && r.LineLoss < 0.5, "loss %g", r.LineLoss)
	require.Zero(t, r.LineError)

	near, err := array.New(cell, settings(t, "lines: {solve: approximate, "+wires+"}"), rows, cols, 3, 1)
	require.NoError(t, err)
	require.NoError(t, near.Program(t.Context(), w))
	close := make([]float32, cols)
	require.NoError(t, near.Read(array.Key{}, driven, 0, cols, close))
	require.InDeltaSlice(t, want, close, 0.05)
	require.NotZero(t, near.Reports()[0].LineError)
	require.Contains(t, near.Warnings()[0], "approximated")

	bad, err := array.New(cell, settings(t, "lines: {solve: exact, r_word: 1 Mohm, r_bit: 1 Mohm}"), rows, cols, 3, 1)
	require.NoError(t, err)
	require.NoError(t, bad.Program(t.Context(), w))
	require.Contains(t, bad.Warnings()[0], "next to nothing arrives")
}
