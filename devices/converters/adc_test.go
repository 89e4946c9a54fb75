package converters_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/synohm/synohm/devices/converters"
	"github.com/synohm/synohm/internal/philox"
)

func adc(t require.TestingT, columns int, span float64, seed uint64, change func(*converters.Output)) *converters.ADC {
	a, err := converters.NewADC(output(change), columns, span, seed)
	require.NoError(t, err)
	return a
}

// convert gives values and codes of the columns from first on.
func convert(t require.TestingT, a *converters.ADC, first int, y ...float32) ([]float32, []int32) {
	out, codes := make([]float32, len(y)), make([]int32, len(y))
	_, _, err := a.Convert(converters.Key{}, first, y, codes, out)
	require.NoError(t, err)
	return out, codes
}

// one converts by column 0.
func one(t require.TestingT, a *converters.ADC, y float64) (float64, int32) {
	out, codes := convert(t, a, 0, float32(y))
	return float64(out[0]), codes[0]
}

var kinds = []string{converters.Ideal, converters.Ramp, converters.SAR}

// Every code of every kind without mismatch is what its own value becomes, and
// so is all within half a step.
func TestAllCodes(t *testing.T) {
	const span = 3
	for _, kind := range kinds {
		for bits := 1; bits <= 11; bits++ {
			for _, signed := range []bool{true, false} {
				if signed && bits == 1 {
					continue
				}
				a := adc(t, 1, span, 1, func(o *converters.Output) { o.Kind, o.Bits, o.Signed = kind, bits, signed })
				low, high := int32(0), int32(1)<<bits-1
				if signed {
					high = 1<<(bits-1) - 1
					low = -high
				}
				step := span / float64(high)
				for c := low; c <= high; c++ {
					for _, off := range []float64{0, -0.49, 0.49} {
						value, code := one(t, a, step*(float64(c)+off))
						require.Equal(t, c, code, "%s, %d bits, %g of a step off", kind, bits, off)
						require.InDelta(t, step*float64(c), value, 1e-6*span)
					}
				}
				value, code := one(t, a, 2*span)
				require.Equal(t, high, code)
				require.Equal(t, float64(span), value)
				value, code = one(t, a, -2*span)
				require.Equal(t, low, code)
				require.InDelta(t, step*float64(low), value, 1e-6)
			}
		}
	}
}

// Ties go to the even code, and up where a comparator decides.
func TestTies(t *testing.T) {
	for kind, want := range map[string][]int32{
		converters.Ideal: {-2, -2, 0, 0, 2, 2},
		converters.Ramp:  {-2, -1, 0, 1, 2, 3},
		converters.SAR:   {-2, -1, 0, 1, 2, 3},
	} {
		a := adc(t, 6, 127, 1, func(o *converters.Output) { o.Kind, o.Bits = kind, 8 })
		_, codes := convert(t, a, 0, -2.5, -1.5, -0.5, 0.5, 1.5, 2.5)
		require.Equal(t, want, codes, kind)
	}
}

// Whatever the settings, more never gives less, what came out stays where
// nothing is mismatched, and the error is half a step at most.
func TestConversionProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		kind := rapid.SampledFrom(kinds).Draw(t, "kind")
		bits := rapid.IntRange(2, 12).Draw(t, "bits")
		span := rapid.Float64Range(1e-6, 1e6).Draw(t, "span")
		mismatch := rapid.SampledFrom([]float64{0, 0.05, 0.2}).Draw(t, "mismatch")
		a := adc(t, 1, span, rapid.Uint64().Draw(t, "seed"), func(o *converters.Output) {
			o.Kind, o.Bits = kind, bits
			if kind != converters.Ideal {
				o.Element = mismatch
			}
			o.Gain, o.Offset = mismatch/4, mismatch/4
		})
		x := rapid.SliceOfN(rapid.Float64Range(-1.5, 1.5), 2, 20).Draw(t, "x")
		slices.Sort(x)
		before := math.Inf(-1)
		for _, v := range x {
			y := float64(float32(v * span))
			value, _ := one(t, a, y)
			require.GreaterOrEqual(t, value, before)
			require.LessOrEqual(t, math.Abs(value), span*(1+1e-6))
			before = value
			if mismatch == 0 {
				again, _ := one(t, a, value)
				require.Equal(t, value, again)
				half := span / float64(int(1)<<(bits-1)-1) / 2
				require.LessOrEqual(t, math.Abs(value-min(max(y, -span), span)), half*(1+1e-4))
			}
		}
	})
}

