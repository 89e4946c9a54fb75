package formats_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/synohm/synohm/devices/formats"
	"github.com/synohm/synohm/internal/philox"
)

func all(t testing.TB) []*formats.Format {
	f := []*formats.Format{formats.E4M3(), formats.E5M2()}
	for bits := 2; bits <= 16; bits++ {
		i, err := formats.Int(bits)
		require.NoError(t, err)
		f = append(f, i)
	}
	return f
}

// isFloat tells E4M3 and E5M2 from integers.
func isFloat(f *formats.Format) bool { return f.Name()[0] == 'e' }

// The codes in the table of the OFP8 specification and in table 1 of
// arXiv 2209.05433.
func TestCodesOfTheSpecification(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for _, c := range []struct {
		f    *formats.Format
		code uint16
		want float64
	}{
		{formats.E4M3(), 0x00, 0},
		{formats.E4M3(), 0x01, 0x1p-9},         // smallest subnormal
		{formats.E4M3(), 0x07, 0.875 * 0x1p-6}, // largest subnormal
		{formats.E4M3(), 0x08, 0x1p-6},         // smallest normal
		{formats.E4M3(), 0x38, 1},
		{formats.E4M3(), 0x7e, 448},
		{formats.E4M3(), 0x7f, nan},
		{formats.E4M3(), 0x78, 256}, // the exponent of all ones has numbers
		{formats.E5M2(), 0x01, 0x1p-16},
		{formats.E5M2(), 0x03, 0.75 * 0x1p-14},
		{formats.E5M2(), 0x04, 0x1p-14},
		{formats.E5M2(), 0x3c, 1},
		{formats.E5M2(), 0x7b, 57344},
		{formats.E5M2(), 0x7c, inf},
		{formats.E5M2(), 0x7d, nan},
		{formats.E5M2(), 0x7e, nan},
		{formats.E5M2(), 0x7f, nan},
	} {
		for _, sign := range []float64{1, -1} {
			code := c.code
			if sign < 0 {
				code |= 0x80
			}
			got := c.f.Decode(code)
			if math.IsNaN(c.want) {
				require.True(t, math.IsNaN(got), "%s %#x", c.f.Name(), code)
			} else {
				require.Equal(t, sign*c.want, got, "%s %#x", c.f.Name(), code)
			}
			require.Equal(t, sign < 0, math.Signbit(got))
		}
	}
}

func TestAllCodesRoundTrip(t *testing.T) {
	for _, f := range all(t) {
		t.Run(f.Name(), func(t *testing.T) {
			finite := 0
			for code := range uint32(1) << f.Bits() {
				code := uint16(code)
				x := f.Decode(code)
				if !isFloat(f) && code == 1<<(f.Bits()-1) {
					require.Equal(t, -f.Max()-1, x, "the code that is never made")
					continue
				}
				if !math.IsNaN(x) && !math.IsInf(x, 0) {
					finite++
					require.LessOrEqual(t, math.Abs(x), f.Max())
					require.Equal(t, x, f.Nearest(x, true))
					for _, word := range []uint32{0, 1 << 31, 1<<32 - 1} {
						back, ok := f.EncodeStochastic(x, word, true)
						require.True(t, ok)
						require.Equal(t, code, back, "a number of the format stays")
					}
				}
				back, ok := f.Encode(x, false)
				require.True(t, ok)
				require.Equal(t, code, back, "%g", x)
			}
			// E4M3 has two codes of NaN; E5M2 six, and two of infinity.
			want := map[string]int{"e4m3": 254, "e5m2": 248}[f.Name()]
			if !isFloat(f) {
				want = 1<<f.Bits() - 1
			}
			require.Equal(t, want, finite)
		})
	}
}

