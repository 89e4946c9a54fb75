package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// blocks emits Philox4x32-10 of eight blocks at a time.
//
// A word takes a lane of 64 bits, so that a product leaves its low and high
// halves where the next round wants them; what else stands in the high halves
// is ignored. Lanes hold blocks 0, 2, 1, 3 of four, so that unpacking at the
// end leaves the words in order.
//
// The first two rounds are cut short: three of the four counter words are the
// same for all blocks (see philoxStart in the Go code).
type blocks struct {
	start      reg.Register // constants of the first two rounds and keys of the others
	mul0, mul1 reg.VecVirtual
	counter    reg.VecVirtual // of blocks 0 to 3
}

func newBlocks(start reg.Register, first reg.Register) *blocks {
	b := &blocks{start: start, mul0: YMM(), mul1: YMM(), counter: YMM()}
	VMOVDQU(table("philoxMul0", 0xD2511F53), b.mul0)
	VMOVDQU(table("philoxMul1", 0xCD9E8D57), b.mul1)
	order := table("philoxOrder", 0, 2, 1, 3)
	x := XMM()
	MOVQ(first, x)
	VPBROADCASTQ(x, b.counter)
	VPADDQ(order, b.counter, b.counter)
	return b
}

// constant is a word of start in all lanes.
func (b *blocks) constant(k int) reg.VecVirtual {
	y := YMM()
	VPBROADCASTD(Mem{Base: b.start, Disp: 4 * k}, y)
	return y
}

func mul(a, b reg.VecVirtual) reg.VecVirtual {
	y := YMM()
	VPMULUDQ(a, b, y)
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

// words emits the 32 words of the next eight blocks, in order.
func (b *blocks) words() [4]reg.VecVirtual {
	four := table("philoxFour", 4)
	var c [2][4]reg.VecVirtual
	for g := range c {
		p := mul(b.counter, b.mul0)
		VPADDQ(four, b.counter, b.counter)
		c[g][2] = xor(high(p), b.constant(0))
		c[g][3] = p
	}
	for g := range c {
		p := mul(c[g][2], b.mul1)
		c[g][0] = xor(high(p), b.constant(1))
		c[g][1] = p
		c[g][2] = xor(c[g][3], b.constant(2))
		c[g][3] = b.constant(3)
	}
	for round := 2; round < 10; round++ {
		k0, k1 := b.constant(2*round), b.constant(2*round+1)
		for g := range c {
			p0, p1 := mul(c[g][0], b.mul0), mul(c[g][2], b.mul1)
			c[g][0] = xor(xor(high(p1), k0), c[g][1])
			c[g][2] = xor(xor(high(p0), k1), c[g][3])
			c[g][1], c[g][3] = p1, p0
		}
	}
	var w [4]reg.VecVirtual
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
	Doc("philoxAVX2 writes the words of n blocks from the first on, a multiple of eight.")
	Pragma("noescape")
	start := Load(Param("start"), GP64())
	first := Load(Param("first"), GP64())
	n := Load(Param("n"), GP64())
	to := Load(Param("to"), GP64())
	b := newBlocks(start, first)
	Label("loop")
	for k, w := range b.words() {
		VMOVDQU(w, Mem{Base: to, Disp: 32 * k})
	}
	ADDQ(Imm(128), to)
	SUBQ(Imm(8), n)
	JG(LabelRef("loop"))
	VZEROUPPER()
	RET()
}

// poissonKernel counts the thresholds that are not above a word: all of them
// less those above. Words and thresholds are shifted by 2^31, since the
// processor compares signed numbers.
func poissonKernel() {
	TEXT("poissonAVX2", NOSPLIT, "func(start *[20]uint32, first uint64, n int, to *float32, w float32, below *int32, common int, all int)")
	Doc("poissonAVX2 adds w times a Poisson number to n values, a multiple of 32.",
		"Thresholds from common on are looked at where a word reaches the last of those before.")
	Pragma("noescape")
	start := Load(Param("start"), GP64())
	first := Load(Param("first"), GP64())
	n := Load(Param("n"), GP64())
	to := Load(Param("to"), GP64())
	below := Load(Param("below"), GP64())
	common := Load(Param("common"), GP64())
	all := Load(Param("all"), GP64())
	weight := YMM()
	VBROADCASTSS(NewParamAddr("w", 32), weight)
	sign := table("poissonSign", 0x8000000080000000)
	b := newBlocks(start, first)

	Label("loop")
	words := b.words()
	var counts [4]reg.VecVirtual
	for k := range words {
		VPXOR(sign, words[k], words[k])
		counts[k] = YMM()
		VPXOR(counts[k], counts[k], counts[k])
	}
	i := GP64()
	XORQ(i, i)
	// threshold i less what is not above it; a mask is -1.
	compare := func() (above [4]reg.VecVirtual) {
		t := YMM()
		VPBROADCASTD(Mem{Base: below, Index: i, Scale: 4}, t)
		for k := range words {
			above[k] = YMM()
			VPCMPGTD(words[k], t, above[k])
			VPADDD(above[k], counts[k], counts[k])
		}
		return above
	}
	Label("common")
	above := compare()
	INCQ(i)
	CMPQ(i, common)
	JLT(LabelRef("common"))
	VPAND(above[0], above[1], above[0])
	VPAND(above[2], above[3], above[2])
	VPAND(above[0], above[2], above[0])
	set := GP32()
	VPMOVMSKB(above[0], set)
	missing := XMM()
	MOVQ(i, missing) // thresholds that were looked at
	CMPL(set, I32(-1))
	JE(LabelRef("add"))
	CMPQ(i, all)
	JGE(LabelRef("add"))
	Label("rare")
	compare()
	INCQ(i)
	CMPQ(i, all)
	JLT(LabelRef("rare"))
	MOVQ(i, missing)
	Label("add")
	total := YMM()
	VPBROADCASTD(missing, total)
	for k := range counts {
		VPADDD(total, counts[k], counts[k])
		VCVTDQ2PS(counts[k], counts[k])
		VMULPS(weight, counts[k], counts[k])
		VADDPS(Mem{Base: to, Disp: 32 * k}, counts[k], counts[k])
		VMOVUPS(counts[k], Mem{Base: to, Disp: 32 * k})
	}
	ADDQ(Imm(128), to)
	SUBQ(Imm(32), n)
	JG(LabelRef("loop"))
	VZEROUPPER()
	RET()
}
