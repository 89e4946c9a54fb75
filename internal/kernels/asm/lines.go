package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The sweeps of a crossbar's lines. A row of a strip is four vectors, a column
// of a band two.
const (
	lineCols = 16
	lineRows = 8
	rowBytes = 8 * lineCols
)

// at is vector k of four float64 behind p.
func at(p reg.Register, k int) Mem { return Mem{Base: p, Disp: 32 * k} }

// zeros are n vectors of 0.
func zeros(n int) []reg.VecVirtual {
	var y []reg.VecVirtual
	for range n {
		z := YMM()
		VXORPD(z, z, z)
		y = append(y, z)
	}
	return y
}

// broadcastParam is a float64 argument in all four lanes.
func broadcastParam(name string) reg.VecVirtual {
	x, y := XMM(), YMM()
	Load(Param(name), x)
	VBROADCASTSD(x, y)
	return y
}

func move(bytes int, p ...reg.Register) {
	for _, r := range p {
		ADDQ(I32(bytes), r)
	}
}

func lineDown() {
	TEXT("lineDownAVX2", NOSPLIT, "func(beta float64, rows int, z *float64, p *float64, cells *float64, c *float64, y *float64)")
	Doc("lineDownAVX2 is LineDown for a number of rows above 0.")
	Pragma("noescape")
	beta := broadcastParam("beta")
	n := Load(Param("rows"), GP64())
	z, p := Load(Param("z"), GP64()), Load(Param("p"), GP64())
	g, c, y := Load(Param("cells"), GP64()), Load(Param("c"), GP64()), Load(Param("y"), GP64())
	last := zeros(lineCols / 4)
	Label("row")
	for k, l := range last {
		q := sum(loadDoubles(at(z, k)), product(at(p, k), beta))
		VMOVUPD(q, at(p, k))
		VADDPD(product(at(g, k), q), l, l)
		VMOVUPD(l, at(y, k))
		VMULPD(at(c, k), l, l)
	}
	move(rowBytes, z, p, g, c, y)
	DECQ(n)
	JNE(LabelRef("row"))
	VZEROUPPER()
	RET()
}

func lineUp() {
	TEXT("lineUpAVX2", NOSPLIT, "func(kappa float64, rows int, y *float64, c *float64, cells *float64, p *float64, v *float64, dot *[16]float64)")
	Doc("lineUpAVX2 is LineUp for a number of rows above 0.")
	Pragma("noescape")
	kappa := broadcastParam("kappa")
	n := Load(Param("rows"), GP64())
	y, c := Load(Param("y"), GP64()), Load(Param("c"), GP64())
	g, p, v := Load(Param("cells"), GP64()), Load(Param("p"), GP64()), Load(Param("v"), GP64())
	dot := Load(Param("dot"), GP64())
	end := GP64()
	MOVQ(n, end)
	DECQ(end)
	SHLQ(Imm(7), end) // times rowBytes
	for _, r := range []reg.Register{y, c, g, p, v} {
		ADDQ(end, r)
	}
	x := zeros(lineCols / 4)
	var sums []reg.VecVirtual
	for k := range x {
		sums = append(sums, loadDoubles(at(dot, k)))
	}
	Label("row")
	for k, x := range x {
		VADDPD(at(y, k), x, x)
		VMULPD(at(c, k), x, x)
		u := product(product(at(g, k), x), kappa)
		VMOVUPD(u, at(v, k))
		VADDPD(product(at(p, k), u), sums[k], sums[k])
	}
	move(-rowBytes, y, c, g, p, v)
	DECQ(n)
	JNE(LabelRef("row"))
	for k, s := range sums {
		VMOVUPD(s, at(dot, k))
	}
	VZEROUPPER()
	RET()
}

// transpose exchanges rows and columns of 4 x 4 numbers.
func transpose(r []reg.VecVirtual) []reg.VecVirtual {
	lo01, hi01, lo23, hi23 := YMM(), YMM(), YMM(), YMM()
	VUNPCKLPD(r[1], r[0], lo01)
	VUNPCKHPD(r[1], r[0], hi01)
	VUNPCKLPD(r[3], r[2], lo23)
	VUNPCKHPD(r[3], r[2], hi23)
	t := []reg.VecVirtual{YMM(), YMM(), YMM(), YMM()}
	VPERM2F128(Imm(0x20), lo23, lo01, t[0])
	VPERM2F128(Imm(0x20), hi23, hi01, t[1])
	VPERM2F128(Imm(0x31), lo23, lo01, t[2])
	VPERM2F128(Imm(0x31), hi23, hi01, t[3])
	return t
}

