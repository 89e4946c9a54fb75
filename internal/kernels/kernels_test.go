package kernels

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/internal/philox"
)

// everyPath runs f with all forms that the processor has and wants the same
// bits from them. Where there is no assembly there is nothing to compare.
func everyPath(t *testing.T, f func() []any) {
	t.Helper()
	if len(Forms()) == 1 {
		t.Skip("this processor has no AVX2: the portable forms are the only ones")
	}
	defer use(t, "auto")
	var portable []any
	for k, form := range Forms() {
		use(t, form)
		got := f()
		if k == 0 {
			portable = got
		}
		require.Equal(t, len(portable), len(got))
		for k := range got {
			require.Equal(t, bitsOf(portable[k]), bitsOf(got[k]), "%s, result %d", form, k)
		}
	}
}

func use(t testing.TB, form string) {
	t.Helper()
	require.NoError(t, Use(form))
}

func TestUse(t *testing.T) {
	defer use(t, "auto")
	require.Equal(t, []string{"portable", "avx2", "avx512"}[:len(Forms())], Forms())
	for _, form := range Forms() {
		use(t, form)
		require.Equal(t, form, Path())
		for _, wrong := range []string{"", "AVX2", "neon"} {
			require.ErrorContains(t, Use(wrong), "is none of auto, portable")
		}
		require.Equal(t, form, Path(), "what is wrong changes nothing")
	}
	use(t, "auto")
	require.Equal(t, Forms()[len(Forms())-1], Path())
}

// bitsOf are the bits of numbers; all NaN are one.
func bitsOf(x any) any {
	switch x := x.(type) {
	case []float64:
		b := make([]uint64, len(x))
		for i, v := range x {
			if b[i] = math.Float64bits(v); v != v {
				b[i] = math.Float64bits(math.NaN())
			}
		}
		return b
	case []float32:
		b := make([]uint32, len(x))
		for i, v := range x {
			if b[i] = math.Float32bits(v); v != v {
				b[i] = math.Float32bits(float32(math.NaN()))
			}
		}
		return b
	}
	return x
}

// draws makes the state of test cells at an offset in its array, so that no
// alignment is taken for granted.
type draws struct {
	n, offset int
	seed      uint64
	edges     bool // now and then a number from the ends of its type
}

var edges = []float64{0, math.Copysign(0, -1), 5e-324, -1e-310, 1e300, -1e300, math.MaxFloat64, math.Inf(1), math.Inf(-1), math.NaN(), -55, math.Nextafter(-55, -56)}

func (d *draws) doubles(low, high float64) []float64 {
	d.seed++
	x := testFloats(d.n+d.offset, d.seed, low, high)
	if d.edges {
		for i, u := range testFloats(len(x), d.seed+1000, 0, 3*float64(len(edges))) {
			if u < float64(len(edges)) {
				x[i] = edges[int(u)]
			}
		}
	}
	return x[d.offset:]
}

func (d *draws) floats(low, high float64) []float32 {
	x := make([]float32, d.n+d.offset)[d.offset:]
	for i, v := range d.doubles(low, high) {
		x[i] = float32(v)
	}
	return x
}

// counters are mostly 0, else up to 4.
func (d *draws) counters() []int32 {
	x := make([]int32, d.n+d.offset)
	for i, v := range testFloats(len(x), d.seed, -5, 5) {
		x[i] = int32(max(0, v))
	}
	d.seed++
	return x[d.offset:]
}

// current is nil where there is none.
func (d *draws) current(on bool) []float64 {
	if !on {
		return nil
	}
	return d.doubles(-100, 100)
}

const stepsOfTest = 3

// model advances fresh test cells and returns their state and spikes.
type model func(d draws, injected bool) []any

