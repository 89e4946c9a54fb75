package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Predicates of VCMPPD; false where one side is a NaN.
const greaterOrEqual = 0x1D // GE_OQ

// neurons emits the loop over n neurons, some at a time: once for cells with an
// injected current and once for those without.
func neurons(lanes int, n, current reg.Register, body func(i reg.Register, injected bool)) {
	i := GP64()
	XORQ(i, i)
	TESTQ(current, current)
	JNE(LabelRef("injected"))
	for _, name := range []string{"plain", "injected"} {
		Label(name)
		body(i, name == "injected")
		ADDQ(Imm(uint64(lanes)), i)
		CMPQ(i, n)
		JLT(LabelRef(name))
		VZEROUPPER()
		RET()
	}
}

// countdown lowers the refractory counters that are not 0 and returns the mask
// of their cells.
func countdown(ref Mem) reg.VecVirtual {
	left, zero, mask := XMM(), XMM(), XMM()
	VMOVDQU(ref, left)
	VPXOR(zero, zero, zero)
	VPCMPGTD(zero, left, mask)
	VPADDD(mask, left, left) // a mask is -1
	VMOVDQU(left, ref)
	wide := YMM()
	VPMOVSXDQ(mask, wide)
	return wide
}

// choose is yes where the mask is set, else no.
func choose(mask, yes, no Op) reg.VecVirtual {
	y := YMM()
	VBLENDVPD(mask, yes, no, y)
	return y
}

// storeMask writes the four bits of a mask to the next byte.
func storeMask(mask reg.VecVirtual, masks reg.Register) {
	bits := GP32()
	VMOVMSKPD(mask, bits)
	MOVB(bits.As8(), Mem{Base: masks})
	INCQ(masks)
}

func iafPscDelta() {
	TEXT("iafPscDeltaAVX2", NOSPLIT, "func(c *[4]float64, n int, v *float64, ref *int32, jump *float32, current *float64, masks *byte)")
	Doc("iafPscDeltaAVX2 is the step of IAFPscDelta up to the threshold for n cells, a multiple of four.",
		"Constants: decay, rest, v_th, gain. One byte of masks tells which of four cells spike.")
	Pragma("noescape")
	c := Load(Param("c"), GP64())
	n := Load(Param("n"), GP64())
	v := Load(Param("v"), GP64())
	ref := Load(Param("ref"), GP64())
	jump := Load(Param("jump"), GP64())
	current := Load(Param("current"), GP64())
	masks := Load(Param("masks"), GP64())
	decay, rest, vTh, gain := broadcast(c, 0), broadcast(c, 1), broadcast(c, 2), broadcast(c, 3)
	neurons(4, n, current, func(i reg.Register, injected bool) {
		old := loadDoubles(doublesAt(v, i))
		u := sum(product(old, decay), rest)
		u = sum(u, loadFloats(wordsAt(jump, i)))
		if injected {
			u = sum(u, product(doublesAt(current, i), gain))
		}
		held := countdown(wordsAt(ref, i))
		VMOVUPD(choose(held, old, u), doublesAt(v, i))
		spike := YMM()
		VCMPPD(Imm(greaterOrEqual), vTh, u, spike)
		VANDNPD(spike, held, spike)
		storeMask(spike, masks)
	})
}

func iafPscExp() {
	TEXT("iafPscExpAVX2", NOSPLIT, "func(c *[8]float64, n int, v *float64, ex *float64, in *float64, ref *int32, addEx *float32, addIn *float32, current *float64, masks *byte)")
	Doc("iafPscExpAVX2 is the step of IAFPscExp up to the threshold for n cells, a multiple of four.",
		"Constants: p22, rest, p21ex, p21in, p11ex, p11in, v_th, p20. One byte of masks tells which of four cells spike.")
	Pragma("noescape")
	c := Load(Param("c"), GP64())
	n := Load(Param("n"), GP64())
	v := Load(Param("v"), GP64())
	ex, in := Load(Param("ex"), GP64()), Load(Param("in"), GP64())
	ref := Load(Param("ref"), GP64())
	addEx, addIn := Load(Param("addEx"), GP64()), Load(Param("addIn"), GP64())
	current := Load(Param("current"), GP64())
	masks := Load(Param("masks"), GP64())
	p22, rest, p21ex, p21in := broadcast(c, 0), broadcast(c, 1), broadcast(c, 2), broadcast(c, 3)
	p11ex, p11in, vTh, p20 := broadcast(c, 4), broadcast(c, 5), broadcast(c, 6), broadcast(c, 7)
	neurons(4, n, current, func(i reg.Register, injected bool) {
		old, iex, iin := loadDoubles(doublesAt(v, i)), loadDoubles(doublesAt(ex, i)), loadDoubles(doublesAt(in, i))
		u := sum(product(old, p22), rest)
		u = sum(u, product(iex, p21ex))
		u = sum(u, product(iin, p21in))
		if injected {
			u = sum(u, product(doublesAt(current, i), p20))
		}
		u = choose(countdown(wordsAt(ref, i)), old, u)
		VMOVUPD(u, doublesAt(v, i))
		VMOVUPD(sum(product(iex, p11ex), loadFloats(wordsAt(addEx, i))), doublesAt(ex, i))
		VMOVUPD(sum(product(iin, p11in), loadFloats(wordsAt(addIn, i))), doublesAt(in, i))
		spike := YMM()
		VCMPPD(Imm(greaterOrEqual), vTh, u, spike)
		storeMask(spike, masks)
	})
}

