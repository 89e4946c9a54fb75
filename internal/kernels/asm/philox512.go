package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// groups512 of eight blocks go through the rounds side by side. The Go code
// knows the number of words as wordsAtOnce512.
const groups512 = 2

// xor3 is the truth table of a ^ b ^ c for VPTERNLOGD.
const xor3 = 0x96

// philoxKernel512 does what blocks does, eight blocks a register: they stand in
// the order 0, 4, 1, 5, 2, 6, 3, 7, so that unpacking leaves words in order.
func philoxKernel512() {
	TEXT("philoxAVX512", NOSPLIT, "func(start *[20]uint32, first uint64, n int, to *uint32)")
	Doc("philoxAVX512 writes the words of n blocks from the first on, a multiple of sixteen.")
	Pragma("noescape")
	start := Load(Param("start"), GP64())
	first := Load(Param("first"), GP64())
	n := Load(Param("n"), GP64())
	to := Load(Param("to"), GP64())

	m0, m1 := broadcast8(table("philoxMul0", 0xD2511F53)), broadcast8(table("philoxMul1", 0xCD9E8D57))
	times := func(m, a reg.VecVirtual) reg.VecVirtual {
		z := ZMM()
		VPMULUDQ(m, a, z)
		return z
	}
	// mix is the high half of products ^ a word of start [^ another].
	mix := func(p reg.VecVirtual, k int, other reg.VecVirtual) reg.VecVirtual {
		z := ZMM()
		VPSRLQ(Imm(32), p, z)
		word := Mem{Base: start, Disp: 4 * k}
		if other == nil {
			VPXORD_BCST(word, z, z)
		} else {
			VPTERNLOGD_BCST(Imm(xor3), word, other, z)
		}
		return z
	}
	order := GLOBL("philoxOrder512", RODATA|NOPTR)
	for i, block := range []int{0, 4, 1, 5, 2, 6, 3, 7} {
		DATA(8*i, U64(block))
	}
	counters := ZMM()
	VPBROADCASTQ(first, counters)
	VPADDQ(order, counters, counters)
	next := broadcast8(table("philoxNext512", 8))
	third := ZMM() // a word of the second round that all blocks share
	VPBROADCASTD(Mem{Base: start, Disp: 4 * 3}, third)
	odd, oddMask := GP32(), K()
	MOVL(U32(0xAAAA), odd)
	KMOVW(odd, oddMask)

	Label("loop")
	var c [groups512][4]reg.VecVirtual
	for g := range c {
		p := times(m0, counters)
		VPADDQ(next, counters, counters)
		c[g][2] = mix(p, 0, nil)
		c[g][3] = p
	}
	for g := range c {
		p := times(m1, c[g][2])
		low := ZMM()
		VPXORD_BCST(Mem{Base: start, Disp: 4 * 2}, c[g][3], low)
		c[g][0], c[g][1], c[g][2], c[g][3] = mix(p, 1, nil), p, low, third
	}
	for round := 2; round < 10; round++ {
		for g := range c {
			p0, p1 := times(m0, c[g][0]), times(m1, c[g][2])
			c[g][0] = mix(p1, 2*round, c[g][1])
			c[g][2] = mix(p0, 2*round+1, c[g][3])
			c[g][1], c[g][3] = p1, p0
		}
	}
	for g := range c {
		for k := 0; k < 4; k += 2 {
			// The low halves of the odd words go to the high halves.
			VPSHUFD(Imm(0xA0), c[g][k+1], oddMask, c[g][k])
		}
		low, high := ZMM(), ZMM()
		VPUNPCKLQDQ(c[g][2], c[g][0], low)
		VPUNPCKHQDQ(c[g][2], c[g][0], high)
		VMOVDQU32(low, Mem{Base: to, Disp: 128 * g})
		VMOVDQU32(high, Mem{Base: to, Disp: 128*g + 64})
	}
	ADDQ(I32(128*groups512), to)
	SUBQ(Imm(8*groups512), n)
	JG(LabelRef("loop"))
	VZEROUPPER()
	RET()
}