// The error of a fine signal is uniform within half a step: Kolmogorov and
// Smirnov's distance stays below its 99.9 % quantile, 1.95/sqrt(n).
func TestErrorIsUniform(t *testing.T) {
	const n, bits, span = 20_000, 7, 1.0
	step := span / float64(int(1)<<(bits-1)-1)
	for _, kind := range kinds {
		a := adc(t, 1, span, 1, func(o *converters.Output) { o.Kind, o.Bits = kind, bits })
		e := make([]float64, n)
		words := philox.Stream{Seed: 1, Purpose: philox.Purpose("test.error")}.Words(0)
		for i := range e {
			y := float64(float32(2*words.Uniform() - 1))
			value, _ := one(t, a, y)
			e[i] = (y-value)/step + 0.5
		}
		slices.Sort(e)
		d := 0.0
		for i, x := range e {
			d = max(d, math.Abs(x-float64(i)/n), math.Abs(x-float64(i+1)/n))
		}
		require.Less(t, d, 1.95/math.Sqrt(n), kind)
	}
}

// enob is the effective number of bits of a sine over the full range.
func enob(t *testing.T, a *converters.ADC) float64 {
	const n, cycles = 1 << 13, 509 // no common factor, so no phase comes twice
	// The sine that fits best, by its two correlations, and what is left.
	var s, c, power float64
	for i := range n {
		phase := 2 * math.Pi * float64(i) * cycles / n
		v, _ := one(t, a, a.Span()*math.Sin(phase))
		s += v * math.Sin(phase) * 2 / n
		c += v * math.Cos(phase) * 2 / n
		power += v * v / n
	}
	signal := (s*s + c*c) / 2
	sinad := 10 * math.Log10(signal/(power-signal))
	return (sinad - 1.76) / 6.02
}

// An ideal converter of n bits has 6.02 n + 1.76 dB. Its 2^n - 1 codes are one
// short of all, which costs 0.07 dB at 8 bits.
func TestEffectiveBits(t *testing.T) {
	for _, kind := range kinds {
		for _, bits := range []int{8, 10, 12} {
			a := adc(t, 1, 1, 1, func(o *converters.Output) { o.Kind, o.Bits = kind, bits })
			require.InDelta(t, bits, enob(t, a), 0.3/6.02, "%s, %d bits", kind, bits)
		}
	}
	// Mismatch costs bits, the more the larger it is.
	for _, kind := range kinds[1:] {
		before := 10.0
		for _, std := range []float64{0.02, 0.1, 0.2} {
			mean := 0.0
			for seed := range uint64(4) {
				a := adc(t, 1, 1, seed, func(o *converters.Output) { o.Kind, o.Bits, o.Element = kind, 10, std })
				mean += enob(t, a) / 4
			}
			t.Logf("%s of 10 bits, element %g: %.2f effective", kind, std, mean)
			require.Less(t, mean, before)
			before = mean
		}
	}
}

// edge finds the smallest input of a column that gives at least a code, in
// steps.
func edge(t *testing.T, a *converters.ADC, column int, code int32) float64 {
	low, high := float64(code)-20, float64(code)+20
	for range 40 {
		mid := (low + high) / 2
		if _, c := convert(t, a, column, float32(mid)); c[0] >= code {
			high = mid
		} else {
			low = mid
		}
	}
	return high
}

// moments of a sample.
func moments(x []float64) (mean, std float64) {
	for _, v := range x {
		mean += v / float64(len(x))
	}
	for _, v := range x {
		std += (v - mean) * (v - mean) / float64(len(x))
	}
	return mean, math.Sqrt(std)
}

