package array_test

import (
	"context"
	"fmt"
	"math"
	"sort"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/synohm/synohm/devices"
	"github.com/synohm/synohm/devices/array"
	"github.com/synohm/synohm/internal/catalog"
	"github.com/synohm/synohm/internal/config"
)

// settings are the defaults with some YAML over them.
func settings(t require.TestingT, yaml string) *array.Settings {
	tree, err := config.Parse("test.yaml", []byte(yaml))
	require.NoError(t, err)
	var s array.Settings
	require.NoError(t, tree.Decode(&s, map[string]catalog.Catalog{"mappings": array.Mappings(), "programming": array.Programmings()}).Err())
	return &s
}

func formed(noise float64) *devices.FormedReRAM {
	return &devices.FormedReRAM{GMean: 14.2473, GStd: 2.4624, ReadNoise: noise}
}

// exact is a cell without any error.
func exact() *devices.Generic { return &devices.Generic{GMin: 1, GMax: 100, T0: 1} }

var mappings = []string{"differential", "{kind: differential, sides: both}", "offset", "reference", "pairs", "{kind: pairs, n: 3, factor: 4}", "{kind: slices, bits: 16, bits_per_cell: 3}"}

// random numbers that are the same everywhere.
func weights(n int) []float32 {
	w := make([]float32, n)
	for i := range w {
		w[i] = float32(math.Sin(float64(i*i+3*i+1))) * float32(1+i%7) / 7
	}
	return w
}

// What a mapping makes of a weight, put together again, is the weight.
func TestMappingsAreExact(t *testing.T) {
	for _, name := range mappings {
		t.Run(name, func(t *testing.T) {
			s := settings(t, "mapping: "+name)
			m, err := array.NewMapping(s.Mapping.Kind, s.Mapping.Value)
			require.NoError(t, err)
			planes := m.Planes()
			rapid.Check(t, func(t *rapid.T) {
				u := rapid.Float64Range(-1, 1).Draw(t, "u")
				x := make([]float64, len(planes))
				m.Encode(u, x)
				got := m.Offset()
				for i, p := range planes {
					require.True(t, x[i] >= 0 && x[i] <= 1, "fraction %g", x[i])
					got += m.Gains()[p.Digit] * p.Sign * x[i]
				}
				tolerance := 1e-12
				if s.Mapping.Kind == "slices" {
					tolerance = 0.5/(1<<15-1) + 1e-12
				}
				require.InDelta(t, u, got, tolerance)
			})
		})
	}
	_, err := array.NewMapping("paper", nil)
	require.Error(t, err)
}

// On cells without errors every mapping, scaling and tiling gives the weights
// back, by reads, by products both ways, and as listed.
func TestErrorFreeCellsGiveTheWeights(t *testing.T) {
	const rows, cols = 23, 17
	w := weights(rows * cols)
	for _, mapping := range mappings {
		for _, rest := range []string{"{}", "scaling: column", "scaling: row", "scaling: tile\ntile: {rows: 7, cols: 5}", "tile: {rows: 23, cols: 4}\nscaling: row", "input: {bits: 0}\noutput: {bits: 0, clip: false}", "tile: {rows: 8}\noutput: {bits: 0, clip: false}"} {
			t.Run(mapping+" "+rest, func(t *testing.T) {
				if rest == "{}" {
					rest = ""
				}
				m, err := array.New(exact(), settings(t, "mapping: "+mapping+"\n"+rest), rows, cols, 3, 1)
				require.NoError(t, err)
				require.NoError(t, m.Program(t.Context(), w))
				got := make([]float32, rows*cols)
				m.Weights(got)
				require.InDeltaSlice(t, w, got, 1e-4)

				driven := []int32{0, 3, 4, 8, 15, 16, 22}
				out := make([]float32, cols)
				require.NoError(t, m.Read(array.Key{}, driven, 0, cols, out))
				x, y := make([]float32, rows), make([]float32, cols)
				for _, r := range driven {
					x[r] = 1
				}
				require.NoError(t, m.Multiply(array.Key{}, x, y))
				for j := range out {
					want := 0.0
					for _, r := range driven {
						want += float64(w[int(r)*cols+j])
					}
					require.InDelta(t, want, out[j], 1e-3)
					require.InDelta(t, want, y[j], 1e-3)
				}
				for i := range x {
					x[i] = float32(math.Cos(float64(i)))
				}
				require.NoError(t, m.Multiply(array.Key{}, x, y))
				back := make([]float32, rows)
				require.NoError(t, m.MultiplyT(array.Key{}, y, back))
				for j := range y {
					want := 0.0
					for i := range x {
						want += float64(x[i]) * float64(w[i*cols+j])
					}
					require.InDelta(t, want, y[j], 1e-3)
				}
				for i := range back {
					want := 0.0
					for j := range y {
						want += float64(y[j]) * float64(w[i*cols+j])
					}
					require.InDelta(t, want, back[i], 5e-3)
				}
			})
		}
	}
}

