package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The kernels of dense products. Those are the only ones that fuse products and
// sums: every element is one chain of fused additions along k, then a product
// with alpha and a sum with what was there, so AVX2 and AVX-512 give the same
// bits, wherever in a tile the element stands.

// gemmRows is how many rows a packed panel of a has, gemmCols how many columns
// one of b, as in the Go code.
const (
	gemmRows = 8
	gemmCols = 48
)

// gemmTile512 is a tile of eight rows and some vectors of sixteen columns.
func gemmTile512(vectors int) {
	name := fmt.Sprintf("gemmTile%dAVX512", 16*vectors)
	TEXT(name, NOSPLIT, "func(k int, a *float32, b *float32, ldb int, c *float32, ldc int, rows int, mask uint64, alpha float32, add bool)")
	Doc(fmt.Sprintf("%s writes alpha times the product of a panel of a (k of eight) and one of b (k of %d, ldb bytes apart)", name, 16*vectors),
		"to rows of c (ldc bytes apart), in the columns of the mask, or adds it; k and rows are above 0.")
	Pragma("noescape")
	k := Load(Param("k"), GP64())
	a := Load(Param("a"), GP64())
	b := Load(Param("b"), GP64())
	ldb := Load(Param("ldb"), GP64())
	c := Load(Param("c"), GP64())
	ldc := Load(Param("ldc"), GP64())

	var sums [gemmRows][]reg.VecVirtual
	for i := range sums {
		for range vectors {
			z := ZMM()
			VPXORD(z, z, z)
			sums[i] = append(sums[i], z)
		}
	}
	// The tile of c comes into the cache while its product is worked out.
	line := GP64()
	MOVQ(c, line)
	for range gemmRows {
		for v := range vectors {
			PREFETCHT0(Mem{Base: line, Disp: 64 * v})
		}
		ADDQ(ldc, line)
	}

	Label("along")
	var row []reg.VecVirtual
	for v := range vectors {
		z := ZMM()
		VMOVUPS(Mem{Base: b, Disp: 64 * v}, z)
		row = append(row, z)
	}
	for i := range sums {
		x := ZMM()
		VBROADCASTSS(Mem{Base: a, Disp: 4 * i}, x)
		for v := range vectors {
			VFMADD231PS(row[v], x, sums[i][v])
		}
	}
	ADDQ(Imm(4*gemmRows), a)
	ADDQ(ldb, b)
	DECQ(k)
	JNZ(LabelRef("along"))

	rows := Load(Param("rows"), GP64())
	bits := GP64()
	Load(Param("mask"), bits)
	var masks []reg.OpmaskVirtual
	for v := range vectors {
		m := K()
		KMOVW(bits.As32(), m)
		masks = append(masks, m)
		if v < vectors-1 {
			SHRQ(Imm(16), bits)
		}
	}
	alpha := ZMM()
	VBROADCASTSS(NewParamAddr("alpha", 64), alpha)
	add := Load(Param("add"), GP8())
	TESTB(add, add)
	JNZ(LabelRef("add"))
	store := func(adds bool) {
		for i := range sums {
			for v, s := range sums[i] {
				at := Mem{Base: c, Disp: 64 * v}
				VMULPS(alpha, s, s)
				if adds {
					VADDPS(at, s, masks[v], s)
				}
				VMOVUPS(s, masks[v], at)
			}
			if i < gemmRows-1 {
				ADDQ(ldc, c)
				DECQ(rows)
				JZ(LabelRef("end"))
			}
		}
	}
	store(false)
	JMP(LabelRef("end"))
	Label("add")
	store(true)
	Label("end")
	VZEROUPPER()
	RET()
}

// gemmTile2 is a tile of four rows and 24 columns: a quarter of a tile of the
// packed panels.
func gemmTile2() {
	const vectors, tileRows = 3, 4
	TEXT("gemmTile24AVX2", NOSPLIT, "func(k int, a *float32, b *float32, ldb int, c *float32, ldc int, rows int, mask *[24]int32, alpha float32, add bool)")
	Doc("gemmTile24AVX2 writes alpha times the product of half a panel of a (k of four in eight) and 24 columns of b",
		"(ldb bytes apart) to rows of c (ldc bytes apart), in the columns of the mask (all, where it is nil), or adds it;",
		"k and rows are above 0.")
	Pragma("noescape")
	k := Load(Param("k"), GP64())
	a := Load(Param("a"), GP64())
	b := Load(Param("b"), GP64())
	ldb := Load(Param("ldb"), GP64())
	c := Load(Param("c"), GP64())
	ldc := Load(Param("ldc"), GP64())
	var sums [tileRows][vectors]reg.VecVirtual
	for i := range sums {
		for v := range sums[i] {
			y := YMM()
			VXORPS(y, y, y)
			sums[i][v] = y
		}
	}
	line := GP64()
	MOVQ(c, line)
	for range tileRows {
		PREFETCHT0(Mem{Base: line})
		PREFETCHT0(Mem{Base: line, Disp: 64})
		ADDQ(ldc, line)
	}

	Label("along")
	var row [vectors]reg.VecVirtual
	for v := range row {
		row[v] = YMM()
		VMOVUPS(Mem{Base: b, Disp: 32 * v}, row[v])
	}
	for i := range sums {
		x := YMM()
		VBROADCASTSS(Mem{Base: a, Disp: 4 * i}, x)
		for v := range row {
			VFMADD231PS(row[v], x, sums[i][v])
		}
	}
	ADDQ(Imm(4*gemmRows), a)
	ADDQ(ldb, b)
	DECQ(k)
	JNZ(LabelRef("along"))

	alpha := YMM()
	VBROADCASTSS(NewParamAddr("alpha", 64), alpha)
	for i := range sums {
		for _, s := range sums[i] {
			VMULPS(alpha, s, s)
		}
	}
	rows := Load(Param("rows"), GP64())
	add := Load(Param("add"), GP8())
	mask := Load(Param("mask"), GP64())
	next := func(i int) {
		if i < tileRows-1 {
			ADDQ(ldc, c)
			DECQ(rows)
			JZ(LabelRef("end"))
		}
	}
	whole := func(adds bool) {
		for i := range sums {
			for v, s := range sums[i] {
				at := Mem{Base: c, Disp: 32 * v}
				if adds {
					VADDPS(at, s, s)
				}
				VMOVUPS(s, at)
			}
			next(i)
		}
		JMP(LabelRef("end"))
	}
	part := func(adds bool) {
		var masks [vectors]reg.VecVirtual
		for v := range masks {
			masks[v] = YMM()
			VMOVDQU(Mem{Base: mask, Disp: 32 * v}, masks[v])
		}
		for i := range sums {
			for v, s := range sums[i] {
				at := Mem{Base: c, Disp: 32 * v}
				if adds {
					old := YMM()
					VMASKMOVPS(at, masks[v], old)
					VADDPS(old, s, s)
				}
				VMASKMOVPS(s, masks[v], at)
			}
			next(i)
		}
	}
	TESTQ(mask, mask)
	JNZ(LabelRef("part"))
	TESTB(add, add)
	JNZ(LabelRef("wholeAdd"))
	whole(false)
	Label("wholeAdd")
	whole(true)
	Label("part")
	TESTB(add, add)
	JNZ(LabelRef("partAdd"))
	part(false)
	JMP(LabelRef("end"))
	Label("partAdd")
	part(true)
	Label("end")
	VZEROUPPER()
	RET()
}