// prefetch fetches what the next strip holds of a band: it is far away, and no
// prefetcher of a processor finds it.
func prefetch(step reg.Register, p ...reg.Register) {
	for _, r := range p {
		next := GP64()
		LEAQ(Mem{Base: r, Index: step, Scale: 1}, next)
		for line := range rowBytes * lineRows / 64 {
			PREFETCHT0(Mem{Base: next, Disp: 64 * line})
		}
	}
}

func lineRight() {
	TEXT("lineRightAVX2", NOSPLIT, "func(strips int, stride int, v *float64, c *float64, y *float64)")
	Doc("lineRightAVX2 is LineRight for a number of strips above 0.")
	Pragma("noescape")
	n, stride := Load(Param("strips"), GP64()), Load(Param("stride"), GP64())
	v, c, y := Load(Param("v"), GP64()), Load(Param("c"), GP64()), Load(Param("y"), GP64())
	SHLQ(Imm(3), stride)
	last := zeros(2)
	Label("strip")
	prefetch(stride, v)
	for group := range lineCols / 4 { // four columns
		for half := range 2 { // four rows
			var b []reg.VecVirtual
			for r := range 4 {
				b = append(b, loadDoubles(Mem{Base: v, Disp: (4*half+r)*rowBytes + 32*group}))
			}
			l := last[half]
			for k, t := range transpose(b) {
				at := 8*group + 2*k + half
				VADDPD(t, l, t)
				VMOVUPD(t, Mem{Base: y, Disp: 32 * at})
				VMULPD(Mem{Base: c, Disp: 32 * at}, t, l)
			}
		}
	}
	move(8*lineCols*lineRows, c, y)
	ADDQ(stride, v)
	DECQ(n)
	JNE(LabelRef("strip"))
	VZEROUPPER()
	RET()
}

func lineLeft() {
	TEXT("lineLeftAVX2", NOSPLIT, "func(alpha float64, strips int, stride int, c *float64, y *float64, v *float64, p *float64, z *float64, w *float64, dot *[8]float64)")
	Doc("lineLeftAVX2 is LineLeft for a number of strips above 0.")
	Pragma("noescape")
	alpha := broadcastParam("alpha")
	z, v := Load(Param("z"), GP64()), Load(Param("v"), GP64())
	p, w := Load(Param("p"), GP64()), Load(Param("w"), GP64())
	backwards([]reg.Register{v, p, z, w}, []reg.Register{p, z, w}, func(d int, x, sums reg.VecVirtual) {
		q := loadDoubles(Mem{Base: p, Disp: d})
		zs := loadDoubles(Mem{Base: z, Disp: d})
		VSUBPD(product(difference(q, x), alpha), zs, zs)
		VMOVUPD(zs, Mem{Base: z, Disp: d})
		VADDPD(product(Mem{Base: v, Disp: d}, zs), sums, sums)
		VMOVUPD(sum(loadDoubles(Mem{Base: w, Disp: d}), product(q, alpha)), Mem{Base: w, Disp: d})
	})
}

func lineReturn() {
	TEXT("lineReturnAVX2", NOSPLIT, "func(strips int, stride int, c *float64, y *float64, v *float64, z *float64, dot *[8]float64)")
	Doc("lineReturnAVX2 is LineReturn for a number of strips above 0.")
	Pragma("noescape")
	z, v := Load(Param("z"), GP64()), Load(Param("v"), GP64())
	backwards([]reg.Register{v, z}, []reg.Register{z}, func(d int, x, sums reg.VecVirtual) {
		VMOVUPD(x, Mem{Base: z, Disp: d})
		VADDPD(product(Mem{Base: v, Disp: d}, x), sums, sums)
	})
}