// Any split of the columns gives the bits of the whole, and the same cost.
func TestSplitReadsEqualTheWhole(t *testing.T) {
	for _, yaml := range []string{"{}", "noise_draw: cell", "output: {bits: 8}\nmapping: pairs", "mapping: reference\ntile: {rows: 3, cols: 7}"} {
		t.Run(yaml, func(t *testing.T) {
			s := settings(t, yaml)
			var cell devices.Cell = &devices.Generic{GMin: 1, GMax: 50, ProgramAbs: 1, ReadRel: 0.05, T0: 1}
			rapid.Check(t, func(t *rapid.T) {
				cols := rapid.IntRange(1, 40).Draw(t, "cols")
				cut := rapid.IntRange(0, cols).Draw(t, "cut")
				var both [2]*array.Matrix
				for i := range both {
					m, err := array.New(cell, s, 8, cols, 3, 1)
					require.NoError(t, err)
					require.NoError(t, m.Program(context.Background(), weights(8*cols)))
					both[i] = m
				}
				var rows []int32
				for r := range int32(8) {
					if rapid.Bool().Draw(t, "driven") {
						rows = append(rows, r)
					}
				}
				a, b := make([]float32, cols), make([]float32, cols)
				k := array.Key{Trial: 4, Step: 5}
				require.NoError(t, both[0].Read(k, rows, 0, cols, a))
				require.NoError(t, both[1].Read(k, rows, 0, cut, b[:cut]))
				require.NoError(t, both[1].Read(k, rows, cut, cols, b[cut:]))
				require.Equal(t, a, b)
				r1, r2 := both[0].Reports(), both[1].Reports()
				require.Equal(t, total(r1), total(r2))
			})
		})
	}
}

func total(rs []array.Report) (t [4]uint64) {
	for _, r := range rs {
		t[0], t[1], t[2], t[3] = t[0]+r.Reads, t[1]+r.ReadAttojoule, t[2]+r.Conversions, t[3]+r.ConvertAttojoule
	}
	return t
}

// reads gives the noise of one column over many steps, in units of its
// predicted standard deviation.
func reads(t *testing.T, draw, mapping string, n int) []float64 {
	const rows, cols, at = 20, 5, 3
	cell := &devices.Generic{GMin: 1, GMax: 50, ReadRel: 0.03, ReadAbs: 0.1, T0: 1}
	m, err := array.New(cell, settings(t, "noise_draw: "+draw+"\nmapping: "+mapping), rows, cols, 9, 1)
	require.NoError(t, err)
	w := weights(rows * cols)
	require.NoError(t, m.Program(t.Context(), w))
	driven := []int32{1, 4, 7, 9, 10, 16, 19}
	s := settings(t, "mapping: "+mapping)
	enc, err := array.NewMapping(s.Mapping.Kind, s.Mapping.Value)
	require.NoError(t, err)
	largest := 0.0
	for _, x := range w {
		largest = math.Max(largest, math.Abs(float64(x)))
	}
	var mean, variance float64
	for _, r := range driven {
		u := float64(w[int(r)*cols+at])
		mean += u
		x := make([]float64, len(enc.Planes()))
		enc.Encode(u/largest, x)
		for i, p := range enc.Planes() {
			g := 1 + 49*x[i]
			s := (0.1 + 0.03*g) * enc.Gains()[p.Digit] * largest / 49
			variance += s * s
		}
	}
	z := make([]float64, n)
	out := make([]float32, cols)
	for k := range z {
		clear(out)
		require.NoError(t, m.Read(array.Key{Trial: uint32(k % 17), Step: uint32(k / 17)}, driven, 0, cols, out))
		z[k] = (float64(out[at]) - mean) / math.Sqrt(variance)
	}
	return z
}

