package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// planes is how many bits a count has, as in the Go code.
const planes = 8

// add3 is a full adder of 256 columns; b and c may be in memory.
func add3(a reg.VecVirtual, b, c Op) (sum, carry reg.VecVirtual) {
	u, both := YMM(), YMM()
	sum, carry = YMM(), YMM()
	VPAND(b, a, both)
	VPXOR(b, a, u)
	VPAND(c, u, carry)
	VPXOR(c, u, sum)
	VPOR(both, carry, carry)
	return sum, carry
}

func bitsAddKernel() {
	TEXT("bitsAddAVX2", NOSPLIT, "func(sum *uint64, rows *[8]*uint64, groups int)")
	Doc("bitsAddAVX2 adds eight rows of bits to the interleaved planes of counts.")
	Pragma("noescape")
	sums := Load(Param("sum"), GP64())
	list := Load(Param("rows"), GP64())
	n := Load(Param("groups"), GP64())
	var rows [8]reg.GPVirtual
	for k := range rows {
		rows[k] = GP64()
		MOVQ(Mem{Base: list, Disp: 8 * k}, rows[k])
	}
	i := GP64()
	XORQ(i, i)
	row := func(k int) Mem { return Mem{Base: rows[k], Index: i, Scale: 1} }
	loaded := func(k int) reg.VecVirtual {
		y := YMM()
		VMOVDQU(row(k), y)
		return y
	}
	plane := func(k int) Mem { return Mem{Base: sums, Disp: 32 * k} }
	old := func(k int) reg.VecVirtual {
		y := YMM()
		VMOVDQU(plane(k), y)
		return y
	}
	Label("loop")
	s0, t0 := add3(old(0), row(0), row(1))
	s1, t1 := add3(loaded(2), row(3), row(4))
	s2, t2 := add3(loaded(5), row(6), row(7))
	s3, t3 := add3(s0, s1, s2)
	VMOVDQU(s3, plane(0))
	u0, f0 := add3(old(1), t0, t1)
	u1, f1 := add3(u0, t2, t3)
	VMOVDQU(u1, plane(1))
	v, e := add3(old(2), f0, f1)
	VMOVDQU(v, plane(2))
	for k := 3; k < planes; k++ {
		p, s := old(k), YMM()
		VPXOR(p, e, s)
		VMOVDQU(s, plane(k))
		VPAND(p, e, e)
	}
	ADDQ(Imm(32), i)
	ADDQ(I32(32*planes), sums)
	DECQ(n)
	JNZ(LabelRef("loop"))
	VZEROUPPER()
	RET()
}

func bitsExpandKernel() {
	TEXT("bitsExpandAVX2", NOSPLIT, "func(sum *uint64, to *float32, groups int, used int, w float32)")
	Doc("bitsExpandAVX2 adds w times its count to every target of groups of 256;",
		"the counts have their bits in the lowest used planes.")
	Pragma("noescape")
	sums := Load(Param("sum"), GP64())
	to := Load(Param("to"), GP64())
	n := Load(Param("groups"), GP64())
	used := Load(Param("used"), GP64())
	weight := YMM()
	VBROADCASTSS(NewParamAddr("w", 32), weight)
	// A word of 32 bits in every lane becomes its byte j in bytes 8 j to 8 j+7,
	// of which bit k%8 is looked at.
	replicate := table("bitsReplicate", 0, 0x0101010101010101, 0x0202020202020202, 0x0303030303030303)
	mask := YMM()
	VMOVDQU(table("bitsMask", 0x8040201008040201), mask)
	bytes := YMM()
	VMOVDQU(replicate, bytes)
	one := YMM()
	VMOVDQU(table("bitsOne", 0x0101010101010101), one)

	Label("group")
	j := GP64() // which 32 targets of the 256
	XORQ(j, j)
	Label("words")
	count, value := YMM(), YMM()
	VPXOR(count, count, count)
	VPOR(one, one, value) // what a bit of this plane counts
	p, k := GP64(), GP64()
	LEAQ(Mem{Base: sums, Index: j, Scale: 4}, p)
	MOVQ(used, k)
	Label("plane")
	word := YMM()
	VPBROADCASTD(Mem{Base: p}, word)
	VPSHUFB(bytes, word, word)
	VPAND(mask, word, word)
	VPCMPEQB(mask, word, word)
	VPAND(value, word, word)
	VPADDB(word, count, count)
	VPADDB(value, value, value)
	ADDQ(Imm(32), p)
	DECQ(k)
	JNZ(LabelRef("plane"))
	for part := range 4 {
		x := XMM()
		switch part {
		case 0, 1:
			VEXTRACTI128(Imm(0), count, x)
		default:
			VEXTRACTI128(Imm(1), count, x)
		}
		if part%2 == 1 {
			VPSRLDQ(Imm(8), x, x)
		}
		y := YMM()
		VPMOVZXBD(x, y)
		VCVTDQ2PS(y, y)
		VMULPS(weight, y, y)
		VADDPS(Mem{Base: to, Disp: 32 * part}, y, y)
		VMOVUPS(y, Mem{Base: to, Disp: 32 * part})
	}
	ADDQ(Imm(128), to)
	INCQ(j)
	CMPQ(j, Imm(8))
	JLT(LabelRef("words"))
	ADDQ(I32(32*planes), sums)
	DECQ(n)
	JNZ(LabelRef("group"))
	VZEROUPPER()
	RET()
}
