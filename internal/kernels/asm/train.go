package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The kernels of training: float32, one number after the other. Products and
// sums are rounded one by one, so that all forms give the same bits.

// notLessOrEqual is a predicate of VCMPPS; true where one side is a NaN.
const notLessOrEqual = 0x16 // NLE_UQ

// floats is how many float32 go side by side: 8 with AVX2, 16 with AVX-512.
type floats int

func (l floats) form() string {
	if l == 16 {
		return "AVX512"
	}
	return "AVX2"
}

func (l floats) register() reg.VecVirtual {
	if l == 16 {
		return ZMM()
	}
	return YMM()
}

func (l floats) zero() reg.VecVirtual {
	z := l.register()
	if l == 16 {
		VPXORD(z, z, z)
	} else {
		VXORPS(z, z, z)
	}
	return z
}

func (l floats) all(m Op) reg.VecVirtual {
	z := l.register()
	VBROADCASTSS(m, z)
	return z
}

func (l floats) load(m Mem) reg.VecVirtual {
	z := l.register()
	VMOVUPS(m, z)
	return z
}

func (l floats) product(a, b Op) reg.VecVirtual {
	z := l.register()
	VMULPS(a, b, z)
	return z
}

func (l floats) sum(a, b Op) reg.VecVirtual {
	z := l.register()
	VADDPS(a, b, z)
	return z
}

func (l floats) and(a, b Op) reg.VecVirtual {
	z := l.register()
	VANDPS(a, b, z)
	return z
}

// kernel begins a kernel with a doc that says what happens to n numbers, and
// loads its parameters.
func (l floats) kernel(name, params, does string, multiple int, load ...string) []reg.Register {
	TEXT(name+l.form(), NOSPLIT, "func("+params+")")
	Doc(fmt.Sprintf("%s%s %s; n is a multiple of %d, above 0.", name, l.form(), does, multiple))
	Pragma("noescape")
	var r []reg.Register
	for _, p := range load {
		r = append(r, Load(Param(p), GP64()))
	}
	return r
}

// loop emits the loop over n numbers, some at a time, and what comes after it.
func (l floats) loop(n reg.Register, step int, body func(i reg.Register), after func()) {
	i := GP64()
	XORQ(i, i)
	Label("loop")
	body(i)
	ADDQ(Imm(uint64(step)), i)
	CMPQ(i, n)
	JLT(LabelRef("loop"))
	after()
	VZEROUPPER()
	RET()
}

// each is a loop over single registers.
func (l floats) each(n reg.Register, body func(i reg.Register)) {
	l.loop(n, int(l), body, func() {})
}

// rectified is x, or 0 where x is below 0. The maximum is its last source where
// one is a NaN, as x is here, and where both are zeros.
func (l floats) rectified(x Op, zero reg.VecVirtual) reg.VecVirtual {
	z := l.register()
	VMAXPS(x, zero, z)
	return z
}

func (l floats) elements() {
	p := l.kernel("add", "n int, y *float32, x *float32", "adds x to y", int(l), "n", "y", "x")
	l.each(p[0], func(i reg.Register) {
		VMOVUPS(l.sum(wordsAt(p[2], i), l.load(wordsAt(p[1], i))), wordsAt(p[1], i))
	})

	p = l.kernel("addReLU", "n int, y *float32, x *float32", "adds x to y and puts 0 where the sum is below", int(l), "n", "y", "x")
	zero := l.zero()
	l.each(p[0], func(i reg.Register) {
		s := l.sum(wordsAt(p[2], i), l.load(wordsAt(p[1], i)))
		VMOVUPS(l.rectified(s, zero), wordsAt(p[1], i))
	})

	p = l.kernel("relu", "n int, y *float32", "puts 0 where y is below", int(l), "n", "y")
	zero = l.zero()
	l.each(p[0], func(i reg.Register) {
		VMOVUPS(l.rectified(wordsAt(p[1], i), zero), wordsAt(p[1], i))
	})

	p = l.kernel("maskReLU", "n int, d *float32, h *float32", "puts 0 to d where h is not above 0", int(l), "n", "d", "h")
	zero = l.zero()
	l.each(p[0], func(i reg.Register) {
		h, d := l.load(wordsAt(p[2], i)), l.register()
		if l == 16 {
			k := K()
			VCMPPS(Imm(notLessOrEqual), zero, h, k)
			VMOVUPS_Z(wordsAt(p[1], i), k, d)
		} else {
			VCMPPS(Imm(notLessOrEqual), zero, h, d)
			VANDPS(wordsAt(p[1], i), d, d)
		}
		VMOVUPS(d, wordsAt(p[1], i))
	})

	p = l.kernel("scale", "n int, y *float32, x *float32, a *float32", "writes a x to y", int(l), "n", "y", "x", "a")
	a := l.all(Mem{Base: p[3]})
	l.each(p[0], func(i reg.Register) {
		VMOVUPS(l.product(wordsAt(p[2], i), a), wordsAt(p[1], i))
	})

	p = l.kernel("mulAdd", "n int, y *float32, x *float32, a *float32", "adds a x to y", int(l), "n", "y", "x", "a")
	a = l.all(Mem{Base: p[3]})
	l.each(p[0], func(i reg.Register) {
		VMOVUPS(l.sum(wordsAt(p[1], i), l.product(wordsAt(p[2], i), a)), wordsAt(p[1], i))
	})
}

// sumLanes is how many partial sums go along a row, as in the Go code.
const sumLanes = 32