// Both ways to draw the noise are standard normal in these units (moments and
// the Kolmogorov-Smirnov distance to the normal law, with critical values far
// in the tail: the seeds are fixed, so the test never flickers).
func TestNoisePerOutputHasTheLawOfPerCellDraws(t *testing.T) {
	const n = 40_000
	for _, mapping := range []string{"differential", "offset", "{kind: pairs, n: 3, factor: 2}", "reference"} {
		for _, draw := range []string{"output", "cell"} {
			t.Run(mapping+" "+draw, func(t *testing.T) {
				z := reads(t, draw, mapping, n)
				var m1, m2, m3, m4, lag float64
				for k, x := range z {
					m1 += x / n
					m2 += x * x / n
					m3 += x * x * x / n
					m4 += x * x * x * x / n
					if k > 0 {
						lag += x * z[k-1] / n
					}
				}
				root := math.Sqrt(n)
				require.InDelta(t, 0, m1, 4/root)
				require.InDelta(t, 1, m2, 4*math.Sqrt2/root)
				require.InDelta(t, 0, m3, 4*math.Sqrt(15)/root)
				require.InDelta(t, 3, m4, 4*math.Sqrt(96)/root)
				require.InDelta(t, 0, lag, 4/root, "one read does not know the one before")
				sort.Float64s(z)
				worst := 0.0
				for k, x := range z {
					p := 0.5 * math.Erfc(-x/math.Sqrt2)
					worst = math.Max(worst, math.Max(p-float64(k)/n, float64(k+1)/n-p))
				}
				require.Less(t, worst*root, 1.95, "one-sample distance, 0.1 % level")
			})
		}
	}
}

// A read depends on its key alone, whoever asks and in which order.
func TestReadsAreSafeForConcurrentUse(t *testing.T) {
	m, err := array.New(formed(0.02), settings(t, "output: {bits: 8}"), 10, 33, 2, 1)
	require.NoError(t, err)
	require.NoError(t, m.Formed(t.Context(), 1))
	rows := []int32{0, 3, 9}
	want := make([][]float32, 64)
	for k := range want {
		want[k] = make([]float32, 33)
		require.NoError(t, m.Read(array.Key{Trial: uint32(k), Step: 1}, rows, 0, 33, want[k]))
	}
	got := make([][]float32, len(want))
	var wg sync.WaitGroup
	for k := range got {
		wg.Add(1)
		go func() {
			defer wg.Done()
			got[k] = make([]float32, 33)
			_ = m.Read(array.Key{Trial: uint32(k), Step: 1}, rows, 0, 33, got[k])
		}()
	}
	wg.Wait()
	require.Equal(t, want, got)
	require.NotEqual(t, want[0], want[1])
}

