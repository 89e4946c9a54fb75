package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// groups of four blocks go through the rounds side by side, which hides the
// latency of the products; more of them do not fit the registers. The Go code
// knows the number of words as wordsAtOnce.
const groups = 3

// blocks emits Philox4x32-10 of twelve blocks at a time.
//
// A word takes a lane of 64 bits, so that a product leaves its low and high
// halves where the next round wants them; what else stands in the high halves
// is ignored. Lanes hold blocks 0, 2, 1, 3 of four, so that unpacking at the
// end leaves the words in order.
//
// The first two rounds are cut short: three of the four counter words are the
// same for all blocks (see philoxStart in the Go code).
type blocks struct {
	start reg.Register // constants of the first two rounds and keys of the others
	next  reg.Register // the next block
}

// constant is a word of start in all lanes.
func (b *blocks) constant(k int) reg.VecVirtual {
	y := YMM()
	VPBROADCASTD(Mem{Base: b.start, Disp: 4 * k}, y)
	return y
}

// mul0 and mul1 multiply by the constants of the generator.
func mul0(a reg.VecVirtual) reg.VecVirtual {
	y := YMM()
	VPMULUDQ(table("philoxMul0", 0xD2511F53), a, y)
	return y
}

func mul1(a reg.VecVirtual) reg.VecVirtual {
	y := YMM()
	VPMULUDQ(table("philoxMul1", 0xCD9E8D57), a, y)
	return y
}

// high is the high half of products.
func high(p reg.VecVirtual) reg.VecVirtual {
	y := YMM()
	VPSRLQ(Imm(32), p, y)
	return y
}

func xor(a, b Op) reg.VecVirtual {
	y := YMM()
	VPXOR(a, b, y)
	return y
}

// words emits the words of the next blocks, in order.
func (b *blocks) words() [2 * groups]reg.VecVirtual {
	var c [groups][4]reg.VecVirtual
	first, counter := XMM(), YMM()
	MOVQ(b.next, first)
	VPBROADCASTQ(first, counter)
	for g := range c {
		n, at := uint64(4*g), YMM()
		VPADDQ(table(fmt.Sprintf("philoxOrder%d", g), n, n+2, n+1, n+3), counter, at)
		p := mul0(at)
		c[g][2] = xor(high(p), b.constant(0))
		c[g][3] = p
	}
	ADDQ(Imm(4*groups), b.next)
	for g := range c {
		p := mul1(c[g][2])
		c[g][0] = xor(high(p), b.constant(1))
		c[g][1] = p
		c[g][2] = xor(c[g][3], b.constant(2))
		c[g][3] = b.constant(3)
	}
	for round := 2; round < 10; round++ {
		k0, k1 := b.constant(2*round), b.constant(2*round+1)
		for g := range c {
			p0, p1 := mul0(c[g][0]), mul1(c[g][2])
			c[g][0] = xor(xor(high(p1), k0), c[g][1])
			c[g][2] = xor(xor(high(p0), k1), c[g][3])
			c[g][1], c[g][3] = p1, p0
		}
	}
	var w [2 * groups]reg.VecVirtual
	for g := range c {
		for k := 0; k < 4; k += 2 {
			odd := c[g][k+1]
			VPSLLQ(Imm(32), odd, odd)
			VPBLENDD(Imm(0xAA), odd, c[g][k], c[g][k])
		}
		w[2*g], w[2*g+1] = YMM(), YMM()
		VPUNPCKLQDQ(c[g][2], c[g][0], w[2*g])
		VPUNPCKHQDQ(c[g][2], c[g][0], w[2*g+1])
	}
	return w
}

func philoxKernel() {
	TEXT("philoxAVX2", NOSPLIT, "func(start *[20]uint32, first uint64, n int, to *uint32)")
	Doc("philoxAVX2 writes the words of n blocks from the first on, a multiple of twelve.")
	Pragma("noescape")
	start := Load(Param("start"), GP64())
	first := Load(Param("first"), GP64())
	n := Load(Param("n"), GP64())
	to := Load(Param("to"), GP64())
	b := &blocks{start: start, next: first}
	Label("loop")
	for k, w := range b.words() {
		VMOVDQU(w, Mem{Base: to, Disp: 32 * k})
	}
	ADDQ(Imm(64*groups), to)
	SUBQ(Imm(4*groups), n)
	JG(LabelRef("loop"))
	VZEROUPPER()
	RET()
}

// poissonKernel counts the thresholds that are not above a word: all of them
// less those above. Words and thresholds are shifted by 2^31, since the
// processor compares signed numbers.
func poissonKernel() {
	TEXT("poissonAVX2", NOSPLIT, "func(start *[20]uint32, first uint64, n int, to *float32, w float32, below *int32, common int, all int)")
	Doc("poissonAVX2 adds w times a Poisson number to n values, a multiple of 48.",
		"Thresholds from common on are looked at where a word reaches the last of those before.")
	Pragma("noescape")
	start := Load(Param("start"), GP64())
	first := Load(Param("first"), GP64())
	n := Load(Param("n"), GP64())
	to := Load(Param("to"), GP64())
	below := Load(Param("below"), GP64())
	common := Load(Param("common"), GP64())
	all := Load(Param("all"), GP64())
	sign := table("poissonSign", 0x8000000080000000)
	b := &blocks{start: start, next: first}

	Label("loop")
	words := b.words()
	var counts [2 * groups]reg.VecVirtual
	for k := range words {
		VPXOR(sign, words[k], words[k])
		counts[k] = YMM()
		VPXOR(counts[k], counts[k], counts[k])
	}
	i := GP64()
	XORQ(i, i)
	threshold := func() reg.VecVirtual {
		t := YMM()
		VPBROADCASTD(Mem{Base: below, Index: i, Scale: 4}, t)
		return t
	}
	// compare counts the words below threshold i; a mask is -1.
	compare := func() {
		t := threshold()
		for k := range words {
			above := YMM()
			VPCMPGTD(words[k], t, above)
			VPADDD(above, counts[k], counts[k])
		}
		INCQ(i)
	}
	Label("common")
	compare()
	CMPQ(i, common)
	JLT(LabelRef("common"))
	largest := YMM()
	VPMAXSD(words[0], words[1], largest)
	for _, w := range words[2:] {
		VPMAXSD(largest, w, largest)
	}
	DECQ(i)
	above := YMM()
	VPCMPGTD(largest, threshold(), above)
	INCQ(i)
	set := GP32()
	VPMOVMSKB(above, set)
	missing := XMM()
	MOVQ(i, missing) // thresholds that were looked at
	CMPL(set, I32(-1))
	JE(LabelRef("add"))
	CMPQ(i, all)
	JGE(LabelRef("add"))
	Label("rare")
	compare()
	CMPQ(i, all)
	JLT(LabelRef("rare"))
	MOVQ(i, missing)
	Label("add")
	total, weight := YMM(), YMM()
	VPBROADCASTD(missing, total)
	VBROADCASTSS(NewParamAddr("w", 32), weight)
	for k := range counts {
		VPADDD(total, counts[k], counts[k])
		VCVTDQ2PS(counts[k], counts[k])
		VMULPS(weight, counts[k], counts[k])
		VADDPS(Mem{Base: to, Disp: 32 * k}, counts[k], counts[k])
		VMOVUPS(counts[k], Mem{Base: to, Disp: 32 * k})
	}
	ADDQ(Imm(64*groups), to)
	SUBQ(Imm(16*groups), n)
	JG(LabelRef("loop"))
	VZEROUPPER()
	RET()
}
