package main

import (
	"fmt"
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Predicates of VCMPPD; false where one side is a NaN.
const (
	lessOrEqualOQ = 0x12
	greaterOQ     = 0x1E
)

// lanes is how many numbers go side by side: 4 with AVX2, 8 with AVX-512. A
// constant in memory is that of the first lane of its table.
type lanes int

func (l lanes) form() string {
	if l == 8 {
		return "AVX512"
	}
	return "AVX2"
}

func (l lanes) register() reg.VecVirtual {
	if l == 8 {
		return ZMM()
	}
	return YMM()
}

// halfRegister has as many lanes of 32 bits.
func (l lanes) halfRegister() reg.VecVirtual {
	if l == 8 {
		return YMM()
	}
	return XMM()
}

// constant is a constant in all lanes of a register.
func (l lanes) constant(m Mem) reg.VecVirtual {
	z := l.register()
	VBROADCASTSD(m, z)
	return z
}

// binary emits an operation; a constant goes into all lanes.
func (l lanes) binary(op, broadcast func(...Op), a reg.VecVirtual, b Op) reg.VecVirtual {
	z := l.register()
	if _, inMemory := b.(Mem); inMemory && l == 8 {
		broadcast(b, a, z)
	} else {
		op(b, a, z)
	}
	return z
}

func (l lanes) product(a reg.VecVirtual, b Op) reg.VecVirtual {
	return l.binary(VMULPD, VMULPD_BCST, a, b)
}

func (l lanes) sum(a reg.VecVirtual, b Op) reg.VecVirtual {
	return l.binary(VADDPD, VADDPD_BCST, a, b)
}

func (l lanes) difference(a reg.VecVirtual, b Op) reg.VecVirtual {
	return l.binary(VSUBPD, VSUBPD_BCST, a, b)
}

func (l lanes) quotient(a, b reg.VecVirtual) reg.VecVirtual {
	return l.binary(VDIVPD, VDIVPD_BCST, a, b)
}

func (l lanes) and(a reg.VecVirtual, b Op) reg.VecVirtual {
	return l.binary(VANDPD, VANDPD_BCST, a, b)
}

func (l lanes) or(a reg.VecVirtual, b Op) reg.VecVirtual {
	return l.binary(VORPD, VORPD_BCST, a, b)
}

func (l lanes) root(a reg.VecVirtual) reg.VecVirtual {
	z := l.register()
	VSQRTPD(a, z)
	return z
}

// compare is the mask of a against a constant, and what takes yes where it is
// set, else no.
func (l lanes) compare(predicate uint64, a, c reg.VecVirtual) (mask reg.Register, either func(yes, no reg.VecVirtual) reg.VecVirtual) {
	if l == 8 {
		k := K()
		VCMPPD(Imm(predicate), c, a, k)
		return k, func(yes, no reg.VecVirtual) reg.VecVirtual {
			z := ZMM()
			VBLENDMPD(yes, no, k, z)
			return z
		}
	}
	m := YMM()
	VCMPPD(Imm(predicate), c, a, m)
	return m, func(yes, no reg.VecVirtual) reg.VecVirtual { return choose(m, yes, no) }
}

// polynomial has its coefficients in memory, lowest order first.
func (l lanes) polynomial(r reg.VecVirtual, c []Mem) reg.VecVirtual {
	s := l.product(r, c[len(c)-1])
	for k := len(c) - 2; k > 0; k-- {
		s = l.product(l.sum(s, c[k]), r)
	}
	return l.sum(s, c[0])
}

func coefficients(name string, values ...float64) (c []Mem) {
	for k, v := range values {
		c = append(c, doubles(fmt.Sprint(name, k), v))
	}
	return c
}

// deviation is the uniform number of a word less 1/2: (word - 2^31 + 1/2) 2^-32,
// exactly.
func (l lanes) deviation(words Mem) reg.VecVirtual {
	w, q := l.halfRegister(), l.register()
	VMOVDQU(words, w)
	VPXOR(table("normalTop", 0x8000000080000000), w, w)
	VCVTDQ2PD(w, q)
	return l.product(l.sum(q, doubles("normalHalf", 0.5)), doubles("normalUnit", 0x1p-32))
}

// loopOver emits the loop over n numbers, some at a time.
func (l lanes) loopOver(n reg.Register, body func(i reg.Register)) {
	i := GP64()
	XORQ(i, i)
	Label("loop")
	body(i)
	ADDQ(Imm(uint64(l)), i)
	CMPQ(i, n)
	JLT(LabelRef("loop"))
	VZEROUPPER()
	RET()
}

// The coefficients are those of package philox.

func (l lanes) normalCentre() {
	TEXT("normalCentre"+l.form(), NOSPLIT, "func(n int, to *float64, words *uint32, masks *byte)")
	Doc(fmt.Sprintf("normalCentre%s writes the normal numbers of n words, a multiple of %d; those in the tails are wrong", l.form(), l),
		fmt.Sprintf("and have their bit set in masks, a byte for %d words.", l))
	Pragma("noescape")
	n := Load(Param("n"), GP64())
	to := Load(Param("to"), GP64())
	words := Load(Param("words"), GP64())
	masks := Load(Param("masks"), GP64())
	num := coefficients("normalCentreNum",
		3.3871328727963666080e0, 1.3314166789178437745e+2, 1.9715909503065514427e+3, 1.3731693765509461125e+4,
		4.5921953931549871457e+4, 6.7265770927008700853e+4, 3.3430575583588128105e+4, 2.5090809287301226727e+3)
	den := coefficients("normalCentreDen",
		1, 4.2313330701600911252e+1, 6.8718700749205790830e+2, 5.3941960214247511077e+3,
		2.1213794301586595867e+4, 3.9307895800092710610e+4, 2.8729085735721942674e+4, 5.2264952788528545610e+3)
	edge := l.constant(doubles("normalEdge", 0.425))
	edge2 := l.constant(doubles("normalEdge2", 0.180625))
	absolute := table("normalAbsolute", 1<<63-1)
	l.loopOver(n, func(i reg.Register) {
		q := l.deviation(wordsAt(words, i))
		mask, _ := l.compare(greaterOQ, l.and(q, absolute), edge)
		if l == 8 {
			KMOVB(mask, Mem{Base: masks})
			INCQ(masks)
		} else {
			storeMask(mask.(reg.VecVirtual), masks)
		}
		r := l.difference(edge2, l.product(q, q))
		VMOVUPD(l.quotient(l.product(q, l.polynomial(r, num)), l.polynomial(r, den)), doublesAt(to, i))
	})
}

func (l lanes) normalTail() {
	TEXT("normalTail"+l.form(), NOSPLIT, "func(n int, to *float64, words *uint32)")
	Doc(fmt.Sprintf("normalTail%s writes the normal numbers of n words in the tails, a multiple of %d.", l.form(), l))
	Pragma("noescape")
	n := Load(Param("n"), GP64())
	to := Load(Param("to"), GP64())
	words := Load(Param("words"), GP64())
	num := coefficients("normalTailNum",
		1.42343711074968357734e0, 4.63033784615654529590e0, 5.76949722146069140550e0, 3.64784832476320460504e0,
		1.27045825245236838258e0, 2.41780725177450611770e-1, 2.27238449892691845833e-2, 7.74545014278341407640e-4)
	den := coefficients("normalTailDen",
		1, 2.05319162663775882187e0, 1.67638483018380384940e0, 6.89767334985100004550e-1,
		1.48103976427480074590e-1, 1.51986665636164571966e-2, 5.47593808499534494600e-4, 1.05075007164441684324e-9)
	odd := coefficients("normalLogOdd", 6.666666666666735130e-01, 2.857142874366239149e-01, 1.818357216161805012e-01, 1.479819860511658591e-01)
	even := coefficients("normalLogEven", 3.999999999940941908e-01, 2.222219843214978396e-01, 1.531383769920937332e-01)
	half := l.constant(doubles("normalHalf", 0.5))
	root := l.constant(doubles("normalRoot", math.Sqrt2/2))
	l.loopOver(n, func(i reg.Register) {
		q := l.deviation(wordsAt(words, i))
		p := l.difference(half, l.and(q, table("normalAbsolute", 1<<63-1)))

		// p = 2^k m, sqrt(1/2) < m <= sqrt(2): the exponent as a number by the
		// last bits of 2^52.
		k := l.register()
		VPSRLQ(Imm(52), p, k)
		k = l.difference(l.or(k, table("normalExponent", 0x433<<52)), doubles("normalBias", 1<<52+0x3FE))
		m := l.or(l.and(p, table("normalMantissa", 1<<52-1)), half)
		_, either := l.compare(lessOrEqualOQ, m, root)
		m = either(l.sum(m, m), m)
		k = either(l.difference(k, doubles("normalOne", 1)), k)

		f := l.difference(m, doubles("normalOne", 1))
		s := l.quotient(f, l.sum(f, doubles("normalTwo", 2)))
		s2 := l.product(s, s)
		s4 := l.product(s2, s2)
		t1 := l.product(s2, l.polynomial(s4, odd))
		t2 := l.product(s4, l.polynomial(s4, even))
		square := l.product(l.product(f, doubles("normalHalf", 0.5)), f)
		rest := l.sum(l.product(s, l.sum(square, l.sum(t1, t2))), l.product(k, doubles("normalLn2Lo", 1.90821492927058770002e-10)))
		logarithm := l.difference(l.difference(l.difference(square, rest), f), l.product(k, doubles("normalLn2Hi", 6.93147180369123816490e-01)))

		r := l.difference(l.root(logarithm), doubles("normalShift", 1.6)) // of -log(p)
		y := l.quotient(l.polynomial(r, num), l.polynomial(r, den))
		VMOVUPD(l.or(y, l.and(q, table("normalSign", 1<<63))), doublesAt(to, i))
	})
}

// addNoise emits to += float32(spread scale z), the spread a standard deviation
// or a variance.
func addNoise(name, doc string, root bool) {
	TEXT(name, NOSPLIT, "func(n int, to *float32, spread *float32, z *float64, scale float64)")
	Doc(name + " adds " + doc + " times scale times z to n values, a multiple of four.")
	Pragma("noescape")
	n := Load(Param("n"), GP64())
	to := Load(Param("to"), GP64())
	spread := Load(Param("spread"), GP64())
	z := Load(Param("z"), GP64())
	scale := YMM()
	VBROADCASTSD(NewParamAddr("scale", 32), scale)
	l := lanes(4)
	l.loopOver(n, func(i reg.Register) {
		s := loadFloats(wordsAt(spread, i))
		if root {
			s = l.root(s)
		}
		noise := XMM()
		VCVTPD2PSY(l.product(l.product(s, scale), doublesAt(z, i)), noise)
		VADDPS(wordsAt(to, i), noise, noise)
		VMOVUPS(noise, wordsAt(to, i))
	})
}

func normalKernels() {
	for _, l := range []lanes{4, 8} {
		l.normalCentre()
		l.normalTail()
	}
	addNoise("addNoiseAVX2", "a standard deviation", false)
	addNoise("addNoiseRootAVX2", "the root of a variance", true)
}