// Two rows of two pairs at 0.1 V for 50 ns: energy = V^2 * sum(G) * t.
func TestReadsAndEnergyAreCounted(t *testing.T) {
	m, err := array.New(formed(0.02), settings(t, "{}"), 2, 2, 1, 1)
	require.NoError(t, err)
	require.NoError(t, m.Formed(t.Context(), 1))
	require.NoError(t, m.Read(array.Key{}, []int32{0, 1}, 0, 2, make([]float32, 2)))
	r := m.Reports()[0]
	require.Equal(t, uint64(8), r.Reads)
	// 8 cells of about 14.25 uS.
	require.InEpsilon(t, 0.1*0.1*8*14.25e-6*50e-9*1e18, float64(r.ReadAttojoule), 0.3)
	require.Equal(t, uint64(50_000), r.Picoseconds)
	require.NoError(t, m.Read(array.Key{Step: 1}, nil, 0, 2, make([]float32, 2)))
	require.Equal(t, r.Reads, m.Reports()[0].Reads, "nothing driven, nothing read")
	// The same of cells whose conductances are known: 1 and 100 uS.
	m, err = array.New(exact(), settings(t, "v_read: 0.2 V\nt_read: 10 ns"), 1, 1, 1, 1)
	require.NoError(t, err)
	require.NoError(t, m.Program(t.Context(), []float32{3}))
	require.NoError(t, m.Read(array.Key{}, []int32{0}, 0, 1, make([]float32, 1)))
	require.Equal(t, uint64(math.Round(0.04*101e-6*10e-9*1e18)), m.Reports()[0].ReadAttojoule)
}

// Cells drift by a known power of time; one factor takes it back, and a
// refresh as well.
func TestTheClock(t *testing.T) {
	const rows, cols = 40, 30
	w := weights(rows * cols)
	cell := &devices.Generic{GMin: 1e-3, GMax: 100, NuMean: 0.05, T0: 20}
	fit := func(yaml string, at float64) float64 {
		m, err := array.New(cell, settings(t, yaml), rows, cols, 3, 1)
		require.NoError(t, err)
		require.NoError(t, m.Program(t.Context(), w))
		require.NoError(t, m.AdvanceTo(t.Context(), at))
		got := make([]float32, rows*cols)
		m.Weights(got)
		var a, b float64
		for i := range w {
			a += float64(w[i]) * float64(got[i])
			b += float64(w[i]) * float64(w[i])
		}
		return a / b
	}
	for _, at := range []float64{0, 1, 3600, 86400, 3.15576e7} {
		want := math.Pow((at+20)/20, -0.05)
		require.InEpsilon(t, want, fit("{}", at), 1e-5, "after %g s", at)
		require.InEpsilon(t, math.Pow((at+120)/20, -0.05), fit("age: 100 s\nfollow: 0", at), 1e-5)
		require.InEpsilon(t, 1, fit("compensation: global", at), 1e-5)
		require.InEpsilon(t, 1, fit("compensation: column", at), 1e-5)
		for _, mapping := range mappings {
			require.InEpsilon(t, 1, fit("compensation: global\nmapping: "+mapping, at), 1e-3, "%s after %g s", mapping, at)
		}
	}
	require.InEpsilon(t, math.Pow(20.0/20, -0.05), fit("refresh_every: 1 h", 36000), 1e-5)
	require.InEpsilon(t, math.Pow(1820.0/20, -0.05), fit("refresh_every: 1 h", 36000+1800), 1e-5)

	m, err := array.New(cell, settings(t, "refresh_every: 1 ms"), 2, 2, 3, 1)
	require.NoError(t, err)
	require.NoError(t, m.Program(t.Context(), w[:4]))
	require.ErrorContains(t, m.AdvanceTo(t.Context(), 3e7), "refresh less often")
}

// A matrix goes on from its saved state with the bits of one that was never
// saved.
func TestSavedMatrix(t *testing.T) {
	yaml := "compensation: column\ntile: {rows: 4, cols: 3}\nrefresh_every: 5 min\neffects: {telegraph: {fraction: 0.3}, read_disturb: {}}"
	cell := &devices.Generic{GMin: 1, GMax: 100, ProgramAbs: 1, ReadRel: 0.02, NuMean: 0.05, NuStd: 0.02, T0: 1}
	build := func() *array.Matrix {
		m, err := array.New(cell, settings(t, yaml), 6, 5, 8, 1)
		require.NoError(t, err)
		require.NoError(t, m.Program(t.Context(), weights(30)))
		return m
	}
	read := func(m *array.Matrix, step uint32) []float32 {
		out := make([]float32, 5)
		require.NoError(t, m.Read(array.Key{Step: step}, []int32{0, 2, 5}, 0, 5, out))
		return out
	}
	whole, again := build(), build()
	require.NoError(t, whole.AdvanceTo(t.Context(), 1000))
	read(whole, 1)
	require.NoError(t, whole.AdvanceTo(t.Context(), 1007))
	saved := whole.State()
	require.NoError(t, again.AdvanceTo(t.Context(), 1)) // so that it is compensated
	for i, v := range again.State() {
		require.Equal(t, saved[i].Name, v.Name)
		switch to := v.Values.(type) {
		case []float64:
			copy(to, saved[i].Values.([]float64))
		case []float32:
			copy(to, saved[i].Values.([]float32))
		case []uint32:
			copy(to, saved[i].Values.([]uint32))
		case []uint64:
			copy(to, saved[i].Values.([]uint64))
		default:
			require.Fail(t, fmt.Sprintf("%T", to))
		}
	}
	require.NoError(t, again.Restored(t.Context()))
	require.Equal(t, read(whole, 2), read(again, 2))
	require.NoError(t, whole.AdvanceTo(t.Context(), 4000))
	require.NoError(t, again.AdvanceTo(t.Context(), 4000))
	require.Equal(t, read(whole, 3), read(again, 3))
}