func (l floats) squares() {
	p := l.kernel("squares", "n int, x *float32, to *[32]float32", "writes partial sums of squares", sumLanes, "n", "x", "to")
	var sums []reg.VecVirtual
	for range sumLanes / l {
		sums = append(sums, l.zero())
	}
	l.loop(p[0], sumLanes, func(i reg.Register) {
		for k, s := range sums {
			m := wordsAt(p[1], i)
			m.Disp = 4 * int(l) * k
			x := l.load(m)
			VADDPS(l.product(x, x), s, s)
		}
	}, func() {
		for k, s := range sums {
			VMOVUPS(s, Mem{Base: p[2], Disp: 4 * int(l) * k})
		}
	})
}

// columnSums adds up some registers of columns.
func (l floats) columnSums(registers int) {
	cols := int(l) * registers
	p := l.kernel(fmt.Sprintf("columnSums%d", cols), "n int, x *float32, stride int, to *float32",
		fmt.Sprintf("writes the sums of %d columns of n rows, stride bytes apart", cols), 1, "n", "x", "stride", "to")
	var sums []reg.VecVirtual
	for range registers {
		sums = append(sums, l.zero())
	}
	l.loop(p[0], 1, func(reg.Register) {
		for k, s := range sums {
			VADDPS(Mem{Base: p[1], Disp: 4 * int(l) * k}, s, s)
		}
		ADDQ(p[2], p[1])
	}, func() {
		for k, s := range sums {
			VMOVUPS(s, Mem{Base: p[3], Disp: 4 * int(l) * k})
		}
	})
}

// maxAbsRegisters is how many maxima are looked for side by side.
const maxAbsRegisters = 4

func (l floats) maxAbs() {
	step := maxAbsRegisters * int(l)
	p := l.kernel("maxAbs", fmt.Sprintf("n int, x *float32, to *[%d]uint32", l),
		"writes the largest bits but for the sign", step, "n", "x", "to")
	bits := GP32()
	MOVL(U32(1<<31-1), bits)
	low, mask := XMM(), l.register()
	VMOVD(bits, low)
	if l == 16 {
		VPBROADCASTD(low, mask)
	} else {
		VBROADCASTSS(low, mask)
	}
	var most []reg.VecVirtual
	for range maxAbsRegisters {
		most = append(most, l.zero())
	}
	l.loop(p[0], step, func(i reg.Register) {
		for k, s := range most {
			m := wordsAt(p[1], i)
			m.Disp = 4 * int(l) * k
			VPMAXUD(l.and(m, mask), s, s)
		}
	}, func() {
		for _, s := range most[1:] {
			VPMAXUD(s, most[0], most[0])
		}
		VMOVUPS(most[0], Mem{Base: p[2]})
	})
}

// constants gives the constants of an array: AVX-512 has registers for all of
// them, AVX2 loads them where they are used.
func (l floats) constants(c reg.Register, n int) func(k int) reg.VecVirtual {
	if l != 16 {
		return func(k int) reg.VecVirtual { return l.all(Mem{Base: c, Disp: 4 * k}) }
	}
	var held []reg.VecVirtual
	for k := range n {
		held = append(held, l.all(Mem{Base: c, Disp: 4 * k}))
	}
	return func(k int) reg.VecVirtual { return held[k] }
}

func (l floats) adam() {
	p := l.kernel("adam", "c *[13]uint32, n int, to *float32, w *float32, m *float32, v *float32, grad *float32",
		"is a step of Adam; the constants are in the order of the Go code", int(l), "c", "n", "to", "w", "m", "v", "grad")
	c := l.constants(p[0], 13)
	l.each(p[1], func(i reg.Register) {
		w := l.load(wordsAt(p[3], i))
		decay := l.product(w, c(1))
		d := l.sum(l.product(wordsAt(p[6], i), c(0)), l.and(decay, c(2)))
		m := l.sum(l.product(wordsAt(p[4], i), c(4)), l.product(d, c(5)))
		VMOVUPS(m, wordsAt(p[4], i))
		v := l.sum(l.product(wordsAt(p[5], i), c(6)), l.product(l.product(d, c(7)), d))
		VMOVUPS(v, wordsAt(p[5], i))
		root, u := l.register(), l.register()
		VSQRTPS(l.product(v, c(9)), root)
		VDIVPS(l.sum(root, c(10)), l.product(m, c(8)), u)
		u = l.sum(u, l.and(decay, c(3)))
		l.step(w, u, c(11), c(12), wordsAt(p[2], i))
	})
}

func (l floats) momentum() {
	p := l.kernel("momentum", "c *[8]uint32, n int, to *float32, w *float32, v *float32, grad *float32",
		"is a step of Momentum; the constants are in the order of the Go code", int(l), "c", "n", "to", "w", "v", "grad")
	c := l.constants(p[0], 8)
	l.each(p[1], func(i reg.Register) {
		w := l.load(wordsAt(p[3], i))
		d := l.sum(l.product(wordsAt(p[5], i), c(0)), l.and(l.product(w, c(1)), c(2)))
		v := l.sum(l.product(wordsAt(p[4], i), c(3)), d)
		VMOVUPS(v, wordsAt(p[4], i))
		u := l.sum(l.product(v, c(4)), l.and(d, c(5)))
		l.step(w, u, c(6), c(7), wordsAt(p[2], i))
	})
}

// step writes w, if it is kept, less rate u.
func (l floats) step(w, u, rate, keep reg.VecVirtual, to Mem) {
	z := l.register()
	VSUBPS(l.product(u, rate), l.and(w, keep), z)
	VMOVUPS(z, to)
}

func trainKernels() {
	for _, l := range []floats{8, 16} {
		l.elements()
		l.squares()
		l.columnSums(4)
		l.maxAbs()
		l.adam()
		l.momentum()
	}
	floats(8).columnSums(1)
}
