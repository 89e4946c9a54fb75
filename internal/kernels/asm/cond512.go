package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The kernels of eight lanes (AVX-512 F, DQ, VL). They do what those of four
// lanes do, in the same order, so their bits are the same.

// Predicates of VPCMPD.
const (
	lessOrEqual = 2
	greater     = 6
)

// broadcast8 is a number in memory in all eight lanes.
func broadcast8(m Mem) reg.VecVirtual {
	z := ZMM()
	VBROADCASTSD(m, z)
	return z
}

// constants8 are the first n of an array of constants, in registers.
func constants8(c reg.Register, n int) []reg.VecVirtual {
	var z []reg.VecVirtual
	for k := range n {
		z = append(z, broadcast8(Mem{Base: c, Disp: 8 * k}))
	}
	return z
}

func product8(a, b Op) reg.VecVirtual {
	z := ZMM()
	VMULPD(a, b, z)
	return z
}

func sum8(a, b Op) reg.VecVirtual {
	z := ZMM()
	VADDPD(a, b, z)
	return z
}

// difference8 is a - b.
func difference8(a, b Op) reg.VecVirtual {
	z := ZMM()
	VSUBPD(b, a, z)
	return z
}

func loadDoubles8(m Mem) reg.VecVirtual {
	z := ZMM()
	VMOVUPD(m, z)
	return z
}

// loadFloats8 loads eight float32 as float64.
func loadFloats8(m Mem) reg.VecVirtual {
	z := ZMM()
	VCVTPS2PD(m, z)
	return z
}

// countdown8 lowers the refractory counters that are not 0 and returns the mask
// of the cells that are free.
func countdown8(ref Mem, zero, one reg.VecVirtual) reg.OpmaskVirtual {
	left := YMM()
	VMOVDQU32(ref, left)
	held, free := K(), K()
	VPCMPD(Imm(greater), zero.AsY(), left, held)
	VPCMPD(Imm(lessOrEqual), zero.AsY(), left, free)
	VPSUBD(one.AsY(), left, held, left)
	VMOVDQU32(left, ref)
	return free
}

// storeSpikes writes the mask of the given cells at or above the threshold to
// the next byte.
func storeSpikes(u, vTh reg.VecVirtual, of reg.OpmaskVirtual, masks reg.Register) {
	spike := K()
	VCMPPD(Imm(greaterOrEqual), vTh, u, of, spike)
	KMOVB(spike, Mem{Base: masks})
	INCQ(masks)
}

// integers8 are a zero and a one in all lanes of 32 bits.
func integers8() (zero, one reg.VecVirtual) {
	zero, one = ZMM(), ZMM()
	VPXORD(zero, zero, zero)
	VPTERNLOGD(Imm(0xFF), one, one, one)
	VPSUBD(one, zero, one)
	return zero, one
}

// exp8 emits Exp of eight values. Its constants but the polynomial's are in
// registers.
type exp8 struct {
	high, low, log2E, ln2Hi, ln2Lo, round, half, one reg.VecVirtual
	poly                                             [9]Mem
}

func newExp8() *exp8 {
	c := constantsOfExp()
	return &exp8{
		broadcast8(c.high), broadcast8(c.low), broadcast8(c.log2E), broadcast8(c.ln2Hi), broadcast8(c.ln2Lo),
		broadcast8(c.round), broadcast8(c.half), broadcast8(c.one), c.poly,
	}
}

func (c *exp8) of(x reg.VecVirtual) reg.VecVirtual {
	// The minimum and maximum give their first argument where one is a NaN.
	limited := ZMM()
	VMINPD(x, c.high, limited)
	VMAXPD(limited, c.low, limited)
	x = limited

	n := difference8(sum8(c.round, product8(c.log2E, x)), c.round)
	hi := difference8(x, product8(c.ln2Hi, n))
	lo := product8(c.ln2Lo, n)
	r := difference8(hi, lo)
	rest := difference8(difference8(hi, r), lo)

	r2 := product8(r, r)
	r4 := product8(r2, r2)
	times := func(k int, a reg.VecVirtual) reg.VecVirtual {
		z := ZMM()
		VMULPD_BCST(c.poly[k], a, z)
		return z
	}
	pair := func(k int) reg.VecVirtual {
		z := times(k+1, r)
		VADDPD_BCST(c.poly[k], z, z)
		return z
	}
	p03 := sum8(pair(0), product8(r2, pair(2)))
	p47 := sum8(pair(4), product8(r2, pair(6)))
	p48 := sum8(p47, times(8, r4))
	poly := sum8(p03, product8(r4, p48))
	cubic := sum8(product8(product8(r2, r), poly), rest)
	y := sum8(c.one, sum8(r, sum8(product8(c.half, r2), cubic)))
	// Rounded once, as the two factors of the portable form are: the first one
	// of these is exact.
	VSCALEFPD(n, y, y)
	return y
}