// backwards is the back substitution along a band. Four columns of a row at a
// time go to use, with the place of their numbers behind all arrays of strips,
// and the sums that belong to them; of the arrays, some are to be prefetched.
func backwards(arrays, fetched []reg.Register, use func(d int, x, sums reg.VecVirtual)) {
	n, stride := Load(Param("strips"), GP64()), Load(Param("stride"), GP64())
	c, y := Load(Param("c"), GP64()), Load(Param("y"), GP64())
	dot := Load(Param("dot"), GP64())
	SHLQ(Imm(3), stride)
	end := GP64()
	MOVQ(n, end)
	DECQ(end)
	band := GP64()
	MOVQ(end, band)
	SHLQ(Imm(10), band) // times the bytes of a band in a strip
	ADDQ(band, c)
	ADDQ(band, y)
	IMULQ(stride, end)
	for _, r := range arrays {
		ADDQ(end, r)
	}
	NEGQ(stride)
	x := zeros(2)
	sums := []reg.VecVirtual{loadDoubles(at(dot, 0)), loadDoubles(at(dot, 1))}
	Label("strip")
	prefetch(stride, fetched...)
	for group := lineCols/4 - 1; group >= 0; group-- {
		for half := range 2 {
			l := x[half]
			t := make([]reg.VecVirtual, 4)
			for k := 3; k >= 0; k-- {
				at := 8*group + 2*k + half
				VADDPD(Mem{Base: y, Disp: 32 * at}, l, l)
				VMULPD(Mem{Base: c, Disp: 32 * at}, l, l)
				t[k] = YMM()
				VMOVAPD(l, t[k])
			}
			for r, x := range transpose(t) {
				use((4*half+r)*rowBytes+32*group, x, sums[half])
			}
		}
	}
	move(-8*lineCols*lineRows, c, y)
	for _, r := range arrays {
		ADDQ(stride, r)
	}
	DECQ(n)
	JNE(LabelRef("strip"))
	for k, s := range sums {
		VMOVUPD(s, at(dot, k))
	}
	VZEROUPPER()
	RET()
}

// absolute is |x|, for a mask of all bits but the sign.
func absolute(mask, x reg.VecVirtual) reg.VecVirtual {
	y := YMM()
	VANDPD(mask, x, y)
	return y
}

// withoutSign is the mask for absolute.
func withoutSign() reg.VecVirtual {
	m := YMM()
	VPCMPEQD(m, m, m)
	VPSRLQ(Imm(1), m, m)
	return m
}

func lineFill() {
	TEXT("lineFillAVX2", NOSPLIT, "func(kappa float64, rows int, w *float64, cells *float64, c *float64, y *float64)")
	Doc("lineFillAVX2 is LineFill for a number of rows above 0.")
	Pragma("noescape")
	kappa := broadcastParam("kappa")
	n := Load(Param("rows"), GP64())
	w, g := Load(Param("w"), GP64()), Load(Param("cells"), GP64())
	c, y := Load(Param("c"), GP64()), Load(Param("y"), GP64())
	last := zeros(lineCols / 4)
	Label("row")
	for k, l := range last {
		VADDPD(product(product(at(g, k), loadDoubles(at(w, k))), kappa), l, l)
		VMOVUPD(l, at(y, k))
		VMULPD(at(c, k), l, l)
	}
	move(rowBytes, w, g, c, y)
	DECQ(n)
	JNE(LabelRef("row"))
	VZEROUPPER()
	RET()
}

func lineBack() {
	TEXT("lineBackAVX2", NOSPLIT, "func(rows int, c *float64, y *float64)")
	Doc("lineBackAVX2 is LineBack for a number of rows above 0.")
	Pragma("noescape")
	n := Load(Param("rows"), GP64())
	c, y := Load(Param("c"), GP64()), Load(Param("y"), GP64())
	end := GP64()
	MOVQ(n, end)
	DECQ(end)
	SHLQ(Imm(7), end) // times rowBytes
	ADDQ(end, c)
	ADDQ(end, y)
	x := zeros(lineCols / 4)
	Label("row")
	for k, x := range x {
		VADDPD(at(y, k), x, x)
		VMULPD(at(c, k), x, x)
		VMOVUPD(x, at(y, k))
	}
	move(-rowBytes, c, y)
	DECQ(n)
	JNE(LabelRef("row"))
	VZEROUPPER()
	RET()
}

