package array_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/devices"
	"github.com/synohm/synohm/devices/array"
)

// Reads of cells that stand alone disturb the cells that were read, and no
// other.
func TestCellsThatStandAlone(t *testing.T) {
	const n, per = 12, 1e-3
	cell := exact()
	m, err := array.NewRow(cell, settings(t, "effects: {read_disturb: {per_read: 1e-3, towards: low}}\nfollow: 0"), n, 1, 0)
	require.NoError(t, err)
	w := make([]float32, n)
	for i := range w {
		w[i] = 2
	}
	require.NoError(t, m.Program(t.Context(), w))
	const reads = 100
	for k := range uint32(reads) {
		out := make([]float32, 4)
		require.NoError(t, m.Read(array.Key{Step: k}, []int32{0}, 4, 6, out[:2]))
		require.NoError(t, m.Read(array.Key{Step: k}, []int32{0}, 6, 8, out[2:]))
		require.InDeltaSlice(t, w[:4], out, 1e-5, "disturbed at the next look")
	}
	r := m.Reports()[0]
	require.Equal(t, uint64(reads*4*2), r.Reads)
	require.Zero(t, r.Picoseconds, "no array is busy")
	// A pair of 100 and 1 uS at 0.1 V for 50 ns.
	require.Equal(t, uint64(reads*4*math.Round(0.01*101e-6*50e-9*1e18)), r.ReadAttojoule)
	require.NoError(t, m.AdvanceTo(t.Context(), 1))
	got := make([]float32, n)
	m.Weights(got)
	for i, x := range got {
		want := 2.0
		if i >= 4 && i < 8 {
			want *= math.Pow(1-per, reads) // both cells go to the low end, which one is at
		}
		require.InDelta(t, want, x, 1e-4, "cell %d", i)
	}
	for _, yaml := range []string{"lines: {solve: exact}", "input: {}", "output: {}", "tile: {cols: 3}"} {
		_, err := array.NewRow(cell, settings(t, yaml), n, 1, 0)
		require.ErrorContains(t, err, "leave lines, input, output and tile out")
	}
}

// An array of a single row counts what its driver and its reference column take.
func TestEnergyOfASingleRow(t *testing.T) {
	joule := func(yaml string, rows int, w ...float32) float64 {
		m, err := array.New(exact(), settings(t, yaml), rows, len(w)/rows, 1, 1)
		require.NoError(t, err)
		require.NoError(t, m.Program(t.Context(), w))
		require.NoError(t, m.Read(array.Key{}, []int32{0}, 0, len(w)/rows, make([]float32, len(w)/rows)))
		sum := 0.0
		for _, r := range m.Reports() {
			sum += float64(r.ReadAttojoule)
		}
		return sum * 1e-18
	}
	const each = 0.01 * 50e-9 // V^2 t
	// The first row is driven with a quarter of the voltage: pairs of 100 and 1 uS.
	// Whole attojoules.
	require.InDelta(t, each/16*202e-6, joule("scaling: row\ntile: {rows: 1}", 2, 1, -1, 4, 4), 0.6e-18)
	// Two cells of 1 and 100 uS, and the reference in the middle, 50.5 uS.
	require.InEpsilon(t, each*151.5e-6, joule("mapping: reference", 1, 1, -1), 1e-5)
}

// No row is driven with more than the read voltage, also where weights saturate:
// what a row of large weights takes is that of its cells at the read voltage.
func TestRowsAreDrivenWithAtMostTheReadVoltage(t *testing.T) {
	const rows, cols = 8, 4
	w := make([]float32, rows*cols)
	for i := range w {
		w[i] = 0.1
		if i < cols {
			w[i] = 1
		}
	}
	m, err := array.New(exact(), settings(t, "scaling: row\nsaturate: 1"), rows, cols, 1, 1)
	require.NoError(t, err)
	require.NoError(t, m.Program(t.Context(), w))
	require.NoError(t, m.Read(array.Key{}, []int32{0}, 0, cols, make([]float32, cols)))
	require.Equal(t, uint64(math.Round(0.01*cols*101e-6*50e-9*1e18)), m.Reports()[0].ReadAttojoule)
	got := make([]float32, rows*cols)
	m.Weights(got)
	require.InDeltaSlice(t, w, got, 1e-6)
}