func TestCodesRiseWithTheNumber(t *testing.T) {
	for _, f := range []*formats.Format{formats.E4M3(), formats.E5M2()} {
		last, _ := f.Encode(f.Max(), true)
		for code := range last {
			require.Less(t, f.Decode(code), f.Decode(code+1))
			require.Equal(t, -f.Decode(code), f.Decode(code|0x80))
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.Float64().Draw(t, "a"), rapid.Float64().Draw(t, "b")
		if a > b {
			a, b = b, a
		}
		for _, f := range []*formats.Format{formats.E4M3(), formats.E5M2()} {
			if !(f.Nearest(a, true) <= f.Nearest(b, true)) {
				t.Fatalf("%s: %g and %g change places", f.Name(), a, b)
			}
			word := rapid.Uint32().Draw(t, "word")
			if !(f.Stochastic(a, word, true) <= f.Stochastic(b, word, true)) {
				t.Fatalf("%s: %g and %g change places with word %d", f.Name(), a, b, word)
			}
		}
	})
}

// Overflow is decided after rounding. The ties are those halfway from the
// largest number to the one that would come next: 464 goes to the even 448,
// 61440 to the even 65536.
func TestOverflow(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	int8, err := formats.Int(8)
	require.NoError(t, err)
	for _, c := range []struct {
		f           *formats.Format
		x           float64
		saturating  float64
		overflowing float64
	}{
		{formats.E4M3(), 448, 448, 448},
		{formats.E4M3(), 464, 448, 448},
		{formats.E4M3(), math.Nextafter(464, inf), 448, nan},
		{formats.E4M3(), 480, 448, nan},
		{formats.E4M3(), 1e300, 448, nan},
		{formats.E4M3(), inf, 448, nan},
		{formats.E4M3(), nan, nan, nan},
		{formats.E5M2(), 57344, 57344, 57344},
		{formats.E5M2(), math.Nextafter(61440, 0), 57344, 57344},
		{formats.E5M2(), 61440, 57344, inf},
		{formats.E5M2(), 65536, 57344, inf},
		{formats.E5M2(), math.MaxFloat64, 57344, inf},
		{formats.E5M2(), inf, 57344, inf},
		{formats.E5M2(), nan, nan, nan},
		{int8, 127.4999, 127, 127},
		{int8, 127.5, 127, nan}, // 128 is even
		{int8, 1e300, 127, nan},
		{int8, inf, 127, nan},
		{int8, nan, nan, nan},
	} {
		for _, sign := range []float64{1, -1} {
			for saturate, want := range map[bool]float64{true: c.saturating, false: c.overflowing} {
				x := math.Copysign(c.x, sign)
				got := c.f.Nearest(x, saturate)
				name := fmt.Sprintf("%s of %g, saturating %t: %g", c.f.Name(), x, saturate, got)
				if math.IsNaN(want) {
					require.True(t, math.IsNaN(got), name)
				} else {
					require.Equal(t, sign*want, got, name)
				}
				require.Equal(t, sign < 0, math.Signbit(got), name)
				code, ok := c.f.Encode(x, saturate)
				require.Equal(t, isFloat(c.f) || !math.IsNaN(want), ok, name)
				if ok && !math.IsNaN(want) {
					require.Equal(t, sign*want, c.f.Decode(code), name)
				}
			}
		}
	}
	// A NaN without a mantissa of its own is the code of all ones.
	for _, f := range []*formats.Format{formats.E4M3(), formats.E5M2()} {
		code, _ := f.Encode(nan, true)
		require.Equal(t, uint16(0x7f), code)
		code, _ = f.Encode(math.Copysign(nan, -1), true)
		require.Equal(t, uint16(0xff), code)
	}
	code, _ := formats.E4M3().Encode(-500, false)
	require.Equal(t, uint16(0xff), code)
}

func TestMinusZeroIsKept(t *testing.T) {
	for _, f := range []*formats.Format{formats.E4M3(), formats.E5M2()} {
		for _, x := range []float64{math.Copysign(0, -1), -1e-300, -5e-324} {
			code, ok := f.Encode(x, true)
			require.True(t, ok)
			require.Equal(t, uint16(0x80), code)
			code, _ = f.EncodeStochastic(x, 1<<31, true)
			require.Equal(t, uint16(0x80), code)
		}
		code, _ := f.Encode(1e-300, true)
		require.Equal(t, uint16(0), code)
	}
}

