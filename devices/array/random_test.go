package array_test

import (
	"context"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/synohm/synohm/devices"
	"github.com/synohm/synohm/devices/array"
)

// anySettings draws settings that an array of so many rows and columns can have.
func anySettings(t *rapid.T, formed bool) string {
	var b strings.Builder
	pick := func(name string, from ...string) string {
		return rapid.SampledFrom(from).Draw(t, name)
	}
	line := func(key string, from ...string) {
		if v := pick(key, from...); v != "" {
			fmt.Fprintf(&b, "%s: %s\n", key, v)
		}
	}
	if formed {
		line("mapping", "", "{kind: differential, sides: both}")
	} else {
		line("mapping", append([]string{""}, mappings...)...)
		line("programming", "", "{kind: write-verify, tolerance: 2 uS, writes: 3}")
		line("refresh_every", "", "30000 s")
		line("saturate", "", "1", "2")
		line("scaling", "", "tile", "column", "row")
	}
	effects := pick("effects", "", "{telegraph: {fraction: 0.5}, read_disturb: {per_read: 0.01}}", "{stuck: {on: 0.2, off: 0.2}, spread: {device: 0.3}, retention: {tau: 1 h}}")
	if effects != "" {
		fmt.Fprintf(&b, "effects: %s\n", effects)
	}
	if effects != "" || !formed {
		line("compensation", "", "global", "column")
		line("age", "", "1 h")
	}
	line("tile", "", "{rows: 3}", "{cols: 2}", "{rows: 1, cols: 1}", "{rows: 4, cols: 3}")
	line("lines", "", "{solve: exact}", "{solve: exact, r_word: 100 ohm, r_bit: 0 ohm, r_transistor: 1 kohm}", "{solve: approximate, r_sense: 50 ohm}")
	line("input", "", "{}", "{drive: width, bits: 4}", "{drive: serial, bits: 5, digit: 2, noise: 0.01}")
	line("output", "", "{bits: 6}", "{kind: sar, bits: 5, range: percentile, percentile: 100 %, element_std: 0.02, share: 2}", "{kind: ramp, bits: 5, range: calibrated, bound_management: iterative, noise: 0.01}")
	line("noise_draw", "", "cell")
	line("follow", "0.01", "0", "1") // never empty, so that the file is not
	return b.String()
}

// anyMatrix makes a matrix twice, the second time with more workers.
func anyMatrix(t *rapid.T) (yaml string, rows, cols int, both [2]*array.Matrix) {
	isFormed := rapid.Bool().Draw(t, "formed")
	yaml = anySettings(t, isFormed)
	rows, cols = rapid.IntRange(1, 9).Draw(t, "rows"), rapid.IntRange(1, 9).Draw(t, "cols")
	w := make([]float32, rows*cols)
	for i := range w {
		w[i] = rapid.OneOf(rapid.Just(float32(0)), rapid.Float32Range(-1, 1), rapid.Float32Range(-1e-8, 1e8)).Draw(t, "weight")
	}
	var cell devices.Cell = &devices.Generic{GMin: 1, GMax: 50, ProgramAbs: 1, ReadRel: 0.05, NuMean: 0.05, NuStd: 0.01, T0: 1}
	if isFormed {
		cell = formed(0.05)
	}
	for i := range both {
		m, err := array.New(cell, settings(t, yaml), rows, cols, 5, 1+2*i)
		require.NoError(t, err, yaml)
		if isFormed {
			err = m.Formed(context.Background(), 0.3)
		} else {
			err = m.Program(context.Background(), w)
		}
		if err != nil && strings.Contains(err.Error(), "sample with values other than 0") {
			t.Skip("nothing flows")
		}
		require.NoError(t, err, yaml)
		both[i] = m
	}
	return yaml, rows, cols, both
}