// At its largest capacitor a converter of n bits has a step that differs by one
// of 2^(n-1) units and 2^(n-1)-1 others: the deviation is that of a unit times
// sqrt(2^n - 1).
func TestCapacitorMismatch(t *testing.T) {
	const columns, bits, std = 1500, 8, 0.01
	a := adc(t, columns, 127, 3, func(o *converters.Output) { o.Kind, o.Bits, o.Element = converters.SAR, bits, std })
	width := make([]float64, columns)
	for c := range width {
		// The highest bit is set from code 128 - 127 = 1 on.
		width[c] = edge(t, a, c, 1) - edge(t, a, c, 0) - 1
	}
	mean, dev := moments(width)
	want := std * math.Sqrt(1<<bits-1)
	require.InDelta(t, 0, mean, 5*want/math.Sqrt(columns))
	require.InDelta(t, want, dev, 5*want/math.Sqrt(2*columns))
}

// A ramp is a random walk with both ends held: after k of n steps the deviation
// is sqrt(k (n-k) / n) that of a step. All columns see the same.
func TestRampMismatch(t *testing.T) {
	const seeds, bits, std, n = 600, 8, 0.05, 254
	ramps := make([]*converters.ADC, seeds)
	for s := range ramps {
		ramps[s] = adc(t, 2, 127, uint64(s), func(o *converters.Output) { o.Kind, o.Bits, o.Element = converters.Ramp, bits, std })
	}
	for _, k := range []int32{20, 127, 230} {
		off := make([]float64, seeds)
		for s, a := range ramps {
			off[s] = edge(t, a, 0, k-127) + 0.5 - float64(k-127)
			if s < 10 {
				require.Equal(t, edge(t, a, 0, k-127), edge(t, a, 1, k-127))
			}
		}
		mean, dev := moments(off)
		want := std * math.Sqrt(float64(k)*(n-float64(k))/n)
		require.InDelta(t, 0, mean, 5*want/math.Sqrt(seeds), "step %d", k)
		require.InDelta(t, want, dev, 5*want/math.Sqrt(2*seeds), "step %d", k)
	}
}

// Gain and offset of columns are normal, and stay.
func TestGainAndOffset(t *testing.T) {
	const columns, span = 20_000, 10.0
	a := adc(t, columns, span, 5, func(o *converters.Output) { o.Bits, o.Gain, o.Offset, o.Clip = 0, 0.02, 0.01, false })
	zero, five := make([]float32, columns), make([]float32, columns)
	for i := range five {
		five[i] = 5
	}
	offset, _ := convert(t, a, 0, zero...)
	both, _ := convert(t, a, 0, five...)
	gain, off := make([]float64, columns), make([]float64, columns)
	covariance := 0.0
	for i := range gain {
		gain[i] = (float64(both[i]) - float64(offset[i])) / 5
		off[i] = float64(offset[i]) / span
		covariance += (gain[i] - 1) * off[i] / columns
	}
	mean, dev := moments(gain)
	require.InDelta(t, 1, mean, 5*0.02/math.Sqrt(columns))
	require.InDelta(t, 0.02, dev, 5*0.02/math.Sqrt(2*columns))
	mean, dev = moments(off)
	require.InDelta(t, 0, mean, 5*0.01/math.Sqrt(columns))
	require.InDelta(t, 0.01, dev, 5*0.01/math.Sqrt(2*columns))
	require.InDelta(t, 0, covariance, 5*0.02*0.01/math.Sqrt(columns))
}