func TestWhatCannotBe(t *testing.T) {
	for yaml, says := range map[string]string{
		"mapping: offset":           "mapping is differential",
		"age: 1 d":                  "leave age out",
		"compensation: global":      "leave compensation out",
		"saturate: 3":               "leave saturate out",
		"scaling: column":           "leave scaling out",
		"headroom: 2":               "leave headroom out",
		"programming: write-verify": "leave programming out",
	} {
		require.ErrorContains(t, array.Check(formed(0), settings(t, yaml), 3, 3), says)
	}
	for name, c := range map[string]struct{ yaml, says string }{
		"reram-wan":  {"age: 30 d", "measured were 0 to 172800 s; extrapolate: true"},
		"reram-milo": {"v_read: 1 V", "measured were at most 0.5 V; extrapolate: true"},
		"vteam":      {"effects: {levels: {n: 4}}", "levels"},
		"pcm":        {"programming: ispp", "not ispp"},
		"ecram":      {"programming: one-shot", "not one-shot"},
	} {
		model, ok := devices.Find(name)
		require.True(t, ok)
		cell, err := model.New(defaults(model))
		require.NoError(t, err)
		require.ErrorContains(t, array.Check(cell, settings(t, c.yaml), 3, 3), c.says)
		if strings.HasPrefix(c.yaml, "programming") || name == "vteam" {
			continue
		}
		m, err := array.New(cell, settings(t, c.yaml+"\nextrapolate: true"), 3, 3, 1, 1)
		require.NoError(t, err)
		require.NoError(t, m.Program(t.Context(), weights(9)))
		require.Contains(t, m.Warnings()[0], "extrapolated beyond measurements")
	}
	require.ErrorContains(t, array.Check(exact(), settings(t, "{}"), 0, 3), "at least one")
	require.ErrorContains(t, array.Check(exact(), settings(t, "{}"), 1<<20, 1<<20), "at most")
	m, err := array.New(exact(), settings(t, "{}"), 1, 2, 1, 1)
	require.NoError(t, err)
	require.ErrorContains(t, m.Program(t.Context(), []float32{1, float32(math.NaN())}), "weights are finite")
}

// With an offset in every column, bound management changes what rows are driven
// with, and the offset is taken off that: what comes out are the weights times
// the inputs as they were rounded when the array was read last.
func TestOffsetsFollowHalvedInputs(t *testing.T) {
	const rows, cols = 64, 6
	w := weights(rows * cols)
	s := settings(t, `
mapping: offset
input: {bits: 5}
output: {bits: 16, range: percentile, percentile: 100 %, bound_management: iterative}
`)
	m, err := array.New(exact(), s, rows, cols, 3, 1)
	require.NoError(t, err)
	require.NoError(t, m.Program(t.Context(), w))
	x, y := make([]float32, rows), make([]float32, cols)
	for i := range x {
		x[i] = 0.3 + 0.7*float32(i*29%rows)/(rows-1)
	}
	require.NoError(t, m.Multiply(array.Key{}, x, y))
	// The range is that of about a tenth of the rows; all of them, at 0.65 on
	// average, take two halvings.
	const scale = 4
	for j := range y {
		want := 0.0
		for i, v := range x {
			want += float64(w[i*cols+j]) * math.RoundToEven(float64(v)/scale*15) / 15 * scale
		}
		require.InDelta(t, want, y[j], 0.005) // half a step of 16 bits, and single precision
	}
}

