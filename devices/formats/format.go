package formats

import (
	"fmt"
	"math"

	"github.com/synohm/synohm/internal/philox"
)

// Format is a set of numbers, the same below 0 as above. The numbers between
// two powers of two are equally spaced, at 2^(exponent - mantissa); from the
// exponent low on downwards the spacing stays. Integers are the case in which
// all numbers are below that exponent.
type Format struct {
	name     string
	bits     int     // of a code, the sign included
	mantissa int     // bits after the leading one
	low      int     // exponent of the smallest normal number
	max      float64 // largest number
	infinite bool    // has codes of infinity
	float    bool    // else an integer
}

// The 8-bit floating-point formats. E4M3 has no infinity and gives its codes to
// numbers, all but the last one, NaN; E5M2 is made as the formats of IEEE 754.
var (
	e4m3 = Format{name: "e4m3", bits: 8, mantissa: 3, low: -6, max: 448, float: true}
	e5m2 = Format{name: "e5m2", bits: 8, mantissa: 2, low: -14, max: 57344, infinite: true, float: true}
)

// E4M3 has 4 bits of exponent and 3 of mantissa: 2^-9 to 448.
func E4M3() *Format { return &e4m3 }

// E5M2 has 5 bits of exponent and 2 of mantissa: 2^-16 to 57344.
func E5M2() *Format { return &e5m2 }

// Int is the integers of a number of bits, the sign included: those from
// -(2^(bits-1) - 1) to 2^(bits-1) - 1, so that it has a number's negative too.
func Int(bits int) (*Format, error) {
	if bits < 2 || bits > 16 {
		return nil, fmt.Errorf("integers of %d bits: 2 to 16 are possible", bits)
	}
	return &Format{
		name: fmt.Sprintf("int%d", bits), bits: bits,
		mantissa: bits, low: bits, // the spacing is 1 for all below 2^(bits+1)
		max: float64(int(1)<<(bits-1) - 1),
	}, nil
}

// Name is e4m3, e5m2, int8 and so on.
func (f *Format) Name() string { return f.name }

// Bits is the size of a code.
func (f *Format) Bits() int { return f.bits }

// Max is the largest number.
func (f *Format) Max() float64 { return f.max }

// Nearest is the number next to x, of two that are equally near the one whose
// code is even. Overflow is decided after rounding: what is then above Max is
// Max where saturating, else an infinity (E5M2) or NaN (all others, although
// integers have no code for it). NaN stays NaN.
func (f *Format) Nearest(x float64, saturate bool) float64 {
	if math.IsNaN(x) {
		return x
	}
	q := f.spacing(x)
	return f.limit(float64(math.RoundToEven(x/q)*q), saturate)
}

// Stochastic is one of the two numbers around x, the upper one with the
// probability of the distance from the lower one over their distance, to 2^-32:
// it is right on the average. A number of the format stays. The word is a draw
// of package philox; the same word gives the same number.
func (f *Format) Stochastic(x float64, word uint32, saturate bool) float64 {
	if math.IsNaN(x) {
		return x // as it is: some processors drop its mantissa in a product
	}
	q := f.spacing(x)
	y := float64(math.Floor(x/q+philox.Uniform(word)) * q)
	if f.float && y == 0 {
		y = math.Copysign(y, x)
	}
	return f.limit(y, saturate)
}

// spacing is the distance of neighbours around x, a power of two.
func (f *Format) spacing(x float64) float64 {
	exponent := int(math.Float64bits(x)>>52&0x7ff) - 1023
	return math.Float64frombits(uint64(max(exponent, f.low)-f.mantissa+1023) << 52)
}

func (f *Format) limit(y float64, saturate bool) float64 {
	switch {
	case math.Abs(y) <= f.max:
		return y
	case saturate:
		return math.Copysign(f.max, y)
	case f.infinite:
		return math.Inf(int(math.Copysign(1, y)))
	}
	return math.Copysign(math.NaN(), y)
}

// quietNaN has a mantissa of one bit, the first.
const quietNaN = 0x7ff8 << 48

// payload is the shift to the bits of a NaN below that one, in which Decode
// keeps the mantissa of a code.
func (f *Format) payload() int { return 51 - f.mantissa }

// Encode is the code of the nearest number. It is not ok where there is none:
// for integers, of NaN and of overflow that does not saturate.
func (f *Format) Encode(x float64, saturate bool) (code uint16, ok bool) {
	return f.code(f.Nearest(x, saturate))
}

// EncodeStochastic is the code of Stochastic.
func (f *Format) EncodeStochastic(x float64, word uint32, saturate bool) (code uint16, ok bool) {
	return f.code(f.Stochastic(x, word, saturate))
}

// code is that of a number of the format, an infinity or NaN.
func (f *Format) code(y float64) (code uint16, ok bool) {
	if !f.float {
		if math.IsNaN(y) {
			return 0, false
		}
		return uint16(int(y)) & (1<<f.bits - 1), true
	}
	b := math.Float64bits(y)
	sign := uint16(b>>63) << (f.bits - 1)
	ones := uint16(1)<<(f.bits-1) - 1 // all bits but the sign
	switch {
	case math.IsNaN(y):
		m := uint16(b>>f.payload()) & (1<<f.mantissa - 1)
		if m == 0 {
			return sign | ones, true
		}
		return sign | ones&^(1<<f.mantissa-1) | m, true
	case math.IsInf(y, 0):
		return sign | ones&^(1<<f.mantissa-1), true
	}
	// In units of the smallest number codes count up from 0 while the spacing
	// stays, which is to twice the smallest normal number; from there on, a
	// power of two more is 2^mantissa codes more.
	q := f.spacing(y)
	n := uint16(math.Abs(y) / q)
	binade := uint16(math.Ilogb(q) + f.mantissa - f.low)
	return sign | binade<<f.mantissa + n, true
}

// Decode is the number of a code, of its lowest bits. NaN keeps the mantissa of
// the code, so that Encode gives the code again. The integer code that Encode
// never makes, a one and zeros, is the number below -Max.
func (f *Format) Decode(code uint16) float64 {
	if !f.float {
		shift := 16 - f.bits
		return float64(int16(code<<shift) >> shift)
	}
	sign := uint64(code>>(f.bits-1)&1) << 63
	code &= 1<<(f.bits-1) - 1
	m := code & (1<<f.mantissa - 1)
	binade := int(code >> f.mantissa)
	y := math.Ldexp(float64(m), f.low-f.mantissa)
	if binade > 0 {
		y = math.Ldexp(float64(m|1<<f.mantissa), f.low-f.mantissa+binade-1)
	}
	switch {
	case y <= f.max:
	case f.infinite && m == 0:
		y = math.Inf(1)
	default:
		return math.Float64frombits(sign | quietNaN | uint64(m)<<f.payload())
	}
	return math.Float64frombits(sign | math.Float64bits(y))
}
