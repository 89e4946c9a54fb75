package kernels

import (
	"math/bits"

	"github.com/synohm/synohm/internal/philox"
)

// philoxStart is what all blocks of a stream share: the constants of the first
// two rounds, in which three of the four counter words are the same for all,
// and the keys of the other eight.
func philoxStart(s philox.Stream, step uint32) (start [20]uint32) {
	k0, k1 := uint32(s.Seed), uint32(s.Seed>>32)
	hi, lo := bits.Mul32(mul1, s.Trial)
	start[0] = s.Purpose ^ k1
	first := hi ^ step ^ k0
	second := lo
	k0, k1 = k0+weyl0, k1+weyl1
	hi, lo = bits.Mul32(mul0, first)
	start[1], start[2], start[3] = second^k0, hi^k1, lo
	for round := 2; round < 10; round++ {
		k0, k1 = k0+weyl0, k1+weyl1
		start[2*round], start[2*round+1] = k0, k1
	}
	return start
}

// wordsAtOnce is the number of words that the assembly draws in a turn.
const wordsAtOnce, wordsAtOnce512 = 48, 64

// wordsVectors writes words and returns how many; it leaves a few to others.
func wordsVectors(s philox.Stream, step, entity4 uint32, to []uint32) int {
	const few = 12 // words, for which a turn does not pay
	if len(to) <= few {
		return 0
	}
	start := philoxStart(s, step)
	turn := wordsAtOnce
	if has(avx512) {
		turn = wordsAtOnce512
	}
	n := len(to) / turn * turn
	if n > 0 {
		turnsOfWords(&start, uint64(entity4), n, &to[0])
	}
	if len(to)-n <= few {
		return n
	}
	var rest [max(wordsAtOnce, wordsAtOnce512)]uint32
	turnsOfWords(&start, uint64(entity4)+uint64(n/4), turn, &rest[0])
	copy(to[n:], rest[:])
	return len(to)
}

// turnsOfWords writes n words, whole turns of the form in use.
func turnsOfWords(start *[20]uint32, entity4 uint64, n int, to *uint32) {
	if has(avx512) {
		philoxAVX512(start, entity4, n/4, to)
	} else {
		philoxAVX2(start, entity4, n/4, to)
	}
}

// addVectors is Add for a small table; what does not fill a turn goes by a
// copy.
func (t *PoissonTable) addVectors(s philox.Stream, step, entity4 uint32, to []float32, w float32) {
	start := philoxStart(s, step)
	n := len(to) / wordsAtOnce * wordsAtOnce
	if n > 0 {
		poissonAVX2(&start, uint64(entity4), n, &to[0], w, &t.shifted[0], t.common, len(t.shifted))
	}
	if n < len(to) {
		var rest [wordsAtOnce]float32
		copy(rest[:], to[n:])
		poissonAVX2(&start, uint64(entity4)+uint64(n/4), wordsAtOnce, &rest[0], w, &t.shifted[0], t.common, len(t.shifted))
		copy(to[n:], rest[:])
	}
}

func expVectors(to, x []float64) int {
	wide, whole := eights(len(x)), len(x)&^3
	if wide > 0 {
		expAVX512(wide, &to[0], &x[0])
	}
	if wide < whole {
		expAVX2(whole-wide, &to[wide], &x[wide])
	}
	return whole
}