func iafPscAlpha() {
	TEXT("iafPscAlphaAVX2", NOSPLIT, "func(c *[14]float64, n int, v *float64, ex *float64, in *float64, jex *float64, jin *float64, ref *int32, addEx *float32, addIn *float32, current *float64, masks *byte)")
	Doc("iafPscAlphaAVX2 is the step of IAFPscAlpha up to the threshold for n cells, a multiple of four.",
		"Constants: p33, rest, p31ex, p32ex, p31in, p32in, p21ex, p11ex, p21in, p11in, p0ex, p0in, v_th, p30.",
		"One byte of masks tells which of four cells spike.")
	Pragma("noescape")
	c := Load(Param("c"), GP64())
	n := Load(Param("n"), GP64())
	v := Load(Param("v"), GP64())
	ex, in := Load(Param("ex"), GP64()), Load(Param("in"), GP64())
	jex, jin := Load(Param("jex"), GP64()), Load(Param("jin"), GP64())
	ref := Load(Param("ref"), GP64())
	addEx, addIn := Load(Param("addEx"), GP64()), Load(Param("addIn"), GP64())
	current := Load(Param("current"), GP64())
	masks := Load(Param("masks"), GP64())
	// There are more constants than registers: each is broadcast where it is
	// used, which takes a load and no more.
	constant := func(k int) reg.VecVirtual { return broadcast(c, k) }
	neurons(4, n, current, func(i reg.Register, injected bool) {
		old := loadDoubles(doublesAt(v, i))
		iex, iin := loadDoubles(doublesAt(ex, i)), loadDoubles(doublesAt(in, i))
		dex, din := loadDoubles(doublesAt(jex, i)), loadDoubles(doublesAt(jin, i))
		u := sum(product(old, constant(0)), constant(1))
		u = sum(u, product(dex, constant(2)))
		u = sum(u, product(iex, constant(3)))
		u = sum(u, product(din, constant(4)))
		u = sum(u, product(iin, constant(5)))
		if injected {
			u = sum(u, product(doublesAt(current, i), constant(13)))
		}
		u = choose(countdown(wordsAt(ref, i)), old, u)
		VMOVUPD(u, doublesAt(v, i))
		for _, s := range []struct {
			i, d      reg.VecVirtual
			toI, toD  reg.Register
			add       reg.Register
			p21, p11  int
			amplitude int
		}{{iex, dex, ex, jex, addEx, 6, 7, 10}, {iin, din, in, jin, addIn, 8, 9, 11}} {
			p11 := constant(s.p11)
			VMOVUPD(sum(product(s.d, constant(s.p21)), product(s.i, p11)), doublesAt(s.toI, i))
			VMOVUPD(sum(product(s.d, p11), product(loadFloats(wordsAt(s.add, i)), constant(s.amplitude))), doublesAt(s.toD, i))
		}
		spike := YMM()
		VCMPPD(Imm(greaterOrEqual), constant(12), u, spike)
		storeMask(spike, masks)
	})
}

func iafCondExp() {
	TEXT("iafCondExpAVX2", NOSPLIT, "func(c *[8]float64, n int, v *float64, ex *float64, in *float64, ref *int32, addEx *float32, addIn *float32, current *float64, masks *byte)")
	Doc("iafCondExpAVX2 is the step of IAFCondExp up to the threshold for n cells, a multiple of four.",
		"Constants: g_l, rest, e_ex, e_in, rate, decay_ex, decay_in, v_th. One byte of masks tells which of four cells spike.")
	Pragma("noescape")
	c := Load(Param("c"), GP64())
	n := Load(Param("n"), GP64())
	v := Load(Param("v"), GP64())
	ex, in := Load(Param("ex"), GP64()), Load(Param("in"), GP64())
	ref := Load(Param("ref"), GP64())
	addEx, addIn := Load(Param("addEx"), GP64()), Load(Param("addIn"), GP64())
	current := Load(Param("current"), GP64())
	masks := Load(Param("masks"), GP64())
	constant := func(k int) reg.VecVirtual { return broadcast(c, k) }
	neurons(4, n, current, func(i reg.Register, injected bool) {
		gex, gin := loadDoubles(doublesAt(ex, i)), loadDoubles(doublesAt(in, i))
		VMOVUPD(sum(product(gex, constant(5)), loadFloats(wordsAt(addEx, i))), doublesAt(ex, i))
		VMOVUPD(sum(product(gin, constant(6)), loadFloats(wordsAt(addIn, i))), doublesAt(in, i))
		g := sum(sum(constant(0), gex), gin)
		drive := sum(constant(1), product(gex, constant(2)))
		drive = sum(drive, product(gin, constant(3)))
		if injected {
			VADDPD(doublesAt(current, i), drive, drive)
		}
		end := YMM()
		VDIVPD(g, drive, end)
		kept := exp(product(g, constant(4)))
		old := loadDoubles(doublesAt(v, i))
		u := sum(end, product(difference(old, end), kept))
		held := countdown(wordsAt(ref, i))
		VMOVUPD(choose(held, old, u), doublesAt(v, i))
		spike := YMM()
		VCMPPD(Imm(greaterOrEqual), constant(7), u, spike)
		VANDNPD(spike, held, spike)
		storeMask(spike, masks)
	})
}