// nearest looks at all numbers of a format, with the one that would follow the
// largest: of two that are equally near, the one with the even code.
func nearest(f *formats.Format, numbers []float64, x float64) float64 {
	best := 0
	for k, y := range numbers {
		d, least := math.Abs(y-math.Abs(x)), math.Abs(numbers[best]-math.Abs(x))
		if d < least || d == least && k%2 == 0 {
			best = k
		}
	}
	return math.Copysign(min(numbers[best], f.Max()), x)
}

// numbers of a format that are not negative, in the order of their codes, and
// one more at the distance of the last two.
func numbers(f *formats.Format) (n []float64) {
	for code := uint16(0); ; code++ {
		n = append(n, f.Decode(code))
		if n[code] == f.Max() {
			break
		}
	}
	k := len(n)
	return append(n, 2*n[k-1]-n[k-2])
}

func TestNearestOfAllCodes(t *testing.T) {
	s := philox.Stream{Seed: 1, Purpose: philox.Purpose("formats.test")}
	for _, f := range all(t)[:2+7] { // and integers of 2 to 8 bits
		t.Run(f.Name(), func(t *testing.T) {
			n := numbers(f)
			check := func(x float64) {
				want := nearest(f, n, x)
				got := f.Nearest(x, true)
				require.Equal(t, want, got, "%g", x)
				require.Equal(t, math.Signbit(x), math.Signbit(got), "%g", x)
			}
			for k := range n[1:] {
				middle := (n[k] + n[k+1]) / 2 // exact
				for _, x := range []float64{n[k], middle, math.Nextafter(middle, 0), math.Nextafter(middle, math.Inf(1))} {
					check(x)
					check(-x)
				}
			}
			words := s.Words(0)
			for range 20000 {
				// Sizes from far below the smallest number to above the largest.
				x := (2*words.Uniform() - 1) * f.Max() * math.Exp2(1-40*words.Uniform())
				check(x)
			}
		})
	}
}

// The mean of many roundings is the number, to five standard errors; either
// result is a neighbour.
func TestStochasticRoundingIsRightOnTheAverage(t *testing.T) {
	const n = 20000
	s := philox.Stream{Seed: 2, Purpose: philox.Purpose("formats.test")}
	int4, err := formats.Int(4)
	require.NoError(t, err)
	for k, c := range []struct {
		f      *formats.Format
		x      float64
		lo, hi float64
	}{
		{formats.E4M3(), 1.03, 1, 1.125},
		{formats.E4M3(), -300, -320, -288},
		{formats.E4M3(), 0.3 * 0x1p-9, 0, 0x1p-9},
		{formats.E4M3(), 0.98 * 0x1p-6, 0.875 * 0x1p-6, 0x1p-6},
		{formats.E5M2(), 7.9, 7, 8}, // across a power of two
		{formats.E5M2(), -1e-5, -0x1p-16, 0},
		{formats.E5M2(), 50000, 49152, 57344},
		{int4, 6.25, 6, 7},
		{int4, -0.1, -1, 0},
	} {
		up := 0
		for i := range uint32(n) {
			switch y := c.f.Stochastic(c.x, s.Word(i, uint32(k)), true); y {
			case c.hi:
				up++
			default:
				require.Equal(t, c.lo, y, "%s %g", c.f.Name(), c.x)
			}
		}
		p := (c.x - c.lo) / (c.hi - c.lo)
		require.InDelta(t, p*n, up, 5*math.Sqrt(n*p*(1-p)), "%s %g", c.f.Name(), c.x)
	}
}

// A word divides the way between two numbers in 2^32 parts: up from the word on
// that reaches the distance that is left.
func TestStochasticRoundingIsExact(t *testing.T) {
	for _, f := range all(t) {
		code, _ := f.Encode(1, true)
		lo, hi := 1.0, f.Decode(code+1)
		if lo == f.Max() {
			continue // integers of two bits
		}
		for _, share := range []uint32{1, 1 << 20, 1<<31 + 5, 1<<32 - 1} {
			x := lo + (hi-lo)*float64(share)*0x1p-32
			first := -share
			require.Equal(t, hi, f.Stochastic(x, first, true), "%s %d", f.Name(), share)
			require.Equal(t, lo, f.Stochastic(x, first-1, true), "%s %d", f.Name(), share)
		}
	}
}