func defaults(m devices.Model) any { return config.EntryDefaults(m.Entry) }

// What a compensated matrix gives is what it gave, by every way to read it, for
// every mapping: numbers that are added beside the array do not drift.
func TestCompensationOfEveryMapping(t *testing.T) {
	const rows, cols = 24, 10
	w := weights(rows * cols)
	cell := &devices.Generic{GMin: 1, GMax: 100, NuMean: 0.1, T0: 1}
	x, back, all := weights(rows), weights(cols), make([]int32, rows)
	for i := range all {
		all[i] = int32(i)
	}
	for _, mapping := range mappings {
		t.Run(mapping, func(t *testing.T) {
			m, err := array.New(cell, settings(t, "compensation: column\nmapping: "+mapping), rows, cols, 3, 1)
			require.NoError(t, err)
			require.NoError(t, m.Program(t.Context(), w))
			give := func() (out []float32) {
				for _, n := range []int{cols, cols, rows, rows * cols} {
					out = append(out, make([]float32, n)...)
				}
				require.NoError(t, m.Multiply(array.Key{}, x, out[:cols]))
				require.NoError(t, m.Read(array.Key{}, all, 0, cols, out[cols:2*cols]))
				require.NoError(t, m.MultiplyT(array.Key{}, back, out[2*cols:2*cols+rows]))
				m.Weights(out[2*cols+rows:])
				return out
			}
			before := give()
			require.NoError(t, m.AdvanceTo(t.Context(), 1e6))
			for i, v := range give() {
				require.InDelta(t, before[i], v, 1e-3, "value %d", i)
			}
		})
	}
}

// The noise of the reads that compensation compares does not move its factors:
// cells that do not drift are left at 1 on average, however noisy.
func TestCompensationIsNotMovedByNoise(t *testing.T) {
	const rows, cols = 128, 400
	m, err := array.New(&devices.Generic{GMax: 100, ReadRel: 0.5, T0: 1}, settings(t, "compensation: column"), rows, cols, 3, 1)
	require.NoError(t, err)
	w := weights(rows * cols)
	require.NoError(t, m.Program(t.Context(), w))
	require.NoError(t, m.AdvanceTo(t.Context(), 100))
	got := make([]float32, rows*cols)
	m.Weights(got)
	var sum, square float64
	for j := range cols {
		var a, b float64
		for r := range rows {
			a += float64(w[r*cols+j]) * float64(got[r*cols+j])
			b += float64(w[r*cols+j]) * float64(w[r*cols+j])
		}
		sum, square = sum+a/b, square+a/b*(a/b)
	}
	mean := sum / cols
	stderr := math.Sqrt((square/cols - mean*mean) / cols)
	require.Greater(t, stderr, 1e-4, "the reads are noisy")
	require.InDelta(t, 1, mean, 5*stderr+0.01, "a ratio of sums is off by the square of their noise, below 0.01 here")
}

// A loop that wants more writes than a cell may have is a mistake of the file.
func TestWritesWithinTheLimit(t *testing.T) {
	tree, err := config.Parse("test.yaml", []byte("programming: {kind: write-verify, writes: 2000}\n"))
	require.NoError(t, err)
	var s array.Settings
	err = tree.Decode(&s, map[string]catalog.Catalog{"mappings": array.Mappings(), "programming": array.Programmings()}).Err()
	require.ErrorContains(t, err, "asks for up to 2000 writes of a cell, and limits.max_pulses is 1000")
	require.True(t, settings(t, "lines: {r_word: 2 ohm}").Resist())
	require.False(t, settings(t, "{}").Resist())
	require.False(t, settings(t, "lines: {solve: none}").Resist())
}
