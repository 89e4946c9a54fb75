package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// expConstants are those of Exp, in memory.
type expConstants struct {
	high, low, log2E, ln2Hi, ln2Lo, round, half, one, bias Mem
	poly                                                   [9]Mem
}

// constantsOfExp are those of exp.go of the kernels.
func constantsOfExp() *expConstants {
	c := &expConstants{
		high: doubles("expHigh", 710), low: doubles("expLow", -746),
		log2E: doubles("expLog2E", 1.44269504088896338700),
		ln2Hi: doubles("expLn2Hi", 6.93147180369123816490e-01),
		ln2Lo: doubles("expLn2Lo", 1.90821492927058770002e-10),
		round: doubles("expRound", 3<<51),
		half:  doubles("expHalf", 0.5), one: doubles("expOne", 1),
		bias: table("expBias", 1023),
	}
	for k, v := range []float64{
		0.16666666666666433, 0.0416666666666035, 0.008333333333501246,
		0.0013888888927005287, 0.00019841269464188568, 2.4801508393428408e-05,
		2.755764201468818e-06, 2.762531169354561e-07, 2.4978254845030044e-08,
	} {
		c.poly[k] = doubles(fmt.Sprintf("expPoly%d", k), v)
	}
	return c
}

// exp emits Exp of four values, step by step as the portable form.
func exp(x reg.VecVirtual) reg.VecVirtual {
	c := constantsOfExp()
	// The minimum and maximum give their last argument where one is a NaN.
	limit := loadDoubles(c.high)
	VMINPD(x, limit, limit)
	x = loadDoubles(c.low)
	VMAXPD(limit, x, x)

	shifted := sum(c.round, product(c.log2E, x))
	n := YMM()
	VSUBPD(c.round, shifted, n)
	hi := difference(x, product(c.ln2Hi, n))
	lo := product(c.ln2Lo, n)
	r := difference(hi, lo)
	rest := difference(difference(hi, r), lo)

	r2 := product(r, r)
	r4 := product(r2, r2)
	pair := func(k int) reg.VecVirtual { return sum(c.poly[k], product(c.poly[k+1], r)) }
	p03 := sum(pair(0), product(r2, pair(2)))
	p47 := sum(pair(4), product(r2, pair(6)))
	p48 := sum(p47, product(c.poly[8], r4))
	poly := sum(p03, product(r4, p48))
	cubic := sum(product(product(r2, r), poly), rest)
	y := sum(c.one, sum(r, sum(product(c.half, r2), cubic)))

	// The exponent is in the low half of every lane; shifting it to its place
	// drops whatever the high half holds.
	half, other := YMM(), YMM()
	VPSRAD(Imm(1), shifted, half)
	VPSUBD(half, shifted, other)
	for _, k := range []reg.VecVirtual{half, other} {
		VPADDD(c.bias, k, k)
		VPSLLQ(Imm(52), k, k)
		y = product(y, k)
	}
	return y
}

func expKernel() {
	TEXT("expAVX2", NOSPLIT, "func(n int, to *float64, x *float64)")
	Doc("expAVX2 is Exp of n values, a multiple of four.")
	Pragma("noescape")
	n := Load(Param("n"), GP64())
	to := Load(Param("to"), GP64())
	x := Load(Param("x"), GP64())
	i := GP64()
	XORQ(i, i)
	Label("loop")
	CMPQ(i, n)
	JGE(LabelRef("done"))
	VMOVUPD(exp(loadDoubles(doublesAt(x, i))), doublesAt(to, i))
	ADDQ(Imm(4), i)
	JMP(LabelRef("loop"))
	Label("done")
	VZEROUPPER()
	RET()
}