var models = map[string]model{
	"iaf_psc_delta": func(d draws, injected bool) []any {
		c := &IAFPscDelta{Decay: 0.99, Rest: -0.7, Gain: 4e-4, VTh: -55, VReset: -70, Hold: 20}
		v, ref, jump, current := d.doubles(-75, -54), d.counters(), d.floats(-2, 2), d.current(injected)
		spikes := []int32{-1}
		for range stepsOfTest {
			spikes = c.Step(v, ref, jump, current, spikes)
		}
		return []any{v, ref, spikes}
	},
	"iaf_psc_exp": func(d draws, injected bool) []any {
		c := &IAFPscExp{P22: 0.99, Rest: -0.7, P20: 4e-4, P21Ex: 3.9e-3, P21In: 3.8e-3, P11Ex: 0.95, P11In: 0.94, VTh: -55, VReset: -70, Hold: 20}
		v, ex, in, ref := d.doubles(-75, -54), d.doubles(0, 400), d.doubles(-400, 0), d.counters()
		addEx, addIn, current := d.floats(0, 100), d.floats(-100, 0), d.current(injected)
		spikes := []int32{-1}
		for range stepsOfTest {
			spikes = c.Step(v, ex, in, ref, addEx, addIn, current, spikes)
		}
		return []any{v, ex, in, ref, spikes}
	},
	"iaf_psc_alpha": func(d draws, injected bool) []any {
		c := &IAFPscAlpha{
			P33: 0.99, Rest: -0.7, P30: 4e-4, P31Ex: 1.9e-5, P31In: 1.8e-5, P32Ex: 3.9e-3, P32In: 3.8e-3,
			P11Ex: 0.95, P11In: 0.94, P21Ex: 0.095, P21In: 0.094, P0Ex: 1.36, P0In: 1.35, VTh: -55, VReset: -70, Hold: 20,
		}
		s := &IAFPscAlphaState{d.doubles(-75, -54), d.doubles(0, 400), d.doubles(-400, 0), d.doubles(0, 200), d.doubles(-200, 0), d.counters()}
		addEx, addIn, current := d.floats(0, 100), d.floats(-100, 0), d.current(injected)
		spikes := []int32{-1}
		for range stepsOfTest {
			spikes = c.Step(s, addEx, addIn, current, spikes)
		}
		return []any{s.V, s.Ex, s.In, s.JEx, s.JIn, s.Ref, spikes}
	},
	"iaf_cond_exp": func(d draws, injected bool) []any {
		c := &IAFCondExp{GL: 16.7, Rest: -1169, EEx: 0, EIn: -85, Rate: -4e-4, DecayEx: 0.6, DecayIn: 0.95, VTh: -55, VReset: -60, Hold: 20}
		v, ex, in, ref := d.doubles(-75, -55.2), d.doubles(0, 100), d.doubles(0, 100), d.counters()
		addEx, addIn, current := d.floats(0, 100), d.floats(0, 100), d.current(injected)
		spikes := []int32{-1}
		for range stepsOfTest {
			spikes = c.Step(v, ex, in, ref, addEx, addIn, current, spikes)
		}
		return []any{v, ex, in, ref, spikes}
	},
}

func TestStepsHaveTheSameBits(t *testing.T) {
	for name, step := range models {
		t.Run(name, func(t *testing.T) {
			spikes := 0
			for _, n := range lengths() {
				for offset := range 4 {
					for variant := range 4 {
						d := draws{n: n, offset: offset, seed: uint64(100*n + 10*variant), edges: variant >= 2}
						everyPath(t, func() []any {
							r := step(d, variant%2 == 1)
							spikes += len(r[len(r)-1].([]int32)) - 1
							return r
						})
					}
				}
			}
			require.Greater(t, spikes, 1000, "cells spike, else the test shows little")
		})
	}
}

// lengths are all short ones, and some around the size of a chunk.
func lengths() (n []int) {
	for k := range 68 {
		n = append(n, k)
	}
	return append(n, chunk-1, chunk, chunk+1, 2*chunk+7)
}

func TestStepsRefuseSlicesOfDifferentLengths(t *testing.T) {
	const message = "kernels: slices of different lengths"
	v, f, ref := make([]float64, 8), make([]float32, 8), make([]int32, 8)
	require.PanicsWithValue(t, message, func() { new(IAFPscDelta).Step(v, ref[:7], f, nil, nil) })
	require.PanicsWithValue(t, message, func() { new(IAFPscDelta).Step(v, ref, f, v[:4], nil) })
	require.PanicsWithValue(t, message, func() { new(IAFPscExp).Step(v, v, v[:5], ref, f, f, nil, nil) })
	require.PanicsWithValue(t, message, func() { new(IAFPscExp).Step(v, v, v, ref, f, f[:5], nil, nil) })
	require.PanicsWithValue(t, message, func() { new(IAFCondExp).Step(v, v[:1], v, ref, f, f, nil, nil) })
	require.PanicsWithValue(t, message, func() { new(IAFPscAlpha).Step(&IAFPscAlphaState{v, v, v, v, v[:4], ref}, f, f, nil, nil) })
	require.PanicsWithValue(t, message, func() { ExpSlice(v, v[:4]) })
}

