package philox

import "math"

// Uniform maps a word to the open interval (0, 1), 2^-33 away from either end.
func Uniform(u uint32) float64 {
	return (float64(u) + 0.5) * (1.0 / (1 << 32))
}

// Normal maps a word to the standard normal distribution by the inverse of its
// distribution function, so one word makes one number and order is kept.
//
// Algorithm AS 241, PPND16 (Wichura, Applied Statistics 37, 1988), relative
// error below 1e-15. A word has 32 bits, so the tails end at 6.3 standard
// deviations. The explicit conversions keep a compiler from fusing a product
// and a sum, which would give other bits on other processors.
func Normal(u uint32) float64 {
	q := Uniform(u) - 0.5
	if q >= -0.425 && q <= 0.425 {
		return centre(q)
	}
	// Words have 32 bits, so the distance to the nearer end is at least 2^-33
	// and the far tail is not reached.
	x := tail(0.5 - math.Abs(q))
	if q > 0 {
		return -x
	}
	return x
}

// quantile is the standard normal quantile of a probability in (0, 1), to its
// full precision near 0; near 1 the probability itself has lost it.
func quantile(p float64) float64 {
	switch q := p - 0.5; {
	case q >= -0.425 && q <= 0.425:
		return centre(q)
	case q > 0:
		return -tail(1 - p)
	}
	return tail(p)
}

// centre is the quantile of 0.5 + q, |q| <= 0.425.
func centre(q float64) float64 {
	r := 0.180625 - float64(q*q)
	return q * poly8(r, &centreNum) / poly8(r, &centreDen)
}

// tail is the quantile of a small probability.
func tail(p float64) float64 {
	r := math.Sqrt(-Logarithm(p))
	if r <= 5 {
		r -= 1.6
		return -poly8(r, &tailNum) / poly8(r, &tailDen)
	}
	r -= 5
	return -poly8(r, &farNum) / poly8(r, &farDen)
}

// Logarithm is the natural logarithm of a positive normal number within 1 ulp.
// math.Log has the same steps, but leaves it to the compiler whether a product
// and a sum are fused.
//
// p = 2^k m with sqrt(1/2) < m <= sqrt(2), f = m - 1, s = f/(2 + f);
// log(1 + f) = f - f^2/2 + s (f^2/2 + R(s^2)). Steps and constants are those of
// FreeBSD's e_log.c.
func Logarithm(p float64) float64 {
	b := math.Float64bits(p)
	k := float64(int(b>>52) - 0x3fe)
	m := math.Float64frombits(b&(1<<52-1) | 0x3fe<<52)
	if m <= math.Sqrt2/2 {
		m, k = 2*m, k-1
	}
	f := m - 1
	s := f / (2 + f)
	s2 := float64(s * s)
	s4 := float64(s2 * s2)
	c := &logarithmR
	t1 := float64(s4*c[6]) + c[4]
	t1 = float64(s4*t1) + c[2]
	t1 = float64(s4*t1) + c[0]
	t2 := float64(s4*c[5]) + c[3]
	t2 = float64(s4*t2) + c[1]
	r := float64(s2*t1) + float64(s4*t2)
	half := float64(float64(0.5*f) * f)
	rest := float64(s*(half+r)) + float64(k*ln2Lo)
	return float64(k*ln2Hi) - ((half - rest) - f)
}

// ln 2 in two parts, of which the first is exact in a product with an exponent.
const (
	ln2Hi = 6.93147180369123816490e-01
	ln2Lo = 1.90821492927058770002e-10
)

// logarithmR are the coefficients of R in s^2, from s^2 on.
var logarithmR = [7]float64{
	6.666666666666735130e-01, 3.999999999940941908e-01, 2.857142874366239149e-01, 2.222219843214978396e-01,
	1.818357216161805012e-01, 1.531383769920937332e-01, 1.479819860511658591e-01,
}

// Normal4 maps a block to four normal numbers.
func Normal4(b [4]uint32) [4]float64 {
	return [4]float64{Normal(b[0]), Normal(b[1]), Normal(b[2]), Normal(b[3])}
}

func poly8(r float64, c *[8]float64) float64 {
	s := float64(c[7]*r) + c[6]
	s = float64(s*r) + c[5]
	s = float64(s*r) + c[4]
	s = float64(s*r) + c[3]
	s = float64(s*r) + c[2]
	s = float64(s*r) + c[1]
	return float64(s*r) + c[0]
}

// Coefficients of PPND16, lowest order first.
var (
	centreNum = [8]float64{
		3.3871328727963666080e0, 1.3314166789178437745e+2, 1.9715909503065514427e+3, 1.3731693765509461125e+4,
		4.5921953931549871457e+4, 6.7265770927008700853e+4, 3.3430575583588128105e+4, 2.5090809287301226727e+3,
	}
	centreDen = [8]float64{
		1, 4.2313330701600911252e+1, 6.8718700749205790830e+2, 5.3941960214247511077e+3,
		2.1213794301586595867e+4, 3.9307895800092710610e+4, 2.8729085735721942674e+4, 5.2264952788528545610e+3,
	}
	tailNum = [8]float64{
		1.42343711074968357734e0, 4.63033784615654529590e0, 5.76949722146069140550e0, 3.64784832476320460504e0,
		1.27045825245236838258e0, 2.41780725177450611770e-1, 2.27238449892691845833e-2, 7.74545014278341407640e-4,
	}
	tailDen = [8]float64{
		1, 2.05319162663775882187e0, 1.67638483018380384940e0, 6.89767334985100004550e-1,
		1.48103976427480074590e-1, 1.51986665636164571966e-2, 5.47593808499534494600e-4, 1.05075007164441684324e-9,
	}
	farNum = [8]float64{
		6.65790464350110377720e0, 5.46378491116411436990e0, 1.78482653991729133580e0, 2.96560571828504891230e-1,
		2.65321895265760931230e-2, 1.24266094738807843860e-3, 2.71155556874348757815e-5, 2.01033439929228813265e-7,
	}
	farDen = [8]float64{
		1, 5.99832206555887937690e-1, 1.36929880922735805310e-1, 1.48753612908506148525e-2,
		7.86869131145613259100e-4, 1.84631831751005468180e-5, 1.42151175831644588870e-7, 2.04426310338993978564e-15,
	}
)

// Permutation returns a random order of 0..n-1 (Fisher and Yates). The step
// tells several permutations of one stream apart (the epoch of a training).
func (s Stream) Permutation(n int, step uint32) []int {
	p := make([]int, n)
	for i := range p {
		p[i] = i
	}
	for i := n - 1; i > 0; i-- {
		// 32 random bits over i+1 choices: the bias is below n/2^32.
		j := int(uint64(s.Word(uint32(i), step)) * uint64(i+1) >> 32)
		p[i], p[j] = p[j], p[i]
	}
	return p
}
