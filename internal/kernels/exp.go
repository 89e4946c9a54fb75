package kernels

import "math"

// Constants of Exp. The assembly has the same bits from the generator in asm.
const (
	expHigh = 710  // exp of more is infinite
	expLow  = -746 // exp of less is 0

	log2E = 1.44269504088896338700 // 1/ln 2
	// ln 2 in two parts; the first one has 21 zero bits at its end, so that its
	// product with an exponent is exact (Cody, Waite, 1980; the values are
	// those of FreeBSD's e_exp.c).
	ln2Hi = 6.93147180369123816490e-01
	ln2Lo = 1.90821492927058770002e-10

	// Adding it rounds to a whole number, which is then in the low bits.
	roundToInt = 3 << 51
)

// expPoly is P of exp(r) = 1 + r + r^2/2 + r^3 P(r), lowest order first: the
// minimax polynomial for |r| <= ln(2)/2, relative error of exp 5.4e-18, by
// Remez's exchange in 60 digits.
var expPoly = [9]float64{
	0.16666666666666433, 0.0416666666666035, 0.008333333333501246,
	0.0013888888927005287, 0.00019841269464188568, 2.4801508393428408e-05,
	2.755764201468818e-06, 2.762531169354561e-07, 2.4978254845030044e-08,
}

// Exp is e^x within 1 ulp, with the same bits on every processor and in the
// kernels that work on several values at once; math.Exp promises neither.
//
// x = n ln 2 + r with |r| <= ln(2)/2; exp(x) = 2^n exp(r). The explicit
// conversions keep a compiler from fusing a product and a sum.
func Exp(x float64) float64 {
	if expHigh < x {
		x = expHigh
	}
	if expLow > x { // a NaN passes both
		x = expLow
	}
	shifted := float64(x*log2E) + roundToInt
	n := shifted - roundToInt
	hi := x - float64(n*ln2Hi)
	lo := float64(n * ln2Lo)
	r := hi - lo
	c := (hi - r) - lo // what rounding took from r

	r2 := float64(r * r)
	r4 := float64(r2 * r2)
	p := &expPoly
	p01 := p[0] + float64(r*p[1])
	p23 := p[2] + float64(r*p[3])
	p45 := p[4] + float64(r*p[5])
	p67 := p[6] + float64(r*p[7])
	p03 := p01 + float64(r2*p23)
	p47 := p45 + float64(r2*p67)
	p48 := p47 + float64(r4*p[8])
	poly := p03 + float64(r4*p48)
	cubic := float64(float64(r2*r)*poly) + c
	y := 1 + (r + (float64(r2*0.5) + cubic))

	// 2^n in two factors, so that neither overflows nor loses bits where the
	// result itself does not.
	k := int32(math.Float64bits(shifted))
	half := k >> 1
	return float64(y*pow2(half)) * pow2(k-half)
}

// ExpSlice writes Exp of x to to, which may be x itself.
func ExpSlice(to, x []float64) {
	sameLength(len(x), len(to))
	done := 0
	if vectors() {
		done = expVectors(to, x)
	}
	for i := done; i < len(x); i++ {
		to[i] = Exp(x[i])
	}
}

// pow2 is 2^k for |k| < 1022.
func pow2(k int32) float64 { return math.Float64frombits(uint64(uint32(k+1023)) << 52) }