// gemmCopy copies rows of a given width.
func gemmCopy(width int) {
	name := fmt.Sprintf("gemmCopy%dAVX2", width)
	TEXT(name, NOSPLIT, "func(n int, to *float32, from *float32, ldf int)")
	Doc(fmt.Sprintf("%s copies n rows of %d numbers, ldf bytes apart, one behind the other; n is above 0.", name, width))
	Pragma("noescape")
	n := Load(Param("n"), GP64())
	to := Load(Param("to"), GP64())
	from := Load(Param("from"), GP64())
	ldf := Load(Param("ldf"), GP64())
	Label("loop")
	var y []reg.VecVirtual
	for v := range width / 8 {
		y = append(y, YMM())
		VMOVUPS(Mem{Base: from, Disp: 32 * v}, y[v])
	}
	for v := range y {
		VMOVUPS(y[v], Mem{Base: to, Disp: 32 * v})
	}
	ADDQ(ldf, from)
	ADDQ(I32(4*width), to)
	DECQ(n)
	JNZ(LabelRef("loop"))
	VZEROUPPER()
	RET()
}

// gemmTranspose turns eight rows into columns of eight.
func gemmTranspose() {
	TEXT("gemmTransposeAVX2", NOSPLIT, "func(n int, to *float32, ldt int, from *float32, ldf int)")
	Doc("gemmTransposeAVX2 writes eight rows of n numbers, a multiple of four above 0, ldf bytes apart,",
		"as n rows of eight, ldt bytes apart.")
	Pragma("noescape")
	n := Load(Param("n"), GP64())
	to := Load(Param("to"), GP64())
	ldt := Load(Param("ldt"), GP64())
	low := Load(Param("from"), GP64())
	ldf := Load(Param("ldf"), GP64())
	high, three, three2 := GP64(), GP64(), GP64()
	LEAQ(Mem{Base: low, Index: ldf, Scale: 4}, high)
	LEAQ(Mem{Base: ldf, Index: ldf, Scale: 2}, three)
	LEAQ(Mem{Base: ldt, Index: ldt, Scale: 2}, three2)
	// of is row i of four from p on, with a stride and its threefold.
	of := func(p, stride, triple reg.Register, i int) Mem {
		switch i {
		case 0:
			return Mem{Base: p}
		case 3:
			return Mem{Base: p, Index: triple, Scale: 1}
		}
		return Mem{Base: p, Index: stride, Scale: uint8(i)}
	}
	Label("loop")
	// Rows 0 to 3 in the low halves and 4 to 7 in the high ones: turned within
	// the halves, the columns are whole.
	var r [4]reg.VecVirtual
	for i := range r {
		x := YMM()
		VMOVUPS(of(low, ldf, three, i), x.AsX())
		r[i] = YMM()
		VINSERTF128(Imm(1), of(high, ldf, three, i), x, r[i])
	}
	var pair [4]reg.VecVirtual
	for i := range pair {
		pair[i] = YMM()
	}
	VUNPCKLPS(r[1], r[0], pair[0])
	VUNPCKHPS(r[1], r[0], pair[1])
	VUNPCKLPS(r[3], r[2], pair[2])
	VUNPCKHPS(r[3], r[2], pair[3])
	for i := range 4 {
		y := YMM()
		if i%2 == 0 {
			VUNPCKLPD(pair[2+i/2], pair[i/2], y)
		} else {
			VUNPCKHPD(pair[2+i/2], pair[i/2], y)
		}
		VMOVUPS(y, of(to, ldt, three2, i))
	}
	ADDQ(Imm(16), low)
	ADDQ(Imm(16), high)
	LEAQ(Mem{Base: to, Index: ldt, Scale: 4}, to)
	SUBQ(Imm(4), n)
	JG(LabelRef("loop"))
	VZEROUPPER()
	RET()
}

func gemmKernels() {
	for vectors := range gemmCols / 16 {
		gemmTile512(vectors + 1)
	}
	gemmTile2()
	gemmCopy(gemmRows)
	gemmCopy(gemmCols)
	gemmTranspose()
}
