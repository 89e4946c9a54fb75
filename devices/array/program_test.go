package array_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/devices"
	"github.com/synohm/synohm/devices/array"
)

// Verified programming brings the weights closer than one write does, for more
// writes; cells that are stuck are told.
func TestVerifiedProgramming(t *testing.T) {
	const rows, cols = 30, 20
	w := weights(rows * cols)
	cell := &devices.Generic{GMin: 1, GMax: 100, ProgramAbs: 4, ReadAbs: 0.2, T0: 1}
	off := func(yaml string) (float64, array.Report) {
		m, err := array.New(cell, settings(t, yaml), rows, cols, 3, 1)
		require.NoError(t, err)
		require.NoError(t, m.Program(t.Context(), w))
		got := make([]float32, rows*cols)
		m.Weights(got)
		sum := 0.0
		for i := range w {
			d := float64(got[i] - w[i])
			sum += d * d
		}
		return sum / float64(len(w)), m.Reports()[0]
	}
	once, r1 := off("{}")
	require.Equal(t, uint64(2*rows*cols), r1.Pulses)
	require.Equal(t, 2*rows*cols*10_000_000, int(r1.WriteAttojoule), "10 pJ a write")
	verified, r2 := off("programming: {kind: write-verify, tolerance: 1 uS}")
	require.Less(t, verified, once/5)
	require.Greater(t, r2.Pulses, r1.Pulses)
	require.Equal(t, 2*rows*cols, r2.Verdicts.Reached)
	require.Positive(t, r2.Reads)

	_, r3 := off("programming: {kind: write-verify, tolerance: 1 uS, writes: 20}\neffects: {stuck: {on: 0.05, off: 0.05}}")
	require.InDelta(t, 2*rows*cols*0.05, r3.Verdicts.StuckHigh, 40)
	require.Positive(t, r3.Verdicts.StuckHigh)
	require.Positive(t, r3.Stuck)
	again, r4 := off("programming: {kind: write-verify, tolerance: 1 uS, epochs: 3, delay: 5 s, hysteresis: 60 %}")
	require.Less(t, again, once/5)
	require.InDelta(t, 2*rows*cols, r4.Verdicts.Reached, 12, "noise takes a few out at the second look")
}

// Pulsed cells come to their targets by pulses alone.
func TestPulsedCellsAreProgrammed(t *testing.T) {
	const rows, cols = 10, 8
	w := weights(rows * cols)
	model, ok := devices.Find("ecram")
	require.True(t, ok)
	cell, err := model.New(defaults(model))
	require.NoError(t, err)
	require.ErrorContains(t, array.Check(cell, settings(t, "{}"), rows, cols), "write-verify or ispp")
	m, err := array.New(cell, settings(t, "programming: {kind: write-verify, tolerance: 0.5 uS, writes: 2000}\nlimits: {max_pulses: 2000}"), rows, cols, 3, 1)
	require.NoError(t, err)
	require.NoError(t, m.Program(t.Context(), w))
	r := m.Reports()[0]
	require.Greater(t, r.Verdicts.Reached, rows*cols)
	require.Positive(t, r.WriteAttojoule)
	got := make([]float32, rows*cols)
	m.Weights(got)
	var a, b float64
	for i := range w {
		a += float64(w[i]) * float64(got[i])
		b += float64(w[i]) * float64(w[i])
	}
	require.InDelta(t, 1, a/b, 0.2)
}
