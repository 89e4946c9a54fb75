package array_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/devices"
	"github.com/synohm/synohm/devices/array"
)

// A product of a batch is the products of its vectors, whatever the array is
// like: the same noise, and the same counts.
func TestBatchesAreTheirVectors(t *testing.T) {
	const rows, cols, batch = 23, 17, 4
	noisy := func() devices.Cell { return &devices.Generic{GMin: 1, GMax: 100, ReadRel: 0.05, T0: 1} }
	x, d := weights(batch*rows), weights(batch*cols)
	x[3], x[rows+5] = 0, 0
	for _, yaml := range []string{
		"scaling: matrix", "tile: {rows: 9, cols: 6}\nscaling: tile", "mapping: offset\nscaling: row", "mapping: reference\nscaling: column",
		"mapping: {kind: slices, bits: 6, bits_per_cell: 2}", "noise_draw: cell", "input: {bits: 6}", "mapping: pairs\noutput: {bits: 7}\ntile: {rows: 9}",
		"lines: {r_word: 2 ohm, r_bit: 2 ohm}", "effects: {read_disturb: {per_read: 1e-4}}",
	} {
		t.Run(yaml, func(t *testing.T) {
			build := func(workers int) *array.Matrix {
				m, err := array.New(noisy(), settings(t, yaml), rows, cols, 3, workers)
				require.NoError(t, err)
				require.NoError(t, m.Program(t.Context(), weights(rows*cols)))
				return m
			}
			all, single := build(2), build(1)
			key := array.Key{Trial: 7, Step: 9}
			y, back := make([]float32, batch*cols), make([]float32, batch*rows)
			require.NoError(t, all.MultiplyBatch(t.Context(), key, batch, x, y))
			require.NoError(t, all.MultiplyBatchT(t.Context(), key, batch, d, back))
			for i := range batch {
				key := array.Key{Trial: 7 + uint32(i), Step: 9}
				wantY, wantBack := make([]float32, cols), make([]float32, rows)
				require.NoError(t, single.Multiply(key, x[i*rows:(i+1)*rows], wantY))
				require.NoError(t, single.MultiplyT(key, d[i*cols:(i+1)*cols], wantBack))
				require.InDeltaSlice(t, wantY, y[i*cols:(i+1)*cols], 2e-5)
				require.InDeltaSlice(t, wantBack, back[i*rows:(i+1)*rows], 2e-5)
			}
			require.Equal(t, single.Taken(), all.Taken())
			// What reads did to the cells is the same, too.
			require.NoError(t, all.AdvanceTo(t.Context(), 10))
			require.NoError(t, single.AdvanceTo(t.Context(), 10))
			require.Equal(t, single.Conductances(), all.Conductances())
		})
	}
	m, err := array.New(noisy(), settings(t, "scaling: matrix"), 3, 2, 3, 1)
	require.NoError(t, err)
	require.NoError(t, m.Program(t.Context(), weights(6)))
	require.PanicsWithValue(t, "array: a batch of 2 of 6 and 3 numbers is not one of 3 x 2 weights", func() {
		_ = m.MultiplyBatch(t.Context(), array.Key{}, 2, make([]float32, 6), make([]float32, 3))
	})
	require.NoError(t, m.MultiplyBatch(t.Context(), array.Key{}, 0, nil, nil))
}