func lineLawDown() {
	TEXT("lineLawDownAVX2", NOSPLIT, "func(kappa float64, rows int, w *float64, u *float64, cells *float64, law *float64)")
	Doc("lineLawDownAVX2 is LineLawDown for a number of rows above 0.")
	Pragma("noescape")
	kappa, mask := broadcastParam("kappa"), withoutSign()
	law := Load(Param("law"), GP64())
	for half, label := range []string{"left", "right"} { // all sums of a row are too many for the registers
		n := Load(Param("rows"), GP64())
		w, u, g := Load(Param("w"), GP64()), Load(Param("u"), GP64()), Load(Param("cells"), GP64())
		var sums [4][]reg.VecVirtual // before, left over, through the cells, their sizes
		for q := range sums {
			for k := range 2 {
				sums[q] = append(sums[q], loadDoubles(at(law, 4*q+2*half+k)))
			}
		}
		Label(label)
		for k := range 2 {
			at := func(p reg.Register) Mem { return at(p, 2*half+k) }
			before, left, through, size := sums[0][k], sums[1][k], sums[2][k], sums[3][k]
			x, y, a := loadDoubles(at(w)), loadDoubles(at(u)), loadDoubles(at(g))
			after := difference(y, at(u).Offset(rowBytes))
			cell := product(product(a, difference(x, y)), kappa)
			rest := sum(difference(before, after), cell)
			VADDPD(product(rest, rest), left, left)
			VADDPD(cell, through, through)
			VADDPD(product(product(a, sum(absolute(mask, x), absolute(mask, y))), kappa), size, size)
			VMOVAPD(after, before)
		}
		move(rowBytes, w, u, g)
		DECQ(n)
		JNE(LabelRef(label))
		for q := range sums {
			for k, s := range sums[q] {
				VMOVUPD(s, at(law, 4*q+2*half+k))
			}
		}
	}
	VZEROUPPER()
	RET()
}

func lineLawRight() {
	TEXT("lineLawRightAVX2", NOSPLIT, "func(strips int, stride int, w *float64, u *float64, cells *float64, z *float64, law *float64)")
	Doc("lineLawRightAVX2 is LineLawRight for a number of strips above 0.")
	Pragma("noescape")
	n, stride := Load(Param("strips"), GP64()), Load(Param("stride"), GP64())
	w, u := Load(Param("w"), GP64()), Load(Param("u"), GP64())
	g, z := Load(Param("cells"), GP64()), Load(Param("z"), GP64())
	law := Load(Param("law"), GP64())
	SHLQ(Imm(3), stride)
	mask := withoutSign()
	// Behind each other: 8 before, 16 left over, 8 x 16 through the cells, 8 x 16 of their sizes.
	const leftAt, throughAt, sizeAt = 8 * lineRows, 8 * (lineRows + lineCols), 8 * (lineRows + lineCols + lineRows*lineCols)
	var left []reg.VecVirtual
	for k := range lineCols / 4 {
		left = append(left, loadDoubles(at(law, k).Offset(leftAt)))
	}
	Label("strip")
	prefetch(stride, w, u, g, z)
	for r := range lineRows {
		for k, left := range left {
			d := r*rowBytes + 32*k
			x, y, a := loadDoubles(Mem{Base: w, Disp: d}), loadDoubles(Mem{Base: u, Disp: d}), loadDoubles(Mem{Base: g, Disp: d})
			next := loadDoubles(Mem{Base: w, Disp: d + 8})
			if k == lineCols/4-1 {
				far := YMM()
				VBROADCASTSD(Mem{Base: w, Index: stride, Scale: 1, Disp: r * rowBytes}, far)
				VBLENDPD(Imm(8), far, next, next)
			}
			after := difference(x, next)
			var before reg.VecVirtual
			if k == 0 {
				far := YMM()
				before = YMM()
				VBROADCASTSD(Mem{Base: law, Disp: 8 * r}, far)
				VPERMPD(Imm(0x90), after, before)
				VBLENDPD(Imm(1), far, before, before)
			} else {
				before = difference(loadDoubles(Mem{Base: w, Disp: d - 8}), x)
			}
			if k == lineCols/4-1 {
				high := XMM()
				VEXTRACTF128(Imm(1), after, high)
				VMOVHPD(high, Mem{Base: law, Disp: 8 * r})
			}
			cell := product(a, difference(x, y))
			rest := difference(difference(before, after), cell)
			VMOVUPD(rest, Mem{Base: z, Disp: d})
			VADDPD(product(rest, rest), left, left)
			through, size := Mem{Base: law, Disp: throughAt + d}, Mem{Base: law, Disp: sizeAt + d}
			VMOVUPD(sum(through, cell), through)
			VMOVUPD(sum(size, product(a, sum(absolute(mask, x), absolute(mask, y)))), size)
		}
	}
	for _, r := range []reg.Register{w, u, g, z} {
		ADDQ(stride, r)
	}
	DECQ(n)
	JNE(LabelRef("strip"))
	for k, s := range left {
		VMOVUPD(s, at(law, k).Offset(leftAt))
	}
	VZEROUPPER()
	RET()
}