// Whatever the settings: outputs are finite; a read in parts, by a matrix made
// with other workers, has the bits and the counts of the whole; and trials give
// the same in any order.
func TestAnyArray(t *testing.T) {
	ctx := context.Background()
	rapid.Check(t, func(t *rapid.T) {
		yaml, rows, cols, both := anyMatrix(t)
		a, b := both[0], both[1]
		for _, at := range []float64{0, 10, 1e5} {
			for _, m := range both {
				require.NoError(t, m.AdvanceTo(ctx, at), yaml)
			}
			var driven []int32
			x := make([]float32, rows)
			for r := range rows {
				if rapid.Bool().Draw(t, "driven") {
					driven = append(driven, int32(r))
				}
				x[r] = rapid.Float32Range(-1, 1).Draw(t, "input")
			}
			cut := rapid.IntRange(0, cols).Draw(t, "cut")
			one, two := map[uint32][]float32{}, map[uint32][]float32{}
			for _, trial := range []uint32{0, 1, 2} {
				one[trial] = all(t, a, array.Key{Trial: trial, Step: 3}, driven, x, cols, cols)
			}
			for _, trial := range []uint32{2, 0, 1} {
				two[trial] = all(t, b, array.Key{Trial: trial, Step: 3}, driven, x, cols, cut)
			}
			require.Equal(t, one, two, yaml)
			for _, y := range one {
				for _, v := range y {
					require.False(t, math.IsNaN(float64(v)) || math.IsInf(float64(v), 0), yaml)
				}
			}
		}
		require.Equal(t, a.Reports(), b.Reports(), yaml)
		require.Equal(t, a.Warnings(), b.Warnings(), yaml)
	})
}

// all is what a matrix gives for spikes, read in two parts, and for inputs both
// ways, one after the other.
func all(t *rapid.T, m *array.Matrix, key array.Key, driven []int32, x []float32, cols, cut int) []float32 {
	read, y := make([]float32, cols), make([]float32, cols)
	for _, part := range [][2]int{{0, cut}, {cut, cols}} {
		if part[0] < part[1] {
			require.NoError(t, m.Read(key, driven, part[0], part[1], read[part[0]:part[1]]))
		}
	}
	require.NoError(t, m.Multiply(key, x, y))
	back := make([]float32, len(x))
	require.NoError(t, m.MultiplyT(key, y, back))
	return append(append(append([]float32(nil), read...), y...), back...)
}

// On cells without errors, programming is linear: the weights of a sum are the
// sum of the weights, and k times the weights give k times as much, as far as
// the window is fine.
func TestProgrammingIsLinear(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		mapping := rapid.SampledFrom(mappings).Draw(t, "mapping")
		yaml := fmt.Sprintf("mapping: %s\nscaling: %s\ntile: %s\nlines: %s", mapping,
			rapid.SampledFrom([]string{"matrix", "tile", "column", "row"}).Draw(t, "scaling"),
			rapid.SampledFrom([]string{"{}", "{rows: 2, cols: 3}"}).Draw(t, "tile"),
			// Resistive lines weaken a cell by what else is on them, which is not linear.
			rapid.SampledFrom([]string{"{solve: none}", "{solve: exact, r_word: 0 ohm, r_bit: 0 ohm}"}).Draw(t, "lines"))
		rows, cols := rapid.IntRange(1, 6).Draw(t, "rows"), rapid.IntRange(1, 6).Draw(t, "cols")
		put := func(w []float32) []float32 {
			m, err := array.New(exact(), settings(t, yaml), rows, cols, 3, 1)
			require.NoError(t, err)
			require.NoError(t, m.Program(context.Background(), w))
			got := make([]float32, len(w))
			m.Weights(got)
			return got
		}
		n := rows * cols
		a, b, sum := make([]float32, n), make([]float32, n), make([]float32, n)
		k := rapid.Float32Range(-100, 100).Draw(t, "k")
		for i := range a {
			a[i], b[i] = rapid.Float32Range(-1, 1).Draw(t, "a"), rapid.Float32Range(-1, 1).Draw(t, "b")
			sum[i] = a[i] + float32(k*b[i])
		}
		x, y, z := put(a), put(b), put(sum)
		fine := 1e-5
		if strings.Contains(mapping, "slices") {
			fine = 0.5/(1<<15-1) + 1e-5
		}
		for i := range z {
			require.InDelta(t, x[i]+k*y[i], z[i], fine*(2+2*math.Abs(float64(k))), yaml)
		}
	})
}