// What a product takes: rows at 0 V are not read, the energy of a row goes with
// the square of its voltage or with the width of its pulse, and converters that
// an array has not convert nothing.
func TestProductsAreCounted(t *testing.T) {
	const each = 0.01 * 101e-6 * 50e-9 * 1e18 // aJ, of a pair at the read voltage
	for _, c := range []struct {
		yaml                     string
		joule, conversions, time float64
	}{
		{"{}", each * (1 + 0.25), 0, 50e3},
		{"input: {bits: 0}", each * (1 + 0.25), 3, 51e3},
		{"input: {drive: width, bits: 9}", each * (1 + 128.0/255), 3, 255e3}, // half of 255 steps, ties to even
		{"output: {bits: 0}", each * (1 + 0.25), 2, 51e3},
		{"output: {bits: 8, kind: sar, share: 2}", each * (1 + 0.25), 2, 50e3 + 2*8e3},
	} {
		t.Run(c.yaml, func(t *testing.T) {
			m, err := array.New(exact(), settings(t, c.yaml), 3, 2, 1, 1)
			require.NoError(t, err)
			require.NoError(t, m.Program(t.Context(), []float32{1, 1, 1, 1, 1, 1}))
			require.NoError(t, m.Multiply(array.Key{}, []float32{1, 0, 0.5}, make([]float32, 2)))
			r := m.Reports()[0]
			require.Equal(t, uint64(2*2*2), r.Reads)
			require.InEpsilon(t, 2*c.joule, float64(r.ReadAttojoule), 1e-4)
			require.Equal(t, uint64(c.conversions), r.Conversions)
			require.Equal(t, uint64(c.time), r.Picoseconds)
		})
	}
}

// Columns that take turns at a converter take the same time in any split of a
// read.
func TestTurnsDependOnNoSplit(t *testing.T) {
	s := settings(t, "output: {bits: 8, kind: sar, share: 8}\nmapping: pairs")
	time := func(cuts ...int) uint64 {
		m, err := array.New(exact(), s, 2, 10, 1, 1)
		require.NoError(t, err)
		require.NoError(t, m.Program(t.Context(), weights(20)))
		lo := 0
		for _, hi := range append(cuts, 10) {
			require.NoError(t, m.Read(array.Key{}, []int32{0}, lo, hi, make([]float32, hi-lo)))
			lo = hi
		}
		return m.Reports()[0].Picoseconds
	}
	require.Equal(t, uint64(50_000+8*8_000), time())
	require.Equal(t, time(), time(1))
	require.Equal(t, time(), time(3, 4, 9))
}

// What is taken off as a number does not drift, so compensation leaves it alone.
func TestCompensationOfOffsets(t *testing.T) {
	const rows, cols = 40, 6
	cell := &devices.Generic{GMin: 1, GMax: 100, NuMean: 0.05, T0: 20}
	w := weights(rows * cols)
	for _, mapping := range []string{"offset", "reference", "differential"} {
		for _, how := range []string{"global", "column"} {
			t.Run(mapping+" "+how, func(t *testing.T) {
				m, err := array.New(cell, settings(t, "mapping: "+mapping+"\ncompensation: "+how), rows, cols, 3, 1)
				require.NoError(t, err)
				require.NoError(t, m.Program(t.Context(), w))
				require.NoError(t, m.AdvanceTo(t.Context(), 1e6))
				got := make([]float32, rows*cols)
				m.Weights(got)
				require.InDeltaSlice(t, w, got, 1e-4)
				x, y := make([]float32, rows), make([]float32, cols)
				x[3], x[7] = 1, 0.5
				require.NoError(t, m.Multiply(array.Key{}, x, y))
				out := make([]float32, cols)
				require.NoError(t, m.Read(array.Key{}, []int32{3}, 0, cols, out))
				back, e := make([]float32, rows), make([]float32, cols)
				e[2] = 1
				require.NoError(t, m.MultiplyT(array.Key{}, e, back))
				for j := range y {
					require.InDelta(t, w[3*cols+j]+w[7*cols+j]/2, y[j], 1e-3)
					require.InDelta(t, w[3*cols+j], out[j], 1e-3)
				}
				for i := range back {
					require.InDelta(t, w[i*cols+2], back[i], 1e-3)
				}
			})
		}
	}
}