func expKernel512() {
	TEXT("expAVX512", NOSPLIT, "func(n int, to *float64, x *float64)")
	Doc("expAVX512 is Exp of n values, a multiple of eight.")
	Pragma("noescape")
	n := Load(Param("n"), GP64())
	to := Load(Param("to"), GP64())
	x := Load(Param("x"), GP64())
	exp := newExp8()
	i := GP64()
	XORQ(i, i)
	Label("loop")
	VMOVUPD(exp.of(loadDoubles8(doublesAt(x, i))), doublesAt(to, i))
	ADDQ(Imm(8), i)
	CMPQ(i, n)
	JLT(LabelRef("loop"))
	VZEROUPPER()
	RET()
}

func iafCondExp512() {
	TEXT("iafCondExpAVX512", NOSPLIT, "func(c *[8]float64, n int, v *float64, ex *float64, in *float64, ref *int32, addEx *float32, addIn *float32, current *float64, masks *byte)")
	Doc("iafCondExpAVX512 is the step of IAFCondExp up to the threshold for n cells, a multiple of eight.",
		"Constants: g_l, rest, e_ex, e_in, rate, decay_ex, decay_in, v_th. One byte of masks tells which of eight cells spike.")
	Pragma("noescape")
	c := Load(Param("c"), GP64())
	n := Load(Param("n"), GP64())
	v := Load(Param("v"), GP64())
	ex, in := Load(Param("ex"), GP64()), Load(Param("in"), GP64())
	ref := Load(Param("ref"), GP64())
	addEx, addIn := Load(Param("addEx"), GP64()), Load(Param("addIn"), GP64())
	current := Load(Param("current"), GP64())
	masks := Load(Param("masks"), GP64())
	constant := constants8(c, 8)
	exp := newExp8()
	zero, one := integers8()
	neurons(8, n, current, func(i reg.Register, injected bool) {
		gex, gin := loadDoubles8(doublesAt(ex, i)), loadDoubles8(doublesAt(in, i))
		VMOVUPD(sum8(product8(gex, constant[5]), loadFloats8(wordsAt(addEx, i))), doublesAt(ex, i))
		VMOVUPD(sum8(product8(gin, constant[6]), loadFloats8(wordsAt(addIn, i))), doublesAt(in, i))
		g := sum8(sum8(constant[0], gex), gin)
		drive := sum8(constant[1], product8(gex, constant[2]))
		drive = sum8(drive, product8(gin, constant[3]))
		if injected {
			VADDPD(doublesAt(current, i), drive, drive)
		}
		end := ZMM()
		VDIVPD(g, drive, end)
		kept := exp.of(product8(g, constant[4]))
		old := loadDoubles8(doublesAt(v, i))
		u := sum8(end, product8(difference8(old, end), kept))
		free := countdown8(wordsAt(ref, i), zero, one)
		VMOVAPD(u, free, old)
		VMOVUPD(old, doublesAt(v, i))
		storeSpikes(u, constant[7], free, masks)
	})
}

func iafPscExp512() {
	TEXT("iafPscExpAVX512", NOSPLIT, "func(c *[8]float64, n int, v *float64, ex *float64, in *float64, ref *int32, addEx *float32, addIn *float32, current *float64, masks *byte)")
	Doc("iafPscExpAVX512 is the step of IAFPscExp up to the threshold for n cells, a multiple of eight.",
		"Constants: p22, rest, p21ex, p21in, p11ex, p11in, v_th, p20. One byte of masks tells which of eight cells spike.")
	Pragma("noescape")
	c := Load(Param("c"), GP64())
	n := Load(Param("n"), GP64())
	v := Load(Param("v"), GP64())
	ex, in := Load(Param("ex"), GP64()), Load(Param("in"), GP64())
	ref := Load(Param("ref"), GP64())
	addEx, addIn := Load(Param("addEx"), GP64()), Load(Param("addIn"), GP64())
	current := Load(Param("current"), GP64())
	masks := Load(Param("masks"), GP64())
	constant := constants8(c, 8)
	zero, one := integers8()
	neurons(8, n, current, func(i reg.Register, injected bool) {
		old, iex, iin := loadDoubles8(doublesAt(v, i)), loadDoubles8(doublesAt(ex, i)), loadDoubles8(doublesAt(in, i))
		u := sum8(product8(old, constant[0]), constant[1])
		u = sum8(u, product8(iex, constant[2]))
		u = sum8(u, product8(iin, constant[3]))
		if injected {
			u = sum8(u, product8(doublesAt(current, i), constant[7]))
		}
		VMOVAPD(u, countdown8(wordsAt(ref, i), zero, one), old)
		VMOVUPD(old, doublesAt(v, i))
		VMOVUPD(sum8(product8(iex, constant[4]), loadFloats8(wordsAt(addEx, i))), doublesAt(ex, i))
		VMOVUPD(sum8(product8(iin, constant[5]), loadFloats8(wordsAt(addIn, i))), doublesAt(in, i))
		// A refractory cell may be above the threshold, as in the portable form.
		spike := K()
		VCMPPD(Imm(greaterOrEqual), constant[6], old, spike)
		KMOVB(spike, Mem{Base: masks})
		INCQ(masks)
	})
}