func TestStochasticOverflow(t *testing.T) {
	require.Equal(t, 448.0, formats.E4M3().Stochastic(470, 1<<32-1, true))
	require.True(t, math.IsNaN(formats.E4M3().Stochastic(470, 1<<32-1, false)))
	require.Equal(t, 448.0, formats.E4M3().Stochastic(470, 0, false), "down to what there is")
	require.Equal(t, math.Inf(-1), formats.E5M2().Stochastic(-60000, 0, false))
	require.Equal(t, -57344.0, formats.E5M2().Stochastic(-60000, 1<<32-1, false))
	require.Equal(t, math.Inf(1), formats.E5M2().Stochastic(math.Inf(1), 7, false))
	require.Equal(t, 57344.0, formats.E5M2().Stochastic(math.Inf(1), 7, true))
	require.True(t, math.IsNaN(formats.E5M2().Stochastic(math.NaN(), 7, true)))
	int8, err := formats.Int(8)
	require.NoError(t, err)
	_, ok := int8.EncodeStochastic(127.9, 1<<32-1, false)
	require.False(t, ok)
}

func TestIntegersHaveTwoToSixteenBits(t *testing.T) {
	for _, bits := range []int{-1, 0, 1, 17, 64} {
		_, err := formats.Int(bits)
		require.ErrorContains(t, err, fmt.Sprintf("integers of %d bits: 2 to 16 are possible", bits))
	}
	f, err := formats.Int(16)
	require.NoError(t, err)
	require.Equal(t, 32767.0, f.Max())
	code, ok := f.Encode(-32768, true)
	require.True(t, ok)
	require.Equal(t, uint16(0x8001), code, "the negative of the largest")
}

// Whatever the number, what is stored is a fixed point, at most half a spacing
// away, and the code is that of the number.
func FuzzEncode(f *testing.F) {
	for _, x := range []float64{0, 1, -464, 61440, 0x1p-17, 1e-310, math.Inf(1), math.NaN(), math.MaxFloat64} {
		f.Add(x, uint32(1<<31))
	}
	kinds := all(f)
	f.Fuzz(func(t *testing.T, x float64, word uint32) {
		for _, kind := range kinds {
			y, z := kind.Nearest(x, true), kind.Stochastic(x, word, true)
			if math.IsNaN(x) {
				require.True(t, math.IsNaN(y) && math.IsNaN(z))
				continue
			}
			require.LessOrEqual(t, math.Abs(y), kind.Max())
			require.Equal(t, y, kind.Nearest(y, false))
			require.Equal(t, z, kind.Nearest(z, false))
			require.LessOrEqual(t, math.Abs(y-x), math.Abs(z-x), "nothing is nearer")
			code, ok := kind.Encode(x, true)
			require.True(t, ok)
			require.Equal(t, y, kind.Decode(code))
		}
	})
}

func ExampleFormat_Encode() {
	f := formats.E4M3()
	for _, x := range []float64{1, 1.06, 464, 465} {
		code, _ := f.Encode(x, false)
		fmt.Printf("%g: code %#02x, %g\n", x, code, f.Decode(code))
	}
	// Output:
	// 1: code 0x38, 1
	// 1.06: code 0x38, 1
	// 464: code 0x7e, 448
	// 465: code 0x7f, NaN
}

func BenchmarkNearest(b *testing.B) {
	x := make([]float64, 1000)
	for i := range x {
		x[i] = 300 * math.Sin(float64(i))
	}
	for _, f := range []*formats.Format{formats.E4M3(), formats.E5M2(), all(b)[2+6]} {
		b.Run(f.Name(), func(b *testing.B) {
			sum := 0.0
			for b.Loop() {
				for _, v := range x {
					sum += f.Nearest(v, true)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(x)), "ns/value")
		})
	}
}
