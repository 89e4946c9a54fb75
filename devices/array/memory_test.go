package array_test

import (
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/devices"
	"github.com/synohm/synohm/devices/array"
)

// The estimate of memory, by which a run is refused before it takes any, is
// near what a matrix keeps once it is programmed and has aged: not below nine
// tenths of it, and not above three times.
func TestMemoryIsEstimated(t *testing.T) {
	const rows, cols = 256, 256
	w := weights(rows * cols)
	for _, c := range []struct{ cell, yaml string }{
		{"pcm", "{}"},
		{"pcm", "mapping: offset"},
		{"pcm", "mapping: {kind: slices, bits: 9, bits_per_cell: 2}\noutput: {bits: 8}"},
		{"pcm", "noise_draw: cell\ncompensation: column"},
		{"pcm", "effects: {telegraph: {}, read_disturb: {}, retention: {}, spread: {device: 0.1}, endurance: {}, stuck: {on: 0.1}}"},
		{"pcm", "tile: {rows: 16, cols: 16}"},
		{"reram-formed", "{}"},
		{"vteam", "programming: {kind: write-verify, writes: 2}"},
		{"reram-sb", "programming: {kind: write-verify, writes: 2}"},
		{"reram-es", "programming: {kind: write-verify, writes: 2}"},
		{"ecram", "programming: {kind: write-verify, writes: 2}"},
	} {
		t.Run(c.cell+" "+c.yaml, func(t *testing.T) {
			cell, s := model(t, c.cell), settings(t, c.yaml)
			before := heap()
			m, err := array.New(cell, s, rows, cols, 1, 1)
			require.NoError(t, err)
			put(t, m, cell, w)
			require.NoError(t, m.AdvanceTo(t.Context(), 1000))
			took := float64(heap() - before)
			estimate := array.Bytes(cell, s, rows, cols)
			t.Logf("%.1f bytes a weight, estimated %.1f", took/rows/cols, estimate/rows/cols)
			require.Greater(t, estimate, 0.9*took)
			require.Less(t, estimate, 3*took)
			require.Equal(t, int(estimate), m.Bytes())
		})
	}
	t.Run("alone", func(t *testing.T) {
		const n = rows * cols
		cell, s := model(t, "pcm"), settings(t, "effects: {read_disturb: {}}")
		before := heap()
		m, err := array.NewRow(cell, s, n, 1, 0)
		require.NoError(t, err)
		require.NoError(t, m.Program(t.Context(), w))
		for lo := 0; lo < n; lo += 64 {
			require.NoError(t, m.Read(array.Key{}, []int32{0}, lo, lo+64, make([]float32, 64)))
		}
		took := float64(heap() - before)
		estimate := array.CellBytes(cell, s) * n
		t.Logf("%.1f bytes a weight, estimated %.1f", took/n, estimate/n)
		require.Greater(t, estimate, 0.9*took)
		require.Less(t, estimate, 3*took)
		runtime.KeepAlive(m)
	})
}

// heap is what is in use.
func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// model is a cell of the catalogue with its defaults.
func model(t require.TestingT, name string) devices.Cell {
	m, ok := devices.Find(name)
	require.True(t, ok, name)
	cell, err := m.New(defaults(m))
	require.NoError(t, err)
	return cell
}

// put programs weights, or takes cells as they were formed.
func put(t testing.TB, m *array.Matrix, cell devices.Cell, w []float32) {
	if _, ok := cell.(devices.Formed); ok {
		require.NoError(t, m.Formed(t.Context(), 0.1))
		return
	}
	require.NoError(t, m.Program(t.Context(), w))
}