// Conductances are looked at when the time since programming has grown by the
// part that is followed, for any such part.
func TestFollow(t *testing.T) {
	cell := &devices.Generic{GMin: 1e-3, GMax: 100, NuMean: 0.05, T0: 1e-3}
	for _, follow := range []string{"0", "0.1", "1"} {
		m, err := array.New(cell, settings(t, "follow_every: 1 s\nfollow: "+follow), 1, 1, 3, 1)
		require.NoError(t, err)
		require.NoError(t, m.Program(t.Context(), []float32{1}))
		var looks []int
		last := []float32{0}
		m.Weights(last)
		for s := 1; s <= 40; s++ {
			require.NoError(t, m.AdvanceTo(t.Context(), float64(s)))
			w := []float32{0}
			m.Weights(w)
			if w[0] != last[0] {
				looks = append(looks, s)
			}
			last = w
		}
		switch follow {
		case "0":
			require.Len(t, looks, 40)
		case "0.1":
			require.Equal(t, []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 21, 24, 27, 30, 33, 37}, looks)
		default:
			require.Equal(t, []int{1, 2, 4, 8, 16, 32}, looks)
		}
	}
}

// Reads before a refresh disturb what the refresh writes over.
func TestARefreshForgetsReads(t *testing.T) {
	m, err := array.New(exact(), settings(t, "effects: {read_disturb: {per_read: 0.01}}\nrefresh_every: 10 s\nfollow_every: 100 s"), 1, 1, 3, 1)
	require.NoError(t, err)
	require.NoError(t, m.Program(t.Context(), []float32{-1}))
	for k := range uint32(50) {
		require.NoError(t, m.Read(array.Key{Step: k}, []int32{0}, 0, 1, make([]float32, 1)))
	}
	require.NoError(t, m.AdvanceTo(t.Context(), 11))
	w := []float32{0}
	m.Weights(w)
	require.InDelta(t, -1, w[0], 1e-6)
}

// Weights that are put onto the cells again are refreshed like the first ones.
func TestProgrammedAgain(t *testing.T) {
	cell := &devices.Generic{GMin: 1e-3, GMax: 100, NuMean: 0.05, T0: 20}
	m, err := array.New(cell, settings(t, "refresh_every: 100 s"), 1, 1, 3, 1)
	require.NoError(t, err)
	require.NoError(t, m.Program(t.Context(), []float32{1}))
	require.NoError(t, m.AdvanceTo(t.Context(), 550))
	require.Equal(t, uint64(2*6), m.Reports()[0].Pulses)
	require.NoError(t, m.Program(t.Context(), []float32{3}))
	require.NoError(t, m.AdvanceTo(t.Context(), 250))
	require.Equal(t, uint64(2*(6+1+2)), m.Reports()[0].Pulses)
	w := []float32{0}
	m.Weights(w)
	require.InEpsilon(t, 3*math.Pow(70.0/20, -0.05), w[0], 1e-4)
}

func TestWhatArraysRefuse(t *testing.T) {
	for _, c := range []struct {
		cell       devices.Cell
		yaml, says string
	}{
		{formed(0), "refresh_every: 1 h", "leave refresh_every out"},
		{exact(), "tile: {rows: 1, cols: 1}", "set larger tile.rows and tile.cols"},
		{exact(), "lines: {solve: exact}", "set tile.rows and tile.cols, such as 512"},
	} {
		require.ErrorContains(t, array.Check(c.cell, settings(t, c.yaml), 2000, 2000), c.says)
	}
	err := array.Check(formed(0), settings(t, "refresh_every: 1 h\neffects: {levels: {n: 4}, endurance: {}}\ntile: {rows: 1, cols: 1}"), 2000, 2000)
	for _, says := range []string{"refresh_every", "levels", "endurance", "tile.rows"} {
		require.ErrorContains(t, err, says, "all of it at once")
	}
	require.ErrorContains(t, array.CheckAge(model(t, "reram-wan"), settings(t, "{}"), 1e6), "extrapolate: true")
	require.NoError(t, array.CheckAge(model(t, "reram-wan"), settings(t, "refresh_every: 1 d"), 1e6))
}