// Noise is drawn by trial, step, read and column; parts of the columns give what
// all give.
func TestOutputNoise(t *testing.T) {
	const columns, span = 20_001, 4.0
	a := adc(t, columns, span, 5, func(o *converters.Output) { o.Bits, o.Noise = 0, 0.05 })
	read := func(key converters.Key, first, n int) []float32 {
		out := make([]float32, n)
		_, _, err := a.Convert(key, first, make([]float32, n), nil, out)
		require.NoError(t, err)
		return out
	}
	base := read(converters.Key{Trial: 1, Step: 2, Read: 3}, 0, columns)
	x := make([]float64, columns)
	for i, v := range base {
		x[i] = float64(v)
	}
	stream := philox.Stream{Seed: 5, Purpose: philox.Purpose("devices.converters.output-noise"), Trial: 1}
	for _, col := range []int{0, 1, 255, 256, 777, columns - 1} {
		word := stream.Block(uint32(col/4)|3<<22, 2)[col%4]
		require.Equal(t, float32(0.05*philox.Normal(word)*span), base[col], "the draw of column %d", col)
	}
	mean, dev := moments(x)
	require.InDelta(t, 0, mean, 5*0.2/math.Sqrt(columns))
	require.InDelta(t, 0.2, dev, 5*0.2/math.Sqrt(2*columns))
	require.Equal(t, base, append(read(converters.Key{Trial: 1, Step: 2, Read: 3}, 0, 777), read(converters.Key{Trial: 1, Step: 2, Read: 3}, 777, columns-777)...))
	for _, other := range []converters.Key{{Trial: 2, Step: 2, Read: 3}, {Trial: 1, Step: 3, Read: 3}, {Trial: 1, Step: 2, Read: 4}} {
		product := 0.0
		for i, v := range read(other, 0, columns) {
			product += x[i] * float64(v) / columns
		}
		require.InDelta(t, 0, product, 5*0.04/math.Sqrt(columns), "%v", other)
	}
}

// Figures by hand: energy is 50 fJ times 2^8; time by kind.
func TestCostOfOutputs(t *testing.T) {
	for _, c := range []struct {
		kind  string
		share int
		ps    uint64
	}{
		{converters.SAR, 1, 8_000},
		{converters.SAR, 5, 40_000},
		{converters.SAR, 100, 16 * 8_000}, // never more turns than columns
		{converters.Ramp, 5, 256_000},
		{converters.Ideal, 1, 1_000},
	} {
		a := adc(t, 16, 1, 1, func(o *converters.Output) { o.Kind, o.Bits, o.Share = c.kind, 8, c.share })
		_, cost, err := a.Convert(converters.Key{}, 0, make([]float32, 16), nil, make([]float32, 16))
		require.NoError(t, err)
		require.Equal(t, converters.Cost{Conversions: 16, Attojoule: 16 * 50_000 * 256, Picoseconds: c.ps}, cost, "%v", c)
	}
	a := converters.Cost{Conversions: 1, Attojoule: 2, Picoseconds: 3}
	b := converters.Cost{Conversions: 10, Attojoule: 20, Picoseconds: 30}
	require.Equal(t, converters.Cost{Conversions: 11, Attojoule: 22, Picoseconds: 33}, a.Then(b))
	require.Equal(t, converters.Cost{Conversions: 11, Attojoule: 22, Picoseconds: 30}, a.Beside(b))
}

func TestOutputsRefuse(t *testing.T) {
	for want, change := range map[string]func(*converters.Output){
		"bits: must be at least 2":       func(o *converters.Output) { o.Bits = 1 },
		"bits: must be 0 (ideal) to 16":  func(o *converters.Output) { o.Bits = -3 },
		"bits: must not be 0 (ideal)":    func(o *converters.Output) { o.Bits, o.Kind = 0, converters.SAR },
		"clip: must be true":             func(o *converters.Output) { o.Clip, o.Kind = false, converters.Ramp },
		"element_std: must be 0":         func(o *converters.Output) { o.Element = 0.1 },
		"bound_management: must be none": func(o *converters.Output) { o.Clip, o.Bounds = false, converters.Iterative },
	} {
		_, err := converters.NewADC(output(change), 4, 1, 1)
		require.ErrorContains(t, err, want)
	}
	for _, span := range []float64{0, -1, math.NaN(), math.Inf(1)} {
		_, err := converters.NewADC(output(nil), 4, span, 1)
		require.ErrorContains(t, err, fmt.Sprintf("full range of outputs is %g", span))
	}
	_, err := converters.NewADC(output(nil), 0, 1, 1)
	require.ErrorContains(t, err, "0 columns")
	a := adc(t, 4, 1, 1, nil)
	_, _, err = a.Convert(converters.Key{}, 2, make([]float32, 3), nil, make([]float32, 3))
	require.ErrorContains(t, err, "of 4 columns")
	_, _, err = a.Convert(converters.Key{}, 1, []float32{0, float32(math.NaN())}, nil, make([]float32, 2))
	require.ErrorContains(t, err, "output of column 2 is NaN")
}