func TestExpSliceHasTheSameBits(t *testing.T) {
	for _, n := range lengths() {
		for offset := range 4 {
			for _, scale := range []float64{1, 800, 1e-3} {
				d := draws{n: n, offset: offset, seed: uint64(n), edges: scale == 800}
				everyPath(t, func() []any {
					d := d
					x := d.doubles(-scale, scale)
					ExpSlice(x, x)
					return []any{x}
				})
			}
		}
	}
}

func TestWordsAreThoseOfTheStream(t *testing.T) {
	s := philox.Stream{Seed: 0x123456789abcdef0, Purpose: 0xdeadbeef, Trial: 0xfedcba98}
	for _, form := range Forms() {
		use(t, form)
		for _, n := range lengths() {
			for _, lo := range []int{0, 4, 400, 4 * (1<<32 - 3)} { // the last one wraps around
				step := uint32(0x80000000 + n)
				w := make([]uint32, n+1)
				Words(s, step, lo, w[:n])
				for i := range n {
					b := s.Block(uint32((lo+i)/4), step)
					require.Equal(t, b[i%4], w[i], "%s, %d words from %d: word %d", Path(), n, lo, i)
				}
				require.Zero(t, w[n])
			}
		}
	}
	use(t, "auto")
	require.PanicsWithValue(t, "kernels: words begin at a multiple of four", func() { Words(s, 0, 2, make([]uint32, 4)) })
}

func TestPoissonHasTheSameBits(t *testing.T) {
	s := philox.Stream{Seed: 3, Purpose: 4, Trial: 5}
	for _, mean := range []float64{0, 1e-9, 1e-3, 0.7, 2, 9, 25, 40, 60, 300} {
		t.Run(fmt.Sprint(mean), func(t *testing.T) {
			table := NewPoissonTable(mean)
			for _, n := range lengths() {
				for offset := range 4 {
					d := draws{n: n, offset: offset, seed: uint64(n), edges: offset == 3}
					everyPath(t, func() []any {
						d := d
						to := d.floats(-1, 1)
						table.Add(s, uint32(n), 4*offset, to, -0.3)
						return []any{to}
					})
				}
			}
		})
	}
}

// The guide and the comparison of all thresholds at once give what looking at
// one after the other does, at and beside every threshold.
func TestPoissonCountIsTheNumberOfThresholds(t *testing.T) {
	for _, mean := range []float64{1e-9, 0.01, 2, 20, 500} {
		table := NewPoissonTable(mean)
		require.NotEmpty(t, table.below)
		words := []uint32{0, 1, 1 << 31, 1<<32 - 1}
		for _, b := range table.below {
			words = append(words, b-1, b, b+1)
		}
		for _, u := range words {
			want := 0
			for _, b := range table.below {
				if u >= b {
					want++
				}
			}
			require.Equal(t, want, table.Count(u), "mean %g, word %#x", mean, u)
		}
	}
}

// Over 10^6 numbers of mean m the mean is m and the variance m, to four
// standard errors.
func TestPoissonMoments(t *testing.T) {
	const n = 1 << 20
	for _, mean := range []float64{0.05, 2, 30, 200} {
		to := make([]float32, n)
		table := NewPoissonTable(mean)
		table.Add(philox.Stream{Seed: 9, Purpose: 1}, 7, 0, to, 1)
		sum, squares := 0.0, 0.0
		for _, x := range to {
			sum += float64(x)
			squares += (float64(x) - mean) * (float64(x) - mean)
		}
		require.InDelta(t, mean, sum/n, 4*math.Sqrt(mean/n))
		// The fourth central moment is m + 3 m^2, so the variance has the
		// variance (m + 2 m^2)/n.
		require.InDelta(t, mean, squares/n, 4*math.Sqrt((mean+2*mean*mean)/n))
	}
}
