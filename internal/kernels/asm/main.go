// Command asm writes the AVX2 and AVX-512 kernels: the assembly and the Go stubs. It is a
// module of its own, so that the simulator does not depend on the generator.
//
// Every kernel works on whole vectors; the Go code beside it does what is left.
// Lanes run across neurons, products and sums are never fused (but in products
// of matrices), and the additions stand in the order of the portable form: the bits are the same.
package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

func main() {
	ConstraintExpr("amd64")
	expKernel()
	philoxKernel()
	poissonKernel()
	iafPscDelta()
	iafPscExp()
	iafPscAlpha()
	iafCondExp()
	expKernel512()
	iafPscExp512()
	iafCondExp512()
	bitsAddKernel()
	bitsExpandKernel()
	lineDown()
	lineUp()
	lineRight()
	lineLeft()
	lineReturn()
	lineFill()
	lineBack()
	lineLawDown()
	lineLawRight()
	normalKernels()
	philoxKernel512()
	gemmKernels()
	trainKernels()
	Generate()
}

var tables = map[string]Mem{}

// table is four lanes of 64 bits in memory; one value goes into all of them.
func table(name string, lanes ...uint64) Mem {
	m, known := tables[name]
	if !known {
		m = GLOBL(name, RODATA|NOPTR)
		for i := range 4 {
			DATA(8*i, U64(lanes[i%len(lanes)]))
		}
		tables[name] = m
	}
	return m
}

// doubles is a constant in all four lanes, in memory.
func doubles(name string, v float64) Mem { return table(name, math.Float64bits(v)) }

// broadcast is number k of an array of constants in all four lanes.
func broadcast(c reg.Register, k int) reg.VecVirtual {
	y := YMM()
	VBROADCASTSD(Mem{Base: c, Disp: 8 * k}, y)
	return y
}

// doublesAt is four float64 from index i on, wordsAt four numbers of 32 bits.
func doublesAt(p, i reg.Register) Mem { return Mem{Base: p, Index: i, Scale: 8} }
func wordsAt(p, i reg.Register) Mem   { return Mem{Base: p, Index: i, Scale: 4} }

// product is a b, sum is a + b: each rounded on its own.
func product(a, b Op) reg.VecVirtual {
	y := YMM()
	VMULPD(a, b, y)
	return y
}

func sum(a, b Op) reg.VecVirtual {
	y := YMM()
	VADDPD(a, b, y)
	return y
}

// difference is a - b.
func difference(a, b Op) reg.VecVirtual {
	y := YMM()
	VSUBPD(b, a, y)
	return y
}

func loadDoubles(m Mem) reg.VecVirtual {
	y := YMM()
	VMOVUPD(m, y)
	return y
}

// loadFloats loads four float32 as float64.
func loadFloats(m Mem) reg.VecVirtual {
	y := YMM()
	VCVTPS2PD(m, y)
	return y
}
